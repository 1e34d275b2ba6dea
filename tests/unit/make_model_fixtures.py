#!/usr/bin/env python3
"""Writes data/models_onnx.pt and data/models_tensorflow.pt: small networks, an operation or a few each, with what onnxruntime and TensorFlow make of
random inputs. A file is {"cases": name -> [bytes of the model, numbers in, numbers out, dims of inputs, dims of outputs], "models": all bytes one after
the other, "values": all numbers}, deflated.

models_bad.pt: name -> [bytes of an ONNX file that is wrong, what the error says; "": it is right].

    python3 tests/unit/make_model_fixtures.py [onnx] [tensorflow] [bad]
"""
import io
import os
import sys
import zipfile

import numpy as np
import torch

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
rng = np.random.default_rng(20240607)


def random(*shape, low=-1.0, high=1.0):
    return rng.uniform(low, high, shape).astype(np.float32)


def flat(arrays):
    return np.concatenate([np.asarray(a, np.float32).reshape(-1) for a in arrays])


def entry(model, inputs, outputs):
    return model, flat(inputs), flat(outputs), [list(x.shape) for x in inputs], [list(np.shape(y)) for y in outputs]


def save(path, cases):
    stored = io.BytesIO()
    torch.save({"cases": {name: [len(c[0]), c[1].size, c[2].size, c[3], c[4]] for name, c in cases.items()},
                "models": torch.from_numpy(np.frombuffer(b"".join(c[0] for c in cases.values()), np.uint8).copy()),
                "values": torch.from_numpy(np.concatenate([v for c in cases.values() for v in c[1:3]]))}, stored)
    with zipfile.ZipFile(stored) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), old.read(item), zipfile.ZIP_DEFLATED, 9)


# ---- ONNX ----

