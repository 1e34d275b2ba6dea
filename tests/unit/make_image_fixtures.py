#!/usr/bin/env python3
"""Makes the small pictures in tests/unit/data that the picture tests compare with, using Pillow as the independent reader,
writer and resampler. Run from anywhere: python3 tests/unit/make_image_fixtures.py. Raw files (.rgb, .rgba) are rows of 8-bit pixels.
"""
import pathlib

import numpy as np
from PIL import Image, ImageOps

DATA = pathlib.Path(__file__).parent / "data"
ORIENTATION = 0x112
# The operation that turns the stored picture of an EXIF orientation upright is the inverse of the one applied here.
STORED_AS = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM,
             5: Image.TRANSPOSE, 6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
ANTIALIAS = [(16, 16), (10, 6), (74, 46), (50, 31), (5, 40), (1, 1)]
BOX = [(12, 8), (9, 6), (18, 4), (1, 1), (72, 48)]  # of 36x24: whole ratios only, where Pillow counts by exact area


def save_raw(name, image):
    (DATA / name).write_bytes(np.asarray(image).tobytes())


def smooth(width, height):
    y, x = np.mgrid[0:height, 0:width]
    channels = [x * 255 / (width - 1), y * 255 / (height - 1), 255 - x * y * 200 / (width * height)]
    return Image.fromarray(np.stack(channels, 2).astype(np.uint8))


def busy(width, height, seed):
    """A gradient, hard edges and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    a = rng.integers(0, 256, (height, width, 3))
    a[..., 0] = (a[..., 0] + 3 * x * 255 // width) // 4
    a[..., 1] = np.where((x // 5 + y // 4) % 2, 255, a[..., 1] // 8)
    return Image.fromarray(a.astype(np.uint8))


def orientations():
    upright = smooth(24, 16)
    save_raw("upright_24x16.rgb", upright)
    for value, transform in STORED_AS.items():
        stored = upright if transform is None else upright.transpose(transform)
        exif = Image.Exif()
        exif[ORIENTATION] = value
        stored.save(DATA / f"orientation_{value}.jpg", quality=95, subsampling=0, exif=exif)
        read_back = np.asarray(ImageOps.exif_transpose(Image.open(DATA / f"orientation_{value}.jpg"))).astype(int)
        assert np.abs(read_back - np.asarray(upright)).max() < 6, "Pillow disagrees about which way is up"
        if value == 6:
            stored.save(DATA / "orientation_6.png", exif=exif)


def jpegs():
    picture = busy(29, 19, 1).resize((29, 19), Image.BILINEAR, box=(4, 3, 18, 12))
    cases = {"grey": (picture.convert("L"), {}), "ycc420": (picture, {"subsampling": 2}), "progressive": (picture, {"progressive": True}),
             "rgb": (picture, {"keep_rgb": True}), "cmyk": (picture.convert("CMYK"), {})}
    for name, (image, options) in cases.items():
        path = DATA / f"{name}_29x19.jpg"
        image.save(path, quality=90, **options)
        save_raw(f"{name}_29x19.rgb", Image.open(path).convert("RGB"))


def resized():
    for source, sizes, name, filter in (((37, 23), ANTIALIAS, "antialias", Image.BILINEAR), ((36, 24), BOX, "area", Image.BOX)):
        picture = busy(*source, 2)
        save_raw(f"{name}_of_{source[0]}x{source[1]}.rgb", picture)
        for size in sizes:
            save_raw(f"{name}_to_{size[0]}x{size[1]}.rgb", picture.resize(size, filter))


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    orientations()
    jpegs()
    resized()
