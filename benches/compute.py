"""Three workloads of pyperformance: after its start, an archive is the interpreter that it brings."""

import json
import zipfile

from setting import Failure
from timing import Series, ratio

# Name, and loops of one value: about a fifth of a second each.
WORKLOADS = {"nbody": 2, "richards": 4, "json_dumps": 12}
VALUES = 4


def compute(setting, peers, results):
    """Archives over the same interpreter in a virtual environment, in turns."""
    wheels = downloaded(setting, peers)
    venv = peers.venv("compute", "--no-index", "--find-links", wheels, "pyperf")
    for name, loops in WORKLOADS.items():
        script = benchmark(setting, wheels, name)
        archive = peers.archive(f"bm-{name}", "--find-links", wheels, "--with", "pyperf", source=script)
        commands = {"archive": [archive], "venv": [venv / "python", "-I", script]}
        series = {one: Series(one) for one in commands}
        rounds = setting.rounds(7)
        for number in range(rounds + 1):
            for one in list(commands)[:: 1 if number % 2 == 0 else -1]:
                values = worker(setting, commands[one], loops)
                # The first round fills caches.
                if number:
                    series[one].rounds.append(values)
        method = f"median of {rounds} rounds' ratios of medians of {VALUES} values (pyperf's worker)"
        what = f"pyperformance `{name}`, archive / the same interpreter in a venv"
        value = ratio(series["archive"], series["venv"])
        results.row(what, value, "×", 1.01, method, "1: the interpreter itself")
        for one, measured in series.items():
            results.absolute(f"pyperformance {name}: {one}", measured)


def worker(setting, command, loops):
    """Seconds of each value of one run."""
    output = setting.fast / "pyperf.json"
    output.unlink(missing_ok=True)
    options = ["--worker", "--loops", loops, "--values", VALUES, "--warmups", 1]
    setting.run(*command, *options, "--output", output)
    (measured,) = json.loads(output.read_text())["benchmarks"]
    return measured["runs"][0]["values"]


def downloaded(setting, peers):
    """The directory with the wheels of pyperf and pyperformance."""
    place = setting.directory("compute")

    def make():
        if not any(place.glob("pyperformance-*.whl")):
            pip = [peers.tools / "python", "-m", "pip", "download", "-q", "-d", place]
            setting.run(*pip, "--no-deps", "pyperformance", "psutil")
            setting.run(*pip, "pyperf")
        return place

    return peers.once("pyperformance downloaded", make)


def benchmark(setting, wheels, name):
    """The script of a workload, from pyperformance's wheel."""
    place = setting.directory("compute", "scripts") / f"bm_{name}.py"
    inside = f"pyperformance/data-files/benchmarks/bm_{name}/run_benchmark.py"
    for wheel in sorted(wheels.glob("pyperformance-*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            place.write_bytes(archive.read(inside))
            return place
    raise Failure("pyperformance has no wheel")
