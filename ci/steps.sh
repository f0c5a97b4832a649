# Counts the steps of the gate; sourced, never run.
#
# A step that cannot run on this machine calls `skip REASON` and returns its status. A step that counts
# by itself, such as the tests, adds its counts with `add`.

passed=0
failed=0
skipped=()
broken=()
reason=

# skip REASON: returns the status that makes the step a skipped one (as automake's).
skip() {
    reason=$1
    return 77
}

# step NAME COMMAND…
step() {
    local name=$1 status=0
    shift
    say "$name"
    reason=
    "$@" || status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
    elif [ "$status" -eq 77 ] && [ -n "$reason" ]; then
        skipped+=("$name: $reason")
        printf 'skipped: %s\n' "$reason"
    else
        failed=$((failed + 1))
        broken+=("$name")
        printf 'FAILED: %s\n' "$name"
    fi
}

# add FILE: adds the counts in the last line of FILE, `N passed, N failed, N skipped`, and its lines
# `skipped: NAME: REASON` and `failed: NAME: WHAT IT WROTE`.
add() {
    local line
    line=$(tail -n 1 "$1")
    [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]] || return
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    add_skips "$1" 's/^skipped: //p'
    mapfile -t -O "${#broken[@]}" broken < <(sed -n 's/^failed: //p' "$1")
}

# add_skips FILE EXPRESSION: adds what `sed -n EXPRESSION` prints, a skipped one in each line.
add_skips() {
    local found
    mapfile -t found < <(sed -n "$2" "$1")
    skipped+=("${found[@]}")
}

# Lists what was skipped and what failed, and ends with one line: N passed, N failed, N skipped.
finish() {
    echo
    [ ${#skipped[@]} -eq 0 ] || printf 'skipped: %s\n' "${skipped[@]}"
    [ ${#broken[@]} -eq 0 ] || printf 'failed: %s\n' "${broken[@]}"
    printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "${#skipped[@]}"
    [ "$failed" -eq 0 ]
    exit
}
