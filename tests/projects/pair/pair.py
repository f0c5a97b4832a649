"""Two commands that tell which of them runs."""

import importlib  # With it the whole standard library comes along, as for `probe`: one runtime.
import sys


def left():
    print("left", sys.argv[1:])


def right():
    print("right", sys.argv[1:])
