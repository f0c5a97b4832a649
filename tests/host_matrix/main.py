"""Makes the beds, runs every row in each, measures, and writes the table: see `--help`."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import enter
import overhead
import report
from cells import ROWS, fill
from packages import MIRROR, Failure, run
from roots import BEDS, certificates, make

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("hello", "deployctl", "etl")
#: Debian's names of targets' processors.
ARCHITECTURES = {"x86_64-linux": "amd64", "aarch64-linux": "arm64"}


def options():
    parser = argparse.ArgumentParser(prog="ci/beds", description=__doc__)
    names = [bed.name for bed in BEDS]
    rows = [row.name for row in ROWS]
    parser.add_argument("--only", metavar="BED", nargs="+", choices=names, help=", ".join(names))
    parser.add_argument("--rows", metavar="ROW", nargs="+", choices=rows, help=", ".join(rows))
    parser.add_argument("--write", action="store_true", help="put the table into docs/explanation/any-linux.md")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave beds and archives there")
    parser.add_argument("--option", metavar="O", action="append", default=[], help="of every build")
    parser.add_argument("--no-overhead", action="store_true", help="do not measure")
    parser.add_argument("--target", choices=ARCHITECTURES, default="x86_64-linux",
                        help="of archives and beds; an emulator runs those of another machine [%(default)s]")  # fmt: skip
    parser.add_argument("--mirror", default=MIRROR, help="of Debian [%(default)s]")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(home) / "snakecrate-beds"
    parser.add_argument(
        "--cache", metavar="DIR", type=Path, default=cache, help="of packages [%(default)s]"
    )
    parser.add_argument("--snakecrate", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def build(snakecrate, place, more):
    """One archive of each application, in `place`."""
    place.mkdir(parents=True, exist_ok=True)
    checks = place / "checks-project"
    shutil.rmtree(checks, ignore_errors=True)
    shutil.copytree(ROOT / "tests/projects/checks", checks)
    shutil.copy(ROOT / "tests/projects/backend.py", checks)
    sources = {name: ROOT / "examples" / name for name in EXAMPLES} | {"checks": checks}
    archives = {}
    for name, source in sources.items():
        say(f"building {name}")
        archives[name] = place / name
        run(snakecrate, "build", "--quiet", source, "-o", archives[name], *more)
    return archives


def say(text):
    print(f"beds: {text} ({time.monotonic() - STARTED:.0f} s)", file=sys.stderr, flush=True)


def table(beds, rows, archives):
    """(row, bed) -> cell."""
    cells = {}
    for bed in beds:
        for row in rows:
            cell = cells[row.name, bed.name] = fill(bed, row, archives)
            say(f"{bed.name}: {row.name}: {cell.text}")
            if not cell.good:
                print("".join(f"    {line}\n" for line in cell.details), file=sys.stderr, end="")
    return cells


def main():
    chosen = options()
    architecture = ARCHITECTURES[chosen.target]
    foreign = architecture != run("dpkg", "--print-architecture").strip()
    if foreign:
        if chosen.write:
            sys.exit("beds: the book has the table of this machine's target")
        python = f"{chosen.target}=debian:bookworm"
        chosen.option += ["--target", chosen.target, "--python", python]
        enter.TIMEOUT *= 5
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    place = chosen.keep or Path(tempfile.mkdtemp(prefix="snakecrate-beds-", dir=memory))
    place.mkdir(parents=True, exist_ok=True)
    # Other users must be able to enter it.
    os.chmod(place, 0o755)
    try:
        archives = build(chosen.snakecrate, place / "archives", chosen.option)
        beds = [bed for bed in BEDS if not chosen.only or bed.name in chosen.only]
        # `/usr` of this machine is of its own target.
        beds = [bed for bed in beds if not (foreign and bed.binds)]
        rows = [row for row in ROWS if not chosen.rows or row.name in chosen.rows]
        roots = place / "roots"
        shutil.rmtree(roots, ignore_errors=True)
        roots.mkdir()
        certificates(roots / "certificates")
        for bed in beds:
            make(bed, roots, chosen.cache / architecture, chosen.mirror, architecture)
            say(f"made {bed.name}: {bed.versions or bed.holds}")
        cells = table(beds, rows, archives)
        figures = None
        if not chosen.no_overhead and not foreign:
            say("measuring")
            figures = overhead.measure(chosen.snakecrate, ROOT / "examples", place / "overhead")
        text = report.markdown(beds, rows, cells, figures)
        print(text)
        if chosen.write:
            report.write(ROOT / "docs/explanation/any-linux.md", text)
    except Failure as failure:
        sys.exit(f"beds: {failure}")
    finally:
        if not chosen.keep:
            shutil.rmtree(place, ignore_errors=True)
    bad = sum(not cell.good for cell in cells.values())
    say(f"{len(cells) - bad} cells are as expected, {bad} aren't")
    return bad > 0


STARTED = time.monotonic()

if __name__ == "__main__":
    sys.exit(main())
