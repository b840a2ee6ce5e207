#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: network-lines.py SOURCE_ROOT NETWORKS [PICTURES]: runs the launch lines of docs/networks.md, and of
README.md those that need the same files.

NETWORKS has a folder with model.onnx for each file of the page. PICTURES: a folder for what the lines write. Clips end
after a few frames.
"""
import importlib.util
import os
import re
import sys

FILES = {
    'selfie_segmentation.onnx': 'mediapipe-selfie',
    'sci_180x320.onnx': 'sci-lowlight',
    'aod_net.onnx': 'aod-net-dehaze',
    'upconv_7_scale2x.onnx': 'waifu2x-upconv7-scale2x',
    'pytorch_super_resolution.onnx': 'subpixel-sr-x3',
    'starry_night.onnx': 'style-starry-night',
    'road_segmentation.onnx': 'road-segmentation-adas-0001',
    'resnet8.onnx': 'resnet8-cifar10',
    'yunet_s_320_320.onnx': 'yunet-s-320',
}
PAGES = 'docs/networks.md', 'README.md'
FRAMES = 4


def load_launch_lines():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'launch-lines.py')
    spec = importlib.util.spec_from_file_location('launch_lines', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    root, networks = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    pictures = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
    if not os.path.isdir(networks):
        print('SKIPPED: there is no folder %s: NO LINE OF %s WAS TESTED' % (sys.argv[2], PAGES[0]))
        return 77
    lines = load_launch_lines()
    failed = count = 0
    made = {}

    def prepare(folder):
        for name, network in FILES.items():
            os.symlink(os.path.join(networks, network, 'model.onnx'), os.path.join(folder, name))

    def look(folder):
        """What a line wrote."""
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            with open(path, 'rb') as file:
                made[name] = file.read()
            if pictures and name.endswith('.png'):
                with open(os.path.join(pictures, name), 'wb') as file:
                    file.write(made[name])

    found = [line for page in PAGES for line in lines.page_lines(root, page) if re.search(lines.DOWNLOADED, line)]
    for line in dict.fromkeys(found):
        short = line.replace('.ogv ! decodebin !', '.ogv ! decodebin ! identity eos-after=%d !' % FRAMES)
        fault = lines.run(root, short, prepare, look)
        count += 1
        failed += fault is not None
        print('%s %s\n%s' % ('FAIL' if fault else 'ok  ', line, fault or ''), flush=True)
    empty = [name for name, content in made.items() if not content]
    words = made.get('words.txt', b'').decode().split('\n')[0]
    print('words: %s' % words)
    # The cat is class 3 of the ten.
    if empty or len(made) < 8 or not words.startswith('3 '):
        print('FAIL: %d files, of which empty: %s' % (len(made), empty))
        failed += 1
    print('%d launch lines, %d failed' % (count, failed))
    return 1 if failed or not count else 0


sys.exit(main())
