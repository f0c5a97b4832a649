"""Descriptions of terminals for `curses`, for hosts without one of the user's terminal.

The archive's descriptions are in a directory that ncurses searches if TERMINFO_DIRS names it. The
variable is set only during the search, so other programs use the host's. `curses` imports this
module before it imports the names of `_curses`.
"""

import os
import sys

import _curses

_DIRECTORY = os.path.join(sys.base_prefix, "share", "terminfo")
_VARIABLE = "TERMINFO_DIRS"

_setupterm = _curses.setupterm
_initscr = _curses.initscr
_is_needed = False


def _with_own(function, *arguments):
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = f"{before}:{_DIRECTORY}" if before else _DIRECTORY
    try:
        return function(*arguments)
    finally:
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before


def setupterm(term=None, fd=-1):
    global _is_needed
    try:
        return _setupterm(term, fd)
    except _curses.error as error:
        try:
            _with_own(_setupterm, term, fd)
        except _curses.error:
            raise error from None
        _is_needed = True


def initscr():
    # It reads the description again, and exits if there is none.
    return _with_own(_initscr) if _is_needed else _initscr()


setupterm.__doc__ = _setupterm.__doc__
initscr.__doc__ = _initscr.__doc__
setupterm.__module__ = initscr.__module__ = "_curses"
_curses.setupterm = setupterm
_curses.initscr = initscr
