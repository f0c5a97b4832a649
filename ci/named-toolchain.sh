# The named toolchain of launchers, of packers for other machines and of releases; sourced, never run.
#
# Rust brings linker, C library and standard library; Zig compiles zstd's C code.

rust='rustc 1.95.0 (59807616e 2026-04-14)'
target_directory=${CARGO_TARGET_DIR:-$root/target}
# Zig, and what calls it for each target.
tools=$target_directory/named-toolchain

# get_toolchain: installs what is missing. If that fails, `reason` says why.
get_toolchain() {
    local release
    release=$(cut -d ' ' -f 2 <<<"$rust")
    if [ "$(rustc --version)" != "$rust" ]; then
        export RUSTUP_TOOLCHAIN=$release
        rustc --version >/dev/null 2>&1 ||
            timeout 600 rustup toolchain install --profile minimal "$release" || true
        reason="needs $rust"
        [ "$(rustc --version 2>/dev/null)" = "$rust" ] || return
    fi
    if ! cmp -s ci/ziglang.txt "$tools/ziglang.txt"; then
        reason="ziglang cannot be installed from PyPI"
        install_python "$tools/python" || return
        cp ci/ziglang.txt "$tools"
    fi
    export ZIG_GLOBAL_CACHE_DIR=$tools/cache ZIG_LOCAL_CACHE_DIR=$tools/cache
    local processor zig=$tools/python/ziglang/zig
    for processor in x86_64 aarch64; do
        # `cc` passes a target that Zig spells in another way.
        program "$tools/cc-$processor-unknown-linux-musl" <<WRAPPER
#!/bin/sh
for argument do
    shift
    case \$argument in --target=*) ;; *) set -- "\$@" "\$argument" ;; esac
done
exec '$zig' cc -target $processor-linux-musl "\$@"
WRAPPER
    done
    program "$tools/ar" <<WRAPPER
#!/bin/sh
exec '$zig' ar "\$@"
WRAPPER
}

# program FILE: makes an executable of standard input, unless it is the same.
program() {
    local text
    text=$(cat)
    [ -x "$1" ] && [ "$(cat "$1")" = "$text" ] || { echo "$text" >"$1" && chmod +x "$1"; }
}

# install_python DIRECTORY: Zig, and a compressor.
install_python() {
    rm -rf "$1"
    mkdir -p "$1"
    local compressor=zstandard==0.25.0 uv=${UV:-uv}
    if command -v "$uv" >/dev/null; then
        "$uv" pip install -q --python python3 --target "$1" --require-hashes -r ci/ziglang.txt &&
            "$uv" pip install -q --python python3 --target "$1" "$compressor"
    else
        python3 -m pip install -q --target "$1" --require-hashes -r ci/ziglang.txt &&
            python3 -m pip install -q --target "$1" "$compressor"
    fi
}

# add_target TRIPLE
add_target() {
    [ -d "$(rustc --print target-libdir --target "$1")" ] && return
    command -v rustup >/dev/null && timeout 300 rustup target add "$1"
}

# use_toolchain TRIPLE: cargo builds for this target with the named toolchain, and without a path of this
# machine in what it builds.
use_toolchain() {
    local variable=${1//-/_} flags
    flags=(
        "--remap-path-prefix=$root=/snakecrate"
        "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
        # As for launchers: LLD folds equal functions and packs relocations, and panics need no tables.
        -Cforce-unwind-tables=no
        -Clink-arg=--build-id=none
        -Clink-arg=--pack-dyn-relocs=relr
        -Clink-arg=--icf=all
    )
    [ "$target_directory" = "$root/target" ] ||
        flags=("--remap-path-prefix=$target_directory=/snakecrate/target" "${flags[@]}")
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
    export CARGO_ENCODED_RUSTFLAGS
    export "CC_$variable=$tools/cc-$1" "AR_$variable=$tools/ar" "CARGO_TARGET_${variable^^}_LINKER=rust-lld"
}
