#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes networks/: small .safetensors files whose layers form a chain, or almost.

Beside each lies what cnn-weights must print about it, NAME.txt: made by it, and read by people.
"""

import json
import math
import os
import struct


def network(name, tensors, metadata=None):
    """`tensors` is [(name, shape)] in the order of the file, or names with a list of values."""
    header, data = {}, b''
    if metadata:
        header['__metadata__'] = metadata
    for tensor, shape in tensors:
        values = None
        if isinstance(shape, tuple):
            shape, values = shape
        count = math.prod(shape)
        # Some pattern with both signs, small enough that no picture saturates wholly.
        values = values or [((i * 37) % 19 - 9) / 64 for i in range(count)]
        if tensor.endswith('running_var'):
            values = [1 + i / 8 for i in range(count)]
        raw = struct.pack(f'<{count}f', *values)
        header[tensor] = {'dtype': 'F32', 'shape': shape,
                          'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(os.path.join('networks', name + '.safetensors'), 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def batch_norm(name, channels):
    return [(f'{name}.{part}' if name else part, [channels])
            for part in ('weight', 'bias', 'running_mean', 'running_var')]


os.makedirs('networks', exist_ok=True)
network('one-layer', [('weight', [3, 3, 3, 3]), ('bias', [3])])
network('crelu', [('conv1.weight', [2, 3, 3, 3]), ('conv1.bias', [2]),
                  ('conv2.weight', [1, 4, 1, 1])])
# As safetensors.torch.save_file sorts them.
network('sorted', sorted([('features.0.weight', [4, 3, 3, 3]), ('features.0.bias', [4]),
                          ('features.10.weight', [3, 4, 1, 1]), ('features.10.bias', [3]),
                          ('features.2.weight', [4, 1, 3, 3]), ('features.3.weight', [4])] +
                         batch_norm('features.1', 4)))
network('sorted-classifier', sorted([('features.0.weight', [4, 3, 3, 3]), ('features.0.bias', [4]),
                                    ('classifier.0.weight', [5, 36]), ('classifier.1.weight', [5]),
                                    ('classifier.2.weight', [2, 5])] +
                                   batch_norm('features.1', 4)))
network('classifier', [('conv.weight', [4, 1, 5, 5]), ('conv.bias', [4]), ('fc1.weight', [6, 36]),
                       ('fc1.bias', [6]), ('fc2.weight', [5, 6])])
network('perceptron', [('0.weight', [5, 36]), ('0.bias', [5]), ('2.weight', [3, 5])])
network('middle', [('body.0.weight', [4, 6, 1, 1]), ('body.1.weight', [1])])
network('branches', [('stem.weight', [4, 3, 1, 1]), ('left.weight', [4, 4, 1, 1]),
                     ('right.weight', [2, 8, 3, 3]), ('other.weight', [3, 5, 1, 1])])
network('norm-alone', batch_norm('bn', 2))
network('no-layers', [('a.bias', [3]), ('a.scale', [3]), ('empty', [0, 3]),
                      ('steps', ([3], [1.0, math.nan, -2.0]))])
network('odd names', [("it's a.weight", [3, 3, 1, 1]), ('b c.weight', [3, 3, 1, 1])])
network('control', [('a\x1b[2J.weight', [3, 3, 1, 1]), ('b.weight', [3, 3, 1, 1])])

# What a chain of convolutions must not be taken for.
network('transposed-by-bias', [('enc.weight', [4, 3, 3, 3]), ('enc.bias', [4]),
                               ('dec.weight', [4, 3, 2, 2]), ('dec.bias', [3])])
network('transposed-by-name', [('enc.weight', [3, 3, 3, 3]), ('up.weight', [3, 3, 2, 2])])
network('maybe-transposed', [('enc.weight', [3, 3, 3, 3]), ('down.weight', [3, 3, 4, 4])])
network('up-but-convolution', [('up.weight', [6, 3, 2, 2]), ('up.bias', [6])])
network('downsample', [('layer1.0.conv1.weight', [4, 3, 3, 3]), ('layer1.0.conv2.weight', [4, 4, 3, 3]),
                       ('layer1.0.downsample.0.weight', [4, 4, 1, 1])])
network('residual', [('stem.weight', [4, 3, 3, 3]), ('block.conv1.weight', [2, 4, 3, 3]),
                     ('block.conv2.weight', [4, 2, 3, 3]), ('head.weight', [3, 4, 1, 1])])
network('activation', [('a.weight', [4, 3, 3, 3]), ('b.weight', [3, 4, 3, 3])],
        {'activation': 'leaky-relu', 'alpha': '0.1'})
network('hostile-activation', [('a.weight', [4, 3, 3, 3]), ('b.weight', [3, 4, 3, 3])],
        {'activation': 'relu; reboot', 'alpha': '0.1'})
network('nameless-norm', batch_norm('', 2))
network('wide', [('conv.weight', [2, 1, 3, 3]), ('fc.weight', [3, 96])])
network('not-finite', [('a.weight', ([1, 1, 1, 4], [math.nan, math.inf, -math.inf, 2.0]))])
