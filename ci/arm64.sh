# Archives for 64-bit Arm on a machine of another processor; sourced after lib.sh, never run.
#
# Each function ends with status 1 if something cannot be had here; `reason` then says what.

# The root of an arm64 Debian; get_arm64 makes it.
arm64=${SNAKECRATE_AARCH64_ROOT:-${CARGO_TARGET_DIR:-$root/target}/arm64/root}

# get_emulator: the kernel starts aarch64 programs by qemu, in other roots too, and with their argv[0].
get_emulator() {
    local formats=/proc/sys/fs/binfmt_misc qemu=/usr/bin/qemu-aarch64-static
    if grep -qs '^flags: .*PF' "$formats/qemu-aarch64" && grep -qs '^enabled' "$formats/qemu-aarch64"; then
        return
    fi
    reason="qemu-aarch64 isn't registered for other roots (binfmt_misc, flag F), and only root can do that"
    [ "$(id -u)" -eq 0 ] || return
    if [ ! -x "$qemu" ]; then
        reason="qemu-user-static cannot be installed"
        command -v apt-get >/dev/null || return
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            qemu-user-static >/dev/null || return
    fi
    reason="the kernel takes no registration of qemu-aarch64 (binfmt_misc)"
    [ -e "$formats/register" ] || mount -t binfmt_misc binfmt_misc "$formats" || return
    [ ! -e "$formats/qemu-aarch64" ] || echo -1 >"$formats/qemu-aarch64" || return
    # An ELF file of 64 bits, little-endian, executable or shared, for machine 183.
    local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    echo ":qemu-aarch64:M::$magic:$mask:$qemu:FP" >"$formats/register" || return
    note "registered $qemu; to undo that: echo -1 >$formats/qemu-aarch64"
}

# get_arm64: the root exists, and its interpreter runs.
get_arm64() {
    if [ -n "${SNAKECRATE_AARCH64_ROOT:-}" ]; then
        reason="$arm64 has no usr/bin/python3.11"
        [ -x "$arm64/usr/bin/python3.11" ] || return
    else
        get_root arm64 "$arm64" || return
    fi
    reason="the interpreter of $arm64 doesn't run"
    chroot "$arm64" /usr/bin/python3.11 -I -c 'pass'
}

# get_root ARCHITECTURE DIRECTORY: a Debian bookworm with Python 3.11 and libstdc++.
get_root() {
    [ ! -x "$2/usr/bin/python3.11" ] || return 0
    reason="the $1 packages of Debian bookworm cannot be had"
    rm -rf "$2" "$2.new"
    python3 ci/debian_root.py "$1" "$2.new" || return
    mv "$2.new" "$2"
}

# get_packer: $snakecrate embeds the launcher for aarch64. One that the user names is not rebuilt.
get_packer() {
    snakecrate=$(realpath -m "${SNAKECRATE:-$release}")
    # Archives and the packer take the variable for a command.
    unset SNAKECRATE
    if [ "$snakecrate" = "$(realpath -m "$release")" ] && ! has_launcher; then
        ci/launchers || { reason="the launchers cannot be built"; return 1; }
        cargo build --release --locked -p snakecrate
    fi
    reason="$snakecrate has no launcher for aarch64-linux: run ci/launchers, then build it again"
    has_launcher
}

has_launcher() {
    "$snakecrate" targets --json 2>/dev/null | python3 -c '
import json, sys

rows = {row["target"]: row for row in json.load(sys.stdin)["targets"]}
sys.exit(not rows["aarch64-linux"]["launcher"])'
}
