# /// script
# requires-python = ">=3.11"
# dependencies = ["ttkbootstrap==2.2.6"]
# ///
"""A themed window of ttkbootstrap."""

import ttkbootstrap

if __name__ == "__main__":
    window = ttkbootstrap.Window(title="corpus ttkbootstrap", themename="darkly")
    ttkbootstrap.Button(window, text="Quit", command=window.destroy).pack(padx=40, pady=40)
    window.mainloop()
