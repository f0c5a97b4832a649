"""The costs of many files and bytes: a gigabyte, and two series for the log-log chart."""

import workloads
from launcher import native, native_words
from setting import Failure
from timing import Case, cold, difference, warm


def large(setting, peers, results):
    """Warm start and memory of an archive of a gigabyte, compared with small ones."""
    place = setting.directory("synthetic")
    small = native(setting, peers)
    app = setting.directory("apps", "deployctl")
    peers.wheel("deployctl")
    middle = native(setting, peers, "--find-links", app, "--with", "deployctl==1.0")
    workloads.gigabyte(place)
    # The payload doesn't compress at any level, but level 19 takes minutes to notice.
    links = ["--find-links", place]
    big = native(setting, peers, *links, "--with", "gigabyte==1.0", level=["--level", "3"])

    cache = setting.fast / "cold"
    first = {"SNAKECRATE_CACHE": cache}
    peaks = {}
    for name, archive in (
        ("`/bin/true` alone", small),
        ("with deployctl", middle),
        ("with 1 GB", big),
    ):
        case = Case(name, [archive], first, lambda: setting.remove(cache))
        one = cold(setting, [case], setting.rounds(5, 2))[name]
        setting.remove(cache)
        peaks[name] = max(one.peaks) / 1024
        results.number(f"peak memory of the launcher, first run, {name}", peaks[name], "MiB")
        results.absolute(f"first run: `/bin/true` {name}", one)
    how = ", ".join(f"{name}: {peak:.1f}" for name, peak in peaks.items())
    results.row(
        "peak memory of the launcher on first run, the largest of three archives",
        max(peaks.values()),
        "MB",
        64,
        how,
    )

    commands = {"small": [small], "big": [big], "direct": native_words(setting, small)}
    series = warm(setting, commands, setting.rounds(40), 25)
    overhead = difference(series["big"], series["direct"]) * 1000
    usual = difference(series["small"], series["direct"]) * 1000
    how = (
        f"the small one's in the same run: {usual:.3f} ms; both archives start a copy of /bin/true"
    )
    limit = f"{usual:.3f} ms: that of a small archive"
    what = "launcher overhead of an archive of 1 GB, warm"
    results.row(what, overhead, "ms", 0.2, how, limit)
    results.row(
        "the same − that of a small one", overhead - usual, "ms", 0.05, "same but for noise"
    )
    setting.remove(setting.fast / "warm")


def scale(setting, peers, results):
    """First run and packing against the number of files, and against bytes."""
    counts = [100, 316, 1000, 3162, 10_000, 31_623, 100_000]
    sizes = [1 << 20, 10 << 20, 100 << 20, 1 << 30]
    if setting.quick:
        counts, sizes = counts[:5:2], sizes[:3]
    small = native(setting, peers)
    for count in counts:
        one_point(setting, peers, results, small, "files", count, lambda n=count: (n, 4096))
    for size in sizes:
        one_point(setting, peers, results, small, "bytes", size, lambda s=size: (10, s // 10))


def one_point(setting, peers, results, small, kind, value, shape):
    count, size = shape()
    cache, built = setting.fast / "cold", setting.fast / "scaled"
    try:
        wheel = workloads.files(setting.directory("synthetic"), count, size)
        # `small` has compressed the runtime, so this times the wheel and the archive around it. At the level of `run`,
        # compression, whose cost per byte is constant, doesn't hide the rest.
        words, env = peers.pack(wheel, built, level=["--level", "3"])
        ready, ready_env = peers.pack(
            workloads.native(setting.directory("synthetic")), built, level=["--level", "3"]
        )
        setting.run(*ready, env=ready_env)
        packing = setting.timed(*words, env=env)
        place = {"SNAKECRATE_CACHE": cache}
        case = Case("first", [built], place, lambda: setting.remove(cache))
        runs = setting.rounds(5 if count * size < 1e8 else 3, 2)
        first = cold(setting, [case], runs)["first"].median
        setting.say(f"{kind} {value}: packing {packing:.2f} s, first run {first:.3f} s")
        results.point(kind, value, first, packing)
    except Failure as error:
        results.fail(f"scale, {value} {kind}", error)
    finally:
        setting.remove(cache)
