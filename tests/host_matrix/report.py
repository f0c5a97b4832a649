"""The table as Markdown, written into the book."""

import datetime
import re

BEGIN, END = "<!-- beds: made by ci/beds --write -->", "<!-- beds: end -->"


def markdown(beds, rows, cells, figures):
    lines = ["| | " + " | ".join(bed.title for bed in beds) + " |"]
    lines.append("|---" * (len(beds) + 1) + "|")
    for row in rows:
        texts = (cells[row.name, bed.name].text for bed in beds)
        lines.append(f"| {row.title} | {' | '.join(texts)} |")
    lines += ["", f"Run of {datetime.date.today()}.", ""]
    for bed in beds:
        versions = f" ({bed.versions})" if bed.versions else ""
        lines.append(f"- {bed.title}: {bed.holds}{versions}")
    if figures:
        lines += figures.lines()
    return "\n".join(lines)


def write(path, text):
    """Replaces the text between the markers in the page."""
    old = path.read_text()
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(pattern.findall(old)) != 1:
        raise SystemExit(f"beds: {path} must have exactly one pair of `{BEGIN}` and `{END}`")
    path.write_text(pattern.sub(lambda _: f"{BEGIN}\n{text}\n{END}", old))
