# /// script
# requires-python = ">=3.11"
# dependencies = ["deltalake==1.6.6", "pyarrow==26.0.1"]
# ///
"""A Delta table with two versions."""

import deltalake
import pyarrow

table = pyarrow.table({"x": [1, 2, 3]})
deltalake.write_deltalake("table", table)
deltalake.write_deltalake("table", table, mode="append")
found = deltalake.DeltaTable("table")
print(found.version(), found.to_pyarrow_table().num_rows)
