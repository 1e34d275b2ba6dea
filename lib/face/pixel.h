/* pixel.h: what the stages between a photo and its cartoon share: maps between pictures, rounding, threads. */
#ifndef P2C_FACE_PIXEL_H
#define P2C_FACE_PIXEL_H

#include "face.h"

#include <assert.h>

/* x' = m[0]*x + m[1]*y + m[2], y' = m[3]*x + m[4]*y + m[5] */
static inline P2cPoint map_point(const double m[6], double x, double y) {
    return (P2cPoint){ m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5] };
}

/* floor of what an int holds; the library's own is a call. */
static inline int floor_int(double v) {
    int i = (int)v;
    return i - (v < i);
}

/* To nearest, clamped to [0, 255]; NaN is 0. */
static inline uint8_t to_byte(double v) { return !(v > 0) ? 0 : v >= 254.5 ? 255 : (uint8_t)(v + 0.5); }

static inline uint8_t *pixel_at(const P2cImage *image, int x, int y) {
    return image->pixels + ((size_t)y * (size_t)image->width + (size_t)x) * (size_t)image->channels;
}

static inline size_t pixel_count(const P2cImage *image) { return (size_t)image->width * (size_t)image->height; }

static inline int thread_count(const P2cContext *ctx) { return ctx && ctx->threads > 0 ? ctx->threads : 1; }

#endif
