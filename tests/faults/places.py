"""Caches: their contents, and whether these are right."""

import os
import shutil
import stat
from pathlib import Path

from calls import run

STAGING = "v2/staging"


class Place:
    """A home and a cache, and the programs that run with them."""

    def __init__(self, folder, snakecrate, archive, words=(), processor=None):
        self.folder = Path(folder)
        self.home, self.cache = self.folder / "home", self.folder / "cache"
        self.kept = self.folder / "kept"
        self.home.mkdir(parents=True, exist_ok=True)
        self.snakecrate, self.start = snakecrate, [archive, *words]
        self.processor = processor
        self.env = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "SNAKECRATE_CACHE": str(self.cache),
            "NO_COLOR": "1",
        }

    def run(self, *words):
        return run(words, self.env, self.processor)

    def packer(self, *words):
        return self.run(self.snakecrate, *words)

    def keep(self):
        """Saves the cache for `reset`."""
        remove(self.kept)
        if self.cache.exists():
            self.cache.rename(self.kept)

    def reset(self):
        """Restores the saved cache, in the same place, as environments contain their own path."""
        remove(self.cache)
        if self.kept.exists():
            self.run("cp", "-a", self.kept, self.cache)

    def verify(self):
        """The findings of `cache verify`."""
        end = self.packer("cache", "verify")
        return None if end.status == 0 else f"cache verify: {end}"

    def staging(self):
        """The contents of staging as text; empty if there are none."""
        try:
            names = sorted(os.listdir(self.cache / STAGING))
        except FileNotFoundError:
            names = []
        return f"left in staging: {' '.join(names)}" if names else None

    def names(self):
        """All names with their kinds, modes and sizes."""
        found = {}
        for top, folders, files in os.walk(self.cache):
            for name in folders + files:
                path = os.path.join(top, name)
                status = os.lstat(path)
                # A stamp is empty, and then worthless, if the boot id could not be read.
                is_sized = stat.S_ISREG(status.st_mode) and name != "stamp"
                what = (oct(status.st_mode), status.st_size if is_sized else None)
                found[os.path.relpath(path, self.cache)] = what
        return found

    def differs(self, *undisturbed):
        """The difference between the names and those of every undisturbed cache."""
        found = self.names()
        if found in undisturbed:
            return None
        expected = undisturbed[0]
        more = sorted(found.keys() - expected.keys())
        less = sorted(expected.keys() - found.keys())
        other = sorted(
            name for name in found.keys() & expected.keys() if found[name] != expected[name]
        )
        return f"more than there should be: {more[:5]}; missing: {less[:5]}; other: {other[:5]}"


def remove(path):
    """Removes a tree."""
    if path.exists():
        shutil.rmtree(path)
