#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Layers in a Python program: a NumPy picture goes in, feature maps come out as a NumPy array.

Debian: python3-gi, python3-numpy, gir1.2-gstreamer-1.0, gir1.2-gst-plugins-base-1.0.
"""
import sys

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402,F401: GstApp gives appsrc and appsink their methods


def make_pipeline(height, width):
    pipeline = Gst.parse_launch(
        "appsrc name=in format=time ! cnnconv name=edges kernel-size=3 ! cnnpool ! appsink name=out sync=false caps=tensor/strided")
    pipeline.get_by_name("in").set_caps(Gst.Caps.from_string(
        "video/x-raw,format=GRAY8,width=%d,height=%d,framerate=0/1" % (width, height)))
    # Arrays are set as text: Python without python3-gst-1.0 has no type for them.
    Gst.util_set_object_arg(pipeline.get_by_name("edges"), "coefficients", "<-1,0,1,-2,0,2,-1,0,1>")
    return pipeline


def feature_maps(pipeline, picture):
    """picture: rows x columns of uint8; gives an array of N,H,W,C float32, or None after an error."""
    rows, columns = picture.shape
    padded = numpy.zeros((rows, (columns + 3) // 4 * 4), numpy.uint8)  # a video row takes whole fours of bytes
    padded[:, :columns] = picture
    pipeline.get_by_name("in").push_buffer(Gst.Buffer.new_wrapped(padded.tobytes()))
    sample = pipeline.get_by_name("out").try_pull_sample(5 * Gst.SECOND)
    if not sample:
        return None
    text = sample.get_caps().to_string()  # "... dims=(int)< 1, 3, 4, 1 > ..."
    shape = [int(n) for n in text.split("dims=(int)<")[1].split(">")[0].split(",")]
    data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    return numpy.frombuffer(data, numpy.float32).reshape(shape)


def main():
    Gst.init(None)
    picture = numpy.zeros((8, 10), numpy.uint8)
    picture[:, 5:] = 255
    pipeline = make_pipeline(*picture.shape)
    pipeline.set_state(Gst.State.PLAYING)
    maps = feature_maps(pipeline, picture)
    while message := pipeline.get_bus().pop():
        if message.type == Gst.MessageType.ERROR:
            print(message.parse_error()[0].message, file=sys.stderr)
        elif message.has_name("cnn-layer-info"):
            info = message.get_structure()
            print(message.src.get_name(), "has", info.get_int64("parameters")[1], "parameters")
    pipeline.set_state(Gst.State.NULL)
    if maps is None:
        return 1
    print("shape N,H,W,C:", maps.shape)
    print(maps[0, :, :, 0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
