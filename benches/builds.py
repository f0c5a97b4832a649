"""Sizes of archives, and build times."""

from statistics import median

from peers import ARGUMENTS, SMALLEST
from setting import Failure

TARGETS = {"hello": 0.5, "deployctl": 0.65}
# Megabytes of the archives as users get them.
LARGEST = {"hello": 8.5, "deployctl": 25}


def size(path):
    """The size of a file in megabytes."""
    return path.stat().st_size / 1e6


def sizes(setting, peers, results):
    """Compares the peers' files with ours."""
    for app in ARGUMENTS:
        others = {"PyInstaller --onefile": peers.pyinstaller, "shiv": peers.shiv, "pex": peers.pex}
        if app == "hello":
            others["Nuitka --onefile"] = peers.nuitka
        whole = size(peers.archive(app))
        how = f"with `{' '.join(SMALLEST)}`, and the C library"
        results.row(f"size of `{app}`", whole, "MB", LARGEST[app], how)
        results.number(f"{app}, size: Snakecrate", whole, "MB")
        # For a fair comparison: no other packer includes a C library.
        ours = size(peers.archive(app, "--libc=host"))
        results.number(f"{app}, size: Snakecrate with libc=host", ours, "MB")
        for name, get in others.items():
            try:
                theirs = size(get(app))
            except Failure as error:
                results.fail(f"size of {name}, {app}", error)
                theirs = None
            if theirs:
                note = " (brings no Python)" if name in ("shiv", "pex") else ""
                results.number(f"{app}, size: {name}{note}", theirs, "MB")
            if name.startswith("PyInstaller"):
                value = theirs and ours / theirs
                how = f"Snakecrate's with `{' '.join(SMALLEST)} --libc host`: PyInstaller brings no C library"
                results.row(
                    f"size of `{app}` / PyInstaller `--onefile`", value, "×", TARGETS[app], how
                )


def builds(setting, peers, results):
    """First builds with downloaded wheels, then rebuilds after a change of one line, in turns."""
    _, copy = peers.frozen_environment("deployctl")
    changed = copy / "src/deployctl/errors.py"
    original = changed.read_text()
    cache, output = setting.fast / "build-cache", setting.fast / "build-output"
    ours = {"first": [], "again": [], "unproven": []}
    theirs = {"first": [], "again": []}

    def build(*options):
        words, env = peers.pack(copy, setting.fast / "built", *options, cache=cache, level=[])
        return setting.timed(*words, env=env)

    def freeze(fresh):
        words, env = peers.pyinstaller_command("deployctl", output, fresh)
        return setting.timed(*words, env=env)

    try:
        for number in range(setting.rounds(2, 1)):
            setting.remove(cache)
            setting.remove(output)
            output.mkdir()
            ours["first"].append(build())
            theirs["first"].append(freeze(fresh=True))
            changed.write_text(f"{original}\nCHANGE = '{number}'\n")
            ours["again"].append(build())
            changed.write_text(f"{original}\nCHANGE = '{number} unproven'\n")
            ours["unproven"].append(build("--no-proof"))
            theirs["again"].append(freeze(fresh=False))
    finally:
        changed.write_text(original)
        for path in (cache, output):
            setting.remove(path)
    middle = {name: (median(ours[name]), median(theirs[name])) for name in theirs}
    first, again = middle["first"], middle["again"]
    how = "empty caches, wheels in a directory, nothing from the network, uv resolves; PyInstaller's begins with all installed"
    results.row("first build of `deployctl` / PyInstaller's", first[0] / first[1], "×", 0.6, how)
    how = "a line of `errors.py`; the project's wheel is built anew (PEP 517)"
    results.row("rebuild after a change of one line", again[0], "s", 1.0, how)
    back_end = start_of_back_end(setting, peers)
    limit = f"{back_end:.2f} s: starting the back end's interpreter and importing it"
    what = "the same with `--no-proof`"
    results.row(what, median(ours["unproven"]), "s", 0.3, how, limit)
    results.row(
        "the same / PyInstaller's rebuild", again[0] / again[1], "×", 0.03, "with its caches"
    )
    for name, label in (("first", "first build"), ("again", "rebuild")):
        results.number(f"{label} of deployctl: Snakecrate", middle[name][0], "s")
        results.number(f"{label} of deployctl: PyInstaller", middle[name][1], "s")


def start_of_back_end(setting, peers):
    """Seconds to start the interpreter and import hatchling, which a build cannot do without."""
    place = peers.venv("back-end", *peers.offline, "hatchling", "editables")
    command = [place / "python", "-c", "import hatchling.build"]
    setting.run(*command)
    return median(setting.timed(*command) for _ in range(5))
