#!/usr/bin/env python3
"""Makes tests/unit/data/align.txt (faces) and align_*.rgb (their squares): photo2cartoon's geometry as it is published, step by step: the whole
photo is rotated onto a canvas with a white border, bilinearly and in double, then the square is cut from that. The published canvas is up to a
pixel too small and loses a sliver of the photo; here it has a rim of RIM pixels more, and the script says in how much of a square that shows.
Where OpenCV is installed, it also says how far its warpAffine, which the published program calls, is from this: with OpenCV 5 never more than a
level; version 4 rounds places to 1/32 pixel.
Run from anywhere: python3 tests/unit/make_align_fixtures.py
"""
import math
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).parent / "data"
WIDTH, HEIGHT, RIM = 160, 120, 3
# quarter turns, tilt in degrees, middle and width of the face, in the turned photo
CASES = [(0, 0, 80, 60, 30), (0, 12.5, 70, 70, 26), (0, -30, 90, 66, 28), (0, 30, 60.3, 50.8, 24), (0, -7, 12, 20, 30),
         (0, 21, 150, 110, 26), (0, 3, 80.5, 60.5, 4), (1, 9, 60, 80, 26), (2, -14, 90, 50, 27), (3, 25, 40, 120, 25), (0, 5, 30, -4, 40)]


def photo():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    def wave(n): return np.abs(n % 510 - 255)
    return np.stack([wave(5 * x + 2 * y), wave(3 * y + x * y // 16), (3 * x * x + 5 * y * y + 7 * x * y) % 256], 2).astype(np.uint8)


def face(tilt, cx, cy, width, seed):
    """Points of an upright face one unit wide, the jaw first, then turned by `tilt` (clockwise in the picture), enlarged, moved."""
    rng = np.random.default_rng(seed)
    points = rng.uniform([-0.35, -0.2], [0.35, 0.45], (68, 2))
    t = np.pi * np.arange(17) / 16
    points[:17] = np.stack([-0.5 * np.cos(t), 0.6 * np.sin(t)], 1)
    points[17:27] = np.stack([np.linspace(-0.4, 0.4, 10), np.full(10, -0.25)], 1)
    points[36], points[45] = (-0.3, -0.1), (0.3, -0.08)
    c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    return points @ np.array([[c, s], [-s, c]]) * width + [cx, cy]


def unturn(points, turns, width, height):
    """width, height: of the turned photo."""
    for _ in range(turns):  # a quarter turn anticlockwise each
        points, width, height = np.stack([points[:, 1], width - 1 - points[:, 0]], 1), height, width
    return points


def bilinear(image, x, y):
    padded = np.pad(image.astype(float), ((1, 1), (1, 1), (0, 0)), constant_values=255)
    h, w = image.shape[:2]
    x, y = np.clip(x, -1, w), np.clip(y, -1, h)  # beyond a pixel outside all is white
    i, j = np.minimum(np.floor(x), w - 1).astype(int), np.minimum(np.floor(y), h - 1).astype(int)
    u, v = (x - i)[..., None], (y - j)[..., None]
    i, j = i + 1, j + 1
    return (padded[j, i] * (1 - u) + padded[j, i + 1] * u) * (1 - v) + (padded[j + 1, i] * (1 - u) + padded[j + 1, i + 1] * u) * v


def rotate(image, landmarks):
    left, right = landmarks[36], landmarks[45]
    radian = math.atan((left[1] - right[1]) / (left[0] - right[0]))
    h, w = image.shape[:2]
    c, s = math.cos(radian), math.sin(radian)
    new_w, new_h = int(w * abs(c) + h * abs(s)), int(w * abs(s) + h * abs(c))
    m = np.array([[c, s, (1 - c) * w / 2 - s * h / 2 + new_w // 2 - w // 2], [-s, c, s * w / 2 + (1 - c) * h / 2 + new_h // 2 - h // 2]])
    y, x = np.mgrid[-RIM:new_h + RIM, -RIM:new_w + RIM]
    back = np.linalg.inv(np.vstack([m, [0, 0, 1]]))
    rotated = bilinear(image, back[0, 0] * x + back[0, 1] * y + back[0, 2], back[1, 0] * x + back[1, 1] * y + back[1, 2])
    return np.floor(rotated + 0.5).astype(np.uint8), landmarks @ m[:, :2].T + m[:, 2], radian, m


def crop(image, landmarks, rim):
    (left, top), (right, bottom) = landmarks.min(0), landmarks.max(0)
    width, height = right - left, bottom - top
    top, bottom, left, right = int(top - 0.8 * height), int(bottom + 0.3 * height), int(left - 0.3 * width), int(right + 0.3 * width)
    if bottom - top > right - left:
        left -= ((bottom - top) - (right - left)) // 2
        right = left + (bottom - top)
    else:
        top -= ((right - left) - (bottom - top)) // 2
        bottom = top + (right - left)
    left, top, right, bottom = left + rim, top + rim, right + rim, bottom + rim
    side, (h, w) = bottom - top + 1, image.shape[:2]
    out = np.full((side, side, 3), 255, np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right + 1, w), min(bottom + 1, h)
    if x0 < x1 and y0 < y1:
        out[y0 - top:y1 - top, x0 - left:x1 - left] = image[y0:y1, x0:x1]
    return out


def against_opencv(turned, m, canvas, number):
    try:
        import cv2
    except ImportError:
        return
    theirs = cv2.warpAffine(turned, m, canvas.shape[1::-1], borderValue=(255, 255, 255))
    off = np.abs(theirs.astype(int) - canvas.astype(int))
    print(f"case {number}: warpAffine is off by more than 1 level in {100 * (off > 1).mean():.3f} % of values, by {off.max()} at most")


def main():
    DATA.mkdir(exist_ok=True)
    image, lines = photo(), []
    for number, (turns, tilt, cx, cy, width) in enumerate(CASES):
        turned = np.rot90(image, -turns)
        h, w = turned.shape[:2]
        landmarks = np.round(unturn(face(tilt, cx, cy, width, number), turns, w, h), 3)  # as the file has them
        upright = unturn(landmarks, (4 - turns) % 4, WIDTH, HEIGHT)
        rotated, points, radian, m = rotate(turned, upright)
        published = rotated[RIM:-RIM, RIM:-RIM]
        against_opencv(np.ascontiguousarray(turned), m, published, number)
        square = crop(rotated, points, RIM)
        shown = (square != crop(published, points, 0)).any(2).mean()
        print(f"case {number}: the rim shows in {100 * shown:.2f} % of the square")
        (DATA / f"align_{number}.rgb").write_bytes(square.tobytes())
        lines.append(" ".join([str(turns), str(square.shape[0]), f"{math.degrees(radian):.9f}"] + [f"{v:.3f}" for v in landmarks.ravel()]))
    (DATA / "align.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
