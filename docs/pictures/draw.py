#!/usr/bin/env python3
"""Draws the diagrams of the documentation as SVG. Standard library only.

    draw.py            writes the files beside this script
    draw.py --check    exits with 1 if one of them differs from what would be written
"""

import argparse
import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).parent

STYLE = """
  svg { background: #ffffff; }
  text { font: 15px system-ui, "DejaVu Sans", sans-serif; fill: #1b1f24; }
  .title { font-size: 18px; font-weight: 600; }
  .note { font-size: 13px; fill: #57606a; }
  .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
  .box { stroke: #57606a; stroke-width: 1.2; fill: #f6f8fa; }
  .launcher { fill: #fde7c7; }
  .runtime { fill: #d5e8fb; }
  .wheel { fill: #d9f2df; }
  .app { fill: #ecdcf9; }
  .libc { fill: #f9dbe2; }
  .line { stroke: #57606a; stroke-width: 1.4; fill: none; }
  .head { fill: #57606a; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .note { fill: #9da7b3; }
    .box { stroke: #8b949e; fill: #161b22; }
    .launcher { fill: #5a3d10; }
    .runtime { fill: #153b61; }
    .wheel { fill: #18472a; }
    .app { fill: #442a60; }
    .libc { fill: #5b2432; }
    .line { stroke: #8b949e; }
    .head { fill: #8b949e; }
  }
"""


