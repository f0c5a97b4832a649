# /// script
# requires-python = ">=3.11"
# dependencies = ["customtkinter==6.0.0"]
# ///
"""A window of customtkinter: themes and fonts are data files of the package."""

import customtkinter

app = customtkinter.CTk()
app.title("corpus customtkinter")
customtkinter.CTkButton(app, text="Quit", command=app.destroy).pack(padx=40, pady=40)

if __name__ == "__main__":
    app.mainloop()
