"""The cost of the bundled C library: time of a warm start, and bytes."""

import json
import os
import time
from dataclasses import dataclass
from statistics import median

from packages import run

MODES = ("host", "bundled")
PAIRS = 300


@dataclass
class Figures:
    """Times in seconds, sizes in bytes."""

    application: str
    medians: dict
    difference: float
    quartiles: tuple
    sizes: dict
    unpacked: dict

    def lines(self):
        ms = lambda seconds: f"{seconds * 1000:.2f} ms"
        mb = lambda what: f"{(what['bundled'] - what['host']) / 1e6:.2f} MB"
        low, high = self.quartiles
        yield (
            f'- `{self.application}`, warm, `libc = "bundled"` over `libc = "host"`: {ms(self.difference)} '
            f"(median of {PAIRS} pairs in turns, quartiles {ms(low)} and {ms(high)}; "
            f"{ms(self.medians['bundled'])} and {ms(self.medians['host'])})"
        )
        yield f"- the C library adds {mb(self.sizes)} to the archive, {mb(self.unpacked)} unpacked"


def measure(snakecrate, examples, place, application="hello"):
    """Builds `application` with both libraries, and starts the two archives in turns."""
    place.mkdir(parents=True, exist_ok=True)
    archives, sizes, unpacked = {}, {}, {}
    for mode in MODES:
        path = archives[mode] = place / f"{application}-{mode}"
        run(snakecrate, "build", "--quiet", examples / application, "-o", path, "--libc", mode)
        components = json.loads(run(snakecrate, "inspect", "--json", path))["components"]
        sizes[mode] = path.stat().st_size
        unpacked[mode] = sum(component["unpacked"] for component in components)
    environment = {"SNAKECRATE_CACHE": str(place / "cache")}
    times = {mode: [] for mode in MODES}
    for number in range(-20, PAIRS):
        for mode in MODES if number % 2 else reversed(MODES):
            taken = start(archives[mode], environment)
            if number >= 0:
                times[mode].append(taken)
    pairs = zip(times["bundled"], times["host"], strict=True)
    differences = sorted(bundled - host for bundled, host in pairs)
    quartiles = (differences[PAIRS // 4], differences[-1 - PAIRS // 4])
    medians = {mode: median(times[mode]) for mode in MODES}
    return Figures(application, medians, median(differences), quartiles, sizes, unpacked)


def start(archive, environment):
    """The duration of one run, in seconds."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1)]
    before = time.perf_counter()
    child = os.posix_spawn(archive, [str(archive)], environment, file_actions=actions)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    taken = time.perf_counter() - before
    os.close(null)
    if status != 0:
        raise SystemExit(f"beds: {archive}: status {status}")
    return taken
