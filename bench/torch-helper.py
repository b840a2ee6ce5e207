# SPDX-License-Identifier: LGPL-2.1-or-later
"""PyTorch for cnn-bench, which starts this and talks to it in lines: see helper.h."""
import ctypes
import json
import os
import sys
import time
import warnings

requests = sys.stdin.buffer
# Whatever a library prints must not mix with the answers.
answers = os.fdopen(os.dup(1), 'wb')
os.dup2(2, 1)


def answer(text):
    answers.write(text.encode() + b'\n')
    answers.flush()


try:
    import torch
    import torch.nn.functional as functional
except ImportError as error:
    answer('no %s' % error)
    sys.exit(0)
torch.set_grad_enabled(False)
warnings.simplefilter('ignore')  # of the exporter, about shapes that are fixed here

# Debian's PyTorch leaves 1x1 convolutions to whichever BLAS is installed, which has threads of its own.
try:
    set_blas_threads = ctypes.CDLL('libblas.so.3').openblas_set_num_threads
except (OSError, AttributeError):
    print('PyTorch has to do with a slow BLAS here: libopenblas0-pthread is a fast one', file=sys.stderr)

    def set_blas_threads(_):
        """Nothing to set."""

ACTIVATIONS = {
    'none': lambda x: x,
    'relu': torch.relu_,
    'leaky-relu': lambda x: functional.leaky_relu_(x, 0.1),
    'crelu': lambda x: torch.relu_(torch.cat((x, -x), 1)),
    'tanh': torch.tanh_,
    'sigmoid': torch.sigmoid_,
}


class Network(torch.nn.Module):
    """One convolution, pooling or join after the other; each knows whose outputs it takes."""

    def __init__(self, layers, memory_format):
        super().__init__()
        self.layers = layers
        self.weights = []
        for layer in layers:
            pair = None
            if layer['kind'] == 'convolution':
                shape = (layer['outputs'], layer['inputs'] // layer['groups'], layer['kernel'], layer['kernel'])
                pair = (read_floats(shape).contiguous(memory_format=memory_format), read_floats(shape[:1]))
            self.weights.append(pair)

    def layer(self, index, x, second):
        layer = self.layers[index]
        kind, window = layer['kind'], (layer['kernel'], layer['stride'], layer['padding'])
        if kind == 'convolution':
            weight, bias = self.weights[index]
            x = functional.conv2d(x, weight, bias, *window[1:], layer['dilation'], layer['groups'])
            return ACTIVATIONS[layer['activation']](x)
        if kind == 'max-pool':
            return functional.max_pool2d(x, *window)
        if kind == 'average-pool':
            return functional.adaptive_avg_pool2d(x, 1) if x.shape[-1] == layer['kernel'] \
                else functional.avg_pool2d(x, *window)
        if kind == 'pixel-shuffle':
            return functional.pixel_shuffle(x, layer['stride'])
        if kind == 'bilinear':
            return functional.interpolate(x, scale_factor=layer['stride'], mode='bilinear', align_corners=False)
        return torch.cat((x, second), 1) if kind == 'concatenate' else x + second

    def forward(self, x):
        outputs = {-1: x}
        for index, layer in enumerate(self.layers):
            outputs[index] = self.layer(index, outputs[layer['from']], outputs.get(layer['second']))
        return outputs[len(self.layers) - 1]


class Run:
    """A network, its input, and what it computed last."""

    def __init__(self, description):
        memory_format = torch.channels_last if description['memory_format'] == 'channels-last' \
            else torch.contiguous_format
        height, width, channels = description['height'], description['width'], description['channels']
        self.planar = description['planar']
        self.threads = description['threads']
        self.clock = time.process_time if description['processor_time'] else time.perf_counter
        if self.planar:
            x = read_floats((1, channels, height, width))
        else:
            x = read_floats((1, height, width, channels)).permute(0, 3, 1, 2)
        self.network = Network(description['layers'], memory_format)
        self.input = x.contiguous(memory_format=memory_format)
        self.output = None
        self.seconds()

    def seconds(self):
        torch.set_num_threads(self.threads)
        set_blas_threads(self.threads)
        self.output = None
        start = self.clock()
        self.output = self.network(self.input)
        return self.clock() - start

    def floats(self):
        return self.output if self.planar else self.output.permute(0, 2, 3, 1)


def read_floats(shape):
    count = 1
    for size in shape:
        count *= size
    data = requests.read(4 * count)
    return torch.frombuffer(bytearray(data), dtype=torch.float32).reshape(shape).clone()


def main():
    runs, n_prepared = {}, 0
    answer('ready torch %s' % torch.__version__)
    while line := requests.readline():
        command, _, rest = line.decode().strip().partition(' ')
        try:
            if command == 'prepare':
                runs[n_prepared] = Run(json.loads(rest))
                answer('ready %d' % n_prepared)
                n_prepared += 1
                continue
            name, _, path = rest.partition(' ')
            run = runs[int(name)]
            if command == 'run':
                answer('%.9f' % run.seconds())
            elif command == 'output':
                values = run.floats().contiguous().numpy().tobytes()
                answer('output %d' % (len(values) // 4))
                answers.write(values)
                answers.flush()
            elif command == 'export':
                torch.onnx.export(run.network, run.input, path, opset_version=13, input_names=['input'],
                                  output_names=['output'])
                answer('ready %s' % name)
            elif command == 'release':
                del runs[int(name)]
                answer('ready %s' % name)
            else:
                answer('no such command: %s' % command)
        except Exception as error:  # pylint: disable=broad-except
            answer('no %s' % str(error).replace('\n', ' '))


main()
