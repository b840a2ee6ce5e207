# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes and reads a state_dict as safetensors: 8 bytes of length, a header in JSON, the numbers."""
import json
import struct

import numpy


def save(path, tensors, metadata):
    """`tensors`: names and float32 tensors, as state_dict () gives them; `metadata`: names and texts."""
    header, data = {'__metadata__': metadata}, b''
    for name, tensor in tensors.items():
        numbers = tensor.detach().numpy().astype('<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(tensor.shape),
                        'data_offsets': [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)


def load(path):
    """Names and float32 arrays."""
    with open(path, 'rb') as file:
        content = file.read()
    start = 8 + struct.unpack_from('<Q', content)[0]
    header = json.loads(content[8:start])
    header.pop('__metadata__', None)
    return {name: numpy.frombuffer(content[start:][slice(*about['data_offsets'])], '<f4').reshape(about['shape'])
            for name, about in header.items()}
