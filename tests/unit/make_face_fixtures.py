#!/usr/bin/env python3
"""Writes the tiny networks of tests/unit/{rfb,landmarks,matte}.c: python3 tests/unit/make_face_fixtures.py (needs onnx and numpy).

They have the inputs and results of real detectors, landmark networks and mattes, and answer by the mean colours of the picture or of its quarters.
"""
import os
import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, inputs, outputs, nodes, weights):
    value = lambda item: helper.make_tensor_value_info(item[0], TensorProto.FLOAT, item[1])
    tensors = [numpy_helper.from_array(np.asarray(v, np.int64 if k.endswith("shape") else np.float32), k) for k, v in weights.items()]
    graph = helper.make_graph(nodes, name, [value(i) for i in inputs], [value(o) for o in outputs], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="make_face_fixtures")
    model.ir_version = 7
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(HERE, "data", f"face_{name}.onnx"))


# ---- detectors: 32 x 24, 49 places ----

W, H = 32, 24


def priors():
    out = []
    for stride, sides in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
        columns, rows = -(-W // stride), -(-H // stride)
        out += [((x + 0.5) / columns, (y + 0.5) / rows, min(s / W, 1), min(s / H, 1)) for y in range(rows) for x in range(columns) for s in sides]
    return np.array(out)


def corners():
    boxes = np.tile([0.1, 0.1, 0.2, 0.3], (49, 1))
    boxes[5], boxes[6], boxes[20] = (0.25, 0.25, 0.5, 0.75), (0.26, 0.25, 0.5, 0.75), (0.6, 0.1, 0.9, 0.5)
    return boxes


def offsets(p):
    b = corners()
    middle, size = (b[:, :2] + b[:, 2:]) / 2, b[:, 2:] - b[:, :2]
    return np.hstack([(middle - p[:, :2]) / p[:, 2:] / 0.1, np.log(size / p[:, 2:]) / 0.2])


def detector(name, boxes, softmax):
    """Places 5 and 6 are faces in red pictures, 20 in those without green; (v-127)/128 of colours comes in."""
    n = len(boxes)
    score_bias, score_weight = np.zeros((n, 2)), np.zeros((3, n, 2))
    score_bias[:, 1] = -6
    score_weight[0, [5, 6, 20], 1] = 10, 9, 8
    score_weight[1, 20, 1] = -8
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "score.weight", "score.bias"], ["score.rows"]),
        helper.make_node("Reshape", ["score.rows", "score.shape"], ["logits" if softmax else "scores"]),
        helper.make_node("Gemm", ["flat", "box.weight", "box.bias"], ["box.rows"]),
        helper.make_node("Reshape", ["box.rows", "box.shape"], ["boxes"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], axis=2))
    weights = {"score.weight": score_weight.reshape(3, -1), "score.bias": score_bias.ravel(), "score.shape": [1, n, 2],
               "box.weight": np.zeros((3, 4 * n)), "box.bias": boxes.ravel(), "box.shape": [1, n, 4]}
    write(name, [("input", (1, 3, H, W))], [("scores", (1, n, 2)), ("boxes", (1, n, 4))], nodes, weights)


# ---- landmarks: 16 x 16, an average face in [0.2,0.8] x [0.1,0.86], moved and tilted by where red is ----


def landmarks(name, count=68, damaged=False):
    text = open(os.path.join(HERE, "..", "..", "lib", "face", "estimate.c")).read()
    face = np.array([[float(v) for v in pair] for pair in re.findall(r"\{ (\d\.\d+), (\d\.\d+) \}", text)])
    assert face.shape == (68, 2)
    at = np.stack([0.2 + 0.6 * face[:, 0], 0.1 + 0.7 * face[:, 1]], 1)[:count]
    weight = np.zeros((3, 2, 2, count, 2))
    weight[0, :, 0, :, 0] = 0.05
    weight[0, :, 1, :, 0] = -0.05
    weight[0, :, 0, :, 1] = -0.15 * (at[:, 0] - 0.5)
    weight[0, :, 1, :, 1] = 0.15 * (at[:, 0] - 0.5)
    weight[0, 0, :, :, 1] -= 0.05
    weight[0, 1, :, :, 1] += 0.05
    weight[1, :, :, 0, 0] = 0.05  # green moves only the first point, which no face does
    bias = at.ravel().copy()
    if damaged:
        bias[7] = np.nan
    nodes = [
        helper.make_node("AveragePool", ["input"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["output"]),
    ]
    write(name, [("input", ("n", 3, 16, 16))], [("output", ("n", 2 * count))], nodes, {"weight": weight.reshape(12, -1), "bias": bias})


# ---- mattes: 1 x 1 convolutions ----


def matte(name, input_name, size, weight, bias, last=(False, False), end=None):
    """last: whether channels come last in the input and in the result. end: the last operation."""
    weight = np.asarray(weight, np.float32).reshape(-1, 3, 1, 1)
    channels, now, nodes = len(weight), input_name, []
    if last[0]:
        nodes.append(helper.make_node("Transpose", [now], ["first"], perm=[0, 3, 1, 2]))
        now = "first"
    steps = [("Conv", ["weight", "bias"], {})]
    if end:
        steps.append((end, [], {"axis": 1} if end == "Softmax" else {}))
    if last[1]:
        steps.append(("Transpose", [], {"perm": [0, 2, 3, 1]}))
    for i, (op, more, attributes) in enumerate(steps):
        out = "alpha" if i == len(steps) - 1 else f"step{i}"
        nodes.append(helper.make_node(op, [now] + more, [out], **attributes))
        now = out
    shape = lambda c, is_last: (1, size, size, c) if is_last else (1, c, size, size)
    write(name, [(input_name, shape(3, last[0]))], [("alpha", shape(channels, last[1]))], nodes, {"weight": weight, "bias": bias})


p = priors()
detector("corners", corners(), True)
detector("offsets", offsets(p), False)
detector("few_places", offsets(p)[:48], False)
landmarks("landmarks")
landmarks("landmarks_66", 66)
landmarks("landmarks_damaged", damaged=True)
matte("sinet", "data", 320, [[0, 0, 0], [300, -500, 700]], [0, 0.5])
matte("deeplab", "MobilenetV2/MobilenetV2/input", 16, [[1, 0, -1], [-1, 2, 3]], [0.25, 0], (True, False))
matte("seg384", "input_1", 384, [[3, -4, 5]], [-1], (True, True), "Sigmoid")
matte("logit", "x", 8, [[6, -9, 12]], [-3])
matte("pair", "x", 8, [[1, 2, 3], [3, 1, -1]], [0, 0], end="Softmax")
matte("last", "x", 8, [[1, 2, 3], [3, 1, -1]], [0, 0], (True, True))
matte("three", "x", 8, np.eye(3), [0, 0, 0])

square = (1, 3, 8, 8)
write("two_inputs", [("x", square), ("y", square)], [("sum", square)], [helper.make_node("Add", ["x", "y"], ["sum"])], {})
write("batch_of_two", [("x", (2, 3, 8, 8))], [("y", (2, 3, 8, 8))], [helper.make_node("Relu", ["x"], ["y"])], {})
