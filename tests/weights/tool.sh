#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What cnn-weights prints and how it ends.
#   tool.sh CNN_WEIGHTS FOLDER VERSION PYTHON
# FOLDER has networks/NAME.safetensors with NAME.txt, and cases/.
set -u
tool=$(realpath "$1")
version=$3
python=$4
cd "$2/networks" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

fault () {
  echo "FAIL: $1"
  faults=$((faults + 1))
}

# expect STATUS ARGUMENT...: runs the tool and compares its exit status.
expect () {
  status=$1
  shift
  "$tool" "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ $got -eq "$status" ] || fault "cnn-weights $* ended with $got instead of $status"
}

for network in *.safetensors; do
  expect 0 "$network"
  diff "${network%.safetensors}.txt" "$work/out" || fault "$network"
  [ -s "$work/err" ] && fault "$network: something on standard error"
done

expect 0 --version
[ "$(cat "$work/out")" = "cnn-weights $version" ] || fault "--version"
expect 0 --help
grep -q 'FILE' "$work/out" || fault "--help"

# One sentence, on standard error alone.
for bad in ../cases/npy/cut_in_header.npy ../cases/npz/crc_wrong.npz \
  ../cases/safetensors/terminal_escape.safetensors missing.npy .; do
  expect 1 "$bad"
  [ -s "$work/out" ] && fault "$bad: something on standard output"
  [ "$(wc -l <"$work/err")" -eq 1 ] || fault "$bad: not one line"
  grep -q "^cnn-weights: $bad: " "$work/err" || fault "$bad: $(cat "$work/err")"
done
for arguments in '' '--no-such-option' 'a.npy b.npy'; do
  # shellcheck disable=SC2086
  expect 2 $arguments
  [ "$(wc -l <"$work/err")" -eq 1 ] || fault "arguments $arguments: not one line"
done

# What each wrong option is told.
expect 2 --no-such-option
grep -q -- '--no-such-option.*--help' "$work/err" || fault "--no-such-option: $(cat "$work/err")"
for size in 3 x 3x 0x3 3x3x3 -1x3 3x99999999; do
  expect 2 "--input=$size" classifier.safetensors
  grep -q -- "--input=$size is no size.*--input=240x320" "$work/err" || fault "--input=$size"
done

expect 0 --input=10x20 classifier.safetensors
for line in '  conv: .*, 20000 multiply-adds' '  fc1: .*, 216 multiply-adds' '20246 multiply-adds in all'; do
  grep -q "^$line" "$work/out" || fault "--input: no line $line"
done
# The largest number there is, and no overflow.
expect 0 --input=1000000x1000000 classifier.safetensors
grep -q '^100000000000246 multiply-adds in all' "$work/out" || fault "--input=1000000x1000000"

expect 0 --no-skips residual.safetensors
grep -q '^gst-launch-1.0 .*layer=block.conv1' "$work/out" || fault "--no-skips"

# JSON says the same, and is JSON.
for network in *.safetensors; do
  expect 0 --json --input=2x3 "$network"
  "$python" -c '
import json, sys
report, text = json.load(open(sys.argv[1])), open(sys.argv[2]).read()
for tensor in report["tensors"]:
    shape = "x".join(str(n) for n in tensor["shape"])
    assert " %s " % tensor["dtype"] in text and " %s " % (shape or "scalar") in text, tensor
assert "%d parameters, %d bytes" % (report["parameters"], report["bytes"]) in text
assert len(report["layers"]) == text.count(" parameter") - 1 or not report["layers"]
assert (report["launch-line"] or report["obstacle"] + ".\n") in text or "\x1b" in str(report) or \
    not report["layers"]
for layer in report["layers"]:
    if "in-channels" not in layer:
        continue
    pixels = 1 if layer["type"] == "Linear" else 6
    weights = layer["parameters"] - layer["bias"] * layer["out-channels"]
    assert layer["macs"] == weights * pixels, layer
' "$work/out" "${network%.safetensors}.txt" || fault "--json $network"
done

# Every format, with every dtype, is listed.
for good in ../cases/*/good_*; do
  expect 0 "$good"
done

echo "$faults faults"
[ $faults -eq 0 ]
