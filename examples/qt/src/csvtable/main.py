"""The command: a window, or a check without one."""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


def check(path):
    """Opens the window where nobody sees it, and prints what it would show."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import Qt, qVersion
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from .window import Window

    app = QApplication(sys.argv[:1])
    icon = QIcon(str(HERE / "icon.svg"))
    window = Window()
    window.open(path)
    window.show()
    app.processEvents()
    print(f"Qt {qVersion()} on {app.platformName()}")
    print(f"title: {window.windowTitle()}")
    print(f"icon: {icon.pixmap(64, 64).width()} pixels")
    window.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    print(f"largest: {window.proxy.index(0, 0).data()}")
    window.filter.setText("EST")
    app.processEvents()
    print(f"filtered: {window.statusBar().currentMessage()}")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="csvtable", description=__doc__)
    parser.add_argument("file", nargs="?", default=HERE / "sample.csv", help="default: a sample")
    parser.add_argument("--check", action="store_true", help="open it offscreen, and print")
    options = parser.parse_args()
    if options.check:
        return check(options.file)

    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from .window import Window

    app = QApplication(sys.argv[:1])
    app.setApplicationName("csvtable")
    app.setDesktopFileName("csvtable")
    app.setWindowIcon(QIcon(str(HERE / "icon.svg")))
    window = Window()
    window.open(options.file)
    window.show()
    return app.exec()
