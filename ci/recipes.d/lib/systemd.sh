# Starts systemd as the first process of a container; sourced by checks, never run.
#
# Its root is this machine's, with memory over it for what is written.
wants systemd-nspawn systemd-container
system=$(mktemp -d "$work/system.XXXXXX")
overlay / "$system"
# boot: starts it, runs the standard input there, and ends with its status. What it prints is in
# "$work/out", what systemd said in "$work/boot".
boot() {
    local status=0
    cat >"$system/check"
    cat >"$system/etc/systemd/system/check.service" <<'UNIT'
[Unit]
Wants=dbus.socket
After=dbus.socket
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart=/bin/bash -eu /check
StandardOutput=file:/check.out
StandardError=inherit
UNIT
    timeout 300 systemd-nspawn --directory="$system" --machine="recipes-$$" --register=no --keep-unit \
        --private-network --boot systemd.unit=check.service systemd.log_target=console \
        >"$work/boot" 2>&1 </dev/null || status=$?
    [ -e "$system/check.out" ] || skip "systemd doesn't start in a container here: $(tail -n 1 "$work/boot")"
    mv "$system/check.out" "$work/out"
    return "$status"
}
