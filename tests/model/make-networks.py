# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: make-networks.py FOLDER; node write-outputs.mjs FOLDER/*; make-networks.py --pack FOLDER

Writes networks of our own, which between them use every operator in most of its forms: a folder each with
model.onnx and test_input.npy. write-outputs.mjs adds what ONNX Runtime makes of them, and --pack puts that into
one test_outputs.npz a network."""
import glob
import os
import sys

import numpy as np
from onnx_bytes import Network

f32, i64 = np.float32, np.int64


def ints(*values):
    return np.array(values, i64)


def floats(*values):
    return np.array(values, f32)


def unary():
    net = Network([1, 3, 5, 7], opset=20)
    for op in ["Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus",
               "Softsign", "Mish", "Gelu", "ThresholdedRelu", "Exp", "Abs", "Neg", "Reciprocal", "Erf", "Sign",
               "Floor", "Ceil", "Round", "Sin", "Cos", "Identity", "Clip"]:
        net.out(op, "x")
    positive = net.add("Abs", "x")
    net.out("Sqrt", positive)
    net.out("Log", positive)
    net.out("LeakyRelu", "x", alpha=0.3)
    net.out("Elu", "x", alpha=0.5)
    net.out("Selu", "x", alpha=2.0, gamma=0.5)
    net.out("Celu", "x", alpha=2.0)
    net.out("HardSigmoid", "x", alpha=0.3, beta=0.4)
    net.out("Shrink", "x", lambd=1.0, bias=0.25)
    net.out("Gelu", "x", approximate="tanh")
    net.out("Clip", "x", floats(-1)[0:1].reshape(()), np.array(2, f32))
    net.out("Clip", "x", None, np.array(0.5, f32))
    net.out("Clip", "x", np.array(0.5, f32))
    net.out("Cast", net.add("Cast", "x", to=7), to=1)
    net.out("Cast", net.add("Cast", "x", to=9), to=1)
    return net


def binary():
    net = Network([2, 3, 4, 5], opset=13)
    shapes = [[2, 3, 4, 5], [1], [], [5], [4, 1], [3, 1, 1], [1, 3, 1, 1], [2, 1, 1, 5], [2, 1, 4, 1]]
    for shape in shapes:
        for op in ["Add", "Sub", "Mul", "Div", "Min", "Max"]:
            net.out(op, "x", net.weights(*shape, scale=1))
            net.out(op, net.weights(*shape, scale=1), "x")
    net.out("Add", "x", "x")
    net.out("Mul", "x", net.add("Sigmoid", "x"))
    for op in ["Sum", "Mean", "Max", "Min"]:
        net.out(op, "x", net.weights(3, 1, 1, scale=1), net.weights(2, 1, 4, 1, scale=1), "x")
        net.out(op, "x")
    net.out("PRelu", "x", net.weights(3, 1, 1))
    net.out("PRelu", "x", net.weights(1))
    net.out("PRelu", "x", net.weights(3, 4, 5))
    net.out("Pow", "x", np.array(2, f32))
    net.out("Pow", "x", np.array(3, i64))
    net.out("Pow", net.add("Abs", "x"), np.array(0.5, f32))
    net.out("Pow", net.add("Abs", "x"), net.weights(4, 5, scale=1))
    net.out("Mod", "x", np.array(0.7, f32), fmod=1)
    for op in ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"]:
        mask = net.add(op, "x", np.array(0.1, f32))
        net.out("Cast", mask, to=1)
        net.out("Where", mask, "x", net.weights(3, 1, 1))
    less, more = net.add("Less", "x", np.array(0.1, f32)), net.add("Greater", "x", np.array(-0.2, f32))
    for op in ["And", "Or", "Xor"]:
        net.out("Cast", net.add(op, less, more), to=1)
    net.out("Cast", net.add("Not", less), to=1)
    # The input broadcasts to a larger constant.
    net.out("Add", net.add("ReduceMean", "x", axes=[2, 3]), net.weights(2, 3, 2, 2))
    return net


def windows():
    net = Network([1, 4, 9, 8], opset=19)
    for attributes in [
            {}, {"pads": [1, 1, 1, 1]}, {"pads": [0, 2, 1, 3]}, {"strides": [2, 2], "pads": [1, 1, 1, 1]},
            {"dilations": [2, 3], "pads": [2, 3, 2, 3]}, {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
            {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, {"auto_pad": "VALID", "strides": [2, 1]},
            {"auto_pad": "SAME_LOWER", "strides": [1, 2]}]:
        net.out("Conv", "x", net.weights(6, 4, 3, 3), net.weights(6), **attributes)
        net.out("Conv", "x", net.weights(4, 1, 3, 3), group=4, **attributes)
        net.out("Conv", "x", net.weights(6, 2, 3, 2), net.weights(6), group=2, **attributes)
    net.out("Conv", "x", net.weights(5, 4, 1, 1), strides=[2, 2])
    net.out("Conv", "x", net.weights(8, 1, 5, 5), group=4, pads=[2, 2, 2, 2], kernel_shape=[5, 5])
    for attributes in [
            {}, {"strides": [2, 2]}, {"strides": [2, 3], "pads": [1, 0, 0, 1]}, {"dilations": [2, 2]},
            {"strides": [3, 2], "output_padding": [1, 1], "pads": [1, 1, 1, 1]},
            {"strides": [2, 2], "auto_pad": "SAME_UPPER"}, {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
            {"strides": [2, 2], "output_shape": [18, 17]}, {"strides": [3, 2], "output_shape": [26, 18]}]:
        net.out("ConvTranspose", "x", net.weights(4, 5, 3, 3), net.weights(5), **attributes)
        net.out("ConvTranspose", "x", net.weights(4, 3, 3, 3), group=2, **attributes)
        net.out("ConvTranspose", "x", net.weights(4, 1, 4, 4), group=4, **attributes)
    for attributes in [
            {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 3]},
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
            {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [0, 0, 1, 1]},
            {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
            {"kernel_shape": [2, 2], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1},
            {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
            {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
            {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "VALID"},
            {"kernel_shape": [2, 2], "dilations": [2, 2]}]:
        net.out("MaxPool", "x", **attributes)
        net.out("AveragePool", "x", **attributes)
        net.out("AveragePool", "x", count_include_pad=1, **attributes)
    net.out("GlobalAveragePool", "x")
    net.out("GlobalMaxPool", "x")
    return net


def one_dimension():
    net = Network([2, 4, 11], opset=11)
    net.out("Conv", "x", net.weights(6, 4, 3), net.weights(6), pads=[1, 0], strides=[2])
    net.out("ConvTranspose", "x", net.weights(4, 3, 3), strides=[2])
    net.out("MaxPool", "x", kernel_shape=[3], strides=[2])
    net.out("AveragePool", "x", kernel_shape=[3], pads=[1, 1])
    net.out("GlobalAveragePool", "x")
    net.out("InstanceNormalization", "x", net.weights(4), net.weights(4))
    return net


def resize():
    net = Network([1, 2, 5, 6], opset=13)
    scales = [[1, 1, 2, 2], [1, 1, 3, 2.5], [1, 1, 0.5, 0.5], [1, 1, 0.6, 1.7], [1, 1, 0.25, 3]]
    for scale in scales:
        for coordinates in ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]:
            mode = {"coordinate_transformation_mode": coordinates}
            net.out("Resize", "x", None, floats(*scale), mode="linear", **mode)
            net.out("Resize", "x", None, floats(*scale), mode="cubic", **mode)
            net.out("Resize", "x", None, floats(*scale), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1, **mode)
            for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
                net.out("Resize", "x", None, floats(*scale), mode="nearest", nearest_mode=nearest, **mode)
    for size in [[10, 12], [7, 9], [3, 2], [1, 1], [5, 6]]:
        for mode in ["nearest", "linear", "cubic"]:
            for coordinates in ["half_pixel", "pytorch_half_pixel", "align_corners"]:
                net.out("Resize", "x", None, None, ints(1, 2, *size), mode=mode,
                        coordinate_transformation_mode=coordinates)
    net.out("Resize", "x", floats(0, 0, 0.2, 0.1, 1, 1, 0.9, 1.3), None, ints(1, 2, 4, 5), mode="linear",
            coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.0)
    net.out("Resize", "x", floats(0, 0, 0.2, 0.1, 1, 1, 0.9, 1.3), None, ints(1, 2, 4, 5), mode="nearest",
            coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.0)
    # Channels, too.
    net.out("Resize", "x", None, floats(1, 2, 1, 1), mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric")
    return net


def resize_new():
    net = Network([1, 2, 8, 6], opset=19)
    for scale in [[2, 2], [0.5, 0.5], [0.6, 1.5]]:
        for mode in ["linear", "cubic"]:
            net.out("Resize", "x", None, floats(*scale), mode=mode, antialias=1, axes=[2, 3])
        net.out("Resize", "x", None, floats(*scale), mode="linear", axes=[3, 2])
        net.out("Resize", "x", None, floats(*scale), mode="linear", axes=[2, 3],
                coordinate_transformation_mode="half_pixel_symmetric")
    for policy in ["not_larger", "not_smaller"]:
        net.out("Resize", "x", None, None, ints(5, 9), mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy)
    return net


def layout():
    net = Network([2, 8, 4, 6], opset=13)
    net.out("Transpose", "x")
    for perm in [[0, 2, 3, 1], [0, 3, 1, 2], [1, 0, 3, 2], [0, 1, 2, 3]]:
        net.out("Transpose", "x", perm=perm)
    for shape in [[2, -1], [0, 0, -1], [0, 2, 4, 24], [-1], [4, 2, 8, 6]]:
        net.out("Reshape", "x", ints(*shape))
    for axis in [0, 1, 2, 3, 4, -1, -4]:
        net.out("Flatten", "x", axis=axis)
    wide = net.give(net.add("Unsqueeze", "x", ints(0, -1)))
    net.out("Squeeze", wide)
    net.out("Squeeze", wide, ints(0))
    for axis in [0, 1, 2, 3, -1]:
        net.out("Concat", "x", net.add("Relu", "x"), "x", axis=axis)
    for part in net.add("Split", "x", ints(3, 5), n=2, axis=1):
        net.give(part)
    for part in net.add("Split", "x", n=3, axis=-1):
        net.give(part)
    for starts, ends, axes, steps in [
            ([1], [3], [1], [1]), ([0, 1], [9, 100], [2, 3], [2, 3]), ([-1], [-100], [3], [-1]),
            ([-3, 1], [-1, 5], [1, -1], [1, 2]), ([5], [1], [1], [-2]), ([0], [2 ** 63 - 1], [1], [2])]:
        net.out("Slice", "x", ints(*starts), ints(*ends), ints(*axes), ints(*steps))
    net.out("Slice", "x", ints(0, 1, 1, 2), ints(2, 7, 3, -1))
    net.out("Gather", "x", ints(0, 2, -1, 2), axis=1)
    net.out("Gather", "x", np.array(3, i64), axis=1)
    net.out("Gather", "x", ints(5, 0), axis=3)
    net.out("Gather", "x", np.array([[0, 1], [2, 3]], i64), axis=2)
    net.out("Tile", "x", ints(1, 2, 1, 3))
    net.out("Expand", net.add("ReduceMax", "x", axes=[2, 3]), ints(2, 8, 3, 5))
    net.out("Expand", "x", ints(1))
    net.out("DepthToSpace", "x", blocksize=2)
    net.out("DepthToSpace", "x", blocksize=2, mode="CRD")
    net.out("SpaceToDepth", "x", blocksize=2)
    for mode in ["constant", "reflect", "edge"]:
        net.out("Pad", "x", ints(0, 0, 1, 2, 0, 0, 3, 1), mode=mode)
    net.out("Pad", "x", ints(0, 1, -1, 2, 0, 0, 1, -2), np.array(1.5, f32))
    net.out("Pad", "x", ints(0, 0, -1, -2, 0, 0, -1, -1))
    return net


def reductions():
    net = Network([2, 3, 4, 5], opset=13)
    positive = net.add("Exp", "x")
    for op in ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
               "ReduceLogSum", "ReduceLogSumExp"]:
        net.out(op, positive, axes=[2, 3])
        net.out(op, positive, axes=[1])
        net.out(op, positive, axes=[-1], keepdims=0)
        net.out(op, positive)
    net.out("ReduceSum", "x", ints(2, 3))
    net.out("ReduceSum", "x", ints(1), keepdims=0)
    net.out("ReduceSum", "x")
    net.out("ReduceSum", "x", noop_with_empty_axes=1)
    for axis in [0, 1, 2, 3, -1]:
        net.out("Softmax", "x", axis=axis)
        net.out("LogSoftmax", "x", axis=axis)
        net.out("Cast", net.add("ArgMax", "x", axis=axis, keepdims=0), to=1)
        net.out("Cast", net.add("ArgMin", "x", axis=axis, select_last_index=1), to=1)
    return net


def normalizations():
    net = Network([2, 6, 4, 5], opset=21)
    vector = lambda: net.weights(6, scale=1)
    variance = net.constant(np.array([1, 2, .5, .1, 3, 1], f32))
    net.out("BatchNormalization", "x", vector(), vector(), vector(), variance)
    net.out("BatchNormalization", "x", vector(), vector(), vector(), variance, epsilon=0.01)
    net.out("InstanceNormalization", "x", vector(), vector(), epsilon=1e-3)
    for groups in [1, 2, 6]:
        net.out("GroupNormalization", "x", vector(), vector(), num_groups=groups)
    net.out("LayerNormalization", "x", net.weights(5), net.weights(5))
    net.out("LayerNormalization", "x", net.weights(6, 4, 5), axis=1)
    net.out("LayerNormalization", "x", net.weights(4, 5), net.weights(5), axis=-2, epsilon=1e-2)
    net.out("LRN", "x", size=3)
    net.out("LRN", "x", size=5, alpha=0.5, beta=0.6, bias=2.0)
    net.out("MeanVarianceNormalization", "x")
    net.out("MeanVarianceNormalization", "x", axes=[1, 2])
    net.out("LpNormalization", "x", axis=1)
    net.out("LpNormalization", "x", axis=-1, p=1)
    return net


def matrices():
    net = Network([2, 3, 4, 5], opset=13)
    net.out("MatMul", "x", net.weights(5, 6))
    net.out("MatMul", "x", net.weights(5))
    net.out("MatMul", net.weights(4), "x")
    net.out("MatMul", "x", net.weights(3, 5, 2))
    net.out("MatMul", net.weights(7, 4), "x")
    net.out("MatMul", "x", net.add("Transpose", "x", perm=[0, 1, 3, 2]))
    flat = net.add("Flatten", "x", axis=1)
    net.out("Gemm", flat, net.weights(60, 7), net.weights(7))
    net.out("Gemm", flat, net.weights(7, 60), transB=1, alpha=0.5)
    net.out("Gemm", flat, net.weights(2, 7), net.weights(60, 1), transA=1, beta=0.3)
    net.out("Add", net.add("MatMul", flat, net.weights(60, 4)), net.weights(4))
    return net


def old_forms():
    """What later opsets have as inputs, as attributes."""
    net = Network([1, 4, 6, 6], opset=9)
    net.out("Clip", "x", min=-0.5, max=0.5)
    net.out("Slice", "x", starts=[1, 0], ends=[3, 5], axes=[1, 2])
    net.out("Slice", "x", starts=[0, 1], ends=[1, -1])
    net.out("Pad", "x", pads=[0, 0, 1, 1, 0, 0, 2, 2], value=0.5)
    net.out("Pad", "x", pads=[0, 0, 1, 1, 0, 0, 2, 2], mode="reflect")
    net.out("Unsqueeze", "x", axes=[0, 3])
    net.out("Squeeze", "x", axes=[0])
    net.out("ReduceMean", "x", axes=[2, 3])
    net.out("ReduceSum", "x", axes=[1], keepdims=0)
    for part in net.add("Split", "x", n=3, axis=1, split=[1, 2, 1]):
        net.give(part)
    net.out("Upsample", "x", floats(1, 1, 2, 2))
    net.out("Upsample", "x", floats(1, 1, 2, 3), mode="linear")
    for axis in [0, 1, 2, 3]:
        net.out("Softmax", "x", axis=axis)
        net.out("LogSoftmax", "x", axis=axis)
    net.out("Dropout", "x", ratio=0.4)
    net.out("BatchNormalization", "x", net.weights(4), net.weights(4), net.weights(4),
            net.constant(np.array([1, 2, .5, .1], f32)), momentum=0.9)
    return net


def opset_ten():
    net = Network([1, 2, 6, 5], opset=10)
    for scale in [[2, 2], [0.5, 0.5], [1.5, 0.7]]:
        for mode in ["nearest", "linear"]:
            net.out("Resize", "x", floats(1, 1, *scale), mode=mode)
    net.out("Slice", "x", ints(1, 1), ints(4, 5), ints(2, 3), ints(2, 1))
    return net


def batch_norm(net, x, channels):
    return net.add("BatchNormalization", x, net.constant((1 + 0.3 * net.random.standard_normal(channels)).astype(f32)),
                   net.weights(channels, scale=0.3), net.weights(channels, scale=0.3),
                   net.constant((0.5 + net.random.random(channels)).astype(f32)))


def gate(net, x, channels):
    """Squeeze and excitation."""
    y = net.add("GlobalAveragePool", x)
    y = net.add("Relu", net.add("Conv", y, net.weights(4, channels, 1, 1), net.weights(4)))
    y = net.add("HardSigmoid", net.add("Conv", y, net.weights(channels, 4, 1, 1), net.weights(channels)), alpha=1 / 6)
    return net.add("Mul", x, y)


def hard_swish(net, x):
    y = net.add("Clip", net.add("Add", x, np.array(3, f32)), np.array(0, f32), np.array(6, f32))
    return net.add("Div", net.add("Mul", x, y), np.array(6, f32))


def mobile():
    """Blocks of MobileNetV3 with everything in pieces, and a head."""
    net = Network(["batch", 3, "height", "width"], opset=13)
    x = net.add("Mul", net.add("Sub", "x", np.array([0.1, 0.2, 0.3], f32).reshape(1, 3, 1, 1)),
                np.array([2, 1.5, 3], f32).reshape(3, 1, 1))
    x = net.add("Conv", x, net.weights(8, 3, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1])
    x = hard_swish(net, batch_norm(net, x, 8))
    y = net.add("Conv", x, net.weights(16, 8, 1, 1))
    y = hard_swish(net, batch_norm(net, y, 16))
    y = net.add("Conv", y, net.weights(16, 1, 5, 5), group=16, pads=[2, 2, 2, 2])
    y = gate(net, hard_swish(net, batch_norm(net, y, 16)), 16)
    y = batch_norm(net, net.add("Conv", y, net.weights(8, 16, 1, 1)), 8)
    x = net.give(net.add("Add", x, y))
    y = net.add("Add", net.add("Conv", x, net.weights(8, 8, 1, 1)), net.weights(1, 8, 1, 1))
    x = net.add("Mul", y, net.add("Sigmoid", y))
    x = net.add("Dropout", net.add("GlobalAveragePool", x))
    x = net.add("MatMul", net.add("Flatten", x), net.weights(8, 5))
    net.out("Softmax", net.add("Add", x, net.weights(5)), axis=1)
    return net


def shuffle():
    """A channel shuffle between two halves, and heads of a detector joined into one table."""
    net = Network([1, 3, 16, 24], opset=11)
    x = net.add("LeakyRelu", net.add("Conv", "x", net.weights(8, 3, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2]), alpha=0.1)
    for _ in range(2):
        left = net.add("Slice", x, ints(0), ints(4), ints(1))
        right = net.add("Slice", x, ints(4), ints(8), ints(1))
        right = net.add("Conv", right, net.weights(4, 1, 3, 3), group=4, pads=[1, 1, 1, 1])
        x = net.add("Concat", left, net.add("Relu", net.add("Conv", right, net.weights(4, 4, 1, 1))), axis=1)
        x = net.add("Reshape", x, ints(1, 2, 4, 8, 12))
        x = net.add("Reshape", net.add("Transpose", x, perm=[0, 2, 1, 3, 4]), ints(1, 8, 8, 12))
    small = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    heads = []
    for level in [x, small]:
        head = net.add("Conv", level, net.weights(6, 8, 1, 1), net.weights(6))
        heads.append(net.add("Reshape", net.add("Transpose", head, perm=[0, 2, 3, 1]), ints(1, -1, 3)))
    boxes = net.give(net.add("Concat", *heads, axis=1))
    net.out("Sigmoid", net.add("Slice", boxes, ints(0), ints(1), ints(2)))
    return net


def dynamic():
    """Sizes that the network computes from its own input, as exporters write them."""
    net = Network([1, 4, "height", "width"], opset=11)
    y = net.add("Relu", net.add("Conv", "x", net.weights(6, 4, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1]))
    shape = net.add("Shape", "x")
    size = net.add("Slice", shape, ints(2), ints(4), ints(0))
    wanted = net.add("Concat", net.add("Slice", net.add("Shape", y), ints(0), ints(2), ints(0)),
                     net.add("Cast", size, to=7), axis=0)
    net.out("Resize", y, floats(), floats(), wanted, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    height = net.add("Gather", shape, np.array(2, i64))
    columns = net.add("Div", net.add("Gather", shape, np.array(3, i64)), np.array(2, i64))
    parts = [net.add("Unsqueeze", net.add("Constant", value=np.array(-1, i64)), axes=[0]),
             net.add("Unsqueeze", net.add("Mul", height, columns), axes=[0]), ints(2)]
    net.out("Reshape", "x", net.add("Concat", *parts, axis=0))
    bias = net.add("ConstantOfShape", net.add("Shape", y), value=np.array([0.25], f32))
    net.out("Add", y, bias)
    grid = net.add("Cast", net.add("Range", np.array(0, i64), height, np.array(1, i64)), to=1)
    grid = net.add("Expand", net.add("Unsqueeze", grid, axes=[0, 1, 3]), shape)
    net.out("Mul", "x", grid)
    return net


def folding():
    """Every fold in a form that is exact, and beside it in one that is not."""
    net = Network([1, 4, 8, 8], opset=13)
    pad = ints(0, 0, 1, 1, 0, 0, 1, 1)
    x = net.add("Pad", "x", pad)
    net.out("Conv", x, net.weights(4, 4, 3, 3), net.weights(4))
    net.out("AveragePool", x, kernel_shape=[3, 3])
    net.out("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    net.out("MaxPool", x, kernel_shape=[3, 3])
    net.out("MaxPool", net.add("Pad", net.add("Relu", "x"), pad), kernel_shape=[3, 3])
    net.out("Conv", net.add("Pad", "x", pad, np.array(1, f32)), net.weights(4, 4, 3, 3))
    net.out("Conv", net.add("Pad", "x", pad, mode="reflect"), net.weights(4, 4, 3, 3))
    # Batch normalisation behind and in front, with and without padding.
    net.out("Relu", batch_norm(net, net.add("Conv", "x", net.weights(4, 2, 3, 3), group=2), 4))
    net.out("Conv", batch_norm(net, "x", 4), net.weights(4, 4, 3, 3))
    net.out("Conv", batch_norm(net, "x", 4), net.weights(4, 4, 3, 3), pads=[1, 1, 1, 1])
    net.out("Sigmoid", batch_norm(net, net.add("ConvTranspose", "x", net.weights(4, 3, 2, 2), strides=[2, 2]), 3))
    net.out("Gemm", net.add("Flatten", batch_norm(net, "x", 4)), net.weights(256, 3))
    shared = net.add("Conv", "x", net.weights(4, 4, 1, 1))
    net.give(batch_norm(net, shared, 4))
    net.give(shared)
    # Activations in pieces.
    y = net.add("Conv", "x", net.weights(4, 4, 1, 1), net.weights(4))
    net.give(hard_swish(net, y))
    net.out("Mul", y, net.add("Sigmoid", y))
    net.out("Mul", y, net.add("Tanh", net.add("Softplus", y)))
    net.out("Mul", net.add("Mul", y, np.array(0.5, f32)),
            net.add("Add", net.add("Erf", net.add("Div", y, np.array(np.sqrt(2), f32))), np.array(1, f32)))
    net.out("Mul", net.add("Mul", y, net.add("Add", net.add("Erf", net.add("Div", y, np.array(np.sqrt(2), f32))),
                                             np.array(1, f32))), np.array(0.5, f32))
    net.out("Div", net.add("Clip", net.add("Add", y, np.array(3, f32)), np.array(0, f32), np.array(6, f32)), np.array(6, f32))
    net.out("Mul", y, net.add("HardSigmoid", y, alpha=1 / 6, beta=0.5))
    net.out("Mul", net.add("Mul", y, net.add("Relu", net.add("Clip", net.add("Add", y, np.array(3, f32)),
                                                             np.array(0, f32), np.array(6, f32)))), np.array(1 / 6, f32))
    net.out("Max", net.add("Min", y, np.array(1, f32)), np.array(-1, f32))
    return net


def pieces():
    """Layers that exporters write in several nodes."""
    net = Network([1, 8, 6, 4], opset=13)
    wide = net.add("Conv", "x", net.weights(16, 8, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2])
    y = net.add("Reshape", wide, ints(1, 4, 2, 2, 3, 2))
    net.out("Reshape", net.add("Transpose", y, perm=[0, 1, 4, 2, 5, 3]), ints(1, 4, 6, 4))
    y = net.add("Reshape", wide, ints(1, 2, 2, 4, 3, 2))
    net.out("Reshape", net.add("Transpose", y, perm=[0, 3, 4, 1, 5, 2]), ints(1, 4, 6, 4))
    net.out("PRelu", net.add("Conv", "x", net.weights(5, 8, 1, 1)), net.weights(5, 1, 1))
    net.out("Max", "x", net.add("Mul", "x", np.array(0.2, f32)))
    # Four numbers in a row.
    y = net.add("Mul", net.add("Add", net.add("Conv", "x", net.weights(5, 8, 1, 1)), np.array(1, f32)), np.array(3, f32))
    net.out("Mul", net.add("Sub", net.add("Identity", y), np.array(1.5, f32)), np.array(0.5, f32))
    y = net.add("Reshape", "x", ints(8, 24))
    net.out("Reshape", y, ints(1, 2, 4, 6, 4))
    net.out("Transpose", net.add("Transpose", "x", perm=[0, 2, 3, 1]), perm=[0, 2, 3, 1])
    net.out("Add", net.add("Mul", "x", net.weights(1, 8, 1, 1)), net.weights(8, 1, 1))
    net.out("Transpose", net.add("ReduceMax", "x", axes=[2, 3]), perm=[0, 2, 3, 1])
    net.out("AveragePool", "x", kernel_shape=[6, 4])
    net.out("Clip", net.add("Clip", net.add("Relu", "x"), np.array(0.1, f32)), None, np.array(0.5, f32))
    return net


INPUTS = {"mobile": [1, 3, 20, 24], "dynamic": [1, 4, 10, 12]}
NETWORKS = [unary, binary, windows, one_dimension, resize, resize_new, layout, reductions, normalizations, matrices,
            old_forms, opset_ten, mobile, shuffle, dynamic, folding, pieces]


def write(folder):
    for make in NETWORKS:
        network = make()
        path = os.path.join(folder, make.__name__)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "model.onnx"), "wb") as file:
            file.write(network.bytes())
        shape = INPUTS.get(make.__name__, network.shape)
        np.save(os.path.join(path, "test_input.npy"), np.random.default_rng(7).standard_normal(shape).astype(f32))


def pack(folder):
    for make in NETWORKS:
        path = os.path.join(folder, make.__name__)
        files = glob.glob(os.path.join(path, "test_output_*.npy"))
        arrays = {f"output_{i}": np.load(os.path.join(path, f"test_output_{i}.npy")) for i in range(len(files))}
        np.savez_compressed(os.path.join(path, "test_outputs.npz"), **arrays)
        for file in files:
            os.remove(file)


if sys.argv[1] == "--pack":
    pack(sys.argv[2])
else:
    write(sys.argv[1])
