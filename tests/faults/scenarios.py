"""What the swept program finds, and what must hold whatever happens to it."""

import os
import shutil
from pathlib import Path

from calls import Call, Injection, inject

BOOT = "/proc/sys/kernel/random/boot_id"
OTHER_BOOT = b"00000000-0000-0000-0000-000000000000"
DAMAGED = "app"
# Archives beside the swept one: an environment that goes, and one that stays.
OLD, OTHERS = "hello-old", ("hello-old", "hello-other")
# With these, a start does not know the host's C library, and writes another launch plan.
UNREADABLE = [Injection(Call(name, 1), "EACCES") for name in ("stat", "newfstatat", "statx")]


class Scenario:
    """A state of the cache and a command. `home` is the state that a worker restores before each
    injection."""

    name = "?"
    # Whether the trees in the cache are complete at every moment.
    is_whole = True
    # Whether only `cache prune` removes leftovers from staging, as the next start is a warm one.
    needs_prune = False
    # Whether others left something in staging. If a lock fails, it stays until the next cold start.
    sweeps = False
    kinds = ("kill", "errors")

    def __init__(self, place, expected):
        self.place, self.expected = place, expected

    def command(self):
        return self.place.start

    def prepare(self):
        """Makes the state, which is then saved."""

    def reset(self):
        """Restores the saved state."""
        self.place.reset()

    def made(self):
        """A cache in which the archive has run once."""
        end = self.place.run(*self.place.start)
        if end.status != 0 or end.output != self.expected:
            raise SystemExit(f"sweep: the archive does not run: {end}")

    def judge(self, injection, end):
        """Describes what is wrong with the end of the injected run."""
        if end.status is None:
            return f"it hung: {end}"
        if injection.kind == "KILL":
            # With threads there may be fewer calls than in the traced run.
            well = end.status == 137 or self.place.processor is None and end.status == 0
            return None if well else f"killed, and yet: {end}"
        return self.judge_error(injection, end)

    def judge_error(self, injection, end):
        if end.status == 0:
            right = end.output == self.expected and not end.errors
            return None if right else f"success with a wrong output: {end}"
        lines = end.errors.decode(errors="replace").splitlines()
        two = len(lines) == 2 and all(line.startswith("snakecrate: ") for line in lines)
        if 121 <= end.status <= 126 and two and not end.output:
            return None
        # Without memory there is no message: Rust's allocator ends the process.
        if injection.kind == "ENOMEM" and end.status == 134 and not end.output:
            return None
        return f"neither success nor two lines and a status of 121 to 126: {end}"

    def after(self, injection):
        """Describes what is wrong with the state after the injected run, and with the next start."""
        place = self.place
        if self.is_whole and (found := place.verify()):
            return f"right after it: {found}"
        self.repair()
        end = place.run(*place.start)
        if end.status != 0 or end.output != self.expected or end.errors:
            return f"the next start: {end}"
        if found := place.verify():
            return f"after the next start: {found}"
        if self.needs_prune or injection.kind != "KILL" and self.sweeps:
            self.prune()
        if found := place.staging():
            return found
        return place.differs(*self.names)

    def repair(self):
        """The user's action before the next start."""

    def prune(self):
        """The user's action after it, where leftovers are expected."""
        self.place.packer("cache", "prune")

    def trouble(self, injection):
        """Describes what goes wrong with this injection; `None` if all is well."""
        self.reset()
        end = inject(injection, self.command(), self.place.env, self.place.processor)
        self.end = end
        return self.judge(injection, end) or self.after(injection)


class First(Scenario):
    """A first run with an empty cache."""

    name = "first"


class Recover(Scenario):
    """A run after a killed one, with leftovers of other dead processes."""

    name = "recover"
    sweeps = True

    def prepare(self):
        place = self.place
        inject(Injection(Call("write", 300), "KILL"), place.start, place.env, place.processor)
        staging = place.cache / "v2/staging"
        if not any(staging.iterdir()):
            raise SystemExit("sweep: the killed run left nothing")
        (staging / "0123.99/a/b").mkdir(parents=True)
        (staging / "0123.99/a/b/file").write_text("x")


