# /// script
# requires-python = ">=3.11"
# dependencies = ["polars==2.1.0"]
# ///
"""A lazy query on a CSV file."""

import pathlib

import polars

pathlib.Path("data.csv").write_text("kind,value\na,1\nb,2\na,3\n")
query = polars.scan_csv("data.csv").group_by("kind").agg(polars.col("value").sum()).sort("kind")
print(query.collect().rows())
