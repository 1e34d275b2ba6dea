/* frame.c: makes pictures square. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

P2cStatus frame_scale(P2cContext *ctx, P2cImage *picture, int side) {
    P2cImage scaled = { 0 };
    if (!side || (picture->width == side && picture->height == side)) return P2C_OK;
    P2cStatus status =
        p2c_image_resize(ctx, picture, side, side,
                         picture->width > side ? P2C_FILTER_AREA : P2C_FILTER_BILINEAR, &scaled);
    if (status) return status;
    p2c_image_clear(picture);
    *picture = scaled;
    return P2C_OK;
}

/* Copies the part of `from` that lies in the square with the upper left corner (left, top). */
static void copy_part(const P2cImage *from, int left, int top, P2cImage *to) {
    int x0 = left > 0 ? left : 0,
        x1 = left + to->width < from->width ? left + to->width : from->width;
    size_t c = (size_t)from->channels;
    for (int y = 0; y < to->height; y++) {
        int row = y + top;
        if (row < 0 || row >= from->height || x1 <= x0) continue;
        memcpy(to->pixels + c * ((size_t)y * (size_t)to->width + (size_t)(x0 - left)),
               from->pixels + c * ((size_t)row * (size_t)from->width + (size_t)x0),
               c * (size_t)(x1 - x0));
    }
}

/* Cuts a square of side s with the upper left corner (left, top), on white. */
static P2cStatus take_square(P2cContext *ctx, const P2cImage *picture, int left, int top, int s,
                             int side, P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, s, s, picture->channels);
    if (status) return status;
    memset(out->pixels, 255, (size_t)s * (size_t)s * (size_t)out->channels);
    copy_part(picture, left, top, out);
    status = frame_scale(ctx, out, side);
    if (status) p2c_image_clear(out);
    return status;
}

P2cStatus frame_square(P2cContext *ctx, const P2cImage *picture, bool cut, int side,
                       P2cImage *out) {
    /* the shorter side to cut, the longer side to pad */
    int w = picture->width, h = picture->height, s = (w < h) == cut ? w : h;
    return take_square(ctx, picture, (w - s) / 2, (h - s) / 2, s, side, out);
}

P2cStatus frame_box(P2cContext *ctx, const P2cImage *picture, P2cBox box, int side, P2cImage *out) {
    double width = box.right - box.left, height = box.bottom - box.top, s = 2 * fmax(width, height);
    double left = (box.left + box.right - s) / 2, top = (box.top + box.bottom - s) / 2;
    bool inside = s >= 1 && left + s > 0 && top + s > 0 && left < picture->width &&
                  top < picture->height && s < 2.0 * (picture->width + picture->height);
    if (!inside) return frame_square(ctx, picture, false, side, out);
    return take_square(ctx, picture, (int)left, (int)top, (int)s, side, out);
}
