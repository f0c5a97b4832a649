"""First runs, beside a raw write of the same files and beside the peers."""

from peers import ARGUMENTS
from setting import Failure
from timing import Case, cold, difference, ratio


def cold_starts(setting, peers, results):
    """First runs, and those that they are compared with, in turns."""
    fast, cache = setting.fast, setting.fast / "cold"
    hello, deployctl = peers.archive("hello"), peers.archive("deployctl")
    keep = ["--runtime-keep", "stdlib"]
    hello_all, deployctl_all = peers.archive("hello", *keep), peers.archive("deployctl", *keep)
    place = {"SNAKECRATE_CACHE": cache}
    words = {app: ARGUMENTS[app] for app in ARGUMENTS}

    def empty():
        setting.remove(cache)

    def runtime_there():
        empty()
        setting.run(hello_all, env=place)

    written = fast / "written"
    trees = {app: fast / f"trees-{app}" for app in ("hello", "deployctl")}
    for app, archive in (("hello", hello), ("deployctl", deployctl)):
        setting.run(setting.snakecrate, "extract", archive, trees[app])

    def first(name, archive, app, prepare=empty):
        return Case(name, [archive, *words[app]], place, prepare)

    def again(name, archive, app):
        """A warm run. The one right after a first run is slower than all later ones."""
        command = [archive, *words[app]]
        return Case(name, command, place, lambda: setting.run(*command, env=place))

    def raw(name, app):
        """Writes the files that the first run of `app` writes."""
        command = [setting.compiled("rawwrite"), trees[app], written, "2"]
        empty = lambda: setting.remove(written)  # noqa: E731
        return Case(name, command, prepare=empty, clean=empty, itself=True)

    cases = [
        first("hello", hello, "hello"),
        again("hello again", hello, "hello"),
        first("deployctl", deployctl, "deployctl"),
        again("deployctl again", deployctl, "deployctl"),
        raw("raw", "deployctl"),
        raw("raw hello", "hello"),
        first("hello, all of the library", hello_all, "hello"),
        again("hello, all, again", hello_all, "hello"),
        first("deployctl, all of the library", deployctl_all, "deployctl"),
        first("deployctl second", deployctl_all, "deployctl", runtime_there),
        again("deployctl second again", deployctl_all, "deployctl"),
    ]
    for app in ARGUMENTS:
        try:
            frozen = [peers.pyinstaller(app), *words[app]]
            setting.run(*frozen)
            cases.append(Case(f"PyInstaller {app}", frozen))
        except Failure as error:
            results.fail(f"PyInstaller, {app}", error)
    count = setting.rounds(15)
    series = cold(setting, cases, count)
    for path in (*trees.values(), cache):
        setting.remove(path)

    method = f"{count} rounds; cache and temporary files on the same file system"
    extraction = difference(series["deployctl"], series["deployctl again"])
    results.row(
        "extraction of `deployctl` (first run − warm run) / writing the same files raw with 2 threads",
        extraction / series["raw"].median,
        "×",
        1.7,
        f"{method}; with the links of the environment, which raw has not",
        f"{series['raw'].median * 1000:.0f} ms: the raw write, which is 1",
    )
    for app, target in (("hello", 0.2), ("deployctl", 0.55)):
        peer, raw = series.get(f"PyInstaller {app}"), series["raw" if app == "deployctl" else "raw hello"]
        what = f"`{app}` first run / one ordinary run of PyInstaller `--onefile`"
        least = raw.median + series[f"{app} again"].median
        limit = peer and f"{least / peer.median:.3f}: the raw write, then a warm run"
        results.row(what, peer and ratio(series[app], peer), "×", target, method, limit)
    second = difference(series["deployctl second"], series["deployctl second again"])
    whole = difference(series["deployctl, all of the library"], series["deployctl second again"])
    runtime = difference(series["hello, all of the library"], series["hello, all, again"])
    results.row(
        "second archive's first run, runtime cached / what its own components cost",
        second / (whole - runtime),
        "×",
        1.1,
        "(first − warm with `hello`'s runtime there) / ((first − warm with nothing there) − (`hello` first − warm)); "
        "1.1 for the noise of five medians",
        "1: its own components",
    )
    for name, one in series.items():
        is_first = "again" not in name and not name.startswith("raw")
        results.absolute(f"first run: {name}" if is_first else name, one)
    for app in ARGUMENTS:
        results.start(app, "Snakecrate", "first", series[app].median)
    first_of_caching_peers(setting, peers, results)


def first_of_caching_peers(setting, peers, results):
    """First runs of shiv, pex and uv, which also unpack once; for the chart."""
    roots = {
        "shiv": ("SHIV_ROOT", lambda app: [peers.shiv(app)]),
        "pex --venv": ("PEX_ROOT", lambda app: [peers.pex(app)]),
        "uv run": ("UV_CACHE_DIR", peers.uv_run),
    }
    root = setting.fast / "first"
    for app in ARGUMENTS:
        for name, (variable, get) in roots.items():
            try:
                command = [*get(app), *ARGUMENTS[app]]
                case = Case(name, command, {variable: root}, lambda: setting.remove(root))
                one = cold(setting, [case], setting.rounds(5, 2))[name]
            except Failure as error:
                results.fail(f"{name}, {app}", error)
                continue
            results.absolute(f"first run: {name}, {app}", one)
            results.start(app, name, "first", one.median)
