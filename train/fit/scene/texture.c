/* texture.c: what backgrounds are painted with: noise, colours, rectangles, discs, blur. */
#include <math.h>
#include <string.h>

#include "parts.h"

enum { LATTICE = 66 };

/* Smooth between the lattice's random values, one octave, added with a weight (value noise; the
 * curve 3t^2-2t^3 is Perlin's of 1985). */
static void add_octave(const FitScene *s, Draws *draws, float *plane, double cell, float weight) {
    float lattice[LATTICE][LATTICE];
    int n = (int)(s->side / cell) + 2;
    for (int i = 0; i < n * n; i++)
        lattice[i / n][i % n] = (float)(draws_below(draws, 1 << 16) / 65536.0) * weight;
    for (int y = 0; y < s->side; y++) {
        float v = (float)(y / cell);
        int row = (int)v;
        v -= (float)row;
        v = v * v * (3 - 2 * v);
        for (int x = 0; x < s->side; x++) {
            float u = (float)x * (float)(1 / cell);
            int k = (int)u;
            u -= (float)k;
            u = u * u * (3 - 2 * u);
            float above = lattice[row][k] + u * (lattice[row][k + 1] - lattice[row][k]),
                  below = lattice[row + 1][k] + u * (lattice[row + 1][k + 1] - lattice[row + 1][k]);
            *plane++ += above + v * (below - above);
        }
    }
}

void fit_noise(const FitScene *s, Draws *draws, float *plane, double cell, int octaves) {
    size_t count = (size_t)s->side * (size_t)s->side;
    double least = (double)s->side / (LATTICE - 3), total = 0, weight = 1;
    memset(plane, 0, count * sizeof *plane);
    for (int k = 0; k < octaves && (k == 0 || cell >= least); k++, cell /= 2, weight /= 2) {
        add_octave(s, draws, plane, fmax(cell, least), (float)weight);
        total += weight;
    }
    for (size_t i = 0; i < count; i++) plane[i] *= (float)(1 / total);
}

/* Mostly muted; sometimes dark, light, or strong. */
void fit_colour(Draws *draws, float colour[3]) {
    double light = fit_uniform(draws, 0, 1), strength = fit_uniform(draws, 0, 1),
           hue = fit_uniform(draws, 0, 6);
    strength = fit_chance(draws, 0.25) ? strength : strength * strength * 0.5;
    for (int c = 0; c < 3; c++) {
        /* the corner of the colour cube's hexagon */
        double wave = fabs(fmod(hue + 2 * c, 6) - 3) - 1;
        colour[c] = (float)(light * (1 - strength * (1 - fmin(fmax(wave, 0), 1))));
    }
}

void fit_colour_near(Draws *draws, const float colour[3], double away, float out[3]) {
    double same = fit_bell(draws) * away;
    for (int c = 0; c < 3; c++)
        out[c] = (float)fmin(fmax(colour[c] + same + fit_bell(draws) * away / 3, 0), 1);
}

void fit_fill(FitScene *s, const float colour[3]) {
    for (int i = 0; i < s->side * s->side; i++) memcpy(s->rgb + 3 * i, colour, 3 * sizeof *colour);
}

void fit_fill_by(FitScene *s, const float *plane, const float low[3], const float high[3]) {
    for (int i = 0; i < s->side * s->side; i++)
        for (int c = 0; c < 3; c++) s->rgb[3 * i + c] = low[c] + plane[i] * (high[c] - low[c]);
}

static int within(const FitScene *s, double value) {
    return value < 0 ? 0 : value > s->side ? s->side : (int)value;
}

void fit_rectangle(FitScene *s, double left, double top, double right, double bottom,
                   const float colour[3]) {
    for (int y = within(s, top); y < within(s, bottom); y++)
        for (int x = within(s, left); x < within(s, right); x++)
            memcpy(s->rgb + 3 * (y * s->side + x), colour, 3 * sizeof *colour);
}

void fit_disc(FitScene *s, double x, double y, double radius, double soft, const float colour[3],
              double opacity) {
    for (int row = within(s, y - radius); row < within(s, y + radius + 1); row++)
        for (int i = within(s, x - radius); i < within(s, x + radius + 1); i++) {
            double inside = (radius - sqrt((i - x) * (i - x) + (row - y) * (row - y))) / soft;
            float a = (float)(inside <= 0  ? 0
                              : inside < 1 ? inside * opacity
                                           : opacity),
                  *p = s->rgb + 3 * (row * s->side + i);
            for (int c = 0; c < 3; c++) p[c] += a * (colour[c] - p[c]);
        }
}

/* A line of `count` places `step` floats apart -> its means over 2 radius + 1, ends repeated. */
static void blur_line(const float *from, float *to, int count, int step, int radius) {
    float sum = 0, scale = 1 / (float)(2 * radius + 1);
    for (int k = -radius; k <= radius; k++)
        sum += from[(k < 0 ? 0 : k < count ? k : count - 1) * step];
    for (int i = 0; i < count; i++) {
        to[i * step] = sum * scale;
        int in = i + radius + 1, out = i - radius;
        sum += from[(in < count ? in : count - 1) * step] - from[(out > 0 ? out : 0) * step];
    }
}

/* Columns all at once, so that memory is walked along: a running sum per column and channel. */
static void blur_columns(const float *from, float *to, float *sums, int side, int width,
                         int radius) {
    float scale = 1 / (float)(2 * radius + 1);
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (int k = -radius; k <= radius; k++)
        for (int x = 0; x < width; x++)
            sums[x] += from[(k < 0 ? 0 : k < side ? k : side - 1) * width + x];
    for (int y = 0; y < side; y++) {
        const float *in = from + (y + radius + 1 < side ? y + radius + 1 : side - 1) * width,
                    *out = from + (y - radius > 0 ? y - radius : 0) * width;
        for (int x = 0; x < width; x++) {
            to[y * width + x] = sums[x] * scale;
            sums[x] += in[x] - out[x];
        }
    }
}

void fit_blur(float *pixels, float *spare, int side, int channels, int radius) {
    float sums[3 * FIT_SIDE];
    if (radius < 1) return;
    for (int pass = 0; pass < 2; pass++) {
        for (int y = 0; y < side; y++)
            for (int c = 0; c < channels; c++)
                blur_line(pixels + y * side * channels + c, spare + y * side * channels + c, side,
                          channels, radius);
        blur_columns(spare, pixels, sums, side, side * channels, radius);
    }
}
