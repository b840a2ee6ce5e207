#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: summary.py CNN-SUMMARY CNN-WEIGHTS NETWORK.onnx: the table, its JSON, and what wrong calls are told."""
import json
import re
import subprocess
import sys

TOOL, WEIGHTS, NETWORK = sys.argv[1:4]
failed = 0


def run(*words):
    process = subprocess.run([TOOL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return process.returncode, process.stdout, process.stderr


def check(what, holds, shown=""):
    global failed
    print("ok  " if holds else "FAIL", what)
    if not holds:
        print(shown)
        failed += 1


NET = "cnnconv name=conv1 kernel=random out-channels=8 ! cnnpool name=pool1 ! cnn1x1 name=fc kernel=random out-channels=10"
# By hand: 3*8*9 weights, 8x10 weights; 30x30 places of 27 products each for 8 maps, 15x15 of 8 for 10.
LAYERS = [
    ("conv1", "cnnconv", [1, 32, 32, 3], [1, 30, 30, 8], 216, 30 * 30 * 216, [3, 3]),
    ("pool1", "cnnpool", [1, 30, 30, 8], [1, 15, 15, 8], 0, 0, [4, 4]),
    ("fc", "cnn1x1", [1, 15, 15, 8], [1, 15, 15, 10], 80, 15 * 15 * 80, [4, 4]),
]

code, out, err = run("--json", "--input", "32x32", NET)
check("JSON comes with exit code 0", code == 0, err)
summary = json.loads(out) if code == 0 else {"layers": [], "totals": {}}
check("three layers in order", [layer["name"] for layer in summary["layers"]] == ["conv1", "pool1", "fc"], out)
for layer, (name, element, source, output, parameters, macs, field) in zip(summary["layers"], LAYERS):
    check("%s: shapes" % name, layer["input"] == source and layer["output"] == output, layer)
    check("%s: element" % name, layer["element"] == element, layer)
    check("%s: %d parameters, %d macs" % (name, parameters, macs),
          layer["parameters"] == parameters and layer["macs"] == macs, layer)
    check("%s: sees %s" % (name, field), layer["receptive-field"] == field, layer)
    dense = source[1] * source[2] * source[3] * output[1] * output[2] * output[3]
    check("%s: parameters if connected" % name, layer["dense-parameters"] == dense, layer)
check("totals", summary["totals"] == {"layers": 3, "parameters": 296, "macs": 30 * 30 * 216 + 15 * 15 * 80}, out)

code, out, err = run("--input", "32x32x3", NET)
rows = [line.split() for line in out.splitlines()]
check("the table has a line a layer", [row[0] for row in rows[1:4]] == ["conv1", "pool1", "fc"], out)
check("shapes in the table", rows[1][2:4] == ["32x32x3", "30x30x8"], out)
check("totals in the table", "3 layers, 296 parameters" in out, out)

code, out, err = run("--input", "7x9x5", "cnnpool kernel-size=3")
check("inputs of any number of channels", code == 0 and "7x9x5" in out and "2x3x5" in out, out + err)
code, out, err = run("videotestsrc num-buffers=2 ! video/x-raw,width=40,height=30 ! tee name=t t. ! queue ! cnnconv kernel=sobel "
                     "! fakesink t. ! queue ! cnnpool ! fakesink")
check("whole pipelines with branches", code == 0 and "2 layers" in out, out + err)
code, out, err = run("videotestsrc is-live=true ! cnnpool ! fakesink")
check("live sources", code == 0 and "1 layer," in out, out + err)

code, out, err = run("--json", "--input", "32x32", "cnnmodel location=" + NETWORK)
summary = json.loads(out) if code == 0 else {"layers": [], "totals": {}}
process = subprocess.run([WEIGHTS, "--input=32x32", NETWORK], stdout=subprocess.PIPE, text=True, timeout=60)
table = [re.split("  +", line.strip()) for line in process.stdout.splitlines()]
start = next((i for i, row in enumerate(table) if row[:2] == ["layer", "operator"]), None)
rows = table[start + 1:-1] if start is not None else []
check("a network's layers are those of cnn-weights' table: %d" % len(rows), len(rows) > 5 and rows == [
    [layer["name"], layer["operator"], *row[2:4], str(layer["parameters"]), str(layer["macs"]),
     "x".join(str(n) for n in layer["receptive-field"])] for layer, row in zip(summary["layers"], rows)],
    "%s %s %s" % (out, err, process.stdout))
for layer, row in zip(summary["layers"], rows):
    shape = "x".join(str(layer["output"][i]) for i in (0, 3, 1, 2))
    check("%s: shape" % layer["name"], row[3] == shape or row[3].count("x") < 3, (layer, row))
totals = table[-1] if table else []
check("and so are the totals", totals == ["%d layers" % summary["totals"].get("layers", -1),
                                         str(summary["totals"].get("parameters")),
                                         str(summary["totals"].get("macs"))], (totals, summary["totals"]))

for words, sentence in (
        ([], "a launch line is needed"),
        (["cnnpool"], "say the size of its input by --input HxW"),
        (["--input", "3y3", "cnnpool"], "--input 3y3 is no size"),
        (["--input", "0x3", "cnnpool"], "--input 0x3 is no size"),
        (["--input", "99999x99999x9", "cnnpool"], "at most 2048 MiB"),
        (["--input", "3x3", "videotestsrc num-buffers=1 ! cnnpool"], "has a source of its own"),
        (["videotestsrc num-buffers=1 ! fakesink"], "there is no layer"),
        (["--input", "9x9", "cnnconv kernel=sobel kernel-size=5"], "kernel=sobel is 3x3, so kernel-size=5x5 does not fit"),
        (["--input", "9x9", "cnnpoool"], "cnnpoool"),
        (["--input", "2x2", "cnnconv kernel=sobel"], "larger than the padded input 2x2")):
    code, out, err = run(*words)
    check("refused: %s" % " ".join(words), code in (1, 2) and sentence in err and not out, out + err)

print("%d failed" % failed)
sys.exit(failed > 0)
