"""The soak's steps on a cache. A step draws its random numbers in the main thread, when it is made,
and then runs beside others. It returns a description of what is wrong, or nothing.

To add a step, add a subclass of `Step` with a weight, or of `Damage`.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from calls import run

# Longer than a launcher waits for a lock plus what a loaded machine needs for the rest.
PATIENCE = 120


class Step:
    """An event in the cache."""

    weight = 0
    # Whether it may run beside others.
    races = True

    def __init__(self, soak, rng):
        self.soak = soak
        self.draw(rng)

    def draw(self, rng):
        """Draws its random numbers."""

    def run(self):
        """Runs it; returns a description of what is wrong."""

    @property
    def name(self):
        return type(self).__name__.lower()

    def __str__(self):
        shown = {key: value for key, value in vars(self).items() if key not in ("soak", "rng")}
        return f"{self.name} {shown}"


class Start(Step):
    """An archive starts and works."""

    weight = 30

    def draw(self, rng):
        self.app = rng.choice(self.soak.apps)
        choices = [[], [], [], ["spawn"], ["hold", str(round(rng.uniform(0, 0.4), 3))]]
        self.words = rng.choice(choices)

    def run(self):
        return self.soak.start(self.app, self.words)


class Signalled(Step):
    """An archive starts and gets signals at a random moment."""

    def draw(self, rng):
        self.app = rng.choice(self.soak.apps)
        # A warm start is mostly over after 20 ms, a cold one after 150.
        self.delay = rng.expovariate(1 / rng.choice([0.004, 0.03, 0.1]))
        self.group = rng.random() < 0.3
        self.pause = rng.uniform(0, 0.8)
        self.words = rng.choice([[], ["spawn"], ["hold", "0.2"]])

    def spawn(self):
        words = [self.app.archive, *self.words]
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, env=self.soak.env, stdin=subprocess.DEVNULL, stdout=pipe,
                                   stderr=pipe, start_new_session=True)  # fmt: skip
        time.sleep(self.delay)
        return process

    def signal(self, process, number):
        try:
            (os.killpg if self.group else os.kill)(process.pid, number)
        except ProcessLookupError:
            pass

    def end(self, process):
        try:
            return process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None


class Kill(Signalled):
    """It is killed."""

    weight = 25

    def run(self):
        process = self.spawn()
        self.signal(process, signal.SIGKILL)
        ended = self.end(process)
        if ended is None:
            return "its children hold its streams after it was killed"
        if process.returncode in (-signal.SIGKILL, 0):
            return None
        return f"killed, and yet status {process.returncode}: {ended}"


class Pause(Signalled):
    """It is stopped for a while, and continues."""

    weight = 6

    def run(self):
        process = self.spawn()
        self.signal(process, signal.SIGSTOP)
        time.sleep(self.pause)
        self.signal(process, signal.SIGCONT)
        ended = self.end(process)
        if ended is None:
            return "it does not go on after it was stopped"
        return self.soak.judge(self.app, self.words, process.returncode, *ended)


class Packer(Step):
    """A command of the packer, which may be killed."""

    command: list[str] = []
    killed = 0.2
    statuses = (0,)

    def draw(self, rng):
        self.delay = rng.expovariate(1 / 0.03) if rng.random() < self.killed else None

    def words(self):
        return [self.soak.snakecrate, "--quiet", *self.command]

    def env(self):
        return self.soak.env

    def run(self):
        patience = PATIENCE if self.delay is None else self.delay
        end = run(self.words(), self.env(), patience=patience)
        if end.status is None:
            return None if self.delay is not None else f"{self.command}: it hung: {end}"
        # A command line is never a reason to panic.
        bad = end.status not in self.statuses or b"panicked" in end.errors
        return f"{self.command}: {end}" if bad else None


class Prune(Packer):
    """Removes what was not used for some days; with 0, everything that isn't in use."""

    weight = 8

    def draw(self, rng):
        super().draw(rng)
        self.command = ["cache", "prune", "--unused", str(rng.choice([0, 0, 0, 1, 30]))]
        if rng.random() < 0.2:
            self.command.append("--dry-run")


class Clear(Packer):
    """Removes everything that isn't in use."""

    weight = 3
    command = ["cache", "clear"]


class Verify(Packer):
    """Reads everything while others change it, so it may find that something is missing."""

    weight = 5
    command = ["cache", "verify"]
    statuses = (0, 1)


class Repair(Packer):
    """Removes what `verify` finds."""

    weight = 3
    command = ["cache", "verify", "--repair"]


class List(Packer):
    """Lists the contents."""

    weight = 2
    command = ["cache", "list", "--json"]


