#!/bin/sh
# Builds the example and tries it out, without a display.
set -eu
. "$(dirname "$0")/../check-lib.sh"

# The interpreter that a build packs may lack tkinter, as Debian's does without python3-tk.
if [ -n "$python" ] && [ -x "$python" ] && ! "$python" -c 'import tkinter' 2>/dev/null; then
    skip "$python has no tkinter"
    exit 77
fi

build "$work/tknotes"

run 0 "$work/tknotes" --check
says "^Tcl [89]\.[0-9.]*, Tk [89]\.[0-9]$"
says "^scripts of Tk: found$"
says "^New note: 0 words, 0 lines$"
pass "Tcl runs, and Tk's scripts are inside"

printf 'milk and bread\neggs\n' >"$work/empty/shopping.tknote"
run 0 "$work/tknotes" --check shopping.tknote
says "^shopping.tknote: 4 words, 2 lines$"
pass "reads a note"

printf '\377\376' >"$work/empty/bytes.tknote"
run 1 "$work/tknotes" bytes.tknote
prints ""
complains "^tknotes: bytes.tknote: 'utf-8' codec can't decode"
pass "a file that is no text is an error of its own"

run 1 "$work/tknotes"
complains "no display name and no \$DISPLAY environment variable"
pass "without a display, Tk says so"

finish
