# /// script
# requires-python = ">=3.11"
# dependencies = ["pandas==3.1.1", "pyarrow==26.0.1"]
# ///
"""A table that goes through Parquet and is grouped."""

import io

import pandas

table = pandas.DataFrame({"kind": ["a", "b", "a"], "value": [1, 2, 3]})
file = io.BytesIO()
table.to_parquet(file)
file.seek(0)
sums = pandas.read_parquet(file).groupby("kind")["value"].sum()
print(sums.to_dict(), pandas.Timestamp("2026-11-27", tz="Europe/Berlin").isoformat())
