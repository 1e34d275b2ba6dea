/* jpeg.c: what JPEG makes of a scene: blocks of 8x8 in YCbCr, their cosine coefficients rounded to
 * the steps of the standard's example tables (ITU T.81, annex K), colours in halves of the size if
 * asked for. Nothing is packed: only what is lost is of interest.
 */
#include <math.h>
#include <string.h>

#include "parts.h"

enum { BLOCK = 8 };

static const uint8_t luminance[64] = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
};
static const uint8_t chrominance[64] = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
    99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

typedef struct Cosines {
    float forward[BLOCK][BLOCK], back[BLOCK][BLOCK]; /* transposed to one another */
} Cosines;

static void make_cosines(Cosines *t) {
    for (int k = 0; k < BLOCK; k++)
        for (int n = 0; n < BLOCK; n++)
            t->forward[k][n] = t->back[n][k] =
                (float)(cos((2 * n + 1) * k * M_PI / 16) * (k ? 0.5 : sqrt(0.125)));
}

static void multiply(const float a[BLOCK][BLOCK], const float b[BLOCK][BLOCK],
                     float out[BLOCK][BLOCK]) {
    for (int i = 0; i < BLOCK; i++) {
        float row[BLOCK] = { 0 };
        for (int k = 0; k < BLOCK; k++)
            for (int j = 0; j < BLOCK; j++) row[j] += a[i][k] * b[k][j];
        memcpy(out[i], row, sizeof row);
    }
}

static void code_block(const Cosines *t, float *plane, int stride, const float steps[64]) {
    float block[BLOCK][BLOCK], half[BLOCK][BLOCK];
    for (int i = 0; i < BLOCK; i++) memcpy(block[i], plane + i * stride, sizeof block[i]);
    multiply(t->forward, block, half);
    multiply(half, t->back, block);
    for (int i = 0; i < 64; i++) {
        float step = steps[i], level = block[i / 8][i % 8] / step;
        block[i / 8][i % 8] = (float)(int)(level + (level < 0 ? -0.5f : 0.5f)) * step;
    }
    multiply(t->back, block, half);
    multiply(half, t->forward, block);
    for (int i = 0; i < BLOCK; i++) memcpy(plane + i * stride, block[i], sizeof block[i]);
}

static void code_plane(const Cosines *t, float *plane, int side, int stride,
                       const uint8_t table[64], double coarseness) {
    float steps[64];
    for (int i = 0; i < 64; i++) steps[i] = (float)(fmax(table[i] * coarseness, 1) / 255);
    for (int y = 0; y + BLOCK <= side; y += BLOCK)
        for (int x = 0; x + BLOCK <= side; x += BLOCK)
            code_block(t, plane + y * stride + x, stride, steps);
}

static void to_planes(const FitScene *s, float *y, float *cb, float *cr) {
    for (int i = 0; i < s->side * s->side; i++) {
        const float *p = s->rgb + 3 * i;
        float light = 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
        y[i] = light - 0.5f, cb[i] = (p[2] - light) * (0.5f / 0.886f),
        cr[i] = (p[0] - light) * (0.5f / 0.701f);
    }
}

static float held(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

static void from_planes(FitScene *s, const float *y, const float *cb, const float *cr, int shift) {
    for (int i = 0; i < s->side * s->side; i++) {
        float *p = s->rgb + 3 * i, light = y[i] + 0.5f;
        int k = ((i / s->side) >> shift) * s->side + ((i % s->side) >> shift);
        float red = cr[k] * 1.402f, blue = cb[k] * 1.772f;
        p[0] = held(light + red), p[2] = held(light + blue),
        p[1] = held(light - (0.299f * red + 0.114f * blue) * (1 / 0.587f));
    }
}

/* In place: each place is read before it is written. */
static void halve_plane(float *plane, int side) {
    for (int y = 0; y < side / 2; y++)
        for (int x = 0; x < side / 2; x++) {
            const float *p = plane + 2 * y * side + 2 * x;
            plane[y * side + x] = (p[0] + p[1] + p[side] + p[side + 1]) / 4;
        }
}

void fit_jpeg(FitScene *s, double coarseness, bool halved) {
    Cosines cosines;
    size_t plane = (size_t)s->side * (size_t)s->side;
    float *y = s->layer, *cb = y + plane, *cr = cb + plane;
    make_cosines(&cosines);
    to_planes(s, y, cb, cr);
    if (halved) halve_plane(cb, s->side), halve_plane(cr, s->side);
    code_plane(&cosines, y, s->side, s->side, luminance, coarseness);
    code_plane(&cosines, cb, s->side >> halved, s->side, chrominance, coarseness);
    code_plane(&cosines, cr, s->side >> halved, s->side, chrominance, coarseness);
    from_planes(s, y, cb, cr, halved);
}
