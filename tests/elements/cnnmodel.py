#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: cnnmodel.py OWN-NETWORKS [OTHER-NETWORKS]: networks from files in pipelines, beside ONNX Runtime's outputs.

A folder of a network has model.onnx, test_input.npy and test_output.npy, test_output_0.npy ... or test_outputs.npz.
"""
import glob
import os
import sys

try:
    import gi
    import numpy
    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401: GstApp gives appsrc and appsink their methods
except (ImportError, ValueError) as error:
    print("SKIPPED: %s: NOTHING WAS TESTED" % error)
    sys.exit(77)

failed = 0


def check(what, holds, shown=""):
    global failed
    print("ok  " if holds else "FAIL", what, flush=True)
    if not holds:
        print(shown, flush=True)
        failed += 1


class Pipeline:
    """Frames in by appsrc, frames of each output out by appsinks."""

    def __init__(self, line, caps):
        self.pipeline = Gst.parse_launch(line)
        self.source = self.pipeline.get_by_name("in")
        if self.source:
            self.source.set_property("format", Gst.Format.TIME)
            self.set_caps(caps)
        self.pipeline.set_state(Gst.State.PLAYING)

    def set_caps(self, caps):
        self.source.set_caps(Gst.Caps.from_string(caps))

    def model(self):
        return self.pipeline.get_by_name("model")

    def push(self, array):
        self.source.push_buffer(Gst.Buffer.new_wrapped(array.tobytes()))

    def pull(self, name="out0", seconds=60):
        """The frame as an array of its dims, or None when none came."""
        sample = self.pipeline.get_by_name(name).try_pull_sample(seconds * Gst.SECOND)
        if not sample:
            return None
        text = sample.get_caps().to_string()
        data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
        shape = [int(n) for n in text.split("dims=(int)<")[1].split(">")[0].split(",")]
        return numpy.frombuffer(data, numpy.float32).reshape(shape)

    def complaint(self, kinds=Gst.MessageType.ERROR | Gst.MessageType.WARNING, seconds=0):
        message = self.pipeline.get_bus().timed_pop_filtered(seconds * Gst.SECOND, kinds)
        if not message:
            return None
        parse = message.parse_error if message.type == Gst.MessageType.ERROR else message.parse_warning
        return parse()[0].message

    def layers(self):
        """The structures of the property "layers"."""
        array = self.model().get_property("layers")
        return [array[i] if hasattr(array, "__getitem__") else array.get_nth(i) for i in range(len(array))]

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


def tensor_caps(shape, layout, kind="float32"):
    return ("tensor/strided,type=%s,dims=(int)<%s>,dims-order=row-major,layout=%s,framerate=0/1"
            % (kind, ",".join(str(n) for n in shape), layout))


def as_frame(array):
    """Shape of a frame for an array of the network, as the contract has it."""
    shape = list(array.shape)
    if len(shape) == 2:
        shape = [shape[0], 1, 1, shape[1]]
    elif len(shape) == 3:
        shape = [shape[0], 1, shape[1], shape[2]]
    return [1] * (4 - len(shape)) + shape


def channels_last(array):
    return array.ndim < 4 or (1 <= array.shape[3] <= 4 and not 1 <= array.shape[1] <= 4)


def read_network(folder):
    source = numpy.load(os.path.join(folder, "test_input.npy")).astype(numpy.float32)
    archive = os.path.join(folder, "test_outputs.npz")
    if os.path.exists(archive):
        with numpy.load(archive) as outputs:
            return source, [outputs[name] for name in outputs.files]
    single = os.path.join(folder, "test_output.npy")
    paths = [single] if os.path.exists(single) else sorted(
        glob.glob(os.path.join(folder, "test_output_*.npy")), key=lambda path: int(path.rsplit("_", 1)[1][:-4]))
    return source, [numpy.load(path) for path in paths]


def check_network(folder, second=False):
    """second: convolutions of a network that looks as if it had its channels last give them second."""
    name = os.path.basename(folder)
    source, outputs = read_network(folder)
    last = channels_last(source)
    line = "appsrc name=in ! cnnmodel name=model location=%s/model.onnx " % folder
    for i, output in enumerate(outputs):
        if output.ndim > 4:
            continue
        layout = "nhwc" if output.ndim < 4 or last else "nchw"
        line += " model.src_%d ! queue ! appsink name=out%d sync=false caps=tensor/strided,layout=%s" % (i, i, layout)
    pipeline = Pipeline(line, tensor_caps(as_frame(source), "nhwc" if last else "nchw"))
    pipeline.push(source)
    for i, theirs in enumerate(outputs):
        if theirs.ndim > 4:
            continue
        ours = pipeline.pull("out%d" % i)
        if ours is None:
            check("%s: output %d" % (name, i), False, pipeline.complaint())
            break
        if second and last and theirs.ndim == 4 and list(ours.shape) != as_frame(theirs):
            theirs = theirs.transpose(0, 2, 3, 1)
        bound = 2e-4 * float(numpy.abs(theirs).max()) + 1e-6
        worst = float(numpy.abs(ours.reshape(theirs.shape) - theirs).max()) if ours.size == theirs.size else -1
        check("%s: output %d, off by at most %.3g of %.3g" % (name, i, worst, bound),
              list(ours.shape) == as_frame(theirs) and 0 <= worst <= bound, (ours.shape, theirs.shape))
    pipeline.stop()


def check_layouts(own):
    """Both layouts, bytes and video give the same numbers."""
    folder = os.path.join(own, "mobile")
    source, _ = read_network(folder)
    bytes_in = (source * 40 + 128).clip(0, 255).astype(numpy.uint8)
    shape = bytes_in.shape
    line = "appsrc name=in ! cnnmodel name=model location=%s/model.onnx ! appsink name=out0 sync=false caps=%s"
    results = []
    # Fours of columns, so that rows of video have no bytes between them.
    video = "video/x-raw,format=RGB,width=%d,height=%d,framerate=0/1" % (shape[3], shape[2])
    interleaved = numpy.ascontiguousarray(bytes_in.transpose(0, 2, 3, 1))
    for caps, array in ((tensor_caps(shape, "nchw", "uint8"), bytes_in),
                        (tensor_caps(interleaved.shape, "nhwc", "uint8"), interleaved),
                        (tensor_caps(shape, "nchw"), bytes_in.astype(numpy.float32) * numpy.float32(1 / 255)),
                        (video, interleaved)):
        if caps == video and (shape[1] != 3 or shape[3] % 4):
            continue
        pipeline = Pipeline(line % (folder, "tensor/strided"), caps)
        pipeline.push(array)
        results.append(pipeline.pull())
        pipeline.stop()
    check("layouts, bytes and video give the same numbers (%d ways)" % len(results),
          len(results) >= 3 and all(r is not None and numpy.allclose(r, results[0], 1e-5, 1e-6) for r in results))


def check_changes(own):
    """Another file while frames flow; a bad one changes nothing; another size where the network leaves it open."""
    first, second = os.path.join(own, "dynamic"), os.path.join(own, "mobile")
    source, _ = read_network(first)
    line = "appsrc name=in ! cnnmodel name=model location=%s/model.onnx ! appsink name=out0 sync=false caps=tensor/strided"
    pipeline = Pipeline(line % first, tensor_caps(source.shape, "nchw"))
    pipeline.push(source)
    before = pipeline.pull()
    pipeline.model().set_property("location", "/does/not/exist.onnx")
    warning = pipeline.complaint(seconds=20)
    check("a file that is not there is a warning while playing",
          warning is not None and "/does/not/exist.onnx" in warning and "the old setting stays" in warning, warning)
    pipeline.push(source)
    after = pipeline.pull()
    check("and the old network plays on", after is not None and numpy.array_equal(before, after))
    larger = numpy.concatenate([source, source], axis=3)
    pipeline.set_caps(tensor_caps(larger.shape, "nchw"))
    pipeline.push(larger)
    wide = pipeline.pull()
    check("frames of another size", wide is not None and wide.size > before.size,
          pipeline.complaint() if wide is None else wide.shape)
    pipeline.stop()

    source, _ = read_network(second)
    pipeline = Pipeline(line % second, tensor_caps(source.shape, "nchw"))
    pipeline.push(source)
    before = pipeline.pull()
    pipeline.model().set_property("location", os.path.join(own, "windows", "model.onnx"))
    changed = False
    for _ in range(200):
        pipeline.push(source)
        frame = pipeline.pull()
        complaint = pipeline.complaint()
        if frame is None or complaint or frame.shape != before.shape or not numpy.array_equal(frame, before):
            changed = True
            break
    check("another file is taken, or refused for its size, while playing", changed, complaint)
    pipeline.stop()


def check_inner_maps(own, others):
    """Any node or tensor by its name, several at once, and the same numbers as with the outputs' own names."""
    folder = os.path.join(own, "mobile")
    source, outputs = read_network(folder)
    line = ("appsrc name=in ! cnnmodel name=model location=%s/model.onnx outputs=Conv_69,%s,Softmax_81 "
            "model.src_0 ! queue ! appsink name=out0 sync=false caps=tensor/strided,layout=nchw "
            "model.src_1 ! queue ! appsink name=out1 sync=false caps=tensor/strided,layout=nchw "
            "model.src_2 ! queue ! appsink name=out2 sync=false caps=tensor/strided,layout=nhwc")
    pipeline = Pipeline(line % (folder, "node_Add_67"), tensor_caps(source.shape, "nchw"))
    pipeline.push(source)
    frames = [pipeline.pull("out%d" % i) for i in range(3)]
    check("inner maps by names of tensors and nodes", all(frame is not None for frame in frames) and
          frames[0].shape[1] == 8 and numpy.allclose(frames[1], outputs[0], 1e-4, 1e-5) and
          numpy.allclose(frames[2].ravel(), outputs[1].ravel(), 1e-4, 1e-5), pipeline.complaint())
    layers = pipeline.layers()
    info = pipeline.model().get_property("model-info")
    totals = [info.get_int("layers").value, info.get_int64("parameters").value, info.get_int64("macs").value]
    check("layers can be read: %s" % totals, len(layers) == totals[0] > 5 and
          sum(layer.get_int64("macs").value for layer in layers) == totals[2] > 0 and
          sum(layer.get_int64("parameters").value for layer in layers) == totals[1] > 0 and
          any(layer.get_string("operator") == "Conv 5x5 depthwise, hard-swish" for layer in layers),
          [layer.to_string() for layer in layers])
    pipeline.stop()
    # A file whose channels are last has them second inside.
    folder = os.path.join(others[0], "mediapipe-selfie") if others else ""
    if not os.path.isdir(folder):
        print("SKIPPED: there is no mediapipe-selfie: NO INNER MAP OF A NETWORK WITH CHANNELS LAST WAS TESTED")
        return
    line = "appsrc name=in ! cnnmodel name=model location=%s/model.onnx outputs=Conv__224 ! appsink name=out0 sync=false caps=%s"
    pipeline = Pipeline(line % (folder, "tensor/strided,layout=nchw"), tensor_caps((1, 256, 256, 3), "nhwc"))
    pipeline.push(read_network(folder)[0])
    frame = pipeline.pull()
    check("inner maps of a network with its channels last", frame is not None and frame.shape == (1, 16, 128, 128) and
          numpy.abs(numpy.diff(frame, axis=3)).mean() < 0.5 * frame.std(), frame)
    pipeline.stop()


