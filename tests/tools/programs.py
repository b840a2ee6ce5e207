#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: programs.py EXAMPLES-FOLDER PROGRAM PYTHON: the programs of docs/in-a-program.md, and what they print."""
import os
import subprocess
import sys

folder, program, python = sys.argv[1:]
EXPECTED = {
    program: ["edges: 18 parameters", "map 0 of 6x8:", "map 1 of 6x8:", "  0.0  0.0  0.0  4.0  4.0  0.0  0.0  0.0"],
    "program.py": ["edges has 9 parameters", "shape N,H,W,C: (1, 3, 4, 1)", " [0. 4. 4. 0.]"],
    "numpy-tensors.py": ["[[[[19. 25.]", "   [37. 43.]]]]"],
}

if subprocess.run([python, "-c", "import gi, numpy; gi.require_version('GstApp', '1.0')"],
                  stderr=subprocess.DEVNULL).returncode != 0:
    print("SKIPPED: python3-gi, python3-numpy or gir1.2-gst-plugins-base-1.0 is missing: NOTHING WAS TESTED")
    sys.exit(77)
failed = 0
for name, lines in EXPECTED.items():
    command = [program] if name == program else [python, os.path.join(folder, name)]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    missing = [line for line in lines if line not in process.stdout]
    holds = process.returncode == 0 and not missing
    print("ok  " if holds else "FAIL", os.path.basename(name), missing or "")
    if not holds:
        print(process.stdout)
        failed += 1
sys.exit(failed > 0)
