"""Start times: launcher, warm starts, first runs, and the launcher's memory."""

import json
import os
import zipfile

import workloads
from peers import ARGUMENTS
from setting import ROOT, Failure
from timing import Case, cold, difference, ratio, warm


def cached(setting, archive, kind="envs"):
    """The archive's environment (or all components) in the warm cache, from `cache list`."""
    cache = {"SNAKECRATE_CACHE": setting.fast / "warm"}
    found = json.loads(setting.run(setting.snakecrate, "cache", "list", "--json", env=cache))
    name = json.loads(zipfile.ZipFile(archive).read("manifest.json"))["name"]
    return next(entry["path"] for entry in found[kind] if entry["name"] == name)


def interpreter_words(setting, archive):
    """The program that the archive executes after the launcher, from its manifest."""
    setting.run(archive)
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    env = cached(setting, archive)
    script = f"{env}/{manifest['entries'][0]['start']['python']}"
    return [f"{env}/bin/python3", *manifest["launch"]["options"], script, archive]


def native_words(setting, archive):
    """The native program of an archive, in the cache."""
    setting.run(archive)
    env = cached(setting, archive)
    return [
        next(
            os.path.join(top, "nativetrue")
            for top, _, names in os.walk(env)
            if "nativetrue" in names
        )
    ]


def native(setting, peers, *options, level=None):
    """An archive whose entry is a copy of /bin/true, so that only the launcher does anything."""
    wheel = workloads.native(setting.directory("synthetic"))
    output = setting.packed / "-".join(["native", *(o for o in options if "==" in str(o))])

    def make():
        words, env = peers.pack(wheel, output, *options, level=level)
        setting.run(*words, env=env)
        return output

    return peers.once(f"Snakecrate: {output.name}", make)


def launcher(setting, peers, results):
    """Overhead of the launcher, warm: twice, over Python and over a native program."""
    hello = peers.archive("hello")
    pairs = {"archive": [hello], "direct": interpreter_words(setting, hello)}
    rounds = setting.rounds(60)
    series = warm(setting, pairs, rounds, 10)
    value = difference(series["archive"], series["direct"]) * 1000
    method = f"median of {rounds} rounds' differences, 10 and 10 runs each; the noise is as large"
    results.row(
        "launcher overhead, warm: `hello` − its interpreter with the same arguments",
        value,
        "ms",
        0.25,
        method,
    )
    results.absolute("hello, warm", series["archive"])
    results.absolute("its interpreter, same arguments", series["direct"])

    program = native(setting, peers)
    pairs = {"archive": [program], "direct": native_words(setting, program)}
    series = warm(setting, pairs, rounds, 25)
    value = difference(series["archive"], series["direct"]) * 1000
    method = f"median of {rounds} rounds' differences, 25 and 25 runs each"
    results.row("the same, an archive of `/bin/true` − the program", value, "ms", 0.25, method)
    results.absolute("native archive, warm", series["archive"])
    results.absolute("the native program", series["direct"])


def competitors(setting, peers, results, app):
    """`{name: words}` of all commands that start `app`, without failed builds."""
    own = {
        "Snakecrate": lambda: peers.archive(app),
        "PyInstaller --onefile": lambda: peers.pyinstaller(app),
        "Nuitka --onefile": lambda: peers.nuitka(app),
        "shiv": lambda: peers.shiv(app),
        "pex --venv": lambda: peers.pex(app),
    }
    if app != "hello":
        del own["Nuitka --onefile"]
    found = {}
    for name, get in own.items():
        try:
            words = [get(), *ARGUMENTS[app]]
            setting.run(*words)
            found[name] = words
        except Failure as error:
            results.fail(f"{name}, {app}", error)
    return found


def warm_starts(setting, peers, results):
    """Every other run, of all peers in turns."""
    for app in ARGUMENTS:
        if app == "hello":
            base, words = "interpreter -I", [setting.python, "-I", ROOT / "examples/hello/hello.py"]
            target, what = 1.05, "`hello` warm / the same interpreter running the script with `-I`"
        else:
            base, words = "venv", [peers.plain(app), *ARGUMENTS[app]]
            target, what = 0.80, "`deployctl` warm / its console script in an ordinary venv"
        commands = {base: words} | competitors(setting, peers, results, app)
        fair = {name: commands[name] for name in (base, "Snakecrate") if name in commands}
        rounds, runs = (setting.rounds(40), 5) if app == "hello" else (setting.rounds(20), 2)
        pair = warm(setting, fair, rounds, runs)
        value = ratio(pair["Snakecrate"], pair[base])
        results.row(
            what,
            value,
            "×",
            target,
            f"median of {rounds} rounds' ratios, {runs} and {runs} runs each",
        )
        series = warm(setting, commands, setting.rounds(10, 2), 2)
        for name, one in series.items():
            results.absolute(f"{app}, warm: {name}", one)
            results.start(app, name, "warm", one.median)


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

    trees, written = fast / "trees", fast / "written"
    setting.run(setting.snakecrate, "extract", deployctl, trees)
    raw = [setting.compiled("rawwrite"), trees, written, "2"]

    def first(name, archive, app, prepare=empty):
        return Case(name, [archive, *words[app]], place, prepare)

    def again(name, archive, app):
        """A warm run. The one right after a first run is slower than all later ones."""
        command = [archive, *words[app]]
        return Case(name, command, place, lambda: setting.run(*command, env=place))

    cases = [
        first("hello", hello, "hello"),
        again("hello again", hello, "hello"),
        first("deployctl", deployctl, "deployctl"),
        again("deployctl again", deployctl, "deployctl"),
        Case(
            "raw",
            raw,
            prepare=lambda: setting.remove(written),
            clean=lambda: setting.remove(written),
            itself=True,
        ),
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
    count = setting.rounds(20)
    series = cold(setting, cases, count)
    setting.remove(trees)
    setting.remove(cache)

    method = f"{count} rounds; cache and temporary files on the same file system"
    extraction = difference(series["deployctl"], series["deployctl again"])
    results.row(
        "extraction of `deployctl` (first run − warm run) / writing the same files raw with 2 threads",
        extraction / series["raw"].median,
        "×",
        1.5,
        f"{method}; with the links of the environment, which raw has not",
    )
    for app, target in (("hello", 0.5), ("deployctl", 0.65)):
        peer = series.get(f"PyInstaller {app}")
        what = f"`{app}` first run / one ordinary run of PyInstaller `--onefile`"
        results.row(what, peer and ratio(series[app], peer), "×", target, method)
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
    )
    for name, one in series.items():
        results.absolute(
            f"first run: {name}" if "again" not in name and name != "raw" else name, one
        )
    for app in ARGUMENTS:
        results.start(app, "Snakecrate", "first", series[app].median)
    first_of_caching_peers(setting, peers, results)


def first_of_caching_peers(setting, peers, results):
    """First runs of shiv and pex, which also unpack once; for the chart."""
    roots = {"shiv": ("SHIV_ROOT", peers.shiv), "pex --venv": ("PEX_ROOT", peers.pex)}
    root = setting.fast / "first"
    for app in ARGUMENTS:
        for name, (variable, get) in roots.items():
            try:
                command = [get(app), *ARGUMENTS[app]]
                case = Case(name, command, {variable: root}, lambda: setting.remove(root))
                one = cold(setting, [case], setting.rounds(5, 2))[name]
            except Failure as error:
                results.fail(f"{name}, {app}", error)
                continue
            results.absolute(f"first run: {name}, {app}", one)
            results.start(app, name, "first", one.median)