class Build(Packer):
    """Builds a version of the application that varies, over the version before."""

    weight = 4
    killed = 0.4
    # `cache clear` may remove the packer's own files while it runs.
    statuses = (0, 1)

    def draw(self, rng):
        self.app = rng.choice(self.soak.versions)
        self.delay = rng.uniform(0, 0.8) if rng.random() < self.killed else None
        self.command = ["build"]

    def words(self):
        return self.app.build_words(self.soak.snakecrate)


class Switch(Packer):
    """A `SNAKECRATE=` command of an archive."""

    def draw(self, rng):
        super().draw(rng)
        self.app = rng.choice(self.soak.apps)

    def words(self):
        return [self.app.archive]

    def env(self):
        return self.soak.env | {"SNAKECRATE": self.command[0]}


class Mend(Switch):
    """The archive repairs its unpacked files."""

    weight = 4
    command = ["repair"]


class Check(Switch):
    """The archive verifies itself and its unpacked files, while others change these."""

    weight = 2
    command = ["verify"]
    statuses = (0, 1)


class Uninstall(Switch):
    """The archive removes what only it uses, unless it is in use."""

    weight = 4
    command = ["uninstall"]
    statuses = (0, 1)


class Damage(Step):
    """Damage to the cache behind everybody's back, while nothing is running."""

    races = False
    # Whether archives start right after it; if not, they do after `cache verify --repair`.
    starts = True
    # Whether `cache verify` finds nothing after these starts. An environment has links to the files of
    # its components, so it outlives a missing component, and a start doesn't look for that.
    is_repaired = True

    def draw(self, rng):
        # Drawn again when it runs, as the contents are known only then.
        self.rng = random.Random(rng.random())

    def path(self, pattern):
        """One of the matching paths in the cache."""
        found = sorted(self.soak.cache.glob(pattern))
        return self.rng.choice(found) if found else None

    def files(self, *areas):
        """A file of a tree: on the first levels or anywhere."""
        tree = self.path(f"v2/{self.rng.choice(areas)}/*")
        found = sorted(p for p in tree.rglob("*") if p.is_file()) if tree else []
        return self.rng.choice(found) if found else None

    def run(self):
        when = f"after {self.name} of {self.damage()}"
        if self.starts and (found := self.soak.start_all(when)):
            return found
        if not self.is_repaired:
            self.soak.repair()
        return self.soak.quiet(when)


class Tree(Damage):
    """A whole tree is removed."""

    weight = 3
    is_repaired = False

    def damage(self):
        return gone(self.path(self.rng.choice(["v2/components/*", "v2/envs/*"])))


class Area(Damage):
    """All components, all environments, all trees or the whole cache is removed."""

    weight = 1
    is_repaired = False

    def damage(self):
        areas = ["v2/components", "v2/envs", "v2/staging", "v2", "../cache"]
        return gone(self.path(self.rng.choice(areas)))


class Plan(Damage):
    """A launch plan is removed, truncated, or replaced."""

    weight = 2
    # No archive starts the environment of a replaced build.
    is_repaired = False

    def damage(self):
        path = self.path("v2/envs/*/.snakecrate/launch")
        return path and self.rng.choice([gone, cut, emptied])(path)


class Stamp(Damage):
    """The stamp of a complete component is removed, emptied, or doubled."""

    weight = 1

    def damage(self):
        path = self.path("v2/components/*/.snakecrate/stamp")
        return path and self.rng.choice([gone, emptied])(path)


class Dead(Damage):
    """Dead processes left something in staging."""

    weight = 2

    def damage(self):
        path = self.soak.cache / "v2/staging" / f"0123.{self.rng.randrange(10**6)}" / "a/b"
        path.mkdir(parents=True, exist_ok=True)
        (path / "file").write_text("left")
        return path


class Lost(Damage):
    """A file is removed or truncated."""

    weight = 4
    starts = is_repaired = False

    def damage(self):
        path = self.files("components", "envs")
        return path and self.rng.choice([gone, cut, emptied])(path)


class Altered(Damage):
    """A byte of a file changes."""

    weight = 4
    starts = is_repaired = False

    def damage(self):
        path = self.files("components", "envs")
        return path and altered(path, self.rng)


def gone(path):
    if path and path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path:
        path.unlink()
    return path


def emptied(path):
    os.truncate(path, 0)
    return path


def cut(path):
    os.truncate(path, path.stat().st_size // 2)
    return path


def altered(path: Path, rng):
    contents = bytearray(path.read_bytes())
    if contents:
        contents[rng.randrange(len(contents))] ^= 1 << rng.randrange(8)
        with open(path, "r+b") as file:
            file.write(contents)
    return path


def kinds(base=Step):
    """All steps with a weight."""
    for kind in base.__subclasses__():
        if kind.weight:
            yield kind
        yield from kinds(kind)
