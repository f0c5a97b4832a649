# What the scripts in this directory share; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# The packer of a release build, wherever cargo puts it.
release=${CARGO_TARGET_DIR:-$root/target}/release/snakecrate

# say TEXT: what is done now.
say() {
    printf '\n== %s (%s s)\n' "$1" "$SECONDS"
}

# note TEXT: something that is not as it could be, and goes on nevertheless.
note() {
    printf 'note: %s\n' "$1"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}
