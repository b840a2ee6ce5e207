#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets numpy and PyTorch write weights files, and writes down what they hold.

    write-reference.py FOLDER [SEED]

FOLDER gets cases/ and cases.tsv for the program cases, and the .safetensors files of small networks
with their inputs and outputs for the program layers. The folder reference/ beside this script was
written with seed 0; the test suite also runs it live, with a random seed, where both are installed.
Exits with 77 where they are not. The safetensors container itself is a few lines of struct.pack.
"""

import json
import os
import struct
import sys

try:
    import numpy as np
    import torch
except ImportError as error:
    print('SKIPPED, NOTHING WAS TESTED:', error, file=sys.stderr)
    sys.exit(77)

FOLDER = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 0
RANDOM = np.random.default_rng(SEED)
torch.manual_seed(SEED)
ROWS = []


def expect(path, arrays):
    """Adds a line to cases.tsv: every array, as float32, in the order of the file."""
    parts = []
    for name, array in arrays.items():
        dtype, array = (array if isinstance(array, tuple) else (array.dtype.name, array))
        shape = 'x'.join(map(str, array.shape)) or 'scalar'
        values = array.astype(np.float32).ravel(order='C')
        parts.append(f'{name} {dtype} {shape}:' + ''.join(f' {v:.9g}' for v in values))
    ROWS.append((path, 'accept', '; '.join(parts)))


def path_of(path):
    full = os.path.join(FOLDER, 'cases', path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def random_array(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == 'b':
        return RANDOM.integers(0, 2, shape).astype(dtype)
    if dtype.kind in 'iu':
        limits = np.iinfo(dtype)
        return RANDOM.integers(limits.min, limits.max, shape, dtype=dtype.newbyteorder('='),
                               endpoint=True).astype(dtype)
    # Any bit pattern of half, with its subnormals, and normal numbers of the others.
    if dtype.itemsize == 2:
        half = RANDOM.integers(0, 65536, shape).astype(np.uint16).view(np.float16)
        return np.where(np.isnan(half), np.float16(1), half).astype(dtype)
    return (RANDOM.standard_normal(shape) * 10.0 ** RANDOM.integers(-30, 30)).astype(dtype)


class Pipe:
    """A file that can only be written on."""

    def __init__(self, file):
        self.write, self.flush = file.write, file.flush

    def read(self):
        raise OSError('a pipe')


def write_numpy():
    for code in ('f2', 'f4', 'f8', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'b1'):
        for order in '<>':
            array = random_array(order + code, (2, 3, 2, 2))
            for name, stored in (('c', array), ('fortran', np.asfortranarray(array))):
                name = f'{code}_{"little" if order == "<" else "big"}_{name}'
                np.save(path_of(f'numpy/{name}.npy'), stored)
                expect(f'numpy/{name}.npy', {name: array})
    scalar = np.array(2.5, np.float32)
    np.save(path_of('numpy/scalar.npy'), scalar)
    expect('numpy/scalar.npy', {'scalar': scalar})
    for version in ((1, 0), (2, 0), (3, 0)):
        array = random_array('<f4', (3,))
        name = f'version_{version[0]}'
        with open(path_of(f'numpy/{name}.npy'), 'wb') as file:
            np.lib.format.write_array(file, array, version)
        expect(f'numpy/{name}.npy', {name: array})
    arrays = {'conv1.weight': random_array('<f4', (4, 3, 3, 3)),
              'conv1.bias': random_array('>f8', (4,)),
              'größe': np.asfortranarray(random_array('<i2', (3, 2)))}
    np.savez(path_of('numpy/savez.npz'), **arrays)
    expect('numpy/savez.npz', arrays)
    np.savez_compressed(path_of('numpy/savez_compressed.npz'), **arrays)
    expect('numpy/savez_compressed.npz', arrays)
    np.savez(path_of('numpy/positional.npz'), arrays['conv1.bias'], scalar)
    expect('numpy/positional.npz', {'arr_0': arrays['conv1.bias'], 'arr_1': scalar})
    np.savez(path_of('numpy/none.npz'))
    expect('numpy/none.npz', {})
    # Into a pipe the sizes come after the data.
    for name, save in (('piped', np.savez), ('piped_compressed', np.savez_compressed)):
        with open(path_of(f'numpy/{name}.npz'), 'wb') as file:
            save(Pipe(file), **arrays)
        expect(f'numpy/{name}.npz', arrays)


NAMES = {torch.bool: ('BOOL', 'bool'), torch.uint8: ('U8', 'uint8'), torch.int8: ('I8', 'int8'),
         torch.int16: ('I16', 'int16'), torch.int32: ('I32', 'int32'),
         torch.int64: ('I64', 'int64'), torch.float16: ('F16', 'float16'),
         torch.bfloat16: ('BF16', 'bfloat16'), torch.float32: ('F32', 'float32'),
         torch.float64: ('F64', 'float64')}


def raw_bytes(tensor):
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def save_safetensors(path, state, sort=True):
    """As safetensors.torch.save_file: larger types first, then by name, header padded to 8."""
    items = list(state.items())
    if sort:
        items.sort(key=lambda item: (-item[1].element_size(), item[0]))
    header, data = {'__metadata__': {'format': 'pt'}}, b''
    for name, tensor in items:
        raw = raw_bytes(tensor)
        header[name] = {'dtype': NAMES[tensor.dtype][0], 'shape': list(tensor.shape),
                        'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + data)
    return dict(items)


def write_torch():
    state = {}
    for dtype, (_, name) in NAMES.items():
        values = torch.randn(2, 3, 2) * 50
        state[f'a.{name}'] = (values > 0) if dtype == torch.bool else values.to(dtype)
    state['transposed'] = torch.randn(3, 2).t()
    state['scalar'] = torch.tensor(0.1)
    state['empty'] = torch.zeros(0, 3)
    stored = save_safetensors(path_of('torch/dtypes.safetensors'), state)
    expect('torch/dtypes.safetensors',
           {name: (NAMES[t.dtype][1], t.float().numpy()) for name, t in stored.items()})


def write_network(name, network, shape, dtype=torch.float32):
    """The network's state dictionary, with an input and the output PyTorch gives for it."""
    network.eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape).to(dtype))
        for key, buffer in network.named_buffers():
            if key.endswith('running_var'):
                buffer.copy_(torch.rand(buffer.shape) + 0.1)
            elif key.endswith('running_mean'):
                buffer.copy_(torch.randn(buffer.shape))
        given = torch.randn(1, *shape)
        state = {key: value.to(dtype) if value.is_floating_point() else value
                 for key, value in network.state_dict().items()}
        state['input'], state['output'] = given, network(given)
    save_safetensors(os.path.join(FOLDER, name + '.safetensors'), state)


