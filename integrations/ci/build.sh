#!/bin/sh
# Packs an application in a CI job: installs snakecrate unless it is on the PATH, builds, and leaves in
# OUTPUT the archives, with a bill of materials (FILE.cdx.json) and a digest (FILE.sha256) beside each.
#
#     SOURCE    what to pack: a directory, a script, a wheel, a requirement          [default: .]
#     TARGETS   targets, separated by spaces or commas                               [default: this machine's]
#     PYTHON    Pythons to pack, as --python takes them, separated by spaces         [default: snakecrate's choice]
#     OPTIONS   more options of `snakecrate build`, quoted as in a shell
#     OUTPUT    the directory to write to                                            [default: dist]
#     FROM      the snakecrate to install: a version, or a directory with its wheel  [default: the newest]
#
# Prints `path=`, `sbom=` and `sha256=` lines, and hands them to a GitHub workflow ($GITHUB_OUTPUT) as
# outputs, one line for each archive. Keep $SNAKECRATE_CACHE between jobs: with it, a repeated build takes
# less than a second. Needs a POSIX shell and Python 3 with pip, or uv.
set -eu

source=${SOURCE:-.}
targets=$(printf '%s' "${TARGETS:-}" | tr ',\n' '  ')
pythons=$(printf '%s' "${PYTHON:-}" | tr '\n' ' ')
output=${OUTPUT:-dist}
from=${FROM:-}
# snakecrate takes no option from these, but a tool that it starts might.
unset SOURCE TARGETS PYTHON OUTPUT FROM

fail() {
    printf 'build.sh: %s\n' "$1" >&2
    printf ' help: %s\n' "$2" >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# install: snakecrate and uv, into a directory of this job.
install() {
    if [ -n "$from" ] && [ -d "$from" ]; then
        set -- --find-links "$from" snakecrate
    elif [ -n "$from" ]; then
        set -- "snakecrate==$from"
    else
        set -- snakecrate
    fi
    if command -v uv >/dev/null; then
        uv pip install --quiet --python python3 --target "$work/tool" "$@"
    elif python3 -m pip --version >/dev/null 2>&1; then
        python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
            --target "$work/tool" "$@"
    else
        fail "neither uv nor pip is there to install snakecrate with" "use an image with Python and pip"
    fi || fail "snakecrate cannot be installed" "check FROM and the package index"
    PATH=$work/tool/bin:$PATH
    export PATH
}

if [ -n "$from" ] || ! command -v snakecrate >/dev/null; then install; fi
snakecrate --version >&2

# The options as the shell splits them: the workflow's author writes them, nobody else.
eval "set -- ${OPTIONS:-}"
unset OPTIONS
for target in $targets; do set -- "$@" --target "$target"; done
for python in $pythons; do set -- "$@" --python "$python"; done
# With several targets or artifacts, the report is a directory of reports.
snakecrate build "$source" --report "$work/report" "$@"

mkdir -p "$output"
: >"$work/lines"
if [ -d "$work/report" ]; then set -- "$work/report"/*; else set -- "$work/report"; fi
for report do
    built=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["archive"]["path"])' "$report")
    archive=$output/$(basename "$built")
    [ "$(realpath "$built")" = "$(realpath "$archive")" ] || mv "$built" "$archive"
    snakecrate inspect "$archive" --sbom cyclonedx >"$archive.cdx.json"
    (cd "$output" && sha256sum "$(basename "$archive")") >"$archive.sha256"
    printf '%s\t%s\t%s\n' "$archive" "$archive.cdx.json" "$(cut -c -64 "$archive.sha256")" >>"$work/lines"
done

# hand_on NAME COLUMN
hand_on() {
    cut -f "$2" "$work/lines" | sed "s/^/$1=/"
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        {
            echo "$1<<END_OF_$1"
            cut -f "$2" "$work/lines"
            echo "END_OF_$1"
        } >>"$GITHUB_OUTPUT"
    fi
}
hand_on path 1
hand_on sbom 2
hand_on sha256 3
