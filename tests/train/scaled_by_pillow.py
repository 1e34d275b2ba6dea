#!/usr/bin/env python3
"""Writes every EVERYth picture of a folder to stdout, scaled by Pillow to SIDE x SIDE as in training: rows of 8-bit RGB, one picture
after the other, in byte order of the names.

    scaled_by_pillow.py FOLDER SIDE EVERY"""
import os
import sys

from PIL import Image

folder, side, every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for name in sorted(os.listdir(os.fsencode(folder)))[::every]:
    picture = Image.open(os.path.join(os.fsencode(folder), name)).convert("RGB")
    sys.stdout.buffer.write(picture.resize((side, side), Image.BILINEAR).tobytes())
