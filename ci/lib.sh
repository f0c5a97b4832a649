# Shared by the scripts in this directory; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# The packer of a release build.
release=${CARGO_TARGET_DIR:-$root/target}/release/snakecrate
# The uv that ci/setup installs.
uv=${CARGO_TARGET_DIR:-$root/target}/uv/bin/uv

# Lets the packer of tests and scripts use that uv, unless the user has named another.
use_uv() {
    [ -n "${UV:-}" ] || [ ! -x "$uv" ] || export UV=$uv
}
use_uv

# say TEXT: announces the next thing to be done.
say() {
    printf '\n== %s (%s s)\n' "$1" "$SECONDS"
}

# note TEXT: reports something that could be better, and goes on.
note() {
    printf 'note: %s\n' "$1"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}
