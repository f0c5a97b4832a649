#!/usr/bin/env python3
"""Checks the links of a built book: python3 ci/book_links.py DIRECTORY

Each link and picture of each page leads to a file of the book, and to an anchor that the file has. Addresses of other hosts are not
looked at. Ends with the number of pages and links; status 1 if one leads nowhere.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes.get("id"), attributes.get("name")} - {None}
        address = attributes.get("href") if tag == "a" else attributes.get("src") if tag == "img" else None
        if address:
            self.links.append(address)


def main():
    root = Path(sys.argv[1]).resolve()
    # The printed book is all others again; that page and the one for wrong addresses have no place of their own.
    pages = {path: Page(path.read_text()) for path in sorted(root.rglob("*.html")) if path.name not in ("print.html", "404.html", "toc.html")}
    wrong, count = [], 0
    for path, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(parts.fragment)
            if not target.is_file() or not target.is_relative_to(root):
                wrong.append((path, address, "no such file"))
            elif anchor and target in pages and anchor not in pages[target].anchors:
                wrong.append((path, address, "no such anchor"))
    for path, address, why in wrong:
        print(f"{path.relative_to(root)}: {address}: {why}", file=sys.stderr)
    print(f"{len(pages)} pages, {count} links, {len(wrong)} wrong")
    return 1 if wrong or not count else 0


sys.exit(main())
