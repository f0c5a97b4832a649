"""Makes Tcl and Tk find their scripts in this runtime, wherever it is.

They read TCL_LIBRARY and TK_LIBRARY first, then search the paths of the build machine. The
variables are set only during the search, so other programs use their own Tcl.
"""

import contextlib
import functools
import os
import sys


@contextlib.contextmanager
def _own_scripts():
    place = os.path.join(sys.base_prefix, "lib")
    own = {
        "TCL_LIBRARY": os.path.join(place, "@TCL@"),
        "TK_LIBRARY": os.path.join(place, "@TK@"),
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


with _own_scripts():
    import _tkinter

_tkinter.create = functools.wraps(_tkinter.create)(_own_scripts()(_tkinter.create))
