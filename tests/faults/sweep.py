"""Starts an archive again and again, each time with another system call failing.

At every system call of a run the launcher is killed, or the call fails with an error that it can
fail with. Whatever happens: the run succeeds, or says in two lines what is wrong; no tree in the
cache is ever incomplete; the next start succeeds; then `cache verify` finds nothing, and the cache
holds the same names as one that nothing happened to. Ends with status 1 at the first trouble, and
leaves the cache for inspection.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from calls import Injection, inject, trace  # noqa: E402
from places import Place, remove  # noqa: E402
from scenarios import SCENARIOS, UNREADABLE  # noqa: E402

STARTED = time.monotonic()


def options():
    parser = argparse.ArgumentParser(prog="ci/sweep", description=__doc__)
    archive = Path("target/examples/hello-minimal")
    parser.add_argument("archive", nargs="?", type=Path, default=archive, help="[%(default)s]")
    parser.add_argument("words", nargs="*", help="arguments of the application")
    names = list(SCENARIOS)
    parser.add_argument("--only", metavar="SCENARIO", nargs="+", choices=names, default=["first"],
                        help=f"scenarios to sweep: {', '.join(names)} [first]")  # fmt: skip
    parser.add_argument("--kinds", nargs="+", choices=("kill", "errors"), default=("kill", "errors"))
    parser.add_argument("--error", metavar="ERRNO", nargs="+", help="only these errors")
    parser.add_argument("--call", metavar="NAME", nargs="+", help="only these calls")
    parser.add_argument("--sample", metavar="N", type=int, help="sweep this many points of each scenario")
    parser.add_argument("--edges", action="store_true",
                        help="sweep the first two, the middle one and the last of each call")  # fmt: skip
    parser.add_argument("--threads", action="store_true",
                        help="use all the launcher's threads, so that runs differ")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample [1]")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="continue after a trouble")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="directory of the caches")
    parser.add_argument("--snakecrate", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def choose(calls, kinds, args):
    """The injections, in the order of the calls."""
    series = Counter(call.name for call in calls)
    if args.call:
        calls = [call for call in calls if call.name in args.call]
    if args.edges:
        calls = [c for c in calls if c.number in {1, 2, (series[c.name] + 1) // 2, series[c.name]}]
    found = []
    for call in calls:
        if "kill" in kinds:
            found.append(Injection(call, "KILL"))
        if "errors" in kinds:
            errors = call.errors()
            found += [Injection(call, e) for e in errors if not args.error or e in args.error]
    if args.sample and args.sample < len(found):
        chosen = set(random.Random(args.seed).sample(range(len(found)), args.sample))
        found = [one for number, one in enumerate(found) if number in chosen]
    return found


class Sweep:
    """One scenario with several workers."""

    def __init__(self, kind, args, folder):
        self.kind, self.args, self.folder = kind, args, folder
        self.counts, self.troubles = Counter(), []
        self.lock = threading.Lock()
        self.done = 0

    def scenario(self, worker):
        args = self.args
        processor = None if args.threads else worker
        place = Place(self.folder / f"{self.kind.name}-{worker}", args.snakecrate.resolve(),
                      args.archive.resolve(), args.words, processor)  # fmt: skip
        end = place.run(*place.start)
        if end.status != 0:
            sys.exit(f"sweep: the archive does not run: {end}")
        scenario = self.kind(place, end.output)
        # The names of an undisturbed cache, and of one whose host has an unreadable C library.
        scenario.names = [place.names()]
        remove(place.cache)
        for injection in UNREADABLE:
            inject(injection, place.start, place.env, place.processor)
            scenario.names.append(place.names())
            remove(place.cache)
        scenario.prepare()
        place.keep()
        return scenario

    def run(self):
        workers = [self.scenario(number) for number in range(self.args.workers)]
        place = workers[0].place
        workers[0].reset()
        log = place.folder / "trace"
        _, calls = trace(workers[0].command(), place.env, log, place.processor)
        kinds = [kind for kind in self.kind.kinds if kind in self.args.kinds]
        injections = choose(calls, kinds, self.args)
        say(f"{self.kind.name}: {len(calls)} system calls, {len(injections)} injections")
        self.total, self.left = len(injections), iter(injections)
        threads = [threading.Thread(target=self.work, args=[one]) for one in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return not self.troubles

    def work(self, scenario):
        while True:
            with self.lock:
                if self.troubles and not self.args.all:
                    return
                injection = next(self.left, None)
            if injection is None:
                break
            trouble = scenario.trouble(injection)
            with self.lock:
                self.note(scenario, injection, trouble)
            if trouble and not self.args.all:
                return
        remove(scenario.place.folder)

    def note(self, scenario, injection, trouble):
        status = scenario.end.status
        outcome = "trouble" if trouble else {0: "success", 137: "killed"}.get(status, status)
        self.counts[injection.call.name, injection.kind, outcome] += 1
        self.done += 1
        if trouble:
            self.troubles.append(trouble)
            print(f"\nTROUBLE in `{self.kind.name}`: {injection.kind} at {injection.call}\n"
                  f"  {injection.option}\n  the run: {scenario.end}\n  {trouble}\n"
                  f"  the cache: {scenario.place.cache}", flush=True)  # fmt: skip
        elif self.done % 200 == 0:
            say(f"{self.kind.name}: {self.done} of {self.total}")


def say(text):
    print(f"sweep: {text} ({time.monotonic() - STARTED:.0f} s)", file=sys.stderr, flush=True)


def table(counts):
    """Counts by call, kind of injection, and end of the run."""
    rows = sorted({(name, kind) for name, kind, _ in counts})
    outcomes = sorted({outcome for _, _, outcome in counts}, key=str)
    print("| call | injected | " + " | ".join(map(str, outcomes)) + " |")
    print("|---|---|" + "---:|" * len(outcomes))
    for name, kind in rows:
        cells = (str(counts[name, kind, outcome] or "") for outcome in outcomes)
        print(f"| {name} | {kind} | {' | '.join(cells)} |")


def main():
    args = options()
    folder = Path(tempfile.mkdtemp(prefix="snakecrate-sweep-", dir=args.folder))
    well = True
    for name in args.only:
        sweep = Sweep(SCENARIOS[name], args, folder)
        well &= sweep.run()
        print(f"\n{name}: {sum(sweep.counts.values())} injections, {len(sweep.troubles)} troubles\n")
        table(sweep.counts)
        if not well and not args.all:
            break
    if well:
        remove(folder)
    say("done")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
