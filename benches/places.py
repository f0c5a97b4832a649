"""The file systems that things are measured on: the memory's, and a fresh ext4 with a journal."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from setting import Failure

NAMES = ("tmpfs", "ext4")


class Places:
    """Directories by the name of their file system; `close` removes them.

    ext4 is in a file of `scratch`. The disk itself may have no journal: then creating files shortly
    after many were removed costs up to 0.9 ms each.
    """

    def __init__(self, names, scratch, gigabytes):
        self.scratch, self.directories, self.failures = Path(scratch), {}, {}
        self.bytes = gigabytes << 30
        self.mounted = None
        for name in names:
            try:
                self.directories[name] = getattr(self, name)()
            except (Failure, OSError) as error:
                self.failures[name] = error

    def tmpfs(self):
        memory = Path("/dev/shm")
        if not os.access(memory, os.W_OK):
            raise Failure("/dev/shm cannot be written")
        return Path(tempfile.mkdtemp(prefix="snakecrate-bench-", dir=memory))

    def ext4(self):
        image, mount = self.scratch / "ext4.img", self.scratch / "ext4"
        image.unlink(missing_ok=True)
        with open(image, "wb") as file:
            file.truncate(self.bytes)
        mount.mkdir(exist_ok=True)
        do("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        do("mount", "-o", "loop", image, mount)
        self.mounted = mount
        directory = mount / "work"
        directory.mkdir()
        return directory

    def close(self):
        for directory in self.directories.values():
            shutil.rmtree(directory, ignore_errors=True)
        if self.mounted:
            subprocess.run(["umount", self.mounted], check=False)
            (self.scratch / "ext4.img").unlink(missing_ok=True)


def do(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Failure(f"{command[0]}: {lines[-1]} (needs root, loop devices and e2fsprogs)")
