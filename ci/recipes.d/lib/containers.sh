# Containers by podman and runc, as machines without systemd and with older control groups run them too;
# sourced by checks, never run.

wants podman
wants runc
podman_options=(--root "$work/podman" --runroot "$work/podman-run" --storage-driver overlay
    --cgroup-manager cgroupfs)
podman() { command podman "${podman_options[@]}" "$@"; }
# image TAG DOCKERFILE: built once.
image() {
    ! podman image exists "$1" || return 0
    mkdir -p "$work/context"
    ln -f "$etl" "$work/context/etl"
    podman build --isolation chroot --network host --file "$recipes/docker/$2" --tag "$1" \
        "$work/context" >"$work/build" 2>&1 || { cat "$work/build"; return 1; }
}
# contained ARGUMENTS…: a read-only container without a network and with nothing allowed.
contained() {
    podman run --rm --runtime runc --read-only --read-only-tmpfs=false --network none \
        --cap-drop all --security-opt no-new-privileges --ulimit nofile=1024:1024 \
        --ulimit nproc=4096:4096 "$@"
}
