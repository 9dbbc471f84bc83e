# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# needs: openssl

seq 4000000 >data
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
iv=0f0e0d0c0b0a09080706050403020100

for hash in md5 sha256 sha3-512 blake2b512; do
    run openssl dgst -"$hash" data
done
for cipher in aes-256-cbc aes-128-ctr chacha20; do
    run openssl enc -"$cipher" -K "$key" -iv "$iv" -in data -out data.enc \
        2>/dev/null
    cksum data.enc
    run openssl enc -d -"$cipher" -K "$key" -iv "$iv" -in data.enc \
        2>/dev/null | cmp - data
done
head -c 3000000 data | run openssl base64 | cksum
run openssl prime 170141183460469231731687303715884105727
run openssl kdf -keylen 24 -kdfopt digest:SHA256 -kdfopt pass:word \
    -kdfopt salt:grain -kdfopt iter:20000 PBKDF2

# The keys are new each time; what they are good for is not.
run openssl genrsa -out key.pem 2048
run openssl rsa -in key.pem -pubout -out public.pem
run openssl dgst -sha256 -sign key.pem -out signature data
run openssl dgst -sha256 -verify public.pem -signature signature data
run openssl req -new -x509 -key key.pem -subj /CN=example -out certificate.pem
run openssl verify -CAfile certificate.pem certificate.pem
run openssl x509 -in certificate.pem -noout -subject
run openssl dgst -none data 2>/dev/null || echo "status $?"
