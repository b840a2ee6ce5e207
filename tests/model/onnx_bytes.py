# SPDX-License-Identifier: LGPL-2.1-or-later
"""ONNX files, byte by byte: as much of protobuf and of ONNX as the tests write. Needs numpy only."""
import struct

import numpy as np

FLOAT, UINT8, INT8, INT32, INT64, STRING, BOOL, FLOAT16, DOUBLE = 1, 2, 3, 6, 7, 8, 9, 10, 11
TYPES = {"float32": FLOAT, "uint8": UINT8, "int8": INT8, "int32": INT32, "int64": INT64, "bool": BOOL,
         "float16": FLOAT16, "float64": DOUBLE}


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field, value):
    return varint(field << 3) + varint(value)


def number(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def data(field, value):
    """A string, bytes, or a message."""
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def tensor(name, array, typed=False):
    """A TensorProto; `typed` writes the values as a list instead of raw bytes."""
    array = np.asarray(array)
    kind = TYPES[array.dtype.name]
    out = b"".join(integer(1, n) for n in array.shape) + integer(2, kind)
    if not typed:
        out += data(9, array.tobytes())
    elif kind == FLOAT:
        out += data(4, array.tobytes())
    elif kind == DOUBLE:
        out += data(10, array.tobytes())
    elif kind == INT64:
        out += data(7, b"".join(varint(int(v)) for v in array.flat))
    elif kind == FLOAT16:
        out += data(5, b"".join(varint(int(v)) for v in array.view(np.uint16).flat))
    else:
        out += data(5, b"".join(varint(int(v)) for v in array.flat))
    return out + data(8, name)


def attribute(name, value):
    out = data(1, name)
    if isinstance(value, float):
        return out + number(2, value) + integer(20, 1)
    if isinstance(value, (bool, int)):
        return out + integer(3, int(value)) + integer(20, 2)
    if isinstance(value, str):
        return out + data(4, value) + integer(20, 3)
    if isinstance(value, np.ndarray):
        return out + data(5, tensor("", value)) + integer(20, 4)
    if value and isinstance(value[0], float):
        return out + b"".join(number(7, v) for v in value) + integer(20, 6)
    return out + b"".join(integer(8, v) for v in value) + integer(20, 7)


def node(op, inputs, outputs, name="", domain="", **attributes):
    out = b"".join(data(1, i) for i in inputs) + b"".join(data(2, o) for o in outputs)
    out += data(3, name) + data(4, op)
    out += b"".join(data(5, attribute(k, v)) for k, v in attributes.items())
    return out + (data(7, domain) if domain else b"")


def value_info(name, shape, kind=FLOAT):
    """Sizes are numbers, or names where they are open. shape None: no shape at all."""
    dims = b""
    for n in shape or []:
        dims += data(1, data(2, n) if isinstance(n, str) else integer(1, n))
    kind = integer(1, kind) + (data(2, dims) if shape is not None else b"")
    return data(1, name) + data(2, data(1, kind))


def graph(nodes, inputs, outputs, tensors):
    out = b"".join(data(1, n) for n in nodes) + data(2, "network")
    out += b"".join(data(5, t) for t in tensors)
    return out + b"".join(data(11, i) for i in inputs) + b"".join(data(12, o) for o in outputs)


def model(graph_bytes, opset=13):
    return integer(1, 8) + data(7, graph_bytes) + data(8, data(1, "") + integer(2, opset))


class Network:
    """Nodes added one by one; each method returns the name of what it made."""

    def __init__(self, shape, opset=13, seed=1):
        self.shape, self.opset = shape, opset
        self.random = np.random.default_rng(seed)
        self.nodes, self.tensors, self.outputs, self.count = [], [], [], 0

    def name(self, stem):
        self.count += 1
        return f"{stem}_{self.count}"

    def constant(self, array, typed=False):
        name = self.name("constant")
        self.tensors.append(tensor(name, np.asarray(array), typed))
        return name

    def weights(self, *shape, scale=None):
        scale = scale or 1 / np.sqrt(max(1, np.prod(shape[1:])))
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def add(self, op, *inputs, n=1, **attributes):
        """Inputs are names, arrays (which become constants), or None where one is left out."""
        names = ["" if i is None else i if isinstance(i, str) else self.constant(i) for i in inputs]
        outputs = [self.name(op) for _ in range(n)]
        self.nodes.append(node(op, names, outputs, name="node_" + outputs[0], **attributes))
        return outputs[0] if n == 1 else outputs

    def give(self, name):
        self.outputs.append(name)
        return name

    def out(self, op, *inputs, **attributes):
        return self.give(self.add(op, *inputs, **attributes))

    def bytes(self):
        inputs = [value_info("x", self.shape)]
        outputs = [value_info(o, None) for o in self.outputs]
        return model(graph(self.nodes, inputs, outputs, self.tensors), self.opset)
