"""Warm starts: over the interpreter itself, over a virtual environment, and beside the peers."""

from launcher import interpreter_words
from peers import ARGUMENTS
from setting import HERE, ROOT, Failure
from timing import Case, cold, ratio, warm


def warm_starts(setting, peers, results):
    """Every other run, of all peers in turns."""
    script(setting, peers, results)
    for app in ARGUMENTS:
        if app == "hello":
            base, words = "interpreter -I", [setting.python, "-I", ROOT / "examples/hello/hello.py"]
            target, what = 1.0, "`hello` (a console script) warm / the same interpreter running the script with `-I`"
        else:
            base, words = "venv", [peers.plain(app), *ARGUMENTS[app]]
            target, what = 0.6, "`deployctl` warm / its console script in an ordinary venv"
        commands = {base: words} | competitors(setting, peers, results, app)
        if "Snakecrate" not in commands:
            continue
        itself = interpreter_words(setting, peers.archive(app), ARGUMENTS[app])
        fair = {base: words, "Snakecrate": commands["Snakecrate"]}
        fair["its interpreter"] = itself
        rounds, runs = (setting.rounds(30), 5) if app == "hello" else (setting.rounds(15), 2)
        pair = warm(setting, fair, rounds, runs)
        limit = ratio(pair["its interpreter"], pair[base])
        limit = f"{limit:.3f}: the archive's interpreter with the same arguments, without the launcher"
        method = f"median of {rounds} rounds' ratios, {runs} and {runs} runs each"
        results.row(what, ratio(pair["Snakecrate"], pair[base]), "×", target, method, limit)
        series = warm(setting, commands, setting.rounds(8, 2), 2)
        for name, one in series.items():
            results.absolute(f"{app}, warm: {name}", one)
            results.start(app, name, "warm", one.median)


def script(setting, peers, results):
    """A script of one line, over the interpreter that the archive brings."""
    line = HERE / "line.py"
    archive = peers.archive("line", source=line)
    own = interpreter_words(setting, archive)[0]
    commands = {
        "archive": [archive],
        "interpreter": [own, "-I", line],
        "nothing": [own, "-I", "-S", "-c", "0"],
    }
    rounds = setting.rounds(30)
    series = warm(setting, commands, rounds, 10)
    limit = f"{ratio(series['nothing'], series['interpreter']):.3f}: that interpreter with `-I -S -c 0`"
    method = f"median of {rounds} rounds' ratios, 10 and 10 runs each"
    what = "a script of one line, warm / `envs/*/bin/python3 -I script.py`"
    results.row(what, ratio(series["archive"], series["interpreter"]), "×", 1.0, method, limit)
    names = ("script, warm: Snakecrate", "script, its interpreter", "the interpreter doing nothing")
    for name, one in zip(names, series.values(), strict=True):
        results.absolute(name, one)


def competitors(setting, peers, results, app):
    """`{name: words}` of all commands that start `app`, without failed builds."""
    own = {
        "Snakecrate": lambda: [peers.archive(app)],
        "PyInstaller --onefile": lambda: [peers.pyinstaller(app)],
        "Nuitka --onefile": lambda: [peers.nuitka(app)],
        "shiv": lambda: [peers.shiv(app)],
        "pex --venv": lambda: [peers.pex(app)],
        "uv run": lambda: peers.uv_run(app),
    }
    if app != "hello":
        del own["Nuitka --onefile"]
    found = {}
    for name, get in own.items():
        try:
            words = [*get(), *ARGUMENTS[app]]
            setting.run(*words)
            found[name] = words
        except Failure as error:
            results.fail(f"{name}, {app}", error)
    return found


def memory(setting, peers, results):
    """Peak memory of a warm `deployctl`, and of the same in a virtual environment."""
    words = ARGUMENTS["deployctl"]
    archive, plain = peers.archive("deployctl"), peers.plain("deployctl")
    cases = {
        "Snakecrate": [archive, *words],
        "venv": [plain, *words],
        "the interpreter": [setting.python, "-I", "-c", "0"],
    }
    for command in cases.values():
        setting.run(*command)
    count = setting.rounds(11)
    series = cold(setting, [Case(name, command) for name, command in cases.items()], count)
    peaks = {name: sorted(one.peaks)[len(one.peaks) // 2] / 1024 for name, one in series.items()}
    limit = f"{peaks['the interpreter'] / peaks['venv']:.3f}: the interpreter alone"
    method = f"medians of {count} runs (`wait4`), the largest process of each"
    what = "peak memory of `deployctl`, warm / in its venv"
    results.row(what, peaks["Snakecrate"] / peaks["venv"], "×", 1.0, method, limit)
    for name, peak in peaks.items():
        results.number(f"peak memory of deployctl: {name}", peak, "MiB")
