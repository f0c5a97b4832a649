"""Two commands that tell which of them runs."""

import importlib  # With it the whole standard library comes along, as for `probe`: one runtime.
import os
import subprocess
import sys


def tell(name):
    """Its name and its arguments; or, after `start`, its archive, and the arguments are started."""
    if sys.argv[1:2] == ["start"]:
        print(name, os.environ["SNAKECRATE_ARCHIVE"], flush=True)
        sys.exit(subprocess.run(sys.argv[2:]).returncode)
    print(name, sys.argv[1:])


def left():
    tell("left")


def right():
    tell("right")
