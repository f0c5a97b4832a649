# /// script
# requires-python = ">=3.11"
# dependencies = ["xgboost-cpu==3.4.1"]
# ///
"""A boosted tree."""

import numpy
import xgboost

random = numpy.random.default_rng(1)
data = random.normal(size=(500, 4))
target = (data[:, 0] + data[:, 1] > 0).astype(int)
matrix = xgboost.DMatrix(data, target)
model = xgboost.train({"objective": "binary:logistic", "nthread": 2}, matrix, num_boost_round=20)
print("accuracy above 0.9:", ((model.predict(matrix) > 0.5) == target).mean() > 0.9)
