"""torch: an archive of gigabytes, with or without CUDA."""

import shutil
from pathlib import Path

from setting import Failure
from timing import Case, cold, ratio, warm

# Plug-ins of nvshmem look for the libraries of MPI and of network cards, and no wheel has them.
MISSING = "libfabric.so.1,libmpi.so.40,liboshmem.so.40,libpmix.so.2,libquadmath.so.0,libucp.so.0,libucs.so.0"
SCRIPT = "import torch\n\nprint(torch.ones(3).sum().item())\n"


def torch(setting, peers, results):
    """First run over a copy of the same files, warm starts over a virtual environment, the build."""
    wheels = downloaded(setting, peers)
    script = setting.directory("torch") / "ones.py"
    script.write_text(SCRIPT)
    archive = build(setting, peers, results, wheels, script)
    venv = peers.venv("torch", "--no-index", "--find-links", wheels, setting.torch)

    cache, written, trees = (setting.fast / name for name in ("cold", "written", "trees"))
    free = shutil.disk_usage(setting.fast).free
    tree = extracted(setting, archive, trees)
    if free < 3 * tree:
        raise Failure(f"{setting.place} has {free / 1e9:.0f} GB: three times {tree / 1e9:.1f} GB are needed")
    place = {"SNAKECRATE_CACHE": cache}

    def emptied(path):
        return lambda: setting.remove(path)

    copy = [setting.compiled("rawwrite"), trees, written, "2"]
    cases = [
        Case("first", [archive], place, emptied(cache)),
        Case("copy", copy, prepare=emptied(written), clean=emptied(written), itself=True),
        Case("again", [archive], place, lambda: setting.run(archive, env=place)),
    ]
    rounds = setting.rounds(3, 1)
    series = cold(setting, cases, rounds)
    setting.remove(trees)
    method = f"{rounds} rounds, (first run − warm run) / copy"
    unpacking = series["first"].median - series["again"].median
    what = f"extraction of `{Path(setting.torch).name}` / a copy of the same files by two threads"
    limit = f"{series['copy'].median:.2f} s: the copy, which is 1"
    results.row(what, unpacking / series["copy"].median, "×", 1.2, method, limit)
    results.number("peak memory of torch's first run, launcher included", max(series["first"].peaks) / 1024, "MiB")

    commands = {"archive": [archive], "venv": [venv / "python", script]}
    rounds = setting.rounds(5)
    pair = warm(setting, commands, rounds, 2, env=place)
    method = f"median of {rounds} rounds' ratios, 2 and 2 runs each"
    what = f"`{Path(setting.torch).name}` warm / the same script in a venv"
    limit = f"{pair['venv'].median:.2f} s: the venv on {setting.scratch}, which is 1"
    results.row(what, ratio(pair["archive"], pair["venv"]), "×", 1.0, method, limit)
    for name, one in series.items():
        results.absolute(f"torch: {name}", one)
    for name, one in pair.items():
        results.absolute(f"torch, warm: {name}", one)
    setting.remove(cache)


def downloaded(setting, peers):
    """The directory with the wheels; kept with `--keep`."""
    place = setting.directory("wheels-torch")

    def make():
        if not any(place.glob("torch-*.whl")):
            pip = [peers.tools / "python", "-m", "pip", "download", "-q", "-d", place]
            setting.run(*pip, setting.torch)
        return place

    return peers.once("torch downloaded", make)


def build(setting, peers, results, wheels, script):
    """Packs the script, and measures time and memory of that."""
    output = setting.packed / f"torch-{setting.place}"
    cache = setting.fast / "build-cache"

    def make():
        words, env = peers.pack(script, output, "--find-links", wheels, cache=cache, level=[])
        words += ["--with", setting.torch, "--no-proof", "--allow-missing", MISSING]
        case = Case("build", words, env, lambda: setting.remove(cache))
        return cold(setting, [case], 1)["build"]

    built = peers.once(f"Snakecrate: torch on {setting.place}", make)
    setting.remove(cache)
    size = output.stat().st_size / 1e9
    how = f"empty cache, wheels in a directory, default level, without the proof; {size:.2f} GB"
    what = f"build of `{Path(setting.torch).name}`"
    results.row(what, built.median, "s", 90, how)
    results.row(f"{what}, peak memory", max(built.peaks) / 1024, "MiB", 500, how)
    return output


def extracted(setting, archive, trees):
    """Extracts the archive's components to `trees`; returns their bytes."""
    setting.run(setting.snakecrate, "extract", archive, trees)
    return sum(path.lstat().st_size for path in trees.rglob("*"))
