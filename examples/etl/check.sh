#!/bin/sh
# Builds the example and tries it out.
set -eu
. "$(dirname "$0")/../check-lib.sh"

build "$work/etl"

run 2 "$work/etl"
prints ""
for entry in etl-all etl-load etl-make etl-report; do
    complains "$entry"
done
pass "lists its entries if none is chosen"

run 0 "$work/etl" etl-make "$work/readings.csv"
prints "made 20400 readings of 4 sensors"
run 0 "$work/etl" etl-make "$work/again.csv"
cmp "$work/readings.csv" "$work/again.csv" || fail "the same seed made other readings"
pass "by name: etl-make"

for entry in etl-load etl-report; do
    ln -s etl "$work/$entry"
done
run 0 "$work/etl-load" "$work/readings.csv" "$work/readings.db" --jobs 2
says "^loaded 20400 readings as 28[0-9][0-9] hours$"
says "^[0-9]* doubles, [0-9]* gaps, [0-9]* outliers dropped$"
pass "by link: etl-load, with its worker processes"

run 0 "$work/etl-report" "$work/readings.db"
says "^ *readings  *mean  *deviation  *min  *max  *trend$"
for sensor in attic cellar garden kitchen; do
    says "^$sensor  *[45][0-9][0-9][0-9] .* 0\.0[456]$"
done
pass "by link: etl-report"

run 0 "$work/etl" etl-report "$work/readings.db" --format json
says '"kitchen": {'
cp "$work/out" "$work/json"
python3 -c 'import json, sys; assert len(json.load(open(sys.argv[1]))) == 4' "$work/json" ||
    fail "etl-report --format json printed no JSON for four sensors"
pass "by name: etl-report"

mkdir "$work/together"
run 0 "$work/etl" etl-all "$work/together" --rows 2000
says "^made 2040 readings of 4 sensors$"
says "^kitchen "
[ -s "$work/together/readings.db" ] || fail "etl-all left no database"
pass "by name: etl-all, with children of sys.executable"

run 1 "$work/etl" etl-report "$work/nothing.db"
complains "^etl-report: .*/nothing.db: "
run 2 "$work/etl-load"
complains "^usage: etl-load "
run 2 "$work/etl" etl-nonsense
complains "etl-report"
pass "error statuses come through"

mkdir "$work/others" && chmod 777 "$work/others"
if as_other_user 0 "$work/etl" etl-all "$work/others" --rows 2000; then
    says "^kitchen "
    pass "another user"
fi

finish
