# shellcheck shell=sh disable=SC2154
# systemd is content with the example drop-in.
command -v systemd-analyze >/dev/null || { echo "no systemd-analyze"; exit 77; }
examples=$root/doc/examples
mkdir -p example.service.d
cp "$examples/systemd.conf" example.service.d/liblazyzero.conf
printf '[Service]\nExecStart=/bin/true\n' >example.service
systemd-analyze verify "$PWD/example.service" >out 2>&1
! grep liblazyzero out || wrong 'systemd complains'
