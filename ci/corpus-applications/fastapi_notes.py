# /// script
# requires-python = ">=3.11"
# dependencies = ["fastapi==0.165.0", "uvicorn==0.54.0"]
# ///
"""A FastAPI service with a model: fastapi_notes.py PORT."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Notes")


class Note(BaseModel):
    number: int
    text: str


@app.get("/notes/{number}")
def note(number: int) -> Note:
    return Note(number=number, text=f"note {number}")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
