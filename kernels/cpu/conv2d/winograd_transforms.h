/* winograd_transforms.h: the matrices of Winograd's algorithm, applied to vectors of tiles.
 *
 * A 3x3 convolution with stride 1 makes a tile of 4x4 results from a patch of 6x6 values: 144
 * multiplications per pair of channels. Winograd's minimal filtering F(4x4,3x3) needs 36. It
 * transforms patch d and weights g so that the convolution becomes a product element by element,
 *      Y = A^T [ (G g G^T) * (B^T d B) ] A                               (forward)
 * sums over input channels in that form, and transforms the sums back. For the gradient of the
 * weights the roles change, F(3x3,4x4): 3x3 results from a patch of 6x6 values of the input and a
 * 4x4 "kernel", a tile of dy:
 *      dw = C^T [ (H dy H^T) * (B^T d B) ] C
 * Both evaluate polynomials at the points 0, 1, -1, 2, -2 and infinity, along both axes, so that B
 * is the same; each of the 36 products belongs to a pair of them, here called a point. A. Lavin,
 * S. Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, arXiv:1509.09308; S.
 * Winograd, Arithmetic Complexity of Computations, 1980.
 *
 * The functions apply one matrix along one axis, to values `step` vectors apart. */
#ifndef P2C_CPU_CONV2D_WINOGRAD_TRANSFORMS_H
#define P2C_CPU_CONV2D_WINOGRAD_TRANSFORMS_H

#include "../shuffle.h"
#include "conv2d.h"

enum { TILE = 4, PATCH = 6, POINTS = PATCH * PATCH };

/*       4  0 -5  0  1  0
 *       0 -4 -4  1  1  0
 * B^T = 0  4 -4 -1  1  0
 *       0 -2 -1  2  1  0
 *       0  2 -1 -2  1  0
 *       0  4  0 -5  0  1   */
ALWAYS_INLINE void transform_input(const Vec *d, int step, Vec to[PATCH]) {
    Vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
        d5 = d[5 * step];
    Vec even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1, even2 = d4 - d2, odd2 = 2.0f * (d3 - d1);
    to[0] = 4.0f * d0 - 5.0f * d2 + d4;
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = 4.0f * d1 - 5.0f * d3 + d5;
}

/*      1/4    0     0
 *     -1/6  -1/6  -1/6
 * G = -1/6   1/6  -1/6
 *     1/24  1/12   1/6
 *     1/24 -1/12   1/6
 *       0     0     1    */
ALWAYS_INLINE void transform_weights(const Vec *g, int step, Vec to[PATCH]) {
    Vec g0 = g[0], g1 = g[step], g2 = g[2 * step], even = g0 + g2;
    Vec even2 = (1 / 24.0f) * g0 + (1 / 6.0f) * g2, odd2 = (1 / 12.0f) * g1;
    to[0] = 0.25f * g0;
    to[1] = (-1 / 6.0f) * (even + g1);
    to[2] = (-1 / 6.0f) * (even - g1);
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = g2;
}

/*       1  1  1  1  1  0
 * A^T = 0  1 -1  2 -2  0
 *       0  1  1  4  4  0
 *       0  1 -1  8 -8  1   */
ALWAYS_INLINE void transform_output(const Vec *m, int step, Vec to[TILE]) {
    Vec sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
    Vec sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
    to[0] = m[0] + sum + sum2;
    to[1] = difference + 2.0f * difference2;
    to[2] = sum + 4.0f * sum2;
    to[3] = difference + 8.0f * difference2 + m[5 * step];
}

/* H: G with a column more.
 *      1/4    0     0     0
 *     -1/6  -1/6  -1/6  -1/6
 * H = -1/6   1/6  -1/6   1/6
 *     1/24  1/12   1/6   1/3
 *     1/24 -1/12   1/6  -1/3
 *       0     0     0     1    */
ALWAYS_INLINE void transform_dy(const Vec *d, int step, Vec to[PATCH]) {
    Vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    Vec even = d0 + d2, odd = d1 + d3, even2 = (1 / 24.0f) * d0 + (1 / 6.0f) * d2,
        odd2 = (1 / 12.0f) * d1 + (1 / 3.0f) * d3;
    to[0] = 0.25f * d0;
    to[1] = (-1 / 6.0f) * (even + odd);
    to[2] = (-1 / 6.0f) * (even - odd);
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = d3;
}

/*       1  1  1  1  1  0
 * C^T = 0  1 -1  2 -2  0
 *       0  1  1  4  4  1   */
ALWAYS_INLINE void transform_dw(const Vec *m, int step, Vec to[3]) {
    Vec sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
    Vec sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
    to[0] = m[0] + sum + sum2;
    to[1] = difference + 2.0f * difference2;
    to[2] = sum + 4.0f * sum2 + m[5 * step];
}

/* to[k][i] = from[4*i + k] */
ALWAYS_INLINE void deinterleave_4(const float *from, Vec to[4]) {
    Vec a = *(const Vec *)from, b = *(const Vec *)(from + LANES),
        c = *(const Vec *)(from + 2 * LANES), d = *(const Vec *)(from + 3 * LANES);
    Vec even1 = even_of(a, b), even2 = even_of(c, d), odd1 = odd_of(a, b), odd2 = odd_of(c, d);
    to[0] = even_of(even1, even2);
    to[1] = even_of(odd1, odd2);
    to[2] = odd_of(even1, even2);
    to[3] = odd_of(odd1, odd2);
}

/* to[4*i + k] = from[k][i], in four vectors */
ALWAYS_INLINE void interleave_4(const Vec from[4], Vec to[4]) {
    Vec even1 = interleave_first(from[0], from[2]), even2 = interleave_second(from[0], from[2]),
        odd1 = interleave_first(from[1], from[3]), odd2 = interleave_second(from[1], from[3]);
    to[0] = interleave_first(even1, odd1);
    to[1] = interleave_second(even1, odd1);
    to[2] = interleave_first(even2, odd2);
    to[3] = interleave_second(even2, odd2);
}

#endif
