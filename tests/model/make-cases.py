# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: make-cases.py FOLDER

Writes bad networks, one fault each, as FOLDER/NAME.onnx, and FOLDER/cases.tsv: name, at which step it has to be
refused (open, plan, run) or "accept", and a part of the sentence."""
import os
import struct
import sys

import numpy as np
from onnx_bytes import (FLOAT, INT64, attribute, data, graph, integer, model, node, number, tensor, value_info,
                        varint)

f32, i64 = np.float32, np.int64
FOLDER = sys.argv[1]
ROWS = []


def case(name, content, step, sentence):
    with open(os.path.join(FOLDER, name + ".onnx"), "wb") as file:
        file.write(content)
    assert name not in [row[0] for row in ROWS]
    ROWS.append((name, step, sentence))


def network(nodes, tensors=(), shape=(1, 2, 4, 4), outputs=("y",), inputs=None, opset=13):
    inputs = inputs or [value_info("x", list(shape))]
    return model(graph(nodes, inputs, [value_info(o, None) for o in outputs], tensors), opset)


def relu(x="x", y="y", **more):
    return node("Relu", [x], [y], **more)


def one(op, *inputs, tensors=(), opset=13, shape=(1, 2, 4, 4), n=1, **attributes):
    """A network of one node whose inputs are x and constants."""
    names, constants = ["x"], list(tensors)
    for i, array in enumerate(inputs):
        names.append("" if array is None else f"c{i}")
        if array is not None:
            constants.append(tensor(f"c{i}", array))
    outputs = ["y"] + [f"y{i}" for i in range(1, n)]
    return network([node(op, names, outputs, name="bad", **attributes)], constants, shape, opset=opset)


def weights(*shape):
    return np.ones(shape, f32)


def raw_tensor(name, dims, kind, values, field=9):
    out = b"".join(integer(1, d) for d in dims) + integer(2, kind)
    return out + (data(field, values) if values is not None else b"") + data(8, name)


def external(location, offset=None, length=None):
    entries = data(13, data(1, "location") + data(2, location))
    if offset is not None:
        entries += data(13, data(1, "offset") + data(2, offset))
    if length is not None:
        entries += data(13, data(1, "length") + data(2, length))
    return integer(1, 4) + integer(2, FLOAT) + data(8, "w") + entries + integer(14, 1)


good = network([relu(name="first")])

# --- Bytes ------------------------------------------------------------------------------------------
case("good", good, "accept", "")
case("empty", b"", "open", "there is no network in it")
case("text", b"this is no network\n", "open", "the field at byte")
case("cut", good[:-7], "open", "is cut off")
case("cut_in_length", good[:3] + b"\x3a\xff", "open", "is cut off")
case("length_beyond", data(7, b"")[:1] + varint(1 << 40), "open", "is cut off")
case("length_2_63", varint(7 << 3 | 2) + varint((1 << 64) - 1), "open", "is cut off")
case("long_varint", b"\x08" + b"\xff" * 11 + b"\x01", "open", "is cut off")
case("field_zero", b"\x02\x00" + good, "open", "has no number")
case("group", b"\x0b\x0c" + good, "open", "of an unknown kind")
case("wire_type_7", b"\x0f\x00" + good, "open", "of an unknown kind")
case("graph_is_a_number", integer(7, 5) + good, "open", "should be a message")
case("graph_twice", good + data(7, b""), "open", "is there twice")
case("type_twice", model(graph([relu()], [value_info("x", [1, 2, 4, 4]) + data(2, b"")], [value_info("y", None)], [])),
     "open", "is there twice")
case("no_graph", integer(1, 8) + data(8, integer(2, 13)), "open", "there is no network in it")
case("no_opset", data(7, graph([relu()], [value_info("x", [1])], [value_info("y", None)], [])), "open", "opset is 0")
case("old_opset", network([relu()], opset=6), "open", "opset is 6, not within 7 to 21")
case("new_opset", network([relu()], opset=99), "open", "opset is 99")
case("negative_opset", network([relu()], opset=-3), "open", "opset is 0")
case("unknown_fields", b"\xa2\x06\x03abc" + good + b"\xf8\x3f\x01", "accept", "")

# --- Graph ------------------------------------------------------------------------------------------
case("cycle", network([node("Add", ["x", "b"], ["a"], name="first"), relu("a", "b"), relu("b", "y")]), "open",
     "there is a cycle through it")
case("self", network([node("Add", ["x", "y"], ["y"], name="own")]), "open", 'node "own" needs its own output')
case("dangling", network([node("Add", ["x", "nowhere"], ["y"], name="sum")]), "open",
     'node "sum" needs "nowhere", which nothing makes')
case("dangling_output", network([relu()], outputs=["z"]), "open", 'nothing makes its output "z"')
case("two_outputs_of_one_name", network([relu(), relu()]), "open", 'there are two tensors "y"')
case("output_named_as_constant", network([relu()], [tensor("y", weights(1))]), "open", 'there are two tensors "y"')
case("two_constants_of_one_name", network([relu()], [tensor("w", weights(1)), tensor("w", weights(1))]), "open",
     'there are two tensors "w"')
case("two_inputs_of_one_name", network([relu()], inputs=[value_info("x", [1]), value_info("x", [1])]), "open",
     'there are two inputs "x"')
case("no_input", network([relu("w")], [tensor("w", weights(1))], inputs=[value_info("w", [1])]), "open",
     "it has no input")
case("no_output", network([relu()], outputs=[]), "open", "it has no output")
case("unsorted", network([relu("a", "y"), relu("x", "a")]), "accept", "")
case("weights_among_inputs", network([node("Add", ["x", "w"], ["y"])], [tensor("w", weights(1))],
                                     inputs=[value_info("x", [1, 2]), value_info("w", [1])]), "accept", "")
case("dead_branch", network([relu(), node("Nonsense", ["x"], ["z"])]), "accept", "")
case("deep_chain", network([relu("x" if i == 0 else f"v{i}", f"v{i + 1}") for i in range(3000)], outputs=["v3000"]),
     "accept", "")
case("too_many_nodes", network([relu("x", f"v{i}") for i in range(10001)], outputs=["v1"]), "open",
     "it has 10001 nodes, more than 10000")
case("too_many_connections", network([node("Sum", ["x"] * 100001, ["y"])]), "open", "more than 100000")
case("input_of_texts", network([relu()], inputs=[value_info("x", [1], kind=8)]), "open", "its type is not supported")
case("input_without_type", network([relu()], inputs=[data(1, "x")]), "open", "its type is not supported")
case("input_without_shape", network([relu()], inputs=[value_info("x", None)]), "open", "its shape is missing")
case("input_of_rank_9", network([relu()], inputs=[value_info("x", [1] * 9)]), "open", "more than 8 dimensions")
case("input_too_large", network([relu()], shape=[1, 3, 1 << 20, 1 << 20]), "plan", "more than 536870912 values")
case("input_overflow", network([relu()], shape=[1 << 29, 1 << 29, 1 << 29, 1 << 29]), "plan", "more than")
case("sparse", model(graph([relu()], [value_info("x", [1])], [value_info("y", None)], []) + data(15, b"")), "open",
     "sparse weights")

# --- Constants --------------------------------------------------------------------------------------
add = node("Add", ["x", "w"], ["y"], name="sum")
case("short_raw_data", network([add], [raw_tensor("w", [4], FLOAT, b"\0" * 15)]), "open",
     'tensor "w": it has 15 bytes of data, not 4 times 4')
case("long_raw_data", network([add], [raw_tensor("w", [4], FLOAT, b"\0" * 20)]), "open", "it has 20 bytes of data")
case("no_data", network([add], [raw_tensor("w", [4], FLOAT, None)]), "open", "it has 0 values, not 4")
case("short_list", network([add], [raw_tensor("w", [4], FLOAT, b"\0" * 12, field=4)]), "open", "it has 3 values, not 4")
case("list_of_half_numbers", network([add], [raw_tensor("w", [4], FLOAT, b"\0" * 15, field=4)]), "open",
     "it is no ONNX file")
case("negative_size", network([add], [raw_tensor("w", [-4], FLOAT, b"")]), "open", "a tensor of")
case("sizes_overflow", network([add], [raw_tensor("w", [1 << 32, 1 << 32], FLOAT, b"")]), "open", "a tensor of")
case("sizes_overflow_to_16", network([add], [raw_tensor("w", [1 << 62, 4], FLOAT, b"\0" * 16)]), "open", "a tensor of")
case("bytes_overflow", network([add], [raw_tensor("w", [(1 << 62) + 4], FLOAT, b"\0" * 16)]), "open", "a tensor of")
case("constant_of_rank_9", network([add], [raw_tensor("w", [1] * 9, FLOAT, b"\0" * 4)]), "open", "9 dimensions, more than 8")
case("constant_of_texts", network([add], [raw_tensor("w", [1], 8, b"a")]), "open", "its type 8 is not supported")
case("constant_of_complex", network([add], [raw_tensor("w", [1], 14, b"\0" * 8)]), "open", "its type 14")
case("constant_of_no_type", network([add], [raw_tensor("w", [1], 0, b"")]), "open", "its type 0")
case("external_elsewhere", network([add], [external("../secret")]), "open", "only a file beside the network is read")
case("external_absolute", network([add], [external("/etc/passwd")]), "open", "only a file beside the network")
case("external_backslash", network([add], [external("..\\secret")]), "open", "only a file beside the network")
case("external_folder", network([add], [external("weights/w.bin")]), "open", "only a file beside the network")
case("external_hidden", network([add], [external(".secret")]), "open", "only a file beside the network")
case("external_empty", network([add], [external("")]), "open", "only a file beside the network")
case("external_missing", network([add], [external("no-such-file.bin")]), "open", "cannot be opened")
case("external_short", network([add], [external("good.onnx", "0", "12")]), "open", "12 bytes of external data, not 16")
case("external_beyond", network([add], [external("good.onnx", "999999", "16")]), "open", "from byte 999999")
case("external_offset_overflow", network([add], [external("good.onnx", "999999999999999999")]), "open", "from byte")
case("external_offset_no_number", network([add], [external("good.onnx", "-1")]), "open", "is no number")
case("external_beside", network([add], [external("good.onnx", "4", "16")], shape=[4]), "accept", "")

# --- Operators that are not supported ----------------------------------------------------------------
case("unknown_operators", network([node("LSTM", ["x"], ["a"], name="first"), node("If", ["a"], ["b"], name="second"),
                                   node("Gelu", ["b"], ["y"], name="third", domain="com.example")]), "open",
     'not supported: LSTM "first", If "second", com.example.Gelu "third"')
case("pool_of_powers", one("LpPool", kernel_shape=[2, 2]), "open", 'LpPool "bad"')
case("operator_of_later_opset", one("Mish", opset=13), "open", 'Mish "bad"')
case("control_characters", network([node("No\x1b[2Jop", ["x"], ["y"], name="a\nb")]), "open", 'No?[2Jop "a?b"')
case("unknown_attribute", one("Relu", clever=1), "open", 'Relu "bad" (attribute "clever" is not supported)')
case("attribute_twice", network([node("LeakyRelu", ["x"], ["y"]) + data(5, attribute("alpha", 1.0)) * 2]), "open",
     "is there twice")
case("attribute_of_other_type", one("LeakyRelu", alpha="much"), "open", "attribute alpha has another type")
case("unknown_word", one("Pad", np.zeros(8, i64), mode="mirror"), "open", 'mode="mirror" is not supported')
case("training", one("BatchNormalization", weights(2), weights(2), weights(2), weights(2), opset=15, training_mode=1),
     "open", "training_mode=1 is not supported")
case("too_few_inputs", network([node("Conv", ["x"], ["y"], name="bad")]), "open", "it has 1 inputs, not 2 to 3")
case("input_left_out", network([node("Conv", ["x", ""], ["y"], name="bad")]), "open", "its input 1 is left out")
case("too_many_outputs", one("Relu", n=3), "open", "it has 3 outputs, not 1 to 1")
case("no_outputs_at_all", network([relu(), node("Relu", ["x"], [])]), "accept", "")

# --- Attributes ---------------------------------------------------------------------------------------
w = weights(3, 2, 3, 3)
case("stride_zero", one("Conv", w, strides=[0, 1]), "open", "strides has 0, not within 1 to 65535")
case("stride_negative", one("Conv", w, strides=[-1, 1]), "open", "strides has -1")
case("stride_huge", one("Conv", w, strides=[1 << 62, 1]), "open", "strides has 4611686018427387904")
case("dilation_zero", one("Conv", w, dilations=[1, 0]), "open", "dilations has 0")
case("dilation_list_of_three", one("Conv", w, strides=[1, 1], dilations=[1, 1, 1]), "open", "dilations has 3 values")
case("pads_odd", one("Conv", w, pads=[1, 1, 1]), "open", "pads has 3 values")
case("pads_negative", one("Conv", w, pads=[-1, 0, 0, 0]), "open", "pads has -1")
case("pads_huge", one("Conv", w, pads=[1 << 40, 0, 0, 0]), "open", "pads has 1099511627776")
case("groups_zero", one("Conv", w, group=0), "open", "attribute group is 0")
case("kernel_missing", one("MaxPool"), "open", "kernel_shape is missing")
case("kernel_zero", one("MaxPool", kernel_shape=[0, 2]), "open", "kernel_shape has 0")
case("block_zero", one("DepthToSpace", blocksize=0), "open", "attribute blocksize is 0")
case("lrn_size_zero", one("LRN", size=0), "open", "attribute size is 0")
case("concat_without_axis", one("Concat", weights(1, 2, 4, 4)), "open", "axis is missing")
case("cast_to_text", one("Cast", to=8), "open", "to=8 is not supported")
case("constant_without_value", network([node("Constant", [], ["c"]), node("Add", ["x", "c"], ["y"])]), "open",
     "it has no value of numbers")
case("perm_too_long", one("Transpose", perm=list(range(9))), "open", "perm has 9 values")
case("celu_of_zero", one("Celu", alpha=0.0), "open", "alpha is 0")

# --- Shapes -------------------------------------------------------------------------------------------
case("kernel_larger_than_input", one("Conv", weights(3, 2, 7, 7)), "plan", "kernel 7 (7 with dilation) is larger than the padded input 4")
case("dilated_kernel_larger", one("Conv", w, dilations=[60000, 1]), "plan", "(120001 with dilation)")
case("kernel_unlike_weights", one("Conv", w, kernel_shape=[5, 5]), "plan", "its kernel_shape says 5")
case("wrong_channels", one("Conv", weights(3, 5, 3, 3)), "plan", "weights of 3x5x3x3 with 1 groups do not fit")
case("groups_do_not_divide", one("Conv", w, group=3), "plan", "with 3 groups do not fit")
case("empty_weights", one("Conv", weights(0, 2, 3, 3)), "plan", "do not fit")
case("empty_kernel", one("Conv", weights(3, 2, 0, 3)), "plan", "a kernel of 0 cannot run")
case("wrong_bias", one("Conv", w, weights(4)), "plan", "its bias is 4 and its output has 3 channels")
case("weights_of_rank_5", one("Conv", weights(3, 2, 3, 3, 3)), "plan", "its weights are 3x2x3x3x3")
case("integer_weights", one("Conv", np.ones((3, 2, 3, 3), i64)), "plan", "has integers, not floats")
case("window_of_other_rank", one("Conv", weights(3, 2, 3, 3), strides=[1, 1, 1]), "plan", "its window has 3 dimensions")
case("transposed_to_nothing", one("ConvTranspose", weights(2, 3, 1, 1), pads=[2, 2, 2, 2]), "plan", "its padding leaves")
case("huge_output", one("ConvTranspose", weights(2, 3, 1, 1), strides=[60000, 60000]), "plan", "more than 536870912 values")
case("huge_padding", one("Conv", weights(1, 2, 1, 1), pads=[65535, 65535, 65535, 65535]), "plan", "more than 536870912")
case("no_broadcast", one("Add", weights(3, 1, 1)), "plan", "tensors of 1x2x4x4 and 3x1x1 do not broadcast")
case("mixed_types", one("Add", np.ones(1, i64)), "plan", "floats and integers")
case("reshape_wrong", one("Reshape", np.array([5, 7], i64)), "plan", "its input of 1x2x4x4 cannot become 5x7")
case("reshape_two_open", one("Reshape", np.array([-1, -1], i64)), "plan", "cannot become")
case("reshape_overflow", one("Reshape", np.array([1 << 62, 1 << 62], i64)), "plan", "cannot become")
case("reshape_long", one("Reshape", np.ones(9, i64)), "plan", "its shape has 9 numbers, more than 8")
case("reshape_computed", network([node("Cast", ["x"], ["s"], to=7), node("Reshape", ["x", "s"], ["y"], name="bad")]),
     "plan", "its shape is computed from the picture")
case("squeeze_large", one("Squeeze", np.array([1], i64)), "plan", "axis 1 has 2 elements and cannot go")
case("axis_beyond", one("Softmax", axis=7), "plan", "axis 7 does not exist in a tensor of rank 4")
case("axis_2_63", one("Softmax", axis=-(1 << 63)), "plan", "does not exist")
case("axes_twice", one("ReduceMean", axes=[1, -3]), "plan", "axis 1 is named twice")
case("perm_twice", one("Transpose", perm=[0, 1, 1, 2]), "plan", "axis 1 is named twice")
case("unsqueeze_to_rank_9", one("Unsqueeze", np.arange(5, dtype=i64)), "plan", "rank 9")
case("slice_step_zero", one("Slice", *[np.array([v], i64) for v in (0, 4, 2, 0)]), "plan", "a step of 0")
case("slice_lists_differ", one("Slice", np.array([0, 0], i64), np.array([4], i64)), "plan", "differ in number")
case("split_sizes_wrong", one("Split", np.array([1, 2], i64), n=2, axis=2), "plan", "its sizes sum to 3, not 4")
case("split_sizes_negative", one("Split", np.array([-1, 5], i64), n=2, axis=2), "plan", "its sizes do not fit 4")
case("gather_beyond", one("Gather", np.array([9], i64), axis=1), "run", "its index 9 is not within 2 elements")
case("gather_by_floats", one("Gather", np.array([0], f32), axis=1), "plan", "its indices are no integers")
case("tile_overflow", one("Tile", np.array([1 << 62, 4, 4, 4], i64)), "plan", "more than")
case("tile_to_nothing", one("Tile", np.array([0, 1 << 23, 1, 1], i64)), "accept", "")
case("tile_negative", one("Tile", np.array([-1, 1, 1, 1], i64)), "plan", "-1 repeats")
case("expand_negative", one("Expand", np.array([-5], i64)), "plan", "a size of -5")
case("pad_short", one("Pad", np.zeros(6, i64)), "plan", "its pads have to be 8 constants")
case("pad_to_nothing", one("Pad", np.array([0, 0, -9, 0, 0, 0, 0, 0], i64)), "plan", "leaves nothing of 4")
case("pad_overflow", one("Pad", np.array([0, 0, 1 << 62, 0, 0, 0, 1 << 62, 0], i64)), "plan", "is not supported")
case("scales_short", one("Resize", None, np.ones(3, f32)), "plan", "its scales have to be 4 constants")
case("scale_zero", one("Resize", None, np.array([1, 1, 0, 1], f32)), "plan", "a scale of 0")
case("scale_nan", one("Resize", None, np.array([1, 1, np.nan, 1], f32)), "plan", "a scale of")
case("scale_huge", one("Resize", None, np.array([1, 1, 1e30, 1], f32)), "plan", "a scale of 1e+30")
case("scale_to_nothing", one("Resize", None, np.array([1, 1, 0.1, 1], f32)), "plan", "4 elements cannot become 0")
case("scales_and_sizes", one("Resize", None, np.ones(4, f32), np.array([1, 2, 4, 4], i64)), "plan",
     "either scales or sizes")
case("size_negative", one("Resize", None, None, np.array([1, 2, -4, 4], i64)), "plan", "cannot become -4")
case("matrices_do_not_fit", one("MatMul", weights(5, 3)), "plan", "matrices of 1x2x4x4 and 5x3 cannot be multiplied")
case("gemm_of_rank_4", one("Gemm", weights(4, 3)), "plan", "cannot be multiplied")
case("normalization_wrong", one("BatchNormalization", weights(2), weights(2), weights(3), weights(2)), "plan",
     "its mean is 3 and there are 2 channels")
case("groups_of_channels", one("GroupNormalization", weights(3), weights(3), opset=18, num_groups=3), "plan",
     "2 channels cannot be split into 3 groups")
case("blocks_do_not_fit", one("DepthToSpace", blocksize=2), "plan", "blocks of 2 do not fit its input of 1x2x4x4")
case("concat_differs", one("Concat", weights(1, 2, 3, 3), axis=1), "plan", "cannot be joined along axis 1")
case("clip_by_picture", network([node("ReduceMax", ["x"], ["m"], keepdims=0), node("Clip", ["x", "", "m"], ["y"])]),
     "plan", "its max has to be a constant")
case("indices_of_maxima", network([node("MaxPool", ["x"], ["a", "i"], kernel_shape=[2, 2]), node("Add", ["a", "i"], ["y"])]),
     "plan", "the indices, is not supported")
case("integer_division_by_zero", network([node("Shape", ["x"], ["s"]), node("Div", ["s", "z"], ["y"], name="bad")],
                                         [tensor("z", np.zeros(1, i64))]), "plan", "an integer would be divided by 0")
case("range_of_nothing", network([node("Range", ["a", "b", "c"], ["r"]), node("Add", ["x", "r"], ["y"])],
                                 [tensor(n, np.array(v, f32)) for n, v in (("a", 0), ("b", 1), ("c", 0))]), "plan",
     "a range from 0 to 1 by 0")
case("range_huge", network([node("Range", ["a", "b", "c"], ["r"]), node("Add", ["x", "r"], ["y"])],
                           [tensor(n, np.array(v, i64)) for n, v in (("a", 0), ("b", 1 << 60), ("c", 1))]), "plan",
     "a range from 0")
case("constant_of_huge_shape", network([node("ConstantOfShape", ["s"], ["c"]), node("ReduceMax", ["c"], ["m"]),
                                        node("Add", ["x", "m"], ["y"])],
                                       [tensor("s", np.array([1 << 20, 1 << 20], i64))]), "plan", "more than 536870912")
case("maps_too_large", network([node("Resize", ["x", "", "s"], ["a"]), node("Resize", ["x", "", "s"], ["b"]),
                                node("Resize", ["x", "", "s"], ["c"]), node("Sum", ["a", "b", "c"], ["y"])],
                               [tensor("s", np.array([1, 1, 4000, 4000], f32))]), "plan", "its maps take")
case("several_faults", network([node("Conv", ["x", "w"], ["a"], name="first"), node("Softmax", ["x"], ["b"], name="second", axis=9)],
                               [tensor("w", weights(3, 5, 3, 3))], outputs=["a", "b"]), "plan",
     'Softmax "second": axis 9 does not exist')
case("size_left_open", network([relu()], shape=[1, 3, "height", "width"]), "plan", "has to be chosen")

with open(os.path.join(FOLDER, "cases.tsv"), "w") as file:
    for row in ROWS:
        file.write("\t".join(row) + "\n")
print(len(ROWS), "cases")