class Clean(Scenario):
    """A first run that removes an old environment and its component, and the rest of another."""

    name = "clean"
    needs_prune = True

    def prepare(self):
        place = self.place
        for other in OTHERS:
            path = Path(place.start[0]).with_name(other)
            end = place.run(path)
            if end.status != 0:
                raise SystemExit(f"sweep: {path} does not run: {end}")
            if other == OLD:
                [old] = (place.cache / "v2/envs").iterdir()
                self.plan = old / ".snakecrate/launch"
        place.keep()
        for injection in (None, *UNREADABLE):
            self.reset()
            if injection is None:
                place.run(*place.start)
            else:
                inject(injection, place.start, place.env, place.processor)
            if len(list((place.cache / "v2/envs").iterdir())) != len(OTHERS):
                raise SystemExit("sweep: the run did not remove the old environment")
            self.names = [*(self.names if injection else []), place.names()]
        self.reset()
        rest = place.cache / "v2/staging/0123.pruned.99/a/b"
        rest.mkdir(parents=True)
        (rest / "file").write_text("x")

    def reset(self):
        super().reset()
        self.age()

    def repair(self):
        self.age()

    def prune(self):
        self.age()
        super().prune()

    def age(self):
        """Makes the environment old again: a copy and `cache verify` read its files, which counts as use."""
        if self.plan.exists():
            os.utime(self.plan, (0, 0))


class Reboot(Scenario):
    """A run after a restart of the machine that lost a write to a component."""

    name = "reboot"
    is_whole = False
    needs_prune = True

    def prepare(self):
        self.made()
        cache = self.place.cache / "v2"
        boot = open(BOOT, "rb").read().strip()
        for plan in cache.glob("envs/*/.snakecrate/launch"):
            replace(plan, plan.read_bytes().replace(boot, OTHER_BOOT, 1))
        for stamp in cache.glob("components/*/.snakecrate/stamp"):
            replace(stamp, OTHER_BOOT)
        damage(cache)


class Warm(Scenario):
    """A run with a filled cache."""

    name = "warm"

    def prepare(self):
        self.made()


class Prune(Scenario):
    """`cache prune` of everything that isn't in use."""

    name = "prune"
    needs_prune = True
    kinds = ("kill",)

    def command(self):
        return [self.place.snakecrate, "--quiet", "cache", "prune", "--unused", "0"]

    def prepare(self):
        self.made()


class Clear(Prune):
    """`cache clear`."""

    name = "clear"

    def command(self):
        return [self.place.snakecrate, "--quiet", "cache", "clear"]


class Repair(Prune):
    """`cache verify --repair` of a damaged file."""

    name = "repair"
    is_whole = False

    def command(self):
        return [self.place.snakecrate, "--quiet", "cache", "verify", "--repair"]

    def prepare(self):
        self.made()
        damage(self.place.cache / "v2")

    def repair(self):
        self.place.packer("cache", "verify", "--repair")


SCENARIOS = {one.name: one for one in (First, Recover, Clean, Reboot, Warm, Prune, Clear, Repair)}


def damage(cache):
    """Changes a byte of a file that the application's component and its environment share."""
    for record in cache.glob("components/*/.snakecrate/component.json"):
        if f'"kind":"{DAMAGED}"' in record.read_text():
            files = [path for path in sorted(record.parents[1].rglob("*.py")) if path.stat().st_size]
            contents = files[0].read_bytes()
            files[0].chmod(0o644)
            with open(files[0], "r+b") as file:
                file.write(bytes([contents[0] ^ 1]))
            files[0].chmod(0o444)
            return
    raise SystemExit("sweep: no component of the application")


def replace(path, contents):
    mode = path.stat().st_mode & 0o7777
    aside = path.with_name(path.name + ".sweep")
    aside.write_bytes(contents)
    os.chmod(aside, mode)
    shutil.move(aside, path)