def write_networks():
    from torch import nn
    write_network('conv', nn.Sequential(nn.Conv2d(3, 4, (3, 2))), (3, 5, 4))
    write_network('conv_no_bias', nn.Sequential(nn.Conv2d(3, 4, 3, bias=False)), (3, 4, 4))
    write_network('conv_grouped', nn.Sequential(nn.Conv2d(4, 6, 3, groups=2)), (4, 4, 4))
    write_network('conv_depthwise', nn.Sequential(nn.Conv2d(3, 6, 3, groups=3)), (3, 4, 4))
    write_network('conv_half', nn.Sequential(nn.Conv2d(2, 2, 1)), (2, 3, 3), torch.float16)
    write_network('conv_bfloat', nn.Sequential(nn.Conv2d(2, 2, 3)), (2, 3, 3), torch.bfloat16)
    write_network('batch_norm', nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-3)),
                  (3, 4, 4))
    write_network('batch_norm_plain', nn.Sequential(nn.Conv2d(3, 4, 3, bias=False),
                                                    nn.BatchNorm2d(4, affine=False)), (3, 4, 4))
    write_network('prelu', nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU(4)), (3, 4, 4))
    write_network('prelu_single', nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU()), (3, 4, 4))
    write_network('flatten_linear', nn.Sequential(nn.Flatten(), nn.Linear(18, 5)), (2, 3, 3))
    # A Linear layer on each pixel: channels last and back.
    class Pixels(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 5)

        def forward(self, x):
            return self.fc(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous()
    write_network('linear', Pixels(), (3, 2, 2))


write_numpy()
write_torch()
write_networks()
with open(os.path.join(FOLDER, 'cases.tsv'), 'w', encoding='utf-8') as table:
    table.writelines('\t'.join(row) + '\n' for row in ROWS)
print(f'{len(ROWS)} files, seed {SEED}')
