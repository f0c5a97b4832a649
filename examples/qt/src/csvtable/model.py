"""A CSV file as a Qt model."""

import csv

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt


def number(text):
    """The number that the text is, else None."""
    try:
        return float(text)
    except ValueError:
        return None


class CsvModel(QAbstractTableModel):
    """The rows of one file. The first row has the names of the columns."""

    #: The role of the value by which a cell is sorted: a number where it is one.
    SORT = Qt.ItemDataRole.UserRole

    def __init__(self, path, parent=None):
        super().__init__(parent)
        with open(path, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
        self.header = rows[0] if rows else []
        width = len(self.header)
        self.rows = [(row + [""] * width)[:width] for row in rows[1:]]

    def rowCount(self, parent=QModelIndex()):
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent=QModelIndex()):
        return 0 if parent.isValid() else len(self.header)

    def headerData(self, section, orientation, role=Qt.ItemDataRole.DisplayRole):
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.header[section] if orientation == Qt.Orientation.Horizontal else section + 1

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        text = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == self.SORT:
            value = number(text)
            return text if value is None else value
        if role == Qt.ItemDataRole.TextAlignmentRole and number(text) is not None:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
