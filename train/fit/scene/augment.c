/* augment.c: what light and a camera make of a scene.
 *
 * Exposure, contrast, gamma and white balance are one curve for each channel, in a table: a
 * thousand powf instead of two hundred thousand.
 */
#include <math.h>
#include <string.h>

#include "parts.h"

enum { STEPS = 2048 }; /* of a curve, from 0 to 2 */

static float held(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

static int pixel_count(const FitScene *s) { return s->side * s->side; }

/* ---- curves ---- */

typedef float Curves[3][STEPS];

static void make_curves(Curves curves, const double gain[3], double contrast, double gamma) {
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < STEPS; i++) {
            double v = pow(i * 2.0 / STEPS * gain[c], gamma);
            curves[c][i] = held((float)(0.45 + contrast * (v - 0.45)));
        }
}

static void apply_curves(float *rgb, int pixels, const Curves curves) {
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < 3; c++) {
            int at = (int)(rgb[3 * i + c] * (STEPS / 2.0f) + 0.5f);
            rgb[3 * i + c] = curves[c][at < 0 ? 0 : at < STEPS ? at : STEPS - 1];
        }
}

static void saturate(float *rgb, int pixels, float amount) {
    for (int i = 0; i < pixels; i++, rgb += 3) {
        float grey = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
        for (int c = 0; c < 3; c++) rgb[c] = held(grey + amount * (rgb[c] - grey));
    }
}

static void draw_gain(Draws *d, double brightness, double balance, double gain[3]) {
    double all = exp(brightness * fit_bell(d));
    for (int c = 0; c < 3; c++) gain[c] = all * (1 + balance * fit_bell(d));
}

void fit_tint(FitScene *s, Draws *d, float *rgb) {
    Curves curves;
    double gain[3], contrast = fit_uniform(d, 0.85, 1.15), gamma = fit_uniform(d, 0.85, 1.2);
    draw_gain(d, 0.12, 0.04, gain);
    make_curves(curves, gain, contrast, gamma);
    apply_curves(rgb, pixel_count(s), curves);
}

/* ---- light ---- */

/* Brighter towards one side; darker towards the corners. */
static void shade_side(FitScene *s, Draws *d) {
    double turn = fit_uniform(d, 0, 2 * M_PI),
           strength = fit_chance(d, 0.4) ? fit_uniform(d, 0, 0.5) : 0;
    double corners = fit_chance(d, 0.2) ? fit_uniform(d, 0, 0.5) : 0;
    float dx = (float)(2 * strength * cos(turn) / s->side),
          dy = (float)(2 * strength * sin(turn) / s->side), middle = (float)s->side / 2;
    float fall = (float)(corners / (2 * middle * middle));
    if (strength == 0 && corners == 0) return;
    for (int i = 0; i < pixel_count(s); i++) {
        float x = (float)(i % s->side) - middle, y = (float)(i / s->side) - middle,
              gain = (1 + dx * x + dy * y) * (1 - fall * (x * x + y * y));
        for (int c = 0; c < 3; c++) s->rgb[3 * i + c] = s->rgb[3 * i + c] * gain;
    }
}

/* One scene in three is lit as a good photo is. */
void fit_light(FitScene *s, Draws *d) {
    Curves curves;
    double gain[3], far = fit_chance(d, 0.35) ? 0.3 : 1;
    if (far == 1) shade_side(s, d);
    draw_gain(d, 0.2 * far, 0.06 * far, gain);
    double contrast = 1 + far * fit_uniform(d, -0.3, 0.3),
           gamma = 1 + far * fit_uniform(d, -0.25, 0.35);
    make_curves(curves, gain, contrast, gamma);
    apply_curves(s->rgb, pixel_count(s), curves);
    if (fit_chance(d, 0.05)) saturate(s->rgb, pixel_count(s), 0);
    else if (fit_chance(d, 0.6))
        saturate(s->rgb, pixel_count(s), (float)(1 + far * fit_uniform(d, -0.6, 0.4)));
}

/* ---- camera ---- */

/* Along a line: the camera moved. */
static void smear(FitScene *s, double turn, int length) {
    float scale = 1 / (float)(2 * length + 1);
    memset(s->spare, 0, 3 * (size_t)pixel_count(s) * sizeof *s->spare);
    for (int k = -length; k <= length; k++) {
        int dx = (int)lround(k * cos(turn)), dy = (int)lround(k * sin(turn));
        for (int y = 0; y < s->side; y++) {
            int from = y + dy < 0         ? 0
                       : y + dy < s->side ? y + dy
                                          : s->side - 1,
                first = dx < 0 ? -dx : 0, last = dx > 0 ? s->side - dx : s->side;
            const float *row = s->rgb + 3 * from * s->side;
            float *out = s->spare + 3 * y * s->side;
            for (int x = 0; x < first; x++)
                for (int c = 0; c < 3; c++) out[3 * x + c] += scale * row[c];
            for (int x = 3 * first; x < 3 * last; x++) out[x] += scale * row[x + 3 * dx];
            for (int x = last; x < s->side; x++)
                for (int c = 0; c < 3; c++) out[3 * x + c] += scale * row[3 * (s->side - 1) + c];
        }
    }
    memcpy(s->rgb, s->spare, 3 * (size_t)pixel_count(s) * sizeof *s->rgb);
}

