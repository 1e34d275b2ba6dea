/* warp.c: where each pixel of a scene comes from in a portrait, and what is there.
 *
 *     (u, v, w) = h (x, y, 1),   place in the portrait = (u/w, v/w)        with (0,0) the middle of
 *         the first pixel in both
 *
 * Beyond the portrait its rim's alpha goes on, shoulders that leave the picture do not end there,
 * and its colours are reflected.
 */
#include <math.h>

#include "parts.h"

static const float BESIDE = 48, ABOVE = 6; /* pixels for which the rim goes on; below without end */

static FitWarp times(const double a[9], const double b[9]) {
    FitWarp product = { { 0 } };
    for (int i = 0; i < 9; i++)
        for (int k = 0; k < 3; k++) product.h[i] += a[i / 3 * 3 + k] * b[3 * k + i % 3];
    return product;
}

FitWarp fit_warp_square(double x, double y, double side, double degrees, bool mirrored, int size) {
    double turn = degrees * (M_PI / 180), c = cos(turn) * side / size, s = sin(turn) * side / size,
           middle = (size - 1) / 2.0, flip = mirrored ? -1 : 1;
    return (FitWarp){ { flip * c, -s, x - middle * (flip * c - s), flip * s, c,
                        y - middle * (flip * s + c), 0, 0, 1 } };
}

/* Bends the plane that is warped to: the middle of the portrait stays. */
FitWarp fit_warp_bend(FitWarp warp, Draws *draws, double stretch, double perspective) {
    double m = (FIT_SIDE - 1) / 2.0, wide = 1 + fit_uniform(draws, -stretch, stretch),
           shear = fit_uniform(draws, -stretch, stretch);
    double px = fit_uniform(draws, -perspective, perspective) / FIT_SIDE,
           py = fit_uniform(draws, -perspective, perspective) / FIT_SIDE;
    double bend[9] = { wide, shear, 0, 0, 1 / wide, 0, px, py, 1 },
           there[9] = { 1, 0, -m, 0, 1, -m, 0, 0, 1 }, back[9] = { 1, 0, m, 0, 1, m, 0, 0, 1 };
    FitWarp moved = times(there, warp.h), bent = times(bend, moved.h);
    return times(back, bent.h);
}

P2cPoint fit_warp_apply(const FitWarp *warp, double x, double y) {
    const double *h = warp->h;
    double w = h[6] * x + h[7] * y + h[8];
    return (P2cPoint){ (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w };
}

/* The adjugate: a factor is of no consequence. */
FitWarp fit_warp_inverse(const FitWarp *warp) {
    const double *h = warp->h;
    return (FitWarp){
        { h[4] * h[8] - h[5] * h[7], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4],
          h[5] * h[6] - h[3] * h[8], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5],
          h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3] }
    };
}

static float held(float value, float most) { return value < 0 ? 0 : value > most ? most : value; }
static float reflected(float value, float most) {
    return held(value < 0 ? -value : value > most ? 2 * most - value : value, most);
}

typedef struct Source {
    const uint8_t *pixels;
    int channels, width;
    float right, below; /* the largest coordinates that have a neighbour */
} Source;

static inline void look_up(const Source *s, float u, float v, int first, int end, float *value) {
    int left = (int)u, top = (int)v;
    const uint8_t *a = s->pixels + (top * s->width + left) * s->channels,
                  *b = a + s->width * s->channels;
    u -= (float)left, v -= (float)top;
    for (int c = first; c < end; c++) {
        float above = (float)a[c] + u * (float)(a[c + s->channels] - a[c]),
              below = (float)b[c] + u * (float)(b[c + s->channels] - b[c]);
        *value++ = (above + v * (below - above)) * (1 / 255.0f);
    }
}

static float look_up_alpha(const Source *s, float across, float down) {
    float u = held(across, s->right), v = held(down, s->below), alpha = 0;
    if (fabsf(across - u) <= BESIDE && v - down <= ABOVE) look_up(s, u, v, 3, 4, &alpha);
    return alpha;
}

void fit_warp_picture(const FitWarp *warp, const uint8_t *pixels, int channels, int width,
                      int height, int side, float *rgb, float *alpha) {
    Source source = { pixels, channels, width, (float)width - 1.001f, (float)height - 1.001f };
    float h[9];
    for (int i = 0; i < 9; i++) h[i] = (float)warp->h[i];
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++, rgb += 3) {
            float w = 1 / (h[6] * (float)x + h[7] * (float)y + h[8]);
            float across = (h[0] * (float)x + h[1] * (float)y + h[2]) * w,
                  down = (h[3] * (float)x + h[4] * (float)y + h[5]) * w;
            look_up(&source, reflected(across, source.right), reflected(down, source.below), 0, 3,
                    rgb);
            if (alpha) *alpha++ = look_up_alpha(&source, across, down);
        }
}
