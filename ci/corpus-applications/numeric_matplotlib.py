# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib==3.11.2"]
# ///
"""A plot as PNG and SVG; fonts and styles are data files of the package."""

import pathlib

from matplotlib import pyplot

pyplot.style.use("ggplot")
pyplot.plot([1, 4, 9], label="$x^2$")
pyplot.legend()
for name in ("plot.png", "plot.svg"):
    pyplot.savefig(name)
print(pathlib.Path("plot.png").read_bytes()[1:4].decode(), "<svg" in pathlib.Path("plot.svg").read_text())
