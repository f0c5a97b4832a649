# /// script
# requires-python = ">=3.11"
# dependencies = ["lightgbm==4.7.0"]
# ///
"""A boosted tree."""

import lightgbm
import numpy

random = numpy.random.default_rng(1)
data = random.normal(size=(500, 4))
target = (data[:, 0] + data[:, 1] > 0).astype(int)
model = lightgbm.train(
    {"objective": "binary", "verbose": -1, "num_threads": 2}, lightgbm.Dataset(data, target), 30
)
print("accuracy above 0.9:", ((model.predict(data) > 0.5) == target).mean() > 0.9)
