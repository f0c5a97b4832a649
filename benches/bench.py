"""Compares Snakecrate with its peers: the command behind `ci/bench`."""

import argparse
import datetime
import os
import signal
import sys
from pathlib import Path

import builds
import charts
import cold
import compute
import launcher
import places
import report
import scale
import tensors
import warm
from peers import Peers
from setting import HERE, ROOT, Failure, Setting

GROUPS = {
    "launcher": launcher.launcher,
    "warm": warm.warm_starts,
    "memory": warm.memory,
    "cold": cold.cold_starts,
    "compute": compute.compute,
    "size": builds.sizes,
    "build": builds.builds,
    "large": scale.large,
    "scale": scale.scale,
    "torch": tensors.torch,
}
# Names for several groups.
ALIASES = {"starts": ["launcher", "warm", "memory", "cold"]}
# Groups that no file system changes, and those that only need one.
ONCE = ("size", "large", "scale")


def arguments():
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*ALIASES, *GROUPS],
        default=[name for name in GROUPS if name != "torch"],
        help="only these parts of the table; `torch` only if it is named [all others]",
    )
    parser.add_argument(
        "--on",
        nargs="+",
        choices=places.NAMES,
        default=list(places.DEFAULT),
        help=f"the file systems of caches and temporary files [{' '.join(places.DEFAULT)}]",
    )
    parser.add_argument(
        "--torch",
        default="torch",
        metavar="REQUIREMENT",
        help="what the group `torch` packs: torch with CUDA from PyPI, or a local CPU wheel [%(default)s]",
    )
    parser.add_argument(
        "--name", metavar="NAME", help="the results are <date>-NAME.md [<date>.md]"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="three rounds of everything, to try the benchmark itself",
    )
    parser.add_argument(
        "--keep", metavar="DIR", help="work there, keep the peers' files, and use them the next time"
    )
    parser.add_argument(
        "--python",
        type=Path,
        default=default_python(),
        help="the interpreter to pack, with a shared libpython [%(default)s]",
    )
    parser.add_argument(
        "--snakecrate",
        type=Path,
        default=ROOT / "target/release/snakecrate",
        help="the packer [%(default)s]",
    )
    parser.add_argument(
        "--output", type=Path, default=HERE / "results", help="directory of the results [%(default)s]"
    )
    parser.add_argument("--scratch", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def default_python():
    """pyenv's newest 3.12, as in the study of the peers; or else its newest; or else the running one."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"

    def version(path):
        return [int(part) if part.isdigit() else -1 for part in path.parts[-3].split(".")]

    found = [
        path
        for path in root.glob("3.*/bin/python3")
        if any(path.parents[1].glob("lib/libpython3.*.so.1.0"))
    ]
    preferred = [path for path in found if path.parts[-3].startswith("3.12.")] or found
    return max(preferred, key=version, default=Path(sys.executable).resolve())


def main():
    options = arguments()
    if not options.snakecrate.is_file():
        sys.exit(f"bench: no packer at {options.snakecrate}: run ci/setup")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    setting = Setting(
        options.scratch,
        options.python,
        options.snakecrate.resolve(),
        options.quick,
        bool(options.keep),
    )
    setting.torch = options.torch
    # Torch unpacks to gigabytes, several times; the rest needs less than five.
    gigabytes = 26 if "torch" in options.only else 6
    where = places.Places(options.on, options.scratch, gigabytes)
    try:
        peers, results = Peers(setting), report.Results()
        for name, error in where.failures.items():
            results.fail(name, error)
        if not where.directories:
            sys.exit("bench: no file system to measure on")
        for name in groups(options.only):
            measure(setting, peers, results, name, where.directories)
        options.output.mkdir(parents=True, exist_ok=True)
        date = datetime.date.today().isoformat()
        date += f"-{options.name}" if options.name else ""
        drawn = charts.draw(results, options.output, date)
        page = report.write(setting, peers, results, options.output / f"{date}.md", date, drawn)
        print(page.read_text())
        setting.say(f"written: {page}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        where.close()
        setting.close()


def groups(names):
    """The groups, each once."""
    return list(dict.fromkeys(one for name in names for one in ALIASES.get(name, [name])))


def measure(setting, peers, results, name, directories):
    """Measures a group on each file system; a failure becomes a line of the report."""
    for place in list(directories)[: 1 if name in ONCE else None]:
        setting.move(place, directories[place])
        results.place = "" if name in ONCE else place
        setting.say(f"== {name} on {place}")
        try:
            GROUPS[name](setting, peers, results)
        except (Failure, OSError, ValueError, KeyError, StopIteration) as error:
            results.fail(name, error)
            setting.say(f"failed: {error}")


if __name__ == "__main__":
    main()
