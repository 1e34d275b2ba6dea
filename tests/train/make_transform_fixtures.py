#!/usr/bin/env python3
"""Makes the pictures in tests/train/data, as the published training transform does with Pillow: mirror, resize, crop.

    source_40x52.png                    a gradient, hard edges and noise
    crop_<left>_<top>[_mirrored].rgb    its training pictures of 16x16, scaled to 46x46: rows of 8-bit pixels
    test.rgb                            scaled to 16x16
    lanczos_24.rgb, lanczos_60.rgb      scaled to 24x24 and 60x60 by LANCZOS

Run from anywhere: python3 tests/train/make_transform_fixtures.py."""
import pathlib

import numpy as np
from PIL import Image

DATA = pathlib.Path(__file__).parent / "data"
SIZE = 16
CROPS = [(0, 0, False), (30, 30, True), (7, 19, False), (7, 19, True)]


def busy(width, height, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    a = rng.integers(0, 256, (height, width, 3))
    a[..., 0] = (a[..., 0] + 3 * x * 255 // width) // 4
    a[..., 1] = np.where((x // 5 + y // 4) % 2, 255, a[..., 1] // 8)
    return Image.fromarray(a.astype(np.uint8))


def training_picture(picture, left, top, mirrored):
    if mirrored: picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
    return picture.resize((SIZE + 30, SIZE + 30), Image.BILINEAR).crop((left, top, left + SIZE, top + SIZE))


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    source = busy(40, 52, 3)
    source.save(DATA / "source_40x52.png")
    for left, top, mirrored in CROPS:
        name = f"crop_{left}_{top}{'_mirrored' if mirrored else ''}.rgb"
        (DATA / name).write_bytes(training_picture(source, left, top, mirrored).tobytes())
    for side in (24, 60): (DATA / f"lanczos_{side}.rgb").write_bytes(source.resize((side, side), Image.LANCZOS).tobytes())
    (DATA / "test.rgb").write_bytes(source.resize((SIZE, SIZE), Image.BILINEAR).tobytes())
