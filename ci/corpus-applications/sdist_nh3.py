# /// script
# requires-python = ">=3.11"
# dependencies = ["nh3==0.3.7"]
#
# [tool.snakecrate]
# no-binary = "nh3"
# ///
"""Cleans HTML with a module that maturin builds from the source distribution."""

import nh3

print(nh3.clean("<b onclick='x()'>bold</b><script>x()</script>"))
