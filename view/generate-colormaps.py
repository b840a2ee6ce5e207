#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes colormap-tables.inc: 256 colors (0xRRGGBB) of each colormap.

viridis, magma, inferno: matplotlib's tables, by N. J. Smith, S. van der Walt and E. Firing, CC0.
turbo: Google's table, by A. Mikhailov ("Turbo, An Improved Rainbow Colormap for Visualization",
2019), Apache-2.0.
coolwarm: computed here from K. Moreland, "Diverging Color Maps for Scientific Visualization", 2009:
a polar form of CIELAB interpolated from blue over white to red at 33 knots, straight in between.
gray: computed.

Usage: generate-colormaps.py > colormap-tables.inc
"""
import math

KNOTS = 33
WHITE = (0.95047, 1.0, 1.08883)  # D65
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
TO_RGB = ((3.2406255, -1.5372080, -0.4986286), (-0.9689307, 1.8757561, 0.0415175),
          (0.0557101, -0.2040211, 1.0569959))


def multiply(matrix, vector):
    return [sum(m * v for m, v in zip(row, vector)) for row in matrix]


def to_polar(rgb):
    """sRGB bytes to magnitude, saturation, hue: CIELAB in spherical coordinates."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
              for c in (byte / 255 for byte in rgb)]
    ratios = (v / w for v, w in zip(multiply(TO_XYZ, linear), WHITE))
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in ratios)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    magnitude = math.sqrt(lightness ** 2 + a ** 2 + b ** 2)
    return magnitude, math.acos(lightness / magnitude), math.atan2(b, a)


def from_polar(magnitude, saturation, hue):
    lightness = magnitude * math.cos(saturation)
    a = magnitude * math.sin(saturation) * math.cos(hue)
    b = magnitude * math.sin(saturation) * math.sin(hue)
    y = (lightness + 16) / 116
    cubes = (t ** 3 if t ** 3 > 0.008856 else (t - 16 / 116) / 7.787
             for t in (y + a / 500, y, y - b / 200))
    linear = multiply(TO_RGB, [c * w for c, w in zip(cubes, WHITE)])
    return [255 * min(max(12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055, 0), 1)
            for c in linear]


def hue_at_white(color, magnitude):
    """Hue that white takes so that the way to `color` is perceived as straight."""
    spin = (color[1] * math.sqrt(magnitude ** 2 - color[0] ** 2)
            / (color[0] * math.sin(color[1])))
    return color[2] + spin if color[2] > -math.pi / 3 else color[2] - spin


# The ends, from 0 to 255: of matplotlib's table.
COLD = (58.60045, 76.17308, 192.1892)
WARM = (179.94664, 3.96682, 38.30937)


def coolwarm_knot(t):
    cold, warm = to_polar(COLD), to_polar(WARM)
    middle = max(cold[0], warm[0], 88)
    end, weight = (cold, 1 - 2 * t) if t < 0.5 else (warm, 2 * t - 1)
    white = (middle, 0, hue_at_white(end, middle))
    return from_polar(*((1 - weight) * w + weight * e for w, e in zip(white, end)))


def coolwarm():
    knots = [coolwarm_knot(i / (KNOTS - 1)) for i in range(KNOTS)]
    for i in range(256):
        left, fraction = divmod(i * (KNOTS - 1) / 255, 1)
        a, b = knots[int(left)], knots[min(int(left) + 1, KNOTS - 1)]
        yield [round((1 - fraction) * p + fraction * q) for p, q in zip(a, b)]


def listed(name):
    from matplotlib import colormaps
    return [[round(c * 255) for c in colormaps[name](i)[:3]] for i in range(256)]


def main():
    tables = [("GRAY", [[i] * 3 for i in range(256)])]
    tables += [(name.upper(), listed(name)) for name in ("viridis", "magma", "inferno", "turbo")]
    tables += [("COOLWARM", list(coolwarm()))]
    print("/* SPDX-License-Identifier: LGPL-2.1-or-later */")
    print("/* Made by generate-colormaps.py, which names the origins. */")
    for name, colors in tables:
        print(f"[CNN_COLORMAP_{name}] = {{")
        for i in range(0, 256, 8):
            print("  " + ", ".join("0x%02x%02x%02x" % tuple(c) for c in colors[i:i + 8]) + ",")
        print("},")


main()
