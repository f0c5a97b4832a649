"""Interleaved measurements: every method takes turns between the compared programs."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Series:
    """The measurements of one program, in rounds."""

    name: str
    rounds: list[list[float]] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    @property
    def all(self):
        return [value for one in self.rounds for value in one]

    @property
    def median(self):
        """Seconds."""
        return median(self.all)

    @property
    def spread(self):
        """Half the distance between the quartiles, relative to the median."""
        values = sorted(self.all)
        quarter = len(values) // 4
        return (values[-1 - quarter] - values[quarter]) / 2 / self.median


def difference(left, right):
    """Median over rounds of the difference of both medians, in seconds. Drift cancels out."""
    pairs = zip(left.rounds, right.rounds, strict=True)
    return median(median(one) - median(other) for one, other in pairs)


def ratio(left, right):
    """Median over rounds of the quotient of both medians."""
    pairs = zip(left.rounds, right.rounds, strict=True)
    return median(median(one) / median(other) for one, other in pairs)


def warm(setting, commands, rounds, runs, env=None):
    """`hyperfine -N` on each of `{name: words}`, `runs` times a round; every other round backwards."""
    series = {name: Series(name) for name in commands}
    export = setting.fast / "hyperfine.json"
    for words in commands.values():  # fills caches, and fails with the program's own message
        setting.run(*words, env=env)
    for number in range(rounds):
        order = list(commands) if number % 2 == 0 else list(reversed(commands))
        texts = [shlex.join(str(word) for word in commands[name]) for name in order]
        options = ["-N", "--style", "none", "--warmup", "1", "--runs", str(runs)]
        setting.run("hyperfine", *options, "--export-json", export, *texts, env=env)
        for name, result in zip(order, json.loads(export.read_text())["results"], strict=True):
            series[name].rounds.append(result["times"])
    return series


@dataclass
class Case:
    """A program that needs preparation before each measurement."""

    name: str
    command: list
    env: dict = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    clean: Callable[[], None] = lambda: None
    # The program measures itself, and prints seconds.
    itself: bool = False


def cold(setting, cases, rounds):
    """Runs each case once a round, freshly prepared; `once.c` measures wall seconds and peak memory."""
    once = setting.compiled("once")
    series = {case.name: Series(case.name) for case in cases}
    for number in range(rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            case.prepare()
            setting.settle()
            words = case.command if case.itself else [once, *case.command]
            seconds, *peak = setting.run(*words, env=case.env).split()
            case.clean()
            series[case.name].rounds.append([float(seconds)])
            series[case.name].peaks += map(int, peak)
    return series