class Picture:
    """An SVG that grows by boxes, texts and arrows."""

    def __init__(self, width, height, title, description):
        self.size = (width, height)
        self.title = title
        self.description = description
        self.parts = []

    def text(self, x, y, words, kind="", anchor="start"):
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'
        )

    def box(self, x, y, width, height, kind="", *lines):
        """A box with a line of text, and notes below it, in its middle."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" class="box {kind}"/>'
        )
        first = y + height / 2 + 5 - 9 * (len(lines) - 1)
        for number, words in enumerate(lines):
            self.text(x + width / 2, first + 18 * number, words, "note" if number else "", "middle")

    def arrow(self, *points):
        path = " ".join(f"{x},{y}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class="line" marker-end="url(#head)"/>')

    def line(self, *points):
        path = " ".join(f"{x},{y}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class="line"/>')

    def svg(self):
        width, height = self.size
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
                f' width="{width}" height="{height}" role="img" aria-labelledby="title description">',
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="description">{escape(self.description)}</desc>',
                f"<style>{STYLE}</style>",
                '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8"'
                ' markerHeight="8" orient="auto"><path d="M0,0 L10,5 L0,10 z" class="head"/></marker></defs>',
                *self.parts,
                "</svg>",
                "",
            ]
        )


def archive():
    picture = Picture(
        460, 520, "Anatomy of an archive",
        "From its first byte to its last: the launcher with the boot record, then a zip with the components, "
        "the attachments and the manifest. The boot record leads to the manifest, which names the components.",
    )
    picture.text(12, 30, "An archive, from first byte to last", "title")
    left, width = 12, 226
    rows = [
        (62, "launcher", "launcher", "static; boot record inside"),
        (62, "runtime", "component: runtime", "interpreter and library"),
        (62, "wheel", "components: wheels", "one for each distribution"),
        (62, "app", "component: application", "your code and its data files"),
        (62, "libc", "component: C library", "for hosts that need it"),
        (52, "", "attachments", "bill of materials, licences"),
        (52, "", "manifest", "what to start; all digests"),
        (36, "", "zip directory"),
    ]
    y = 50
    edges = {}
    for height, kind, name, *notes in rows:
        picture.box(left, y, width, height, kind, name, *notes)
        edges[name] = (y, height)
        y += height
    right = left + width

    top = edges["component: runtime"][0]
    picture.line((right + 6, top + 4), (right + 14, top + 4), (right + 14, y - 3), (right + 6, y - 3))
    picture.text(right + 22, top + 24, "a zip file: unzip lists it", "note")

    start = edges["launcher"][0] + 31
    goal = edges["manifest"][0] + 26
    picture.arrow((right, start), (448, start), (448, goal), (right, goal))
    picture.text(right + 22, start - 10, "its boot record has", "note")
    picture.text(right + 22, start + 18, "the manifest's place", "note")
    picture.text(right + 22, goal - 10, "names all components", "note")

    middle = edges["components: wheels"][0]
    picture.line((right, middle + 31), (right + 28, middle + 31))
    picture.box(right + 28, middle - 4, 172, 152, "")
    picture.text(right + 40, middle + 20, "each component")
    notes = ["listing", "files, modes, digests", "blobs 00, 01, …", "compressed tars, which", "several threads unpack"]
    for number, words in enumerate(notes):
        picture.text(right + 40, middle + 46 + 20 * number, words, "mono" if number in (0, 2) else "note")
    return picture


def starts():
    picture = Picture(
        460, 480, "First run and warm start",
        "Both begin with the launcher, which looks for the environment in the cache. A first run unpacks missing "
        "components and makes the environment. Both end with the interpreter in the place of the launcher.",
    )
    picture.text(12, 30, "What happens when you start an archive", "title")
    picture.box(125, 50, 210, 52, "launcher", "launcher", "reads its own boot record")
    picture.arrow((230, 102), (230, 130))
    picture.box(125, 130, 210, 52, "", "Is the environment", "in the cache already?")

    picture.arrow((125, 156), (60, 156), (60, 214))
    picture.text(92, 148, "no", "", "middle")
    picture.arrow((335, 156), (400, 156), (400, 214))
    picture.text(368, 148, "yes", "", "middle")
    picture.text(72, 206, "first run", "title")
    picture.text(388, 206, "warm start", "title", "end")

    picture.box(8, 214, 212, 54, "", "check the archive", "nothing is written yet")
    picture.arrow((114, 268), (114, 288))
    picture.box(8, 288, 212, 54, "", "unpack what is missing", "in staging, then rename")
    picture.arrow((114, 342), (114, 362))
    picture.box(8, 362, 212, 54, "", "link the environment", "in staging, then rename")
    picture.arrow((220, 389), (230, 389), (230, 232), (240, 232))

    picture.box(240, 214, 212, 54, "", "take the lease", "so that nobody removes it")
    picture.arrow((346, 268), (346, 288))
    picture.box(240, 288, 212, 54, "", "check launch plan, guards", "if damaged: as a first run")
    picture.arrow((346, 342), (346, 412))
    picture.text(354, 368, "the archive is", "note")
    picture.text(354, 386, "not opened", "note")
    picture.box(240, 412, 212, 54, "runtime", "interpreter", "execve: same process id")
    return picture


def cache():
    picture = Picture(
        460, 420, "The cache",
        "Three archives have environments in the cache. The environments link to components, and components "
        "that several archives have, such as the interpreter, are there once.",
    )
    picture.text(12, 30, "Archives share components in the cache", "title")
    columns = [8, 160, 312]
    names = [("parcel", "version 1.0"), ("parcel", "version 1.1"), ("report", "another application")]
    for x, (name, note) in zip(columns, names):
        picture.box(x, 48, 140, 50, "launcher", name, note)
        picture.arrow((x + 70, 98), (x + 70, 140))
        picture.box(x, 140, 140, 50, "", "environment", "links to components")
    picture.text(columns[0] + 80, 122, "first run", "note")

    components = {
        "app 1.0": (8, 80, "app", "parcel", "1.0"),
        "app 1.1": (98, 80, "app", "parcel", "1.1"),
        "rich": (188, 80, "wheel", "rich", "wheel"),
        "python": (278, 84, "runtime", "cpython", "runtime"),
        "report": (372, 80, "app", "report", "2.0"),
    }
    for x, width, kind, name, note in components.values():
        picture.box(x, 320, width, 52, kind, name, note)

    def link(column, component, start, share):
        x, width, *_ = components[component]
        picture.arrow((columns[column] + start, 190), (x + width * share, 320))

    link(0, "app 1.0", 30, 0.5)
    link(0, "rich", 75, 0.25)
    link(0, "python", 115, 0.2)
    link(1, "app 1.1", 25, 0.5)
    link(1, "rich", 65, 0.65)
    link(1, "python", 115, 0.5)
    link(2, "python", 40, 0.8)
    link(2, "report", 110, 0.5)
    picture.text(12, 402, "~/.cache/snakecrate/v2: envs above, components below", "note")
    return picture


PICTURES = {"archive.svg": archive, "starts.svg": starts, "cache.svg": cache}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    stale = []
    for name, draw in PICTURES.items():
        path, text = HERE / name, draw().svg()
        if not options.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    for name in stale:
        print(f"docs/pictures/{name} is not what draw.py draws; run docs/pictures/draw.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
