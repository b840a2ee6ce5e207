#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What cnn-weights prints and how it ends.
#   tool.sh CNN_WEIGHTS FOLDER VERSION
# FOLDER has networks/NAME.safetensors with NAME.txt, and cases/.
set -u
tool=$(realpath "$1")
version=$3
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

# Every format, with every dtype, is listed.
for good in ../cases/*/good_*; do
  expect 0 "$good"
done

echo "$faults faults"
[ $faults -eq 0 ]
