#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What cnn-weights says about networks, and that its launch lines run.
#   tool.sh CNN_WEIGHTS FOLDER
# FOLDER has networks/ and cases/.
set -u
tool=$(realpath "$1")
cd "$2" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0

fault () {
  echo "FAIL: $1"
  faults=$((faults + 1))
}

# expect STATUS ARGUMENT...
expect () {
  status=$1
  shift
  "$tool" "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ $got -eq "$status" ] || fault "cnn-weights $* ended with $got instead of $status: $(cat "$work/err")"
}

says () {
  grep -q -- "$1" "$work/out" || fault "'$1' is not in: $(cat "$work/out")"
}

# Its table, for a size and without.
expect 0 --input=20x24 networks/mobile/model.onnx
says '^input   x floats 1x3x20x24$'
says '^output  Softmax_81$'
says '^node_Conv_36  *Conv 5x5 depthwise, hard-swish  *1x16x10x12  *1x16x10x12  *416  *48000  *11x11$'
says '^15 layers  *1188  *112488'
expect 0 networks/mobile/model.onnx
says 'leaves the input.s rows and columns open'

# What is supported, in one sentence.
expect 0 --check networks/folding/model.onnx
says '^Supported\.$'
expect 1 --check cases/unknown_operators.onnx
[ "$(cat "$work/err")" = 'cnn-weights: cases/unknown_operators.onnx: not supported: LSTM "first", If "second", com.example.Gelu "third"' ] ||
  fault "--check: $(cat "$work/err")"
expect 1 --check cases/several_faults.onnx
[ "$(wc -l <"$work/err")" -eq 1 ] || fault "--check: not one line"

# The graph, before and after.
expect 0 --graph=before --input=20x24 networks/mobile/model.onnx
before=$(grep -c '^  node.*label=.*\\n' "$work/out")
says 'BatchNormalization'
expect 0 --graph=after --input=20x24 networks/mobile/model.onnx
after=$(grep -c '^  node.*label=.*\\n' "$work/out")
says 'Conv 1x1, hard-swish\\n'
[ "$after" -eq 15 ] && [ "$before" -gt 30 ] || fault "$before nodes became $after"
if command -v dot >/dev/null; then
  dot -Tsvg "$work/out" >"$work/svg" || fault "Graphviz does not read the graph"
fi

# Wrong words.
expect 2 --graph=later networks/mobile/model.onnx
expect 2 --graph=after networks/mobile/model.onnx
expect 2 --check --launch networks/folding/model.onnx
expect 2 --json networks/folding/model.onnx

# Launch lines, with an end that needs no window.
if [ -n "${GST_PLUGIN_PATH:-}" ]; then
  for arguments in '--input=20x24 networks/mobile/model.onnx' 'networks/shuffle/model.onnx'; do
    # shellcheck disable=SC2086
    expect 0 --launch $arguments
    line=$(sed 's/autovideosink/fakesink/; s/videotestsrc/videotestsrc num-buffers=2/' "$work/out")
    eval "$line" >"$work/log" 2>&1 || fault "$line: $(tail -n 3 "$work/log")"
  done
fi

[ $faults -eq 0 ]
