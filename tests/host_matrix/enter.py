"""Running a command in a bed, with mount and process namespaces and chroot; no container engine."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from roots import USER

#: The longest time that a command may take, in seconds.
TIMEOUT = 120
#: Directories of a bed that may contain a cache.
CACHES = ("root/.cache", "home/app/.cache", ".cache", "var/tmp", "tmp")
#: Makes the mounts below $root, then runs the rest of the arguments.
SCRIPT = r"""
set -e
root=$1 devices=$2 binds=$3
shift 3
mount -t proc proc "$root/proc"
if [ "$devices" = True ]; then
    mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
    for name in null zero full random urandom tty; do
        : >"$root/dev/$name"
        mount --bind "/dev/$name" "$root/dev/$name"
    done
    mkdir "$root/dev/shm"
    mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
fi
for bind in $binds; do
    mount --bind "$bind" "$root$bind"
    mount -o remount,bind,ro "$root$bind"
done
exec "$@"
"""


@dataclass
class Ran:
    """The result of a command."""

    status: int
    out: str
    err: str

    def told(self):
        """Its status and its last line; for the launcher, the line that says what happened."""
        lines = (self.err.strip() or self.out.strip()).splitlines() or ["no message"]
        own = [line for line in lines if line.startswith("snakecrate: ")]
        return f"status {self.status}: {(own or lines[-1:])[0].strip()[:300]}"


def enter(bed, uid, command, env=None):
    """Runs `command` in the bed as user `uid`, with exactly the environment `env`."""
    env = bed.env(uid) if env is None else env
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", SCRIPT, "sh"]
    words += [bed.root, bed.devices, " ".join(bed.binds)]
    # The shell would add its own variables.
    words += ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in env.items())]
    words += ["/usr/sbin/chroot", f"--userspec={uid}:{uid}", "--groups=", bed.root, *command]
    try:
        done = subprocess.run(
            [str(word) for word in words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return Ran(-1, "", f"not done after {TIMEOUT} s")
    decode = lambda data: data.decode(errors="replace")
    return Ran(done.returncode, decode(done.stdout), decode(done.stderr))


def forget(bed):
    """Removes all caches, so that the next start is a first one."""
    for name in CACHES:
        place = bed.root / name
        if name.endswith(".cache"):
            remove(place)
        elif place.is_dir():
            for path in place.iterdir():
                remove(path)


def remove(path):
    # Cached trees are read-only, but root may remove them.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def interpreter(bed, application):
    """The interpreter in the environment that the last start made, as a path in the bed."""
    for name in CACHES:
        for found in sorted((bed.root / name).glob(f"*/v2/envs/*/bin/{application}")):
            return Path("/") / found.parent.joinpath("python3").relative_to(bed.root)
    return None


__all__ = ["USER", "Ran", "enter", "forget", "interpreter"]
