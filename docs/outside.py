#!/usr/bin/env python3
"""Links and pictures that leave the book: a preprocessor of mdBook.

In the repository, pages link to files outside `docs/`. In the book such a link leads to the file in the repository, if BOOK_REPOSITORY has
its address (`https://github.com/OWNER/snakecrate`; on GitHub's runners it is known), at BOOK_REVISION (`main`). Otherwise it is plain text.
So is a link to the table of contents, which each page of the book shows. Pictures from outside become part of the page.

Called by `mdbook build` (https://rust-lang.github.io/mdBook/for_developers/preprocessors.html).
"""

import base64
import json
import os
import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# [text](address) or ![text](address): texts of links have no brackets, apart from those in code.
LINK = re.compile(r"(!?)\[((?:[^\[\]`]|`[^`]*`)+)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def repository():
    """The address of the repository's files, or None."""
    known = "/".join(os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    address = os.environ.get("BOOK_REPOSITORY") or (known if known.strip("/") else None)
    revision = os.environ.get("BOOK_REVISION") or os.environ.get("GITHUB_SHA") or "main"
    return address and f"{address.rstrip('/')}/blob/{revision}"


def rewritten(text, page, files):
    """The text of a page, with its links out of the book led to `files`."""

    def link(found):
        mark_of_picture, name, address = found.groups()
        if "://" in address or address.startswith(("#", "mailto:")):
            return found[0]
        path, mark, anchor = address.partition("#")
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), path))
        if path == "docs/SUMMARY.md":
            return name
        if path == "docs" or path.startswith("docs/"):
            return found[0]
        if mark_of_picture:
            picture = base64.b64encode((ROOT / path).read_bytes()).decode()
            return f"![{name}](data:image/svg+xml;base64,{picture})"
        return f"[{name}]({files}/{path}{mark}{anchor})" if files else name

    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join(parts) + LINK.sub(link, text[end:])


def visit(items, files):
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            if chapter["path"]:
                chapter["content"] = rewritten(chapter["content"], chapter["path"], files)
            visit(chapter["sub_items"], files)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    visit(book["items"], repository())
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
