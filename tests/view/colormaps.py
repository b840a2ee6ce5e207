#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The colormap tables against matplotlib's own (Debian's python3-matplotlib), every one of 256 colors.

Usage: colormaps.py colormap-tables.inc
"""
import os
import re
import sys

DEBIAN_PYTHON = "/usr/bin/python3"

try:
    from matplotlib import colormaps
    find = colormaps.__getitem__
except ImportError:
    # Another Python may come first in the path than the one Debian's packages are for.
    if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN_PYTHON) and os.path.exists(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON] + sys.argv)
    print("NOTHING WAS TESTED: there is no matplotlib (Debian's python3-matplotlib)")
    sys.exit(77)

text = open(sys.argv[1]).read()
failed = False
tables = re.findall(r"\[CNN_COLORMAP_(\w+)\] = \{(.*?)\}", text, re.S)
assert len(tables) == 6, [name for name, _ in tables]
for name, body in tables:
    ours = [int(word, 16) for word in re.findall(r"0x[0-9a-f]{6}", body)]
    assert len(ours) == 256, name
    theirs = find(name.lower())(range(256))
    for i, color in enumerate(ours):
        wanted = [255 * float(c) for c in theirs[i][:3]]
        channels = (color >> 16, color >> 8 & 255, color & 255)
        if any(abs(c - w) > 0.52 for c, w in zip(channels, wanted)):
            print(f"{name.lower()}[{i}] is {channels} instead of {wanted}")
            failed = True
sys.exit(failed)
