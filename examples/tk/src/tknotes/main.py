"""The command: a window, or a check without one."""

import argparse
import sys

from .document import Document


def check(document):
    """What can be told without a display: Tcl runs, Tk's files are there, the note is read."""
    import _tkinter
    import tkinter
    from pathlib import Path

    tcl = tkinter.Tcl()
    library = Path(tcl.eval("info library"))
    tk = library.with_name(library.name.replace("tcl", "tk"))
    print(f"Tcl {tcl.eval('info patchlevel')}, Tk {_tkinter.TK_VERSION}")
    print(f"scripts of Tk: {'found' if (tk / 'tk.tcl').exists() else 'missing'}")
    print(f"{document.title}: {document.summary(document.text)}")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="tknotes", description=__doc__)
    parser.add_argument("file", nargs="?", help="a note; it is made when you save")
    parser.add_argument("--check", action="store_true", help="open no window, and print")
    options = parser.parse_args()
    try:
        document = Document(options.file)
    except (OSError, UnicodeDecodeError) as error:
        print(f"tknotes: {options.file}: {error}", file=sys.stderr)
        return 1
    if options.check:
        return check(document)

    from .window import Window

    Window(document).mainloop()
    return 0
