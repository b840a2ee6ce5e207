#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs every gst-launch-1.0 line of the documentation as it is written; fails on the first error of any.

usage: launch-lines.py SOURCE_ROOT

Lines are found in README.md, docs/, examples/, CONTRIBUTING.md and the |[ ... ]| blocks of elements/*/*.c. What
this machine may not have is replaced by its twin: cameras and screens by a test source, windows by fakesink. A test source
without an end gets one. Lines of docs/weights.md need the files it makes: tests/weights runs them. Lines
that need downloaded networks (.onnx) are run by network-lines.py.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SECONDS = 120
TWINS = {
    'v4l2src': 'videotestsrc num-buffers=5',
    'autovideosrc': 'videotestsrc num-buffers=5',
    'rtspsrc': 'videotestsrc num-buffers=5',
    'ximagesrc': 'videotestsrc num-buffers=5',
    'autovideosink': 'fakesink',
    'ximagesink': 'fakesink',
    'xvimagesink': 'fakesink',
    'glimagesink': 'fakesink',
    'gtksink': 'fakesink',
    'fakevideosink': 'fakesink',
}
# A file beside the reader, which the repository does not have.
DOWNLOADED = r'location=[^/ ]+\.onnx'
# Properties of the windows and cameras above, which their twins do not have.
LOST_PROPERTIES = ('device', 'force-aspect-ratio', 'io-mode', 'latency', 'location', 'use-damage')


def blocks(path, text):
    """Pieces of text in which a line may continue after a backslash."""
    if path.endswith('.c'):
        for block in re.findall(r'\|\[(.*?)\]\|', text, re.S):
            yield re.sub(r'^\s*\* ?', '', block, flags=re.M)
    else:
        yield text


def page_lines(root, page):
    """The lines of one file."""
    path = os.path.join(root, page)
    with open(path, encoding='utf-8') as file:
        text = file.read()
    for block in blocks(path, text):
        joined = re.sub(r'\\\n\s*', ' ', block)
        for line in joined.splitlines():
            found = re.match(r'^\s*(?:\$ )?((?:[A-Z_]+=\S+ )*gst-launch-1\.0 .*)$', line)
            if found and '...' not in line and '!' in line:
                yield found.group(1)


def launch_lines(root):
    patterns = ('README.md', 'CONTRIBUTING.md', 'NEWS.md', 'docs/**/*.md', 'examples/**/*', 'elements/**/*.c')
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(root, pattern), recursive=True)):
            page = os.path.relpath(path, root)
            if path.endswith(('.md', '.sh', '.txt', '.c')) and page != 'docs/weights.md':
                for line in page_lines(root, page):
                    if not re.search(DOWNLOADED, line):
                        yield page, line


def runnable(words):
    """The words of a launch line with twins for what a machine may lack."""
    result, window = [], False
    for word in words:
        if word in TWINS:
            window = True
            result += TWINS[word].split()
        elif window and word.split('=')[0] in LOST_PROPERTIES:
            continue
        else:
            window = window and word != '!'
            result.append(word)
    for i, word in enumerate(result):
        element = result[i:result.index('!', i)] if '!' in result[i:] else result[i:]
        if word == 'videotestsrc' and not any(w.startswith('num-buffers=') for w in element):
            result.insert(i + 1, 'num-buffers=20')
    return result


def make_folder(root, folder):
    """The repository's own files by their relative names, and the reader's."""
    for name in os.listdir(root):
        if not name.startswith('.'):
            os.symlink(os.path.join(root, name), os.path.join(folder, name))


def run(root, line, prepare=None, look=None):
    """None, or what went wrong. Before and after, the folder it runs in is shown."""
    words = shlex.split(line)
    environment = dict(os.environ)
    while '=' in words[0]:
        name, value = words.pop(0).split('=', 1)
        environment[name] = value
    for end, word in enumerate(words):
        if word in ('|', ';', '&&', '#', '>') or word.startswith('#'):
            words = words[:end]
            break
    command = ['gst-launch-1.0'] + runnable(words[1:])
    with tempfile.TemporaryDirectory() as folder:
        make_folder(root, folder)
        if prepare:
            prepare(folder)
        process = subprocess.Popen(['timeout', '-k', '5', '-s', 'INT', str(SECONDS)] + command, cwd=folder,
                                   env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = process.communicate()[0]
        if look:
            look(folder)
    if process.returncode != 0 or 'ERROR' in output or 'WARNING' in output:
        return 'exit code %d of %s\n%s' % (process.returncode, shlex.join(command), output)
    return None


def main():
    root = os.path.abspath(sys.argv[1])
    if not shutil.which('gst-launch-1.0'):
        print('SKIPPED: gst-launch-1.0 is not installed')
        return 77
    lines = sorted(set(launch_lines(root)))
    failed = 0
    for path, line in lines:
        fault = run(root, line)
        print('%s %s: %s' % ('FAIL' if fault else 'ok  ', path, line), flush=True)
        if fault:
            print(fault, flush=True)
            failed += 1
    print('%d launch lines in %d files, %d failed' % (len(lines), len({path for path, _ in lines}), failed))
    return 1 if failed or not lines else 0


if __name__ == '__main__':
    sys.exit(main())
