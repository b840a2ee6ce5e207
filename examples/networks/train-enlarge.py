#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains enlarge.safetensors: three convolutions and a pixel shuffle make a photo twice as large.

usage: train-enlarge.py FOLDER       FOLDER: the pictures of Debian's python3-skimage 0.19 (skimage/data)

Learns from the pictures of TRAINING (public domain or CC0, see README.md), and measures PSNR on those of HELD_OUT.
It takes a few minutes, and Debian's python3-torch and python3-pil. The same machine and version give the same file.
"""
import os
import sys

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

import statedict

TRAINING = ('astronaut.png', 'camera.png', 'retina.jpg', 'hubble_deep_field.jpg', 'brick.png', 'grass.png', 'gravel.png')
HELD_OUT = ('chelsea.png', 'coffee.png', 'rocket.jpg')
SIZES = (1, 0.75, 0.5)
STEPS = 12000
BATCH = 16
PATCH = 32


class Enlarger(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 24, 5, padding=2, padding_mode='replicate')
        self.conv2 = nn.Conv2d(24, 24, 3, padding=1, padding_mode='replicate')
        self.conv3 = nn.Conv2d(24, 12, 3, padding=1, padding_mode='replicate')
        self.begin_as_plain_enlargement()

    def begin_as_plain_enlargement(self):
        """Each pixel four times: the colours pass through, since they are never negative. Learning improves on it."""
        with torch.no_grad():
            for conv in (self.conv1, self.conv2, self.conv3):
                conv.bias.zero_()
                middle = conv.kernel_size[0] // 2
                for channel in range(3):
                    outputs = range(4 * channel, 4 * channel + 4) if conv is self.conv3 else [channel]
                    for output in outputs:
                        conv.weight[output] *= 0.1
                        conv.weight[output, channel, middle, middle] = 1

    def forward(self, x):
        x = functional.relu(self.conv1(x))
        x = functional.relu(self.conv2(x))
        return functional.pixel_shuffle(self.conv3(x), 2)


def picture(path, size=1):
    """Even rows and columns, RGB."""
    image = Image.open(path).convert('RGB')
    width, height = [int(n * size) // 2 * 2 for n in image.size]
    if size != 1:
        return image.resize((width, height), Image.LANCZOS)
    return image.crop((0, 0, width, height))


def halved(image):
    return image.resize((image.width // 2, image.height // 2), Image.BICUBIC)


def tensor(image):
    return torch.from_numpy(numpy.array(image)).permute(2, 0, 1).float() / 255


def psnr(image, truth):
    difference = numpy.asarray(image, 'f8') - numpy.asarray(truth, 'f8')
    return 10 * numpy.log10(255 ** 2 / (difference ** 2).mean())


def pairs(folder):
    """(small, large) of every training picture in every size."""
    for name in TRAINING:
        for size in SIZES:
            large = picture(os.path.join(folder, name), size)
            yield tensor(halved(large)), tensor(large)


def patch(small, large):
    """A random patch of both, mirrored, turned and with its colours exchanged by chance."""
    row, column = [int(torch.randint(n - PATCH + 1, ())) for n in small.shape[1:]]
    small = small[:, row:row + PATCH, column:column + PATCH]
    large = large[:, 2 * row:2 * (row + PATCH), 2 * column:2 * (column + PATCH)]
    colours, turns, mirror = torch.randperm(3), int(torch.randint(4, ())), bool(torch.randint(2, ()))
    result = []
    for part in (small, large):
        part = torch.rot90(part[colours], turns, (1, 2))
        result.append(part.flip(2) if mirror else part)
    return result


def train(pictures):
    enlarger = Enlarger()
    weights = torch.tensor([float(large.shape[1] * large.shape[2]) for _, large in pictures]).sqrt()
    optimizer = torch.optim.Adam(enlarger.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=STEPS, pct_start=0.1)
    total = 0
    for step in range(1, STEPS + 1):
        chosen = torch.multinomial(weights, BATCH, replacement=True)
        small, large = [torch.stack(parts) for parts in zip(*(patch(*pictures[i]) for i in chosen))]
        loss = functional.mse_loss(enlarger(small), large)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % 500 == 0:
            print('step %d: %.3f dB' % (step, -10 * numpy.log10(total / 500)), flush=True)
            total = 0
    return enlarger


def measure(enlarger, folder):
    """{picture: (bicubic, ours)} in dB, over red, green and blue."""
    result = {}
    for name in HELD_OUT:
        large = picture(os.path.join(folder, name))
        small = halved(large)
        with torch.no_grad():
            ours = enlarger(tensor(small)[None])[0].permute(1, 2, 0).numpy()
        ours = numpy.rint(ours.clip(0, 1) * 255)
        result[name] = psnr(small.resize(large.size, Image.BICUBIC), large), psnr(ours, large)
        print('%s: bicubic %.2f dB, enlarger %.2f dB' % ((name,) + result[name]))
    return result


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = sys.argv[1]
    enlarger = train(list(pairs(folder)))
    results = measure(enlarger, folder)
    statedict.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'enlarge.safetensors'),
                   enlarger.state_dict(),
                   {'description': 'makes an RGB picture twice as large', 'license': 'CC0-1.0',
                    **{name: 'bicubic %.2f dB, enlarger %.2f dB' % numbers for name, numbers in results.items()}})


if __name__ == '__main__':
    main()
