"""The table: ratios first, then absolute times, then the machine."""

import os
import platform
from dataclasses import dataclass
from math import log
from pathlib import Path

from setting import ROOT, Failure


@dataclass
class Row:
    what: str
    value: float | None
    unit: str
    target: float
    method: str
    # The physical limit, with what it is.
    limit: str = ""
    place: str = ""

    @property
    def verdict(self):
        return "failed" if self.value is None else "yes" if self.value <= self.target else "**no**"

    def line(self):
        value = "–" if self.value is None else f"{self.value:.3f} {self.unit}"
        target = f"≤ {self.target:g} {self.unit}"
        cells = [self.what, self.place, value, target, self.verdict, self.limit, self.method]
        return f"| {' | '.join(cells)} |"


class Results:
    """All measurements."""

    def __init__(self):
        self.rows, self.numbers, self.failures = [], [], {}
        self.starts = {}  # application -> name -> "warm" or "first" -> seconds
        self.points = {"files": [], "bytes": []}  # (value, first run, packing) in seconds
        # The file system that is measured now; none for what does not depend on it.
        self.place = ""

    def row(self, what, value, unit, target, method, limit=None):
        """A ratio or a difference, beside its target and what physics would allow."""
        self.rows.append(Row(what, value, unit, target, method, limit or "", self.place))

    def absolute(self, name, series):
        text = f"{series.median * 1000:.2f} ms"
        note = f"{len(series.all)} runs, ± {series.spread:.0%}"
        self.numbers.append((name, self.place, text, note))

    def number(self, name, value, unit):
        self.numbers.append((name, self.place, f"{value:.2f} {unit}", ""))

    def start(self, app, name, kind, seconds):
        title = f"{app}, {self.place}"
        self.starts.setdefault(title, {}).setdefault(name, {})[kind] = seconds

    def point(self, kind, value, first, packing):
        self.points[kind].append((value, first, packing))

    def fail(self, what, error):
        what = f"{what}, {self.place}" if self.place else what
        self.failures[what] = str(error) or type(error).__name__


def bend(points, column):
    """Fixed cost in seconds, cost per unit in seconds, and where both are equal.

    The cost per unit is the slope between the two largest; the fixed cost what the smallest took.
    """
    (x1, *a), (x2, *b) = points[-2:]
    each = (b[column] - a[column]) / (x2 - x1)
    fixed = points[0][1 + column] - each * points[0][0]
    return fixed, each, fixed / each if each > 0 else float("inf")


def slope(points, column):
    """The exponent between the last two points: 1 is linear."""
    (x1, *a), (x2, *b) = points[-2:]
    return log(b[column] / a[column]) / log(x2 / x1)


def scale_lines(results):
    for kind, points in results.points.items():
        if len(points) < 2:
            continue
        yield f"| {kind} | first run | packing, level 3 |"
        yield "|---|---|---|"
        for value, first, packing in points:
            yield f"| {value:,} | {first:.3f} s | {packing:.2f} s |"
        yield ""
        for column, name in enumerate(("first run", "packing")):
            fixed, each, where = bend(points, column)
            one = (
                f"{each * 1e6:.1f} µs a file" if kind == "files" else f"{each * 2**30:.2f} s a GiB"
            )
            exponent = slope(points, column)
            yield (
                f"- {name}: {fixed * 1000:.0f} ms fixed and {one}; it bends at about {where:,.0f} {kind}, "
                f"where both are equal; between the last two points it grows with the power {exponent:.2f}."
            )
        yield ""


def file_system(path):
    best = ("", "?")
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if str(path).startswith(mount) and len(mount) > len(best[0]):
            best = (mount, kind)
    return f"{best[1]} ({best[0]})"


def machine(setting, peers):
    """Facts that the figures depend on."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(":")[1].strip() for line in info if line.startswith("model name")), "?"
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    yield f"- {os.cpu_count()} cores, {model}, {memory:.0f} GiB, Linux {platform.release()}"
    yield f"- load average at the end: {os.getloadavg()[0]:.1f}, of which the benchmark itself is about 1"
    yield f"- tmpfs: /dev/shm; the others: made for this run by mkfs, on a loop device (overlayfs: on such an ext4); its file and the packed files: {file_system(setting.scratch)}"
    yield f"- packed: {setting.run(setting.python, '-VV').strip().splitlines()[0]}"
    yield f"- {setting.run(setting.snakecrate, '--version').strip()}, commit {commit(setting)}"
    tools = ("uv", "shiv", "pex", "pyinstaller", "nuitka")
    yield "- " + ", ".join(
        [setting.run("hyperfine", "--version").strip(), *versions(setting, tools)]
    )


def commit(setting):
    try:
        changed = setting.run(
            "git", "status", "--porcelain", "--untracked-files=no", cwd=ROOT
        ).strip()
        return setting.run("git", "rev-parse", "--short", "HEAD", cwd=ROOT).strip() + (
            " with changes" if changed else ""
        )
    except (Failure, OSError):
        return "unknown"


def versions(setting, tools):
    for tool in tools:
        pattern = f"venvs/*/lib/python*/site-packages/{tool}-*.dist-info"
        for path in sorted(setting.scratch.glob(pattern))[:1]:
            yield path.name.removesuffix(".dist-info").replace("-", " ")


def write(setting, peers, results, path, date, drawn):
    failed = [row for row in results.rows if row.verdict != "yes"]
    lines = [f"# Benchmark of {date}", ""]
    if setting.quick:
        lines += [
            "**Made with `--quick`: three rounds of everything, of no value but to try the benchmark.**",
            "",
        ]
    lines += [
        f"By `ci/bench`. {len(results.rows) - len(failed)} of {len(results.rows)} targets are met. All that is compared ran in turns in",
        "one run; medians.",
        "",
        "| what | on | measured | target | met | limit | how |",
        "|---|---|---|---|---|---|---|",
        *(row.line() for row in results.rows),
        "",
    ]
    lines += [f"![{chart.stem}]({chart.name})\n" for chart in drawn]
    if results.failures:
        lines += ["## Could not be measured", ""]
        lines += [f"- {what}: failed: {why}" for what, why in results.failures.items()] + [""]
    if any(results.points.values()):
        lines += [
            "## Scale",
            "",
            "Text files of 4 KiB by number; ten text files by bytes. An archive of `/bin/true` and these.",
            "",
        ]
        lines += [*scale_lines(results)]
    lines += [
        "## Absolute figures of this machine",
        "",
        "Not to be compared with those of another day or machine.",
        "",
    ]
    lines += ["| what | on | median | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in results.numbers]
    lines += ["", "## This machine", "", *machine(setting, peers), ""]
    path.write_text("\n".join(lines))
    return path
