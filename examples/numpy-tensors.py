#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""NumPy in, NumPy out, with gst-launch-1.0 and nothing else: a tensor of any shape is a file of its bytes.

A frame is one buffer, so filesrc is told to read whole frames: blocksize is rows * columns * channels * 4 bytes.
"""
import os
import subprocess
import tempfile

import numpy


def run_layers(layers, tensor):
    """layers: a launch line; tensor: N,C,H,W float32 as PyTorch has it. Gives the output in the same order."""
    tensor = numpy.ascontiguousarray(tensor, numpy.float32)
    caps = ("tensor/strided,type=float32,dims=(int)<%d,%d,%d,%d>,dims-order=row-major,layout=nchw,framerate=0/1"
            % tensor.shape)
    with tempfile.TemporaryDirectory() as folder:
        source, result = os.path.join(folder, "in"), os.path.join(folder, "out")
        tensor.tofile(source)
        messages = subprocess.run(
            ["gst-launch-1.0", "-v", "filesrc", "location=" + source, "blocksize=%d" % tensor.nbytes, "!", caps, "!",
             *layers.split(), "!", "tensor/strided,layout=nchw", "!", "filesink", "name=result", "location=" + result],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        # -v prints the caps that every pad agreed on.
        agreed = [line for line in messages.splitlines() if "result.GstPad:sink: caps" in line][-1]
        dims = agreed.split("dims=(int)<")[1].split(">")[0].split(",")
        return numpy.fromfile(result, numpy.float32).reshape([int(n) for n in dims])


def main():
    tensor = numpy.arange(9, dtype=numpy.float32).reshape(1, 1, 3, 3)
    result = run_layers("cnnconv kernel-size=2 coefficients=<0.0,1.0,2.0,3.0>", tensor)
    print(result)


if __name__ == "__main__":
    main()
