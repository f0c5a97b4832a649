# What the check.sh of every example shares; sourced, never run.
#
# $SNAKECRATE names the packer; the default is the repository's target/release/snakecrate. The first
# argument of check.sh, if any, is the Python to pack, as `--python` takes it.
# Everything happens in a new directory with a cache of its own, which is removed at the end.

here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
python=${1:-}
snakecrate=${SNAKECRATE:-$here/../../target/release/snakecrate}
[ -x "$snakecrate" ] || {
    echo "$name: no packer at $snakecrate: run \`ci/setup\` or set SNAKECRATE" >&2
    exit 1
}
snakecrate=$(cd "$(dirname "$snakecrate")" && pwd)/$(basename "$snakecrate")

# The uv that ci/setup installs, unless the user has named or installed another.
installed=$here/../../target/uv/bin/uv
if [ -z "${UV:-}" ] && ! command -v uv >/dev/null 2>&1 && [ -x "$installed" ]; then
    export UV="$installed"
fi

work=$(mktemp -d)
# Trees in the cache are read-only.
trap 'chmod -R u+w "$work" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Other users must be able to read the archive.
chmod 755 "$work"
export SNAKECRATE_CACHE="$work/cache"
mkdir "$work/empty"

passed=0

fail() {
    echo "$name: FAILED: $1" >&2
    exit 1
}

pass() {
    passed=$((passed + 1))
    echo "$name: ok: $1"
}

# skip REASON: a check that cannot run on this machine. The gate counts these lines.
skip() {
    echo "$name: skipped: $1"
}

has() { command -v "$1" >/dev/null 2>&1; }

# Whether uv reaches the package index, with the user's settings.
index_is_reachable() {
    echo packaging | "${UV:-uv}" pip compile --quiet --no-deps --no-cache - >/dev/null 2>&1
}

# build FILE [OPTION…]: packs this example. Without a package index no other check can run.
build() {
    output=$1
    shift
    "$snakecrate" build "$here" -o "$output" ${python:+--python "$python"} "$@" || {
        has "${UV:-uv}" || fail "uv is missing: run \`ci/setup\`"
        index_is_reachable && fail "the build of $output"
        skip "the build failed, and no package index can be reached"
        exit 77
    }
    [ -x "$output" ] || fail "$output isn't an executable file"
    pass "built $(basename "$output"), $(($(wc -c <"$output") / 1024)) KiB"
}

# run STATUS COMMAND…: runs it in an empty directory with nothing in its environment but the cache,
# checks its exit status, and leaves its output in $work/out and $work/err.
run() {
    wanted=$1
    shift
    status=0
    (cd "$work/empty" && exec env -i SNAKECRATE_CACHE="$SNAKECRATE_CACHE" "$@") \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || {
        sed 's/^/  stdout: /' "$work/out" >&2
        sed 's/^/  stderr: /' "$work/err" >&2
        fail "\`$*\` exited with $status, not $wanted"
    }
}

# prints TEXT: the whole standard output of the last run.
prints() {
    [ "$(cat "$work/out")" = "$1" ] || {
        printf '%s\n' "$1" | diff -u - "$work/out" | sed 's/^/  /' >&2
        fail "standard output differs (-expected +actual)"
    }
}

# says PATTERN, complains PATTERN: a line of its standard output, of its standard error.
says() { grep -q -e "$1" "$work/out" || {
    sed 's/^/  stdout: /' "$work/out" >&2
    fail "standard output has no line with \`$1\`"
}; }
complains() { grep -q -e "$1" "$work/err" || {
    sed 's/^/  stderr: /' "$work/err" >&2
    fail "standard error has no line with \`$1\`"
}; }

# as_other_user STATUS COMMAND…: like run, as a user with no home and no passwd entry. Status 1 where
# this user cannot become another.
as_other_user() {
    if [ "$(id -u)" -ne 0 ] || ! has setpriv; then
        skip "another user (needs root and setpriv)"
        return 1
    fi
    mkdir -p "$work/other"
    chown 12345:12345 "$work/other"
    wanted=$1
    shift
    run "$wanted" SNAKECRATE_CACHE="$work/other/cache" \
        setpriv --reuid 12345 --regid 12345 --clear-groups "$@"
}

# Call this last.
finish() {
    echo "$name: $passed checks passed"
}
