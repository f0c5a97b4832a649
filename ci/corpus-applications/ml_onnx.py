# /// script
# requires-python = ">=3.11"
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2", "numpy"]
# ///
"""A model of one operation, made by onnx and run by onnxruntime."""

import numpy
import onnxruntime
from onnx import TensorProto, helper

tensor = helper.make_tensor_value_info
graph = helper.make_graph(
    [helper.make_node("Add", ["x", "x"], ["y"])],
    "double",
    [tensor("x", TensorProto.FLOAT, [3])],
    [tensor("y", TensorProto.FLOAT, [3])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
print(session.run(None, {"x": numpy.array([1, 2, 3], numpy.float32)})[0].tolist())
