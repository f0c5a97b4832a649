# What the check.sh of every example shares; sourced, never run.
#
# $SNAKECRATE   the packer; default: the repository's target/release/snakecrate
# Everything happens in a new directory, with a cache of its own, which is removed at the end.

here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
snakecrate=${SNAKECRATE:-$here/../../target/release/snakecrate}
[ -x "$snakecrate" ] || {
    echo "$name: no packer at $snakecrate: run \`cargo build --release\` or set SNAKECRATE" >&2
    exit 1
}
snakecrate=$(cd "$(dirname "$snakecrate")" && pwd)/$(basename "$snakecrate")

work=$(mktemp -d)
# Cached trees are read-only.
trap 'chmod -R u+w "$work" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Other users must get at the archive.
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

# build FILE [OPTION…]: packs this example.
build() {
    output=$1
    shift
    "$snakecrate" build "$here" -o "$output" "$@" || fail "the build of $output"
    [ -x "$output" ] || fail "$output was to be an executable file"
    pass "built $(basename "$output"), $(($(wc -c <"$output") / 1024)) KiB"
}

# run STATUS COMMAND…: runs it in an empty directory with nothing in its environment but the
# cache, checks its exit status, and leaves what it wrote in $work/out and $work/err.
run() {
    wanted=$1
    shift
    status=0
    (cd "$work/empty" && exec env -i SNAKECRATE_CACHE="$SNAKECRATE_CACHE" "$@") \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || {
        sed 's/^/  stdout: /' "$work/out" >&2
        sed 's/^/  stderr: /' "$work/err" >&2
        fail "\`$*\` was to exit with $wanted, not $status"
    }
}

# prints TEXT: all that the last run wrote to standard output.
prints() {
    [ "$(cat "$work/out")" = "$1" ] || {
        printf '%s\n' "$1" | diff -u - "$work/out" | sed 's/^/  /' >&2
        fail "standard output differs (-expected +actual)"
    }
}

# says PATTERN, complains PATTERN: a line of standard output, of standard error.
says() { grep -q -e "$1" "$work/out" || {
    sed 's/^/  stdout: /' "$work/out" >&2
    fail "standard output has no line with \`$1\`"
}; }
complains() { grep -q -e "$1" "$work/err" || {
    sed 's/^/  stderr: /' "$work/err" >&2
    fail "standard error has no line with \`$1\`"
}; }

# as_other_user STATUS COMMAND…: like run, as a user with no home and no passwd entry; only root
# can become one: for others it checks nothing, and says so.
as_other_user() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "$name: skipped: another user (needs root)"
        return 1
    fi
    mkdir -p "$work/other"
    chown 12345:12345 "$work/other"
    wanted=$1
    shift
    run "$wanted" SNAKECRATE_CACHE="$work/other/cache" \
        setpriv --reuid 12345 --regid 12345 --clear-groups "$@"
}

# Called last: the CI's summary adds these lines up.
finish() {
    echo "$name: $passed checks passed"
}
