#!/bin/sh
# Installs the command snakecrate from the files of a release, as PREFIX/bin/snakecrate, with its manual
# pages and completions:
#
#     sh install.sh
#
# PREFIX               where to: ~/.local by default
# SNAKECRATE_VERSION   which release: that of this script by default
# SNAKECRATE_DOWNLOADS the address below which the releases are
#
# Linux with x86-64 or 64-bit Arm. Needs curl or wget, and sha256sum. A file whose digest isn't the one in
# SHA256SUMS isn't installed. It changes nothing else: no profile, no PATH.
set -eu

# ci/release fills in both.
version=${SNAKECRATE_VERSION:-@VERSION@}
downloads=${SNAKECRATE_DOWNLOADS:-@DOWNLOADS@}
prefix=${PREFIX:-${HOME:-}/.local}

fail() {
    printf 'install.sh: %s\n' "$1" >&2
    printf 'help: %s\n' "$2" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# download NAME: into the temporary directory.
download() {
    if has curl; then
        curl --fail --silent --show-error --location --output "$work/$1" "$address/$1"
    elif has wget; then
        wget -q -O "$work/$1" "$address/$1"
    else
        fail "neither curl nor wget is there" "install one of them"
    fi || fail "cannot download $address/$1" "check the address, the version and your connection"
}

# The whole script is read before it starts: one that is cut off does nothing.
main() {
    case $version in @*) fail "this script is of no release" "set SNAKECRATE_VERSION to one, such as 0.1.0" ;; esac
    case $downloads in
    '' | @*) fail "it is unknown where the releases are" "set SNAKECRATE_DOWNLOADS to their address" ;;
    esac
    case $prefix in
    /.local) fail "there is no HOME" "set PREFIX to the directory to install below" ;;
    /*) ;;
    *) prefix=$PWD/$prefix ;;
    esac
    system=$(uname -s)
    machine=$(uname -m)
    case $machine in
    x86_64 | amd64) target=x86_64-linux ;;
    aarch64 | arm64) target=aarch64-linux ;;
    *) target= ;;
    esac
    if [ "$system" != Linux ] || [ -z "$target" ]; then
        fail "there is no file for $system on $machine" "build it from source: cargo install --path packer/cli --locked"
    fi
    has sha256sum || fail "sha256sum is missing, which checks the download" "install coreutils"
    has tar || fail "tar is missing" "install tar"

    name=snakecrate-$version-$target
    address=${downloads%/}/v$version
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    download SHA256SUMS
    download "$name.tar.gz"
    # One line, of exactly this file.
    line=$(grep -E "^[0-9a-f]{64}  $name\.tar\.gz\$" "$work/SHA256SUMS") ||
        fail "SHA256SUMS has no digest of $name.tar.gz" "report this: the release is incomplete"
    (cd "$work" && printf '%s\n' "$line" | sha256sum -c - >/dev/null 2>&1) ||
        fail "$name.tar.gz isn't the file of the release: its digest differs" "try again; if it stays so, report it"

    tar -x -z -f "$work/$name.tar.gz" -C "$work"
    files=$work/$name
    "$files/snakecrate" --version >/dev/null || fail "the command doesn't run on this machine" "report this"
    mkdir -p "$prefix/bin" 2>/dev/null || true
    [ -w "$prefix/bin" ] ||
        fail "$prefix/bin isn't writable" "set PREFIX to another directory"
    # Beside the old one first: whoever starts the command meanwhile gets a whole one.
    cp "$files/snakecrate" "$prefix/bin/.snakecrate.new"
    chmod 755 "$prefix/bin/.snakecrate.new"
    mv "$prefix/bin/.snakecrate.new" "$prefix/bin/snakecrate"
    put man/man1 share/man/man1
    put completions/snakecrate.bash share/bash-completion/completions snakecrate
    put completions/_snakecrate share/zsh/site-functions
    put completions/snakecrate.fish share/fish/vendor_completions.d

    printf '%s\n' "installed $("$prefix/bin/snakecrate" --version) as $prefix/bin/snakecrate"
    case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) printf '%s\n' "note: $prefix/bin isn't on your PATH" ;;
    esac
    has uv || printf '%s\n' "note: builds need uv: https://docs.astral.sh/uv/, or pip install uv"
}

# put FILE_OR_DIRECTORY PLACE [NAME]: copies it below PREFIX, if this release has it.
put() {
    [ -e "$files/$1" ] || return 0
    mkdir -p "$prefix/$2"
    if [ -d "$files/$1" ]; then
        cp "$files/$1"/* "$prefix/$2"
    else
        cp "$files/$1" "$prefix/$2/${3:-}"
    fi
}

main
