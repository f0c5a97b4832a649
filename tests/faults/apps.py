"""Applications for the soak: small, built quickly and offline, most of them with one runtime."""

import shutil
from pathlib import Path

from calls import run

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = (1, 2, 3)

SOURCE = '''"""Says its name."""
import os, sys, time

NAME = "{name}"

def main():
    word = sys.argv[1] if len(sys.argv) > 1 else "say"
    if word == "hold":
        print(NAME, "ready", flush=True)
        time.sleep(float(sys.argv[2]))
        # A late import must still find its module.
        import decimal, textwrap
        print(textwrap.dedent("  " + NAME), decimal.Decimal("1.1") + 1)
    elif word == "spawn":
        import subprocess
        print(NAME, "spawns", flush=True)
        sys.exit(subprocess.run([os.environ["SNAKECRATE_ARCHIVE"]]).returncode)
    else:
        import json
        print(json.dumps({{"name": NAME, "more": {name}_more.number()}}))

import {name}_more
'''
PROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1.{number}"
requires-python = ">=3.9"

[project.scripts]
{name} = "{name}:main"
"""


class App:
    """A project, its archive, and the output of that."""

    def __init__(self, folder, name, number, *options):
        self.name, self.number, self.options = name, number, options
        self.project = folder / "projects" / f"{name}-{number}"
        self.archive = folder / "archives" / name
        self.project.mkdir(parents=True, exist_ok=True)
        self.archive.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "tests/projects/backend.py", self.project)
        more = f"def number():\n    return {number}\n"
        (self.project / f"{name}.py").write_text(SOURCE.format(name=name))
        (self.project / f"{name}_more.py").write_text(more)
        (self.project / "pyproject.toml").write_text(PROJECT.format(name=name, number=number))

    def __repr__(self):
        return f"{self.name} {self.number}"

    def says(self):
        return f'{{"name": "{self.name}", "more": {self.number}}}\n'.encode()

    def expected(self, words):
        """The output for these arguments."""
        name = self.name.encode()
        match words:
            case ["hold", _]:
                return name + b" ready\n" + name + b" 2.1\n"
            case ["spawn"]:
                return name + b" spawns\n" + self.says()
            case _:
                return self.says()

    def build_words(self, snakecrate, output=None):
        options = ["--quiet", "--offline", "--level", "1", "--runtime-minimal", *self.options]
        return [snakecrate, "build", self.project, "-o", output or self.archive, *options]

    def build(self, snakecrate, env):
        end = run(self.build_words(snakecrate), env, patience=600)
        if end.status != 0:
            raise SystemExit(f"soak: {self.name} cannot be built: {end}")


def fixed(folder):
    """Applications that are built once: two share a runtime, one has a C library of its own."""
    return [
        App(folder, "one", 1),
        App(folder, "two", 2),
        App(folder, "bundled", 3, "--libc", "bundled"),
    ]


def varying(folder):
    """One application in several versions, which replace each other."""
    return [App(folder, "vary", number) for number in NUMBERS]
