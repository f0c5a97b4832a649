"""The text of one note, without a window."""

from pathlib import Path


class Document:
    def __init__(self, path=None):
        self.path = Path(path) if path else None
        self.text = ""
        if self.path and self.path.exists():
            self.text = self.path.read_text(encoding="utf-8")

    @property
    def title(self):
        return self.path.name if self.path else "New note"

    def save(self, text):
        """Writes it beside the old one first, so that a full disk loses nothing."""
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.path)
        self.text = text

    def summary(self, text):
        words = len(text.split())
        return f"{words} {'word' if words == 1 else 'words'}, {text.count(chr(10))} lines"
