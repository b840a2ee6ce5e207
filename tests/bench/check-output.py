#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs each mode of cnn-bench for one round, and checks what it prints; no time is asserted.

usage: check-output.py CNN-BENCH TABLES
"""
import json
import math
import os
import subprocess
import sys
import tempfile

FIELDS = ['layer', 'threads', 'isa', 'who', 'best_ms', 'median_ms', 'gflops']
# Options, numbers of threads, names, who must be among the results.
MODES = {
    'layers': ([], (1,), ['L4b', 'M3', 'P3'], ['cnn']),
    'elements': (['--elements'], (2,), ['L4b', 'P3', 'Q3p'], ['cnn', 'element']),
    'chains': (['--chains', '--only-cnn'], (1, 2), ['MNIST', 'SqueezeNet'], ['cnn', 'cnn-parts']),
}
failures = []


def check(condition, text):
    if not condition:
        failures.append(text)


def run(command, status=0):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    check(result.returncode == status, '%s: exit status %d\n%s' % (' '.join(command), result.returncode, result.stderr))
    return result


def check_row(row, threads):
    name = json.dumps(row)
    fields = [field for field in row if field != 'ratio_to_best_peer']
    check(fields == FIELDS, 'fields of %s' % name)
    check(row['threads'] in threads, 'threads of %s' % name)
    for field in ('best_ms', 'median_ms', 'gflops'):
        check(isinstance(row[field], float) and math.isfinite(row[field]), '%s of %s' % (field, name))
    check(0 < row['best_ms'] <= row['median_ms'], 'times of %s' % name)
    check(row['gflops'] >= 0, 'gflops of %s' % name)


def check_ratios(rows):
    """Only ours has one, and it is the best peer's time divided by ours."""
    for row in rows:
        peers = [other['best_ms'] for other in rows
                 if (other['layer'], other['threads']) == (row['layer'], row['threads'])
                 and not other['who'].startswith('cnn') and other['who'] != 'element']
        wanted = row['who'] == 'cnn' and bool(peers)
        check(('ratio_to_best_peer' in row) == wanted, 'ratio of %s' % json.dumps(row))
        if wanted:
            ratio = min(peers) / row['best_ms']
            check(abs(row['ratio_to_best_peer'] - ratio) < 0.01 + 0.01 * ratio, 'ratio of %s' % json.dumps(row))


def check_mode(bench, mode, folder):
    options, all_threads, names, ours = MODES[mode]
    output = run([bench, '--json', '--seconds', '0', '--threads', ','.join(map(str, all_threads)),
                  '--layers', ','.join(names)] + options).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    with open(os.path.join(folder, mode + '.json'), 'w', encoding='utf-8') as file:
        file.write(output)
    for row in rows:
        check_row(row, all_threads)
    check_ratios(rows)
    for threads in all_threads:
        for name in names:
            found = [row['who'] for row in rows if (row['layer'], row['threads']) == (name, threads)]
            check(len(set(found)) == len(found), '%s: twice the same: %s' % (name, found))
            check(all(who in found for who in ours), '%s, %d threads: only %s' % (name, threads, found))


def check_startup(bench, folder):
    """Time to the first frame grows with the number of diamonds; that is not asserted, only that there is one."""
    output = run([bench, '--startup', '--json']).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    with open(os.path.join(folder, 'startup.json'), 'w', encoding='utf-8') as file:
        file.write(output)
    check([(row['diamonds'], row['queues']) for row in rows] ==
          [(count, queues) for queues in (False, True) for count in (5, 10, 20, 40)], 'rows of --startup:\n' + output)
    check(all(row['first_frame_ms'] > 0 and row['change_ms'] > 0 for row in rows), 'times of --startup:\n' + output)


def main():
    bench, tables = sys.argv[1:]
    listing = run([bench, '--list']).stdout
    check('against:' in listing and 'M1 ' in listing and 'SRCNN ' in listing, 'the list:\n' + listing)
    check('"L9"' in run([bench, '--layers', 'L1,L9'], 1).stderr, 'no word about an unknown layer')
    text = run([bench, '--elements', '--seconds', '0', '--layers', 'P3', '--isa', 'c']).stdout
    check('the element costs' in text and 'nan' not in text, 'the table:\n' + text)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'list.txt'), 'w', encoding='utf-8') as file:
            file.write(listing)
        for mode in MODES:
            check_mode(bench, mode, folder)
        check_startup(bench, folder)
        printed = run([sys.executable, tables, folder]).stdout
        check('| M3 | 56x56x64 to 64, 3x3 |' in printed and '| MNIST |' in printed and '| 40 | yes |' in printed, 'the tables:\n' + printed)
    for failure in failures:
        print('FAIL', failure)
    return len(failures) > 0


sys.exit(main())
