#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: install.sh BUILD PLUGINS-FOLDER: what `meson install` leaves where.
set -eu
build=$1 plugins=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

DESTDIR=$root meson install --no-rebuild -C "$build" >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }
[ -f "$root$plugins/libgstcnn.so" ] || { echo "no plugin in $plugins"; cat "$root/log"; exit 1; }
for tool in cnn-summary cnn-weights; do
  find "$root" -path "*/bin/$tool" -perm -u+x | grep -q . || { echo "no $tool"; exit 1; }
done
inspected=$(GST_PLUGIN_PATH="$root$plugins" GST_REGISTRY="$root/registry" gst-inspect-1.0 cnn)
for words in "Source release date *20[0-9-]*$" "Version *[0-9]" "Origin URL *[a-z]"; do
  echo "$inspected" | grep -q "$words" || { echo "gst-inspect-1.0 lacks: $words"; exit 1; }
done
! echo "$inspected" | grep -qi unknown || { echo "$inspected"; exit 1; }
