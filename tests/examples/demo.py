#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo without a window: a film, and a picture a chapter; and what it says to files that have no pictures.

usage: demo.py CNN_DEMO SOURCE_ROOT
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

CHAPTERS = ('kernels', 'edges', 'depth', 'digits', 'enlarge')
SECONDS = 2


def run(arguments, folder):
    process = subprocess.run(['timeout', '200'] + arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
    print(process.stdout, flush=True)
    return process.returncode, process.stdout


def png_size(path):
    with open(path, 'rb') as file:
        return struct.unpack('>II', file.read(24)[16:])


def check_walk(demo, folder):
    status, printed = run([demo, '--seconds', str(SECONDS), '--output', 'walk'], folder)
    good = status == 0 and 'conv1' in printed and 'shuffle' in printed
    for number, chapter in enumerate(CHAPTERS, 1):
        path = os.path.join(folder, 'walk', '%d-%s.png' % (number, chapter))
        # A picture of one colour would be far smaller.
        good = good and png_size(path) == (1280, 720) and os.path.getsize(path) > 40000
    _, caps = run(['gst-launch-1.0', '-v', 'filesrc', 'location=walk/walk.webm', '!', 'matroskademux', '!', 'vp8dec', '!',
                   'fakesink', 'silent=false'], folder)
    frames = len(re.findall(r'chain +\*', caps))
    print('%d frames' % frames)
    return good and frames == 15 * SECONDS * len(CHAPTERS)


def check_own_photo(demo, root, folder):
    """A photo of the user's own: the chapters that show any source, then the others."""
    photo = os.path.join(root, 'examples/networks/digits/7.png')
    status, _ = run([demo, '--seconds', '1', '--output', 'own', photo], folder)
    return status == 0 and len(os.listdir(os.path.join(folder, 'own'))) == len(CHAPTERS) + 1


def check_refusals(demo, root, folder):
    good = True
    for path, wanted in (('nothere.mp4', 'nothere.mp4: there is no such file'),
                         (os.path.join(root, 'README.md'), 'README.md: ')):
        status, printed = run([demo, '--output', 'none', path], folder)
        good = good and status == 1 and wanted in printed and printed.count('\n') == 1
    return good


def main():
    demo, root = [os.path.abspath(path) for path in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        results = {
            'walk': check_walk(demo, folder),
            'a photo of one\'s own': check_own_photo(demo, root, folder),
            'refusals': check_refusals(demo, root, folder),
        }
    for name, passed in results.items():
        print('%s %s' % ('ok  ' if passed else 'FAIL', name))
    return 0 if all(results.values()) else 1


if __name__ == '__main__':
    sys.exit(main())
