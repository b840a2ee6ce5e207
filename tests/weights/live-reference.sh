#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# numpy and PyTorch write files with a seed of today, and the library reads them.
#   live-reference.sh PYTHON write-reference.py CASES LAYERS
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$2" "$folder" "${CNN_TEST_SEED:-$(date +%s)}"
"$3" "$folder" 50
"$4" "$folder"