def check_links():
    """Both sides give pads on request."""
    try:
        Gst.parse_launch("videotestsrc ! cnnmodel ! cnnmerge ! fakesink")
        fault = None
    except Exception as error:  # GLib.Error
        fault = error
    check("cnnmodel links to elements with request pads", fault is None, fault)


def check_pads(own):
    """Outputs come and go while frames flow; states come and go."""
    folder = os.path.join(own, "mobile")
    source, outputs = read_network(folder)
    pipeline = Pipeline("appsrc name=in ! cnnmodel name=model location=%s/model.onnx ! appsink name=out0 sync=false "
                        "caps=tensor/strided,layout=nchw" % folder, tensor_caps(source.shape, "nchw"))
    pipeline.push(source)
    first = pipeline.pull()
    sink = Gst.ElementFactory.make("appsink", "out1")
    sink.set_property("sync", False)
    sink.set_property("async", False)
    sink.set_property("caps", Gst.Caps.from_string("tensor/strided,layout=nhwc"))
    pipeline.pipeline.add(sink)
    sink.sync_state_with_parent()
    pad = pipeline.model().request_pad_simple("src_1")
    pad.link(sink.get_static_pad("sink"))
    pipeline.push(source)
    both = pipeline.pull(), pipeline.pull("out1")
    check("an output that is asked for while playing", both[0] is not None and both[1] is not None and
          numpy.array_equal(first, both[0]) and numpy.allclose(both[1].ravel(), outputs[1].ravel(), 1e-4, 1e-5),
          pipeline.complaint())
    pad.unlink(sink.get_static_pad("sink"))
    pipeline.model().release_request_pad(pad)
    pipeline.push(source)
    check("and given back", numpy.array_equal(first, pipeline.pull()), pipeline.complaint())
    for state in (Gst.State.READY, Gst.State.PLAYING, Gst.State.NULL, Gst.State.PLAYING):
        pipeline.pipeline.set_state(state)
    pipeline.push(source)
    check("the same after READY and NULL", numpy.array_equal(first, pipeline.pull()), pipeline.complaint())
    pad = pipeline.model().get_static_pad("src_0")
    pad.unlink(pad.get_peer())
    pipeline.model().release_request_pad(pad)
    pipeline.push(source)
    sentence = pipeline.complaint(seconds=20)
    check("no output at all ends the stream: %s" % sentence,
          sentence is not None and "nothing is linked to an output" in sentence)
    pipeline.stop()
    pipeline = Pipeline("appsrc name=in ! cnnmodel name=model location=%s/model.onnx model.src_7 ! fakesink" % folder,
                        tensor_caps(source.shape, "nchw"))
    pipeline.push(source)
    sentence = pipeline.complaint(seconds=20)
    check("refused: %s" % sentence, sentence is not None and "src_7" in sentence and "2 outputs" in sentence)
    pipeline.stop()


