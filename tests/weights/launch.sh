#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands that cnn-weights prints run, with the source ending and the sink not showing.
#   launch.sh CNN_WEIGHTS FOLDER
# FOLDER has networks/. GST_PLUGIN_PATH is set.
set -u
tool=$(realpath "$1")
cd "$2/networks" || exit 1
if ! command -v gst-launch-1.0 >/dev/null; then
  echo "SKIPPED, NOTHING WAS TESTED: no gst-launch-1.0" >&2
  exit 77
fi
GST_REGISTRY=$(mktemp)
export GST_REGISTRY
trap 'rm -f "$GST_REGISTRY"' EXIT
count=0
faults=0
for network in *.safetensors; do
  line=$("$tool" "$network" | grep '^gst-launch-1.0 ' |
    sed 's/videotestsrc/videotestsrc num-buffers=2/; s/autovideosink/fakesink/; s/1.0/1.0 -q/')
  [ -n "$line" ] || continue
  count=$((count + 1))
  if ! timeout 60 sh -c "$line"; then
    echo "FAIL: $line"
    faults=$((faults + 1))
  fi
done
echo "$count commands, $faults faults"
[ $faults -eq 0 ] && [ $count -ge 7 ]
