"""Starts, kills, prunes, damages and builds at random on one cache, for as long as asked.

Whatever happens, an archive that was left alone prints the right output. If files were damaged
behind the cache's back, it does so after `cache verify --repair`. When nothing is running, `cache
verify` finds nothing, staging is empty, and nothing has piled up. At the first trouble the soak prints
the seed and the steps, leaves the cache for inspection, and ends with status 1. The same seed draws
the same steps again; the timing of processes differs from run to run.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from apps import fixed, varying  # noqa: E402
from calls import run  # noqa: E402
from steps import PATIENCE, kinds  # noqa: E402

STARTED = time.monotonic()
# Rounds of concurrent steps between two checks of the whole cache.
ROUNDS = 8
# Trees of one archive: runtime, application, C library.
COMPONENTS = 3


class Trouble(Exception):
    """Something that must not happen."""


def options():
    parser = argparse.ArgumentParser(prog="ci/soak", description=__doc__)
    parser.add_argument("--iterations", type=int, metavar="N", help="steps [10000]")
    parser.add_argument("--minutes", type=float, metavar="M", help="or for that long")
    parser.add_argument("--seed", type=int, metavar="S", help="[drawn, and printed]")
    parser.add_argument("--side-by-side", type=int, metavar="N", default=5, help="at most [5]")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="where caches are")
    parser.add_argument("--without", metavar="STEP", nargs="+", default=[], help="leave these out")
    parser.add_argument("--snakecrate", type=Path, required=True, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(10**6)
    if args.iterations is None and args.minutes is None:
        args.iterations = 10_000
    return args


class Soak:
    """One cache, and the steps on it."""

    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.snakecrate = args.snakecrate.resolve()
        self.cache, home = folder / "cache", folder / "home"
        home.mkdir()
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "SNAKECRATE_CACHE": str(self.cache),
            "NO_COLOR": "1",
            "TMPDIR": str(home),
        }
        self.rng = random.Random(args.seed)
        self.kinds = [kind for kind in kinds() if kind.__name__.lower() not in args.without]
        self.versions = varying(folder)
        self.apps = [*fixed(folder), self.versions[0]]
        self.counts, self.looks, self.largest = Counter(), 0, 0
        self.steps = 0
        for app in self.apps:
            say(f"building {app.name}")
            app.build(self.snakecrate, self.env)
        self.archives = {app.archive: app.archive.read_bytes() for app in self.apps[:-1]}

    def judge(self, app, words, status, output, errors):
        """Describes what is wrong with the end of an archive."""
        # The application that varies may have any version by now.
        versions = self.versions if app in self.versions else [app]
        right = status == 0 and not errors
        if right and output in [version.expected(words) for version in versions]:
            return None
        # The two processes of `spawn` may have two versions.
        if right and words == ["spawn"] and app in self.versions:
            return None if output.splitlines()[1:] else f"{app.name} spawned nothing: {output}"
        return f"{app.name} {words}: status {status}\n  stdout {output!r}\n  stderr {errors!r}"

    def start(self, app, words=()):
        end = run([app.archive, *words], self.env, patience=PATIENCE)
        if end.status is None:
            return f"{app.name} {words} hung: {end}"
        return self.judge(app, list(words), end.status, end.output, end.errors)

    def packer(self, *words):
        return run([self.snakecrate, *words], self.env, patience=PATIENCE)

    def repair(self):
        """The user's action against damage that a start doesn't notice."""
        end = self.packer("cache", "verify", "--repair")
        if end.status != 0:
            raise Trouble(f"cache verify --repair: {end}")

    def start_all(self, when):
        """Starts every archive; returns a description of what is wrong."""
        found = filter(None, map(self.start, self.apps))
        return next((f"{when}: {text}" for text in found), None)

    def quiet(self, when):
        """With nothing running, everything must be right. Returns a description of what isn't."""
        self.looks += 1
        if found := self.start_all(when):
            return found
        end = self.packer("cache", "verify")
        if end.status != 0:
            return f"{when}: cache verify: {end}"
        # The next prune or cold start removes the leftovers of a killed `prune`.
        end = self.packer("cache", "prune")
        if end.status != 0:
            return f"{when}: cache prune: {end}"
        staging = self.cache / "v2/staging"
        left = os.listdir(staging) if staging.exists() else []
        if left:
            return f"{when}: left in staging: {left}"
        return self.piled_up(when)

    def piled_up(self, when):
        """Whether the cache has more than all archives need."""
        v2 = self.cache / "v2"
        envs, components = os.listdir(v2 / "envs"), os.listdir(v2 / "components")
        archives = len(self.apps) - 1 + len(self.versions)
        if len(envs) > archives or len(components) > archives * COMPONENTS:
            return f"{when}: {len(envs)} environments and {len(components)} components"
        odd = set(os.listdir(self.cache)) - {"CACHEDIR.TAG", "v2", "build"}
        odd |= set(os.listdir(v2)) - {"components", "envs", "staging"}
        if odd:
            return f"{when}: in the cache: {odd}"
        size = sum(os.lstat(os.path.join(top, name)).st_size
                   for top, _, names in os.walk(self.cache) for name in names)  # fmt: skip
        self.largest = max(self.largest, size)
        for archive, contents in self.archives.items():
            if archive.read_bytes() != contents:
                return f"{when}: {archive} changed"
        return None

    def goes_on(self):
        args = self.args
        if args.minutes is not None and time.monotonic() - STARTED > args.minutes * 60:
            return False
        return args.iterations is None or self.steps < args.iterations

    def draw(self):
        """The steps of a round."""
        weights = [kind.weight for kind in self.kinds]
        first = self.rng.choices(self.kinds, weights)[0]
        if not first.races:
            return [first(self, self.rng)]
        racing = [kind for kind in self.kinds if kind.races]
        weights = [kind.weight for kind in racing]
        more = self.rng.choices(racing, weights, k=self.rng.randrange(self.args.side_by_side))
        return [kind(self, self.rng) for kind in (first, *more)]

    def run(self):
        rounds = 0
        with ThreadPoolExecutor(self.args.side_by_side) as pool:
            while self.goes_on():
                steps = self.draw()
                found = list(pool.map(self.step, steps))
                self.steps += len(steps)
                self.counts.update(step.name for step in steps)
                rounds += 1
                if not any(found) and rounds % ROUNDS == 0:
                    found.append(self.quiet("when nothing ran"))
                if any(found):
                    shown = "\n".join(f"  {step}" for step in steps)
                    what = "\n".join(text for text in found if text)
                    raise Trouble(f"round {rounds}, step {self.steps}:\n{shown}\n{what}")
                if rounds % 100 == 0:
                    say(f"{self.steps} steps, {self.looks} looks at all of it")
        if found := self.quiet("at the end"):
            raise Trouble(found)

    def step(self, step):
        try:
            return step.run()
        except Trouble as trouble:
            return str(trouble)

    def table(self):
        print("\n| step | times |\n|---|---:|")
        for name, count in sorted(self.counts.items()):
            print(f"| {name} | {count} |")
        print(f"| all | {self.steps} |\n| looks at all of it | {self.looks} |")
        print(f"\nThe cache had {self.largest / 1e6:.1f} MB at most.")


def say(text):
    print(f"soak: {text} ({time.monotonic() - STARTED:.0f} s)", file=sys.stderr, flush=True)


def main():
    args = options()
    folder = Path(tempfile.mkdtemp(prefix="snakecrate-soak-", dir=args.folder))
    say(f"seed {args.seed}")
    soak = Soak(args, folder)
    try:
        soak.run()
    except Trouble as trouble:
        print(f"\nTROUBLE with seed {args.seed}, {trouble}\n  kept: {folder}")
        soak.table()
        return 1
    soak.table()
    shutil.rmtree(folder)
    say(f"seed {args.seed}: no trouble")
    return 0


if __name__ == "__main__":
    sys.exit(main())
