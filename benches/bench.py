"""Compares Snakecrate with its peers: the command behind `ci/bench`."""

import argparse
import datetime
import os
import signal
import sys
from pathlib import Path

import builds
import charts
import report
import scale
import starts
from peers import Peers
from setting import HERE, ROOT, Failure, Setting

GROUPS = {
    "launcher": starts.launcher,
    "warm": starts.warm_starts,
    "cold": starts.cold_starts,
    "size": builds.sizes,
    "build": builds.builds,
    "large": scale.large,
    "scale": scale.scale,
}


def arguments():
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="only these parts of the table"
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
    try:
        peers, results = Peers(setting), report.Results()
        for name in options.only:
            setting.say(f"== {name}")
            try:
                GROUPS[name](setting, peers, results)
            except (Failure, OSError, ValueError, KeyError) as error:
                results.fail(name, error)
                setting.say(f"failed: {error}")
        options.output.mkdir(parents=True, exist_ok=True)
        date = datetime.date.today().isoformat()
        drawn = charts.draw(results, options.output, date)
        page = report.write(setting, peers, results, options.output / f"{date}.md", date, drawn)
        print(page.read_text())
        setting.say(f"written: {page}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        setting.close()


if __name__ == "__main__":
    main()