def check_size_of_location(own):
    """Another file that takes frames of another size: what is before it scales to that size."""
    line = ("videotestsrc ! videoconvert ! videoscale ! cnnmodel name=model location=%s/shuffle/model.onnx "
            "! appsink name=out0 sync=false max-buffers=1 caps=tensor/strided,layout=nchw" % own)
    pipeline = Pipeline(line, None)
    before = pipeline.pull()
    layers = len(pipeline.layers())
    pipeline.model().set_property("location", os.path.join(own, "unary", "model.onnx"))
    after = None
    for _ in range(2000):
        after = pipeline.pull()
        if after is None or after.shape != before.shape:
            break
    check("a file with another input size while playing: %s, then %s" % (before.shape, after.shape if after is not None else None),
          after is not None and after.shape == (1, 3, 5, 7) and not (after < 0).any(), pipeline.complaint())
    check("and its layers", len(pipeline.layers()) != layers, layers)
    pipeline.stop()


def check_seek(own):
    line = ("videotestsrc ! video/x-raw,framerate=10/1,width=40,height=32 ! videoconvert ! cnnmodel name=model "
            "location=%s/mobile/model.onnx ! appsink name=out0 sync=false max-buffers=1" % own)
    pipeline = Pipeline(line, None)
    first = pipeline.pull()
    done = pipeline.pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 5 * Gst.SECOND)
    sample = pipeline.pipeline.get_by_name("out0").try_pull_sample(20 * Gst.SECOND)
    pts = sample.get_buffer().pts if sample else None
    check("a seek that flushes: next frame at %s" % pts, first is not None and done and pts == 5 * Gst.SECOND,
          pipeline.complaint())
    pipeline.stop()


