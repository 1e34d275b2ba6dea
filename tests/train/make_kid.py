"""Prints the table of tests/train/evaluate.c: KID of sets made from names, by numpy in float64.

    python tests/train/make_kid.py

Element i of a set is scale * (2u - 1) + shift with u by the rule of tests/hash.h, rounded to float32 as in C.
"""
import numpy as np

CASES = [(2, 2, 1, 0.0), (2, 9, 3, 0.5), (7, 5, 3, -1.0), (40, 30, 128, 0.1), (20, 10, 512, 0.0)]  # nx, ny, d, shift of y


def uniform(name, n):
    h = 2166136261
    for byte in name.encode(): h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    x = np.uint32(h) + np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x = (x ^ x >> np.uint32(16)) * np.uint32(0x7FEB352D)
    x = (x ^ x >> np.uint32(15)) * np.uint32(0x846CA68B)
    return (x ^ x >> np.uint32(16)) / 4294967296.0


def drawn(name, n, d, shift):
    return (2 * (2 * uniform(name, n * d) - 1) + shift).astype(np.float32).astype(np.float64).reshape(n, d)


def kid(x, y):
    n, m, kernel = len(x), len(y), lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    xx, yy = kernel(x, x), kernel(y, y)
    return (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * kernel(x, y).mean()


for nx, ny, d, shift in CASES:
    print(f'    {{ {nx}, {ny}, {d}, {shift}, {kid(drawn("kid.x", nx, d, 0), drawn("kid.y", ny, d, shift)):.15g} }},')
