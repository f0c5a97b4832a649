# /// script
# requires-python = ">=3.11"
# dependencies = ["numba==0.68.1"]
# ///
"""A function that numba compiles to machine code."""

import numba
import numpy


@numba.njit(parallel=True)
def total(values):
    result = 0.0
    for index in numba.prange(values.size):
        result += values[index] ** 2
    return result


print(f"{total(numpy.arange(1000.0)):.1f}")
