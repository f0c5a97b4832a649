"""Two commands that tell which of them runs."""

import sys


def left():
    print("left", sys.argv[1:])


def right():
    print("right", sys.argv[1:])
