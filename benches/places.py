"""The file systems that things are measured on: the memory's, and fresh ones of a disk's kinds."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from setting import Failure

# What makes the file systems of a disk, and the package with it. The journal of ext4 is written at once.
MAKERS = {
    "ext4": (["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"], "e2fsprogs"),
    "xfs": (["mkfs.xfs", "-q", "-f"], "xfsprogs"),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], "btrfs-progs"),
}
NAMES = ("tmpfs", *MAKERS, "overlayfs")
DEFAULT = ("tmpfs", "ext4")


class Places:
    """Directories by the name of their file system; `close` removes them.

    A disk's kind is in a file of `scratch`. The disk itself may have no journal: then creating files
    shortly after many were removed costs up to 0.9 ms each.
    """

    def __init__(self, names, scratch, gigabytes):
        self.scratch, self.directories, self.failures = Path(scratch), {}, {}
        self.bytes = gigabytes << 30
        self.mounted = []
        make = {"tmpfs": self.tmpfs, "overlayfs": self.overlayfs}
        for name in names:
            try:
                self.directories[name] = make[name]() if name in make else self.disk(name)
            except (Failure, OSError) as error:
                self.failures[name] = error

    def tmpfs(self):
        memory = Path("/dev/shm")
        if not os.access(memory, os.W_OK):
            raise Failure("/dev/shm cannot be written")
        return Path(tempfile.mkdtemp(prefix="snakecrate-bench-", dir=memory))

    def disk(self, kind, name=None):
        image, mount = (self.scratch / f"{name or kind}{end}" for end in (".img", ""))
        image.unlink(missing_ok=True)
        with open(image, "wb") as file:
            file.truncate(self.bytes)
        mount.mkdir(exist_ok=True)
        make, package = MAKERS[kind]
        if not shutil.which(make[0]):
            raise Failure(f"{make[0]} is missing: apt-get install {package}")
        do(*make, image)
        do("mount", "-o", "loop", image, mount)
        self.mounted.append((mount, image))
        directory = mount / "work"
        directory.mkdir()
        return directory

    def overlayfs(self):
        """What a container has: an empty layer over others, on ext4."""
        disk, mount = self.disk("ext4", "below"), self.scratch / "overlayfs"
        layers = {name: disk / name for name in ("lowerdir", "upperdir", "workdir")}
        for path in (*layers.values(), mount):
            path.mkdir(exist_ok=True)
        options = ",".join(f"{name}={path}" for name, path in layers.items())
        do("mount", "-t", "overlay", "-o", options, "overlay", mount)
        self.mounted.append((mount, None))
        directory = mount / "work"
        directory.mkdir()
        return directory

    def close(self):
        for directory in self.directories.values():
            shutil.rmtree(directory, ignore_errors=True)
        for mount, image in reversed(self.mounted):
            subprocess.run(["umount", mount], check=False)
            if image:
                image.unlink(missing_ok=True)


def do(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Failure(f"{command[0]}: {lines[-1]} (needs root and loop devices)")
