# shellcheck shell=sh disable=SC2034,SC2154
# The commands of the guides that need R.
command -v Rscript >/dev/null || { echo "no Rscript"; exit 77; }
needs_r=yes
# shellcheck source=test/launcher/guides.sh
. "$root/test/launcher/guides.sh"
