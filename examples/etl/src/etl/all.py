"""Runs etl-make, etl-load and etl-report, each as a child process."""

import argparse
import subprocess
import sys
from pathlib import Path


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="etl-all", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args(arguments)

    csv, database = options.directory / "readings.csv", options.directory / "readings.db"
    for module, *rest in [
        ("etl.make", csv, "--rows", options.rows),
        ("etl.load", csv, database),
        ("etl.report", database),
    ]:
        command = [sys.executable, "-m", module, *map(str, rest)]
        status = subprocess.run(command, check=False).returncode
        if status != 0:
            print(f"etl-all: {module} failed", file=sys.stderr)
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
