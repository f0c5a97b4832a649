#!/bin/sh
# Builds the example and opens its window offscreen. ci/desktop runs this, and looks at the window, too.
set -eu
. "$(dirname "$0")/../check-lib.sh"

build "$work/csvtable"

run 0 "$work/csvtable" --check
says "^Qt 6\.[0-9.]* on offscreen$"
says "^title: sample.csv – CSV Table$"
says "^icon: 64 pixels$"
says "^largest: Wien$"
says "^filtered: 1 of 6 rows$"
pass "opens its window offscreen: table, icon from SVG, sorting, filter"

printf 'a,b\n1,2\n' >"$work/empty/two.csv"
run 0 "$work/csvtable" --check two.csv
says "^title: two.csv – CSV Table$"
pass "opens the file that it is given"

run 2 "$work/csvtable" --nonsense
complains "unrecognized arguments: --nonsense"
pass "its own usage errors come through"

finish
