"""Says hello, and what it runs on."""

import argparse
import os
import platform
import sys


def runtime():
    """The facts about the interpreter that a packed application may care for."""
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "argv0": sys.argv[0],
        "isolated": bool(sys.flags.isolated),
        "archive": os.environ.get("SNAKECRATE_ARCHIVE", ""),
    }


def main():
    parser = argparse.ArgumentParser(prog="hello", description=__doc__)
    parser.add_argument("--who", metavar="NAME", help="greet NAME")
    parser.add_argument("--runtime", action="store_true", help="say what this runs on, too")
    options = parser.parse_args()

    print(f"hello {options.who}" if options.who else "hello")
    if options.runtime:
        for name, value in runtime().items():
            print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
