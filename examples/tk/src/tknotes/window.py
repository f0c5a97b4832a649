"""The window: a menu, a text and a line with its length."""

import tkinter
from pathlib import Path
from tkinter import filedialog, messagebox

from .document import Document

ICON = Path(__file__).with_name("icon.png")


class Window(tkinter.Tk):
    def __init__(self, document):
        # The class name is the window's WM_CLASS, by which desktops find its entry.
        super().__init__(className="tknotes")
        self.document = document
        self.geometry("560x380")
        self.icon = tkinter.PhotoImage(file=ICON)
        self.iconphoto(True, self.icon)

        self.text = tkinter.Text(self, wrap="word", undo=True, padx=8, pady=8)
        self.status = tkinter.Label(self, anchor="w", padx=8)
        self.status.pack(side="bottom", fill="x")
        self.text.pack(side="top", fill="both", expand=True)
        self.text.insert("1.0", document.text)
        self.text.edit_modified(False)
        self.text.bind("<<Modified>>", self.changed)

        menu = tkinter.Menu(self)
        file = tkinter.Menu(menu, tearoff=False)
        for label, key, act in [
            ("Open…", "o", self.ask),
            ("Save", "s", self.save),
            ("Quit", "q", self.destroy),
        ]:
            file.add_command(label=label, accelerator=f"Ctrl+{key.upper()}", command=act)
            self.bind(f"<Control-{key}>", lambda event, act=act: act())
        menu.add_cascade(label="File", menu=file)
        self["menu"] = menu
        self.show()

    def content(self):
        return self.text.get("1.0", "end-1c")

    def show(self):
        self.title(f"{self.document.title} – Notes")
        self.status["text"] = self.document.summary(self.content())

    def changed(self, event=None):
        self.text.edit_modified(False)
        self.show()

    def ask(self):
        path = filedialog.askopenfilename(filetypes=[("Notes", "*.tknote"), ("All files", "*")])
        if path:
            self.document = Document(path)
            self.text.delete("1.0", "end")
            self.text.insert("1.0", self.document.text)
            self.show()

    def save(self):
        if not self.document.path:
            path = filedialog.asksaveasfilename(defaultextension=".tknote")
            if not path:
                return
            self.document.path = Path(path)
        try:
            self.document.save(self.content())
        except OSError as error:
            messagebox.showerror("Notes", str(error))
        self.show()
