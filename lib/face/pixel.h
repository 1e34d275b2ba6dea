/* pixel.h: what the stages between a photo and its cartoon share: maps between pictures, rounding,
 * threads. */
#ifndef P2C_FACE_PIXEL_H
#define P2C_FACE_PIXEL_H

#include "face.h"

#include "base/team.h"

#include <assert.h>
#include <math.h>

/* x' = m[0]*x + m[1]*y + m[2], y' = m[3]*x + m[4]*y + m[5] */
static inline P2cPoint map_point(const double m[6], double x, double y) {
    return (P2cPoint){ m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5] };
}

/* floor for values that fit an int. It is inline, whereas the C library's floor is a call. */
static inline int floor_int(double v) {
    int i = (int)v;
    return i - (v < i);
}

/* To nearest, clamped to [0, 255]; NaN is 0. */
static inline uint8_t to_byte(double v) {
    return !(v > 0) ? 0 : v >= 254.5 ? 255 : (uint8_t)(v + 0.5);
}

static inline uint8_t *pixel_at(const P2cImage *image, int x, int y) {
    return image->pixels + ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels;
}

static inline void invert_map(const double m[6], double out[6]) {
    double det = m[0] * m[4] - m[1] * m[3];
    assert(det != 0);
    out[0] = m[4] / det, out[1] = -m[1] / det, out[2] = (m[1] * m[5] - m[4] * m[2]) / det;
    out[3] = -m[3] / det, out[4] = m[0] / det, out[5] = (m[3] * m[2] - m[0] * m[5]) / det;
}

static inline size_t pixel_count(const P2cImage *image) {
    return (size_t)image->width * (size_t)image->height;
}

/* The matte at a position of the portrait's picture, 0 to 1: bilinear, with the border repeated. */
static inline double matte_at(const P2cImage *portrait, double x, double y) {
    int last = portrait->width - 1, left, top;
    x = fmin(fmax(x, 0), last), y = fmin(fmax(y, 0), last);
    left = (int)x, top = (int)y;
    int right = left < last ? left + 1 : last, bottom = top < last ? top + 1 : last;
    double u = x - left, v = y - top;
    double above =
        pixel_at(portrait, left, top)[3] * (1 - u) + pixel_at(portrait, right, top)[3] * u;
    double below =
        pixel_at(portrait, left, bottom)[3] * (1 - u) + pixel_at(portrait, right, bottom)[3] * u;
    return (above * (1 - v) + below * v) / 255;
}

static inline int thread_count(const P2cContext *ctx) {
    return ctx && ctx->threads > 0 ? ctx->threads : 1;
}

/* Shares this thread's loops with the context's threads. Returns what to enter at the end. */
static inline P2cTeam *enter_team(const P2cContext *ctx) {
    return p2c_team_enter(ctx ? ctx->team : NULL);
}

#endif
