#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the recording lines of examples/README.md write is played by browsers and phones.

usage: recordings.py SOURCE_ROOT

MP4: H.264 of profile high (so 8 bits and yuv420p), even sizes, the index before the pictures. WebM: VP8 or VP9, even sizes.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile


def run(words, folder):
    process = subprocess.run(['timeout', '120'] + words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
    if process.returncode or 'ERROR' in process.stdout:
        sys.exit('FAIL: %s\n%s' % (shlex.join(words), process.stdout))
    return process.stdout


def stream_caps(path, demuxer, folder):
    printed = run(['gst-launch-1.0', '-v', 'filesrc', 'location=' + path, '!', demuxer, '!', 'fakesink'], folder)
    return re.search(r'fakesink0\.GstPad:sink: caps = (.*)', printed).group(1)


def has_even_size(caps):
    sizes = [int(re.search(r'%s=\(int\)(\d+)' % name, caps).group(1)) for name in ('width', 'height')]
    return all(size > 0 and size % 2 == 0 for size in sizes)


def atoms(path):
    """The names of an MP4 file's outermost parts, in order."""
    names = []
    with open(path, 'rb') as file:
        while len(head := file.read(8)) == 8:
            names.append(head[4:].decode('latin-1'))
            size = int.from_bytes(head[:4], 'big')
            if size < 8:
                break
            file.seek(size - 8, os.SEEK_CUR)
    return names


def check_mp4(path, folder):
    caps, parts = stream_caps(path, 'qtdemux', folder), atoms(os.path.join(folder, path))
    print('%s: %s\n%s' % (path, caps, ' '.join(parts)))
    return (caps.startswith('video/x-h264') and 'profile=(string)high,' in caps + ',' and has_even_size(caps)
            and parts.index('moov') < parts.index('mdat'))


def check_webm(path, folder):
    caps = stream_caps(path, 'matroskademux', folder)
    print('%s: %s' % (path, caps))
    return re.match('video/x-vp[89]', caps) is not None and has_even_size(caps)


def main():
    root = os.path.abspath(sys.argv[1])
    with open(os.path.join(root, 'examples/README.md'), encoding='utf-8') as file:
        lines = re.findall(r'^(gst-launch-1.0 .*location=(\S+\.(?:mp4|webm)))$', file.read(), re.M)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(root, 'examples'), os.path.join(folder, 'examples'))
        for line, path in lines:
            run(shlex.split(line), folder)
            results[path] = (check_mp4 if path.endswith('.mp4') else check_webm)(path, folder)
    for path, passed in results.items():
        print('%s %s' % ('ok  ' if passed else 'FAIL', path))
    return 0 if len(results) >= 2 and all(results.values()) else 1


if __name__ == '__main__':
    sys.exit(main())
