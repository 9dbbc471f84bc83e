# SPDX-License-Identifier: MIT
"""generate.py KIND SIZE: an input on standard output, the same each time."""
import math
import random
import sys

rng = random.Random(1)
out = sys.stdout.buffer


def text(megabytes):
    """Words, as frequent as in a language, a table of numbers, and noise."""
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randrange(2, 10)))
             for _ in range(20000)]
    weights = [1 / (i + 1) for i in range(len(words))]
    for _ in range(megabytes):
        line = " ".join(rng.choices(words, weights, k=110000))
        out.write(line.encode()[:600000])
        out.write(b"".join(b"%d,%d\n" % (i, rng.randrange(10000))
                           for i in range(40000))[:400000])
        out.write(rng.randbytes(2000000))


def photo(width):
    """A picture of 3 to 2: waves of colour, with noise. A row is added up as a
    number of as many digits as it has bytes, none of which ever overflows."""
    height = width * 2 // 3
    waves = [int.from_bytes([int(60 * f(x / n) + 80) for x in range(width)],
                            "little")
             for f, n in ((math.sin, 97), (math.sin, 31), (math.cos, 211))]
    ones = int.from_bytes(b"\1" * width, "little")
    low = bytes(i & 15 for i in range(256))
    row = bytearray(3 * width)
    out.write(b"P6 %d %d 255\n" % (width, height))
    for y in range(height):
        light = ones * int(30 * math.sin(y / 53) + 30)
        noise = int.from_bytes(rng.randbytes(width).translate(low), "little")
        for channel, wave in enumerate(waves):
            row[channel::3] = (wave + light + noise).to_bytes(width, "little")
        out.write(row)


def genome(bases):
    return "".join(rng.choices("ACGT", k=bases))


def reference(megabases):
    out.write(b">chromosome\n" + genome(megabases * 1000000).encode() + b"\n")


def reads(count):
    """Of 5,000 bases of the reference of 4 megabases, one in 20 changed."""
    whole = genome(4000000)
    for i in range(count):
        at = rng.randrange(len(whole) - 5000)
        read = list(whole[at:at + 5000])
        for place in rng.sample(range(5000), 250):
            read[place] = rng.choice("ACGT")
        out.write(f">read{i}\n{''.join(read)}\n".encode())


def alignments(count):
    """SAM, in no order."""
    bases, quality = genome(1000000), "".join(
        chr(rng.randrange(40, 73)) for _ in range(100000))
    out.write(b"@HD\tVN:1.6\n@SQ\tSN:chromosome\tLN:100000000\n")
    for i in range(count):
        at, q = rng.randrange(999000), rng.randrange(99000)
        out.write(f"read{i}\t0\tchromosome\t{rng.randrange(1, 99000000)}\t60\t"
                  f"100M\t*\t0\t0\t{bases[at:at + 100]}\t"
                  f"{quality[q:q + 100]}\n".encode())


def commands(count):
    """SET commands for redis-cli --pipe: values of 50 to 1,500 bytes."""
    filler = genome(10000)
    for i in range(count):
        key, length = f"key:{i * 7919 % count}", 50 + i * 31 % 1450
        out.write(f"*3\r\n$3\r\nSET\r\n${len(key)}\r\n{key}\r\n${length}\r\n"
                  f"{filler[i % 5000:i % 5000 + length]}\r\n".encode())


def history(commits):
    """For git fast-import: twenty files that change and grow."""
    files = [[genome(60) for _ in range(2000)] for _ in range(20)]
    for i in range(commits):
        lines = files[i % len(files)]
        for _ in range(20):
            lines[rng.randrange(len(lines))] = genome(60)
        lines.append(genome(60))
        blob = "\n".join(lines)
        out.write(f"commit refs/heads/main\ncommitter a <a@example.org> "
                  f"{1000000000 + i} +0000\ndata 4\nnext\nM 644 inline "
                  f"file{i % len(files)}\ndata {len(blob)}\n{blob}\n".encode())


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
