"""The window: a filter above a table."""

from pathlib import Path

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from .model import CsvModel


class Window(QMainWindow):
    def __init__(self):
        super().__init__()
        self.resize(720, 420)
        self.proxy = QSortFilterProxyModel(self)
        self.proxy.setSortRole(CsvModel.SORT)
        self.proxy.setFilterKeyColumn(-1)
        self.proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

        self.filter = QLineEdit(placeholderText="Filter", clearButtonEnabled=True)
        self.filter.textChanged.connect(self.proxy.setFilterFixedString)
        self.proxy.rowsInserted.connect(self.count)
        self.proxy.rowsRemoved.connect(self.count)
        self.table = QTableView(sortingEnabled=True, alternatingRowColors=True)
        self.table.setModel(self.proxy)

        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.addWidget(self.filter)
        layout.addWidget(self.table)
        self.setCentralWidget(middle)

        menu = self.menuBar().addMenu("&File")
        for text, key, act in [
            ("&Open…", QKeySequence.StandardKey.Open, self.ask),
            ("&Quit", QKeySequence.StandardKey.Quit, self.close),
        ]:
            action = QAction(text, self, shortcut=QKeySequence(key))
            action.triggered.connect(act)
            menu.addAction(action)

    def open(self, path):
        """Shows the file. Returns whether it could be read."""
        try:
            model = CsvModel(path, self)
        except (OSError, UnicodeDecodeError) as error:
            QMessageBox.critical(self, "CSV Table", f"{path}: {error}")
            return False
        self.proxy.setSourceModel(model)
        self.proxy.sort(-1)
        self.table.resizeColumnsToContents()
        self.setWindowTitle(f"{Path(path).name} – CSV Table")
        self.count()
        return True

    def count(self):
        model = self.proxy.sourceModel()
        total = model.rowCount() if model else 0
        self.statusBar().showMessage(f"{self.proxy.rowCount()} of {total} rows")

    def ask(self):
        path, _ = QFileDialog.getOpenFileName(self, "Open", "", "CSV files (*.csv);;All files (*)")
        if path:
            self.open(path)
