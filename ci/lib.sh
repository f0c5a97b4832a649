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

# memory_directory: prints a directory in memory where programs run, and that has room for the files of tests
# (4 GiB; machines of CI have 64 MiB there, or as much as they like). Status 1 if there is none.
memory_directory() {
    local directory=/dev/shm options room
    options=$(awk -v "path=$directory" '$2 == path { print $4 }' /proc/mounts 2>/dev/null | tail -n 1)
    [[ -n $options && ",$options," != *,noexec,* && -w $directory ]] || return
    room=$(df --output=avail -k "$directory" 2>/dev/null | tail -n 1) || return
    [ "$room" -ge $((4 << 20)) ] || return
    room=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
    [ "$room" -ge $((8 << 20)) ] || return
    echo "$directory"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}
