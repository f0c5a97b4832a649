# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.5.5", "scipy==1.18.1"]
# ///
"""Linear algebra, a minimum and an integral."""

import numpy
from scipy import integrate, linalg, optimize, sparse

matrix = numpy.array([[4.0, 1.0], [1.0, 3.0]])
solution = linalg.solve(matrix, [1.0, 2.0])
minimum = optimize.minimize(lambda x: (x[0] - 2) ** 2 + 1, [0.0])
area, _ = integrate.quad(numpy.sin, 0, numpy.pi)
eye = sparse.eye_array(5).tocsr().sum()
print(f"{solution[0]:.4f} {solution[1]:.4f} {minimum.x[0]:.3f} {area:.6f} {eye:.0f}")