def check_refusals(own):
    folder = os.path.join(own, "mobile")
    source, _ = read_network(folder)
    layout_caps = tensor_caps(as_frame(read_network(os.path.join(own, "layout"))[0]), "nchw")
    good = "location=%s/model.onnx" % folder
    for line, caps, words in (
            ("cnnmodel name=model", None, "location is not set"),
            ("cnnmodel name=model location=/does/not/exist.onnx", None, "/does/not/exist.onnx"),
            ("cnnmodel name=model %s outputs=nothing" % good, None, "nothing"),
            ("cnnmodel outputs=Unsqueeze_24 location=%s/layout/model.onnx" % own, layout_caps, "6 dimensions"),
            ("cnnmodel name=model %s mean=<1,2>" % good, None, "mean has 2 values"),
            ("cnnmodel name=model %s" % good, tensor_caps([1, source.shape[1] + 1, 8, 8], "nchw"), "the network takes")):
        pipeline = Pipeline("appsrc name=in ! %s ! fakesink" % line, caps or tensor_caps(source.shape, "nchw"))
        shape = [int(n) for n in caps.split("<")[1].split(">")[0].split(",")] if caps else source.shape
        pipeline.push(numpy.zeros(shape, numpy.float32))
        sentence = pipeline.complaint(seconds=20)
        check("refused: %s: %s" % (line.replace(own, ""), sentence), sentence is not None and words in sentence)
        pipeline.stop()


def main():
    Gst.init(None)
    own = sys.argv[1]
    others = [folder for folder in sys.argv[2:] if os.path.isdir(folder)]
    for folder in [own] + others:
        for path in sorted(glob.glob(os.path.join(folder, "*", "model.onnx"))):
            check_network(os.path.dirname(path), folder == own)
    check_layouts(own)
    check_inner_maps(own, others)
    check_links()
    check_pads(own)
    check_size_of_location(own)
    check_seek(own)
    check_changes(own)
    check_refusals(own)
    if len(others) < len(sys.argv) - 2:
        print("SKIPPED: there is no folder %s: its networks were not tested" % sys.argv[2])
    print("%d failed" % failed)
    return failed > 0


sys.exit(main())
