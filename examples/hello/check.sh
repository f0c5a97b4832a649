#!/bin/sh
# Builds the example and tries it out.
set -eu
. "$(dirname "$0")/../check-lib.sh"

build "$work/hello"

run 0 "$work/hello"
prints "hello"
pass "says hello with nothing around it"

run 0 "$work/hello" --who Ada
prints "hello Ada"
pass "takes an argument"

run 0 "$work/hello" --runtime
says "^python: 3\."
says "^executable: $work/cache/"
says "^argv0: $work/hello$"
says "^archive: $work/hello$"
pass "runs on the interpreter that it brought"

run 2 "$work/hello" --nonsense
complains "unrecognized arguments: --nonsense"
prints ""
pass "its own usage errors come through"

(cd "$work/empty" && ln -s ../hello greet)
run 0 ./greet --who Ada
prints "hello Ada"
rm "$work/empty/greet"
pass "runs through a link"

if as_other_user 0 "$work/hello"; then
    prints "hello"
    pass "another user"
fi

finish
