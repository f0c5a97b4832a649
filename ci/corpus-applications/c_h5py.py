# /// script
# requires-python = ">=3.11"
# dependencies = ["h5py==3.16.0"]
# ///
"""A compressed HDF5 file, written and read."""

import h5py
import numpy

with h5py.File("data.h5", "w") as file:
    file.create_dataset("x", data=numpy.arange(1000), compression="gzip")
with h5py.File("data.h5") as file:
    print(file["x"][:].sum(), h5py.version.hdf5_version.count("."))