def make_onnx():
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    onnxruntime.set_default_logger_severity(3)
    cases = {}

    def graph(name, nodes, inputs, outputs=("y",), opset=17, open_batch=False, **weights):
        """nodes: (op, inputs, outputs, attributes)"""
        made = [helper.make_node(op, i.split(","), o.split(","), name=f"{op}_{k}", **a) for k, (op, i, o, a) in enumerate(nodes)]
        shape = lambda x: ["batch"] + list(x.shape[1:]) if open_batch else list(x.shape)
        ins = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape(x)) for n, x in inputs.items()]
        outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
        init = [numpy_helper.from_array(np.asarray(w), n) for n, w in weights.items()]
        model = helper.make_model(helper.make_graph(made, name, ins, outs, init), opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        data = model.SerializeToString()
        run = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        assert name not in cases, name
        cases[name] = entry(data, list(inputs.values()), run.run(list(outputs), inputs))

    def one(name, op, x, opset=17, extra="", outputs=("y",), weights=None, **attributes):
        """One operation on x and, by name, on `extra` weights."""
        weights = weights or {}
        ins = ",".join(["x"] + ([extra] if extra else list(weights)))
        graph(name, [(op, ins, ",".join(outputs), attributes)], {"x": x}, outputs, opset, **weights)

    i64 = lambda *v: np.array(v, np.int64)
    f32 = lambda *v: np.array(v, np.float32)
    x = random(1, 4, 6, 5)

    # convolutions
    w, b = random(6, 2, 3, 3), random(6)
    one("conv", "Conv", x, weights={"w": random(3, 4, 3, 3), "b": random(3)}, pads=[1, 1, 1, 1])
    one("conv_groups_stride", "Conv", x, weights={"w": w, "b": b}, group=2, strides=[2, 2], kernel_shape=[3, 3])
    one("conv_dilated", "Conv", random(2, 2, 7, 8), weights={"w": random(2, 2, 3, 3)}, dilations=[2, 2], pads=[2, 2, 2, 2])
    one("conv_uneven_pads", "Conv", x, weights={"w": random(2, 4, 3, 2)}, pads=[0, 1, 2, 0])
    one("conv_wide", "Conv", x, weights={"w": random(2, 4, 1, 3)}, pads=[0, 1, 0, 1])
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        one("conv_" + mode.lower(), "Conv", x, weights={"w": random(2, 4, 3, 3)}, auto_pad=mode, strides=[2, 2])
    one("conv_depthwise", "Conv", x, weights={"w": random(4, 1, 3, 3), "b": random(4)}, group=4, pads=[1, 1, 1, 1])
    for name, a in {"": {}, "_stride": dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]), "_uneven": dict(strides=[2, 2], pads=[1, 0, 0, 1]),
                    "_same": dict(strides=[2, 2], auto_pad="SAME_UPPER"), "_shape": dict(strides=[3, 3], output_shape=[17, 14]),
                    "_groups": dict(strides=[2, 2], group=2)}.items():
        one("conv_transpose" + name, "ConvTranspose", x, weights={"w": random(4, 3, 3, 3), "b": random(6 if "group" in a else 3)}, **a)
    norm = dict(s=random(3), t=random(3), m=random(3), v=random(3, low=0.2, high=2))
    graph("conv_norm", [("Conv", "x,w", "a", {}), ("BatchNormalization", "a,s,t,m,v", "b", {}), ("Relu", "b", "y", {})], {"x": x}, w=random(3, 4, 3, 3), **norm)
    graph("conv_norm_shared", [("Conv", "x,w,c", "a", {}), ("BatchNormalization", "a,s,t,m,v", "b", {"epsilon": 1e-3}), ("Add", "a,b", "y", {})], {"x": x},
          w=random(3, 4, 3, 3), c=random(3), **norm)
    graph("conv_transpose_norm", [("ConvTranspose", "x,w", "a", {"strides": [2, 2], "group": 1}), ("BatchNormalization", "a,s,t,m,v", "y", {})], {"x": x},
          w=random(4, 3, 2, 2), **norm)
    graph("conv_transpose_groups_norm", [("ConvTranspose", "x,w", "a", {"group": 2}), ("BatchNormalization", "a,s,t,m,v", "y", {})], {"x": x},
          w=random(4, 2, 2, 2), s=random(4), t=random(4), m=random(4), v=random(4, low=0.2, high=2))
    graph("conv_scale_shift", [("Conv", "x,w", "a", {}), ("Mul", "a,s", "b", {}), ("Add", "t,b", "y", {})], {"x": x},
          w=random(3, 4, 3, 3), s=random(3, 1, 1), t=random(1, 3, 1, 1))
    graph("shared_weight", [("Conv", "x,w", "a", {}), ("BatchNormalization", "a,s,t,m,v", "b", {}), ("Conv", "x,w", "c", {}), ("Sub", "b,c", "y", {})], {"x": x},
          w=random(3, 4, 3, 3), **norm)

    # matrices and norms
    v = random(3, 5)
    one("gemm", "Gemm", v, weights={"w": random(4, 5), "b": random(4)}, transB=1)
    one("gemm_scaled", "Gemm", random(5, 3), weights={"w": random(5, 4), "b": random(3, 4)}, transA=1, alpha=0.5, beta=-2.0)
    one("matmul", "MatMul", random(2, 3, 5), weights={"w": random(5, 4)})
    graph("matmul_two", [("MatMul", "x,z", "y", {})], {"x": random(2, 3, 4, 5), "z": random(3, 5, 2)})
    graph("matmul_bias", [("MatMul", "x,w", "a", {}), ("Add", "a,b", "y", {})], {"x": v}, w=random(5, 4), b=random(4))
    stats = {"s": random(4), "t": random(4), "m": random(4), "v": random(4, low=0.2, high=2)}
    one("batch_norm", "BatchNormalization", x, weights=stats)
    one("batch_norm_rows", "BatchNormalization", random(3, 4), weights=stats, opset=9)
    one("batch_norm_three", "BatchNormalization", random(2, 4, 3), weights=stats)
    one("instance_norm", "InstanceNormalization", x, weights={"s": random(4), "t": random(4)})
    one("layer_norm", "LayerNormalization", random(2, 3, 8), weights={"s": random(8), "t": random(8)})
    one("layer_norm_axes", "LayerNormalization", x, weights={"s": random(6, 5), "t": random(6, 5)}, axis=2, epsilon=1e-3)

    # elementwise
    big = random(2, 3, 4, low=-4, high=4)
    for op in ("Relu", "Sigmoid", "Tanh", "Exp", "Neg", "Abs", "Softplus", "Softsign", "HardSwish", "HardSigmoid", "Elu", "Selu", "LeakyRelu", "Identity", "Dropout"):
        one(op.lower(), op, big, opset=14 if op == "HardSwish" else 13)
    one("mish", "Mish", big, opset=18)
    for op in ("Sqrt", "Log", "Reciprocal"):
        one(op.lower(), op, random(2, 3, 4, low=0.1, high=4))
    one("leaky_negative", "LeakyRelu", big, alpha=-0.5)
    one("elu_alpha", "Elu", big, alpha=0.3)
    one("hard_sigmoid_alpha", "HardSigmoid", big, alpha=0.3, beta=0.4)
    one("clip", "Clip", big, weights={"a": np.float32(-1), "b": np.float32(2)})
    one("clip_high", "Clip", big, extra=",b", weights={"b": np.float32(2)})
    one("clip_old", "Clip", big, opset=7, min=0.0, max=1.5)
    one("prelu", "PRelu", x, weights={"s": random(4, 1, 1)})
    one("prelu_one", "PRelu", x, weights={"s": f32(0.3)})
    one("prelu_map", "PRelu", x, weights={"s": random(6, 5)})
    for op in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        graph(op.lower(), [(op, "x,z", "y", {})], {"x": random(2, 3, 4), "z": random(3, 1, low=0.5, high=2)})
        one(op.lower() + "_number", op, big, weights={"c": np.float32(0.7)})
        graph(op.lower() + "_number_left", [(op, "c,x", "y", {})], {"x": random(2, 5, low=0.3, high=2)}, c=np.float32(0.7))
        one(op.lower() + "_channel", op, x, weights={"c": random(4, 1, 1, low=0.5, high=2)})
    one("pow", "Pow", random(2, 3, low=0.1, high=2), weights={"c": np.float32(1.5)})
    one("square", "Pow", big, weights={"c": np.float32(2)})
    graph("sum_three", [("Sum", "x,z,w", "y", {})], {"x": random(2, 3), "z": random(3)}, w=random(2, 1))
    graph("mean_three", [("Mean", "x,z,w", "y", {})], {"x": random(2, 3), "z": random(3)}, w=random(2, 1))
    graph("broadcast_five", [("Reshape", "x,s", "a", {}), ("Mul", "a,c", "b", {}), ("Reshape", "b,t", "y", {})], {"x": random(1, 4, 6, 5)},
          s=i64(1, 2, 2, 6, 5), t=i64(4, 30), c=random(2, 1, 6, 5))

    # pooling and resizing
    p = random(1, 2, 7, 6)
    one("avg_pool", "AveragePool", p, kernel_shape=[2, 2], strides=[2, 2])
    one("avg_pool_overlap", "AveragePool", p, kernel_shape=[3, 2], strides=[1, 1])
    one("avg_pool_padded", "AveragePool", p, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    one("avg_pool_counted", "AveragePool", p, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2], count_include_pad=1)
    one("avg_pool_whole", "AveragePool", p, kernel_shape=[7, 6])
    one("avg_pool_ceil", "AveragePool", p, kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
    one("max_pool", "MaxPool", p, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    one("max_pool_ceil", "MaxPool", p, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    one("max_pool_uneven", "MaxPool", p, kernel_shape=[3, 2], strides=[2, 2], pads=[0, 0, 1, 1])
    one("max_pool_same", "MaxPool", p, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    one("global_average_pool", "GlobalAveragePool", p)
    one("global_max_pool", "GlobalMaxPool", p)
    s = random(1, 2, 4, 5)
    for mode in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        one("linear_" + mode, "Resize", s, extra=",,n", weights={"n": i64(1, 2, 7, 3)}, mode="linear", coordinate_transformation_mode=mode)
        for k, nearest in enumerate(("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")):
            one(f"nearest_{mode}_{nearest}", "Resize", s, extra=",,n", weights={"n": i64(1, 2, 9, 3)}, mode="nearest", coordinate_transformation_mode=mode,
                nearest_mode=nearest)
    one("linear_to_one", "Resize", s, extra=",,n", weights={"n": i64(1, 2, 1, 3)}, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    one("resize_scales", "Resize", s, extra=",c", weights={"c": f32(1, 1, 2, 3)}, mode="linear")
    one("resize_twice", "Resize", s, extra=",c", weights={"c": f32(1, 1, 2, 2)}, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    one("resize_thrice", "Resize", s, extra=",c", weights={"c": f32(1, 1, 3, 3)}, mode="nearest")
    one("resize_ten", "Resize", s, opset=10, weights={"c": f32(1, 1, 2, 2)}, mode="linear")
    one("resize_axes", "Resize", s, opset=18, extra=",,n", weights={"n": i64(8, 7)}, mode="linear", axes=[2, 3])
    one("upsample_nine", "Upsample", s, opset=9, weights={"c": f32(1, 1, 2, 2)}, mode="nearest")
    one("upsample_seven", "Upsample", s, opset=7, scales=[1.0, 1.0, 2.0, 3.0], mode="nearest")

    # shapes
    one("reshape", "Reshape", x, weights={"s": i64(0, -1, 10)})
    one("flatten", "Flatten", x, axis=2)
    one("flatten_zero", "Flatten", x, axis=0)
    one("squeeze", "Squeeze", random(1, 3, 1, 2), weights={"a": i64(0, 2)})
    one("squeeze_old", "Squeeze", random(1, 3, 1, 2), opset=11, axes=[2])
    one("unsqueeze", "Unsqueeze", random(3, 2), weights={"a": i64(0, -1)})
    one("unsqueeze_old", "Unsqueeze", random(3, 2), opset=11, axes=[1])
    for k, perm in enumerate(([0, 2, 3, 1], [0, 3, 1, 2], [3, 1, 0, 2], [1, 0, 3, 2])):
        one(f"transpose_{k}", "Transpose", random(2, 3, 4, 2), perm=perm)
    one("transpose_default", "Transpose", random(2, 3))
    t = [("Reshape", "x,s", "a", {}), ("Transpose", "a", "b", {"perm": [0, 2, 1, 3, 4]}), ("Reshape", "b,t", "y", {})]
    graph("shuffle", t, {"x": random(1, 6, 3, 2)}, s=i64(1, 2, 3, 3, 2), t=i64(1, 6, 3, 2))
    t = [("Reshape", "x,s", "a", {}), ("Transpose", "a", "b", {"perm": [5, 2, 0, 4, 1, 3]}), ("Reshape", "b,t", "y", {})]
    graph("transpose_six", t, {"x": random(4, 6, 12)}, s=i64(2, 2, 2, 3, 4, 3), t=i64(6, 4, 12))
    t = [("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("Relu", "a", "b", {}), ("Add", "b,c", "d", {}), ("Slice", "d,e,f,g", "h", {}), ("Transpose", "h", "y", {"perm": [0, 3, 1, 2]})]
    graph("there_and_back", t, {"x": x}, c=random(4), e=i64(1), f=i64(3), g=i64(3))
    t = [("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("Concat", "a,z", "b", {"axis": 3}), ("Softmax", "b", "c", {"axis": -1}), ("Reshape", "c,s", "y", {})]
    graph("last_concat_softmax", t, {"x": random(1, 2, 3, 4), "z": random(1, 3, 4, 2)}, s=i64(1, 12, 4))
    t = [("Transpose", "x", "a", {"perm": [0, 2, 3, 1]}), ("ReduceMean", "a", "y", {"axes": [1, 2], "keepdims": 0}), ("ReduceMean", "a", "z", {"axes": [1, 2]}), ("PRelu", "a,s", "w", {})]
    graph("last_reduce_prelu", t, {"x": random(2, 2, 3, 4)}, ("y", "z", "w"), s=random(1, 1, 2))
    graph("concat_ten", [("Concat", ",".join(["x", "z"] * 5), "y", {"axis": 1})], {"x": random(1, 2, 3), "z": random(1, 1, 3)})
    graph("concat_constant", [("Concat", "x,c", "y", {"axis": -1})], {"x": random(2, 3)}, c=random(2, 2))
    one("slice", "Slice", x, weights={"b": i64(1, -4), "e": i64(2**62, -1), "a": i64(1, 2)})
    graph("focus", [("Slice", "x,b,e,a,s", "y", {})], {"x": random(1, 2, 4, 6)}, b=i64(1, 0), e=i64(2**62, 2**62), a=i64(2, 3), s=i64(2, 2))
    one("slice_old", "Slice", x, opset=9, starts=[0, 1], ends=[1, 1000], axes=[0, 3])
    one("split", "Split", x, outputs=("y", "z"), weights={"s": i64(1, 3)}, axis=1)
    one("split_even", "Split", x, outputs=("y", "z", "w"), axis=2)
    one("split_old", "Split", x, opset=11, outputs=("y", "z"), axis=-1, split=[2, 3])
    one("split_number", "Split", x, opset=18, outputs=("y", "z"), axis=3, num_outputs=2)
    one("gather_one", "Gather", x, weights={"i": np.array(-1, np.int64)}, axis=1)
    one("gather_some", "Gather", x, weights={"i": i64(3, 0, 2)}, axis=1)
    one("expand", "Expand", random(2, 1, 3), weights={"s": i64(2, 1, 4, 1)})
    one("tile", "Tile", random(1, 2, 3), weights={"r": i64(2, 3, 1)})
    for mode in ("constant", "reflect", "edge"):
        one("pad_" + mode, "Pad", x, weights={"p": i64(0, 0, 1, 2, 0, 0, 2, 0)}, mode=mode)
    one("pad_value", "Pad", x, weights={"p": i64(0, 1, 0, 1, 0, 2, 0, 0), "v": np.float32(0.5)})
    one("pad_rows", "Pad", random(2, 3), weights={"p": i64(1, 0, 0, 2)})
    one("pad_old", "Pad", x, opset=9, pads=[0, 0, 1, 1, 0, 0, 1, 1], mode="reflect")
    one("pad_axes", "Pad", x, opset=18, extra="p,,a", weights={"p": i64(1, 2), "a": i64(3)})
    for mode in ("DCR", "CRD"):
        one("depth_to_space_" + mode.lower(), "DepthToSpace", random(1, 8, 2, 3), blocksize=2, mode=mode)
    one("space_to_depth", "SpaceToDepth", random(1, 2, 4, 6), blocksize=2)

    # softmax and reductions
    one("softmax", "Softmax", x, axis=1)
    one("softmax_last", "Softmax", x)
    one("softmax_old", "Softmax", x, opset=11, axis=1)
    one("softmax_old_last", "Softmax", x, opset=11, axis=3)
    one("log_softmax", "LogSoftmax", x, axis=2)
    for op in ("Mean", "Max", "Min", "L2", "SumSquare"):
        for axes in ([1], [2, 3], [0, 2], [3]):
            one(f"reduce_{op.lower()}_{''.join(map(str, axes))}", "Reduce" + op, random(2, 3, 2, 3), axes=axes, keepdims=len(axes) % 2)
    one("reduce_sum", "ReduceSum", x, weights={"a": i64(1, -1)})
    one("reduce_all", "ReduceMean", x, keepdims=0)
    one("reduce_mean_new", "ReduceMean", x, opset=18, weights={"a": i64(2)})

    # shapes that are computed
    t = [("Shape", "x", "a", {}), ("Gather", "a,zero", "b", {}), ("Unsqueeze", "b,axes", "c", {}), ("Concat", "c,rest", "d", {"axis": 0}), ("Reshape", "x,d", "y", {})]
    graph("computed_shape", t, {"x": x}, open_batch=True, zero=np.array(0, np.int64), axes=i64(0), rest=i64(-1))
    t = [("Shape", "x", "a", {}), ("Slice", "a,two,four", "b", {}), ("Cast", "b", "c", {"to": 1}), ("Mul", "c,f", "d", {}), ("Floor", "d", "e", {}), ("Cast", "e", "g", {"to": 7}),
         ("Shape", "x", "h", {}), ("Slice", "h,nil,two", "i", {}), ("Concat", "i,g", "j", {"axis": 0}), ("Resize", "x,,,j", "y", {"mode": "linear"})]
    graph("computed_size", t, {"x": s}, open_batch=True, two=i64(2), four=i64(4), nil=i64(0), f=f32(1.5, 1.7))
    t = [("Constant", "", "a", {"value_ints": [2, 3]}), ("ConstantOfShape", "a", "b", {"value": numpy_helper.from_array(f32(0.25))}), ("Range", "p,q,r", "c", {}),
         ("Equal", "c,one", "d", {}), ("Where", "d,c,k", "e", {}), ("Add", "b,e", "f", {}), ("Mul", "x,f", "y", {})]
    graph("constants", t, {"x": random(2, 3)}, p=np.float32(0), q=np.float32(3), r=np.float32(1), one=np.float32(1), k=np.float32(7))
    t = [("ReduceProd", "s", "p", {"keepdims": 0}), ("Sub", "s,one", "a", {}), ("Div", "a,two", "b", {}), ("Max", "b,one", "c", {}), ("Neg", "c", "d", {}), ("Abs", "d", "e", {}),
         ("Unsqueeze", "p,zero", "q", {}), ("Div", "q,q", "o", {}), ("Concat", "o,e,m", "f", {"axis": 0}), ("Reshape", "x,f", "y", {})]
    graph("integers", t, {"x": random(2, 6)}, s=i64(5, 3), one=i64(1), two=i64(2), zero=i64(0), m=i64(-1))
    t = [("Cast", "w", "v", {"to": 1}), ("MatMul", "x,v", "a", {}), ("Transpose", "k", "l", {"perm": [1, 0]}), ("MatMul", "a,l", "y", {})]
    graph("half_weights", t, {"x": random(2, 3)}, w=random(3, 4).astype(np.float16), k=random(2, 4))
    graph("double_weight", [("Cast", "w", "v", {"to": 1}), ("Add", "x,v", "y", {})], {"x": random(2, 3)}, w=random(3).astype(np.float64))
    graph("out_of_order", [("Relu", "x", "a", {}), ("Add", "a,c", "y", {})], {"x": random(2, 3)}, c=random(3))
    t = [("Relu", "x", "y", {}), ("Identity", "y", "z", {}), ("Identity", "c", "w", {}), ("Identity", "d", "v", {}), ("Identity", "x", "u", {})]
    graph("same_twice", t, {"x": random(2, 3)}, ("y", "z", "w", "v", "u"), c=random(3), d=np.ones((2, 2), np.float32))
    return cases


# ---- TensorFlow ----

def make_tensorflow():
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    v1 = tf.compat.v1
    cases = {}

    def case(name, f, *inputs, shapes=None):
        g = tf.Graph()
        with g.as_default():
            places = [v1.placeholder(tf.float32, (shapes or [x.shape for x in inputs])[k], name=f"x{k}") for k, x in enumerate(inputs)]
            outs = f(*places)
            outs = list(outs) if isinstance(outs, (list, tuple)) else [outs]
            outs = [tf.identity(o, name=f"y{k}") for k, o in enumerate(outs)]
            with v1.Session(graph=g) as session:
                values = session.run(outs, dict(zip(places, inputs)))
        assert name not in cases, name
        cases[name] = entry(g.as_graph_def().SerializeToString(), list(inputs), values)

    raw, nn = tf.raw_ops, tf.nn
    x, odd = random(1, 6, 8, 3), random(2, 7, 5, 3)
    for mode in ("SAME", "VALID"):
        for stride in (1, 2):
            for which, z in (("even", x), ("odd", odd)):
                w = random(3, 3, 3, 2)
                case(f"conv_{mode.lower()}_{stride}_{which}", lambda p: nn.conv2d(p, w, stride, mode), z)
        w = random(3, 2, 3, 2)
        case(f"depthwise_{mode.lower()}", lambda p: nn.depthwise_conv2d(p, w, [1, 2, 2, 1], mode), x)
        case(f"max_pool_{mode.lower()}", lambda p: nn.max_pool2d(p, 3, 2, mode), x)
        case(f"avg_pool_{mode.lower()}", lambda p: nn.avg_pool2d(p, 3, 2, mode), x)
        for size in (5, 6):
            case(f"conv_back_{mode.lower()}_{size}", lambda p: nn.conv2d_transpose(p, random(3, 3, 2, 3), [2, size * 2 - (mode == "SAME"), 9 + (mode == "VALID"), 2], 2, mode),
                 random(2, size - (mode == "VALID") + 0, 5 - (mode == "VALID") + 0, 3)) if mode == "SAME" and size == 5 else None
    case("conv_back_same", lambda p: nn.conv2d_transpose(p, random(3, 3, 2, 3), [1, 10, 9, 2], 2, "SAME"), random(1, 5, 5, 3))
    case("conv_back_valid", lambda p: nn.conv2d_transpose(p, random(3, 3, 2, 3), [1, 9, 8, 2], 2, "VALID"), random(1, 4, 3, 3))
    case("conv_dilated", lambda p: nn.conv2d(p, random(3, 3, 3, 2), 1, "SAME", dilations=2), x)
    case("conv_explicit", lambda p: nn.conv2d(p, random(3, 3, 3, 2), 2, [[0, 0], [0, 1], [2, 1], [0, 0]]), x)

    stats = [random(3), random(3), random(3), random(3, low=0.2, high=2)]

    def norm(p):
        return v1.nn.fused_batch_norm(p, *stats, epsilon=1e-3, is_training=False)[0]

    def blocks(p, w, pads, crops, depth=False, relu=False):
        z = tf.space_to_batch(p, [2, 2], pads)
        z = nn.depthwise_conv2d(z, w, [1, 1, 1, 1], "VALID") if depth else nn.conv2d(z, w, 1, "VALID")
        return tf.batch_to_space(nn.relu(z) if relu else z, [2, 2], crops)

    even, zero = [[2, 2], [2, 2]], [[0, 0], [0, 0]]
    case("blocks", lambda p: nn.bias_add(blocks(p, random(3, 3, 3, 2), even, zero), random(2)), x)
    case("blocks_cropped", lambda p: blocks(p, random(3, 3, 3, 2), [[2, 3], [2, 3]], [[0, 1], [0, 1]]), odd)
    case("blocks_cropped_more", lambda p: blocks(p, random(3, 3, 3, 2), [[2, 2], [0, 4]], [[0, 1], [1, 0]]), x)
    case("blocks_depthwise", lambda p: norm(blocks(p, random(3, 3, 3, 1), even, zero, True)), x)
    case("blocks_relu", lambda p: blocks(p, random(3, 3, 3, 2), even, zero, relu=True), x)
    case("space_to_batch", lambda p: tf.space_to_batch(p, [2, 2], [[1, 1], [0, 2]]), x)
    case("norm", norm, x)
    case("conv_norm_relu6", lambda p: nn.relu6(norm(nn.conv2d(p, random(3, 3, 3, 3), 1, "SAME"))), x)
    case("conv_bias", lambda p: nn.bias_add(nn.conv2d(p, random(1, 1, 3, 4), 1, "SAME"), random(4)), x)
    case("conv_scale", lambda p: nn.conv2d(p, random(1, 1, 3, 4), 1, "SAME") * random(4) + random(4), x)
    case("bias_first", lambda p: nn.bias_add(p, random(6), data_format="NCHW"), x)
    case("matmul", lambda p: nn.bias_add(tf.matmul(p, random(5, 4)), random(4)), random(3, 5))
    case("matmul_turned", lambda p: tf.matmul(p, random(4, 5), transpose_b=True), random(3, 5))
    case("batch_matmul", lambda p, q: tf.matmul(p, q, transpose_a=True), random(2, 4, 3), random(2, 4, 5))
    case("add_maps", lambda p, q: p + q, random(1, 3, 4, 2), random(1, 1, 4, 1))
    conv = lambda p: nn.conv2d(p, random(3, 3, 3, 2), 1, "SAME")
    case("last_arithmetic", lambda p: tf.maximum(conv(p) * 2.0 - 1.0, conv(p)) / (tf.square(conv(p)) + 1.5), x)
    case("last_minimum", lambda p: tf.minimum(conv(p), 0.5) + tf.math.squared_difference(conv(p), random(6, 8, 1)), x)
    for f in ("relu", "relu6", "sigmoid", "tanh", "softplus", "elu", "selu", "leaky_relu", "softmax"):
        case(f, lambda p: getattr(nn, f)(p), random(2, 3, 4, low=-4, high=4))
    for f in ("exp", "abs", "negative", "square"):
        case(f, lambda p: getattr(tf, f)(p), random(2, 3, low=-3, high=3))
    for f in ("sqrt", "log", "rsqrt"):
        case(f, lambda p: getattr(tf.math, f)(p), random(2, 3, low=0.2, high=3))
    case("softmax_map", lambda p: nn.softmax(conv(p)), x)
    case("clip", lambda p: raw.ClipByValue(t=p, clip_value_min=-0.5, clip_value_max=0.25), random(2, 3))
    for keep in (False, True):
        case(f"mean_{keep}".lower(), lambda p: tf.reduce_mean(conv(p), [1, 2], keepdims=keep), x)
        case(f"max_{keep}".lower(), lambda p: tf.reduce_max(p, [1, 2], keepdims=keep), x)
        case(f"sum_{keep}".lower(), lambda p: tf.reduce_sum(p, -1, keepdims=keep), x)
    case("min", lambda p: tf.reduce_min(p, [0, 2]), x)
    case("concat", lambda p, q: tf.concat([conv(p), q, conv(p)], -1), x, random(1, 6, 8, 1))
    for f, method in (("bilinear", v1.image.resize_bilinear), ("nearest", v1.image.resize_nearest_neighbor)):
        for a in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
            case("_".join([f] + list(a)), lambda p: method(p, [9, 5], **a), x)
        case(f + "_twice", lambda p: method(p, [12, 16]), x)
    case("transpose", lambda p: tf.transpose(conv(p), [0, 3, 1, 2]), x)
    case("transpose_other", lambda p: tf.transpose(conv(p), [3, 1, 0, 2]), x)
    case("reshape", lambda p: tf.reshape(conv(p), [-1, 16]), x)
    case("squeeze", lambda p: tf.squeeze(tf.reduce_mean(conv(p), [1, 2], keepdims=True), [1, 2]), x)
    case("expand_dims", lambda p: tf.expand_dims(p, 1), random(2, 3))
    for mode in ("CONSTANT", "REFLECT"):
        case("pad_" + mode.lower(), lambda p: tf.pad(conv(p), [[0, 0], [1, 2], [0, 1], [0, 0]], mode), x)
    case("pad_value", lambda p: tf.pad(p, [[0, 0], [1, 2], [0, 1], [0, 1]], constant_values=0.5), x)
    case("split", lambda p: tf.split(p, 3, -1), x)
    case("split_sizes", lambda p: tf.split(conv(p), [1, -1, 2], 1), x)
    case("unstack", lambda p: tf.unstack(p, axis=0), random(3, 4))
    case("strided", lambda p: (p[:, 1:-1, ::2, :2], p[0, ..., -1], p[:, tf.newaxis, 2]), x)
    case("slice", lambda p: tf.slice(conv(p), [0, 1, 2, 0], [-1, 3, 4, 1]), x)
    case("gather", lambda p: tf.gather(p, [2, 0], axis=3), x)
    case("tile", lambda p: tf.tile(p, [1, 2, 1, 1]), random(1, 2, 3, 1))
    case("depth_to_space", lambda p: tf.nn.depth_to_space(p, 2), random(1, 2, 3, 8))
    case("space_to_depth", lambda p: tf.nn.space_to_depth(p, 2), x)

    def computed(p):
        s = tf.shape(p)
        return tf.reshape(v1.image.resize_bilinear(p, s[1:3] * 2, align_corners=True), tf.stack([s[0], tf.reduce_prod(s[1:]) * 4]))

    case("computed_shape", computed, x, shapes=[(None, None, None, 3)])
    case("fill", lambda p: p * tf.fill([3], 0.5) + tf.cast(tf.range(3), tf.float32), random(2, 3))
    return cases


# ---- files that are wrong ----

def make_bad():
    """name -> (model, what the error says)"""
    from onnx import TensorProto, helper, numpy_helper
    cases = {}

    def bad(name, says, nodes, inputs=((2, 3),), outputs=("y",), opset=17, weights=(), change=None, **arrays):
        made = [helper.make_node(op, i.split(","), o.split(",") if o else [], name=f"{op}_{k}", **a) for k, (op, i, o, a) in enumerate(nodes)]
        ins = [helper.make_tensor_value_info(f"x{k}" if k else "x", TensorProto.FLOAT, shape) for k, shape in enumerate(inputs)]
        outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
        init = [numpy_helper.from_array(np.asarray(w), n) for n, w in arrays.items()] + list(weights)
        model = helper.make_model(helper.make_graph(made, name, ins, outs, init), opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        if change:
            change(model)
        cases[name] = (model.SerializeToString(), says)

    i64 = lambda *v: np.array(v, np.int64)
    tensor = lambda name, dims, raw, kind=TensorProto.FLOAT: TensorProto(name=name, dims=dims, data_type=kind, raw_data=raw)
    x4 = ((1, 4, 6, 5),)
    bad("unknown", "node 'Frobnicate_0' is a Frobnicate, an operation that is not supported", [("Frobnicate", "x", "y", {})])
    bad("other_domain", "is a com.microsoft.Relu, an operation that is not supported", [("Relu", "x", "y", {"domain": "com.microsoft"})])
    bad("cycle", "needs its own result", [("Add", "x,b", "a", {}), ("Relu", "a", "b", {}), ("Relu", "b", "y", {})])
    bad("own_cycle", "needs its own result", [("Add", "x,y", "y", {})])
    bad("nobody_makes", "'z' is read by 'Add_0', but no node makes it", [("Add", "x,z", "y", {})])
    bad("no_output", "'q' is read by 'the outputs', but no node makes it", [("Relu", "x", "y", {})], outputs=("q",))
    bad("made_twice", "'y' is made twice", [("Relu", "x", "y", {}), ("Tanh", "x", "y", {})])
    bad("input_made", "'x' is made twice", [("Relu", "x", "x", {}), ("Tanh", "x", "y", {})])
    bad("two_inputs", "there are two inputs 'x'", [("Relu", "x", "y", {})], change=lambda m: m.graph.input.append(m.graph.input[0]))
    bad("two_weights", "there are two weights 'w'", [("Add", "x,w", "y", {})], weights=[tensor("w", [1], b"0000"), tensor("w", [1], b"0000")])
    bad("too_few", "operand 1 is missing", [("Add", "x", "y", {})])
    bad("left_out", "operand 1 is missing", [("MatMul", "x,", "y", {})])
    bad("left_out_of_any", "operand 1 is missing", [("Sum", "x,,x", "y", {})])
    bad("left_out_last", "operand 1 is missing", [("Max", "x,", "y", {})])
    bad("too_many", "3 operands; at most 2", [("Mul", "x,x,x", "y", {})])
    bad("other_result", "a result of 'Dropout_0' that is not supported", [("Dropout", "x", "a,mask", {}), ("Relu", "mask", "y", {})])
    bad("short_tensor", "tensor 'w' has 7 bytes, its dims say 8", [("Add", "x,w", "y", {})], weights=[tensor("w", [2], b"1234567")])
    bad("short_list", "tensor 'w' has 4 bytes, its dims say 12", [("Add", "x,w", "y", {})], weights=[TensorProto(name="w", dims=[3], data_type=1, float_data=[1])])
    bad("negative_dims", "tensor 'w' has impossible dims", [("Add", "x,w", "y", {})], weights=[tensor("w", [-1], b"")])
    bad("endless_dims", "tensor 'w' has impossible dims", [("Add", "x,w", "y", {})], weights=[tensor("w", [2**40, 2**40], b"")])
    bad("nine_dims", "tensor 'w' has 9 dims", [("Add", "x,w", "y", {})], weights=[tensor("w", [1] * 9, b"0000")])
    bad("text_tensor", "tensor 'w' has type 8", [("Add", "x,w", "y", {})], weights=[TensorProto(name="w", dims=[1], data_type=8, string_data=[b"a"])])
    bad("text_input", "input 'x' is not a tensor of a supported type", [("Relu", "x", "y", {})], change=lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 8))
    bad("old_opset", "operator set 6", [("Relu", "x", "y", {})], opset=6)
    bad("new_opset", "operator set 99", [("Relu", "x", "y", {})], opset=99)
    bad("no_graph", "without a graph", [("Relu", "x", "y", {})], change=lambda m: m.ClearField("graph"))
    bad("unnamed_output", "an output has no name", [("Relu", "x", "", {})], outputs=("",))
    bad("no_outputs", "has no outputs", [("Relu", "x", "y", {})], outputs=())
    bad("explodes", "is empty or has 2^31 elements or more", [("Expand", "x,s", "y", {})], inputs=((1, 1),), s=i64(2**20, 2**20))
    bad("constant_explodes", "is empty or has 2^31 elements or more", [("ConstantOfShape", "s", "y", {})], s=i64(2**20, 2**20, 2**20))
    bad("constant_large", "too large to be computed at import", [("ConstantOfShape", "s", "y", {})], s=i64(2**15, 2**15))
    bad("negative_shape", "empty or has 2^31", [("ConstantOfShape", "s", "y", {})], s=i64(-5))
    bad("range_endless", "a range of", [("Range", "a,b,c", "y", {})], a=np.float32(0), b=np.float32(1e30), c=np.float32(1))
    bad("range_still", "a range of", [("Range", "a,b,c", "y", {})], a=np.float32(0), b=np.float32(1), c=np.float32(0))
    bad("reshape", "changes the number of elements", [("Reshape", "x,s", "y", {})], s=i64(4, 2))
    bad("reshape_two_open", "an impossible shape", [("Reshape", "x,s", "y", {})], s=i64(-1, -1))
    bad("reshape_unknown", "is known only when the network runs", [("Reshape", "x,x", "y", {})])
    bad("reshape_nine", "has 9 elements; at most 8", [("Reshape", "x,s", "y", {})], s=i64(*[1] * 9))
    bad("axis", "axis 7 is outside a tensor of rank 2", [("Concat", "x,x", "y", {"axis": 7})])
    bad("concat", "operands (2,3) and (3,2)", [("Concat", "x,x1", "y", {"axis": 0})], inputs=((2, 3), (3, 2)))
    bad("broadcast", "neither agree nor broadcast", [("Add", "x,x1", "y", {})], inputs=((2, 3), (4,)))
    bad("transpose", "is not an order of 2 axes", [("Transpose", "x", "y", {"perm": [0, 0]})])
    bad("transpose_long", "an order of 3 axes for a tensor of 2", [("Transpose", "x", "y", {"perm": [0, 1, 2]})])
    bad("slice_empty", "an empty slice", [("Slice", "x,a,a", "y", {})], a=i64(1))
    bad("slice_still", "a slice with step 0", [("Slice", "x,a,b,a,c", "y", {})], a=i64(0), b=i64(2), c=i64(0))
    bad("gather_outside", "index 9 is outside an axis of 2", [("Gather", "x,i", "y", {})], i=np.array(9, np.int64))
    bad("conv_fit", "do not fit", [("Conv", "x,w", "y", {})], inputs=x4, w=random(2, 3, 3, 3))
    bad("conv_groups", "do not fit", [("Conv", "x,w", "y", {"group": 3})], inputs=x4, w=random(3, 1, 3, 3))
    bad("conv_no_groups", "do not fit", [("Conv", "x,w", "y", {"group": 0})], inputs=x4, w=random(3, 4, 3, 3))
    bad("conv_bias", "bias (2) for 3 channels", [("Conv", "x,w,b", "y", {})], inputs=x4, w=random(3, 4, 3, 3), b=random(2))
    bad("conv_strides", "strides 1 and 2", [("Conv", "x,w", "y", {"strides": [1, 2]})], inputs=x4, w=random(3, 4, 3, 3))
    bad("conv_large", "larger than its padded input", [("Conv", "x,w", "y", {})], inputs=x4, w=random(3, 4, 7, 7))
    bad("conv_stride", "a window of 3, stride 0", [("Conv", "x,w", "y", {"strides": [0, 0]})], inputs=x4, w=random(3, 4, 3, 3))
    bad("conv_pads", "padding -1", [("Conv", "x,w", "y", {"pads": [-1, 0, 0, 0]})], inputs=x4, w=random(3, 4, 3, 3))
    bad("conv_line", "only pictures", [("Conv", "x,w", "y", {})], inputs=((1, 4, 6),), w=random(2, 4, 3))
    bad("pool_none", "a window of 0", [("MaxPool", "x", "y", {})], inputs=x4)
    bad("norm", "statistics of (3)", [("BatchNormalization", "x,s,s,s,s", "y", {})], inputs=x4, s=random(3))
    bad("resize_cubic", "mode 'cubic'", [("Resize", "x,,,n", "y", {"mode": "cubic"})], inputs=x4, n=i64(1, 4, 2, 2))
    bad("resize_huge", "2^31", [("Resize", "x,,,n", "y", {})], inputs=x4, n=i64(1, 4, 2**30, 2**30))
    bad("resize_third", "does not make", [("Resize", "x,,c", "y", {})], inputs=x4, c=np.array([1, 1, 0.9, 1], np.float32))
    bad("tile", "repetitions", [("Tile", "x,r", "y", {})], r=i64(-1, 2**40))
    bad("pad", "padding of", [("Pad", "x,p", "y", {})], p=i64(-1, 0, 0, 2**50))
    bad("split", "parts that do not add up", [("Split", "x,s", "y,z", {"axis": 1})], s=i64(1, 1))
    bad("argmax", "is a ArgMax", [("ArgMax", "x", "y", {})])

    def location(place, **more):
        w = TensorProto(name="w", dims=[3], data_type=1, data_location=TensorProto.EXTERNAL)
        for key, value in {"location": place, **more}.items():
            w.external_data.add(key=key, value=value)
        return [w]

    outside = "its weights must be in its own folder"
    for name, place in {"absolute": "/etc/hostname", "up": "../w.bin", "up_inside": "a/../../w.bin", "up_alone": "..", "empty": ""}.items():
        bad("external_" + name, outside, [("Add", "x,w", "y", {})], weights=location(place))
    bad("external_missing", "'none.bin', does not exist", [("Add", "x,w", "y", {})], weights=location("none.bin"))
    bad("external_link", outside, [("Add", "x,w", "y", {})], weights=location("link.bin"))
    bad("external_long", "tensor 'w' has 11 bytes, its dims say 12", [("Add", "x,w", "y", {})], weights=location("w.bin", length="11"))
    bad("external_end", "reaches beyond the end", [("Add", "x,w", "y", {})], weights=location("w.bin", offset="8"))
    bad("external_far", "reaches beyond the end", [("Add", "x,w", "y", {})], weights=location("w.bin", offset="18446744073709551615"))
    bad("external", "", [("Add", "x,w", "y", {})], weights=location("w.bin", offset="4", length="12"))
    return cases


def save_bad(path, cases):
    stored = io.BytesIO()
    torch.save({name: [torch.from_numpy(np.frombuffer(model, np.uint8).copy()), says] for name, (model, says) in cases.items()}, stored)
    with zipfile.ZipFile(stored) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), old.read(item), zipfile.ZIP_DEFLATED, 9)


if len(sys.argv) < 2 or "bad" in sys.argv[1:]:
    save_bad(os.path.join(DATA, "models_bad.pt"), make_bad())

for kind, make in (("onnx", make_onnx), ("tensorflow", make_tensorflow)):
    if len(sys.argv) < 2 or kind in sys.argv[1:]:
        made = make()
        path = os.path.join(DATA, f"models_{kind}.pt")
        save(path, made)
        print(f"{path}: {len(made)} networks, {os.path.getsize(path)} bytes")