/* To a grid of `small` squared by means, and back up between its values: a face of a few pixels. */
static void reduce_pixels(FitScene *s, int small) {
    float *grid = s->layer, *weights = s->mask;
    memset(grid, 0, 3 * (size_t)(small * small) * sizeof *grid);
    memset(weights, 0, (size_t)(small * small) * sizeof *weights);
    for (int i = 0; i < pixel_count(s); i++) {
        int at = i / s->side * small / s->side * small + i % s->side * small / s->side;
        for (int c = 0; c < 3; c++) grid[3 * at + c] += s->rgb[3 * i + c];
        weights[at]++;
    }
    for (int i = 0; i < small * small; i++)
        for (int c = 0; c < 3; c++) grid[3 * i + c] /= weights[i];
    float scale = (float)small / (float)s->side;
    for (int i = 0; i < pixel_count(s); i++) {
        float x = fmaxf(((float)(i % s->side) + 0.5f) * scale - 0.5f, 0),
              y = fmaxf(((float)(i / s->side) + 0.5f) * scale - 0.5f, 0);
        int left = (int)x < small - 2 ? (int)x : small - 2,
            top = (int)y < small - 2 ? (int)y : small - 2;
        float u = x - (float)left > 1 ? 1 : x - (float)left,
              v = y - (float)top > 1 ? 1 : y - (float)top;
        const float *a = grid + 3 * (top * small + left), *b = a + 3 * small;
        for (int c = 0; c < 3; c++)
            s->rgb[3 * i + c] =
                (1 - v) * (a[c] + u * (a[3 + c] - a[c])) + v * (b[c] + u * (b[3 + c] - b[c]));
    }
}

static void sharpen(FitScene *s, float amount) {
    size_t values = 3 * (size_t)pixel_count(s);
    memcpy(s->layer, s->rgb, values * sizeof *s->rgb);
    fit_blur(s->layer, s->spare, s->side, 3, 1);
    for (size_t i = 0; i < values; i++)
        s->rgb[i] = held(s->rgb[i] + amount * (s->rgb[i] - s->layer[i]));
}

/* Sums of two random bytes: a triangle, deviation 104 of 510. Four words make the noise of two
 * pixels: of each channel, and one for all. */
static void grain(FitScene *s, Draws *d, float all, float each) {
    uint64_t high = draws_below(d, 1u << 31), key = high << 31 | draws_below(d, 1u << 31);
    for (int i = 0; i + 1 < pixel_count(s); i += 2) {
        uint32_t words[4];
        p2c_rng_block(key, (uint64_t)i / 2, words);
        for (int k = 0; k < 2; k++) {
            uint32_t a = words[2 * k], b = words[2 * k + 1];
            float *p = s->rgb + 3 * (i + k),
                  same = all * ((float)(int)((a & 255) + (b & 255)) - 255);
            for (int c = 0; c < 3; c++)
                p[c] =
                    held(p[c] + same +
                         each * ((float)(int)((a >> (8 + 8 * c) & 255) + (b >> (8 + 8 * c) & 255)) -
                                 255));
        }
    }
}

void fit_camera(FitScene *s, Draws *d) {
    int least = s->side / 4, kind = fit_choice(d, 10);
    double turn = fit_uniform(d, 0, M_PI), all = fabs(fit_bell(d)) * 0.02 / 104,
           each = fabs(fit_bell(d)) * 0.015 / 104, coarseness = exp(fit_uniform(d, -1.5, 1.2));
    if (kind == 0) fit_blur(s->rgb, s->spare, s->side, 3, 1 + fit_choice(d, s->side > 128 ? 2 : 1));
    if (kind == 1) smear(s, turn, 1 + fit_choice(d, s->side / 50));
    if (kind == 2 || kind == 3) reduce_pixels(s, least + fit_choice(d, s->side - least));
    if (kind >= 7) sharpen(s, (float)fit_uniform(d, 0.2, 1.2));
    if (fit_chance(d, 0.5)) grain(s, d, (float)all, (float)each);
    if (fit_chance(d, 0.4)) fit_jpeg(s, coarseness, fit_chance(d, 0.6));
}
