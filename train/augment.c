/* augment.c: one picture, scaled, mirrored, cropped.
 *
 * Scaling comes first because its result is the same for every draw of a picture, so that it can be
 * kept.
 */
#include <assert.h>
#include <string.h>

#include "augment.h"
#include "run/order.h"

Crop crop_draw(uint64_t seed, int domain, int branch, int64_t draw) {
    Draws draws = draws_start(seed, "augment", domain, branch, draw);
    Crop crop = { .mirrored = draws_below(&draws, 2) };
    crop.left = (int)draws_below(&draws, CROP_MARGIN + 1);
    crop.top = (int)draws_below(&draws, CROP_MARGIN + 1);
    return crop;
}

P2cStatus picture_read(P2cContext *ctx, const char *path, int side, P2cImage *picture) {
    *picture = (P2cImage){ 0 };
    P2cImage whole;
    P2cStatus status = p2c_image_read(ctx, path, &whole);
    if (status) return status;
    p2c_image_over_white(&whole);
    status = p2c_image_resize(ctx, &whole, side, side, P2C_FILTER_ANTIALIAS, picture);
    p2c_image_clear(&whole);
    return status;
}

/* One row of the part, from the picture's row. */
static void crop_row(const uint8_t *row, int width, Crop crop, int size, uint8_t *out) {
    if (!crop.mirrored) memcpy(out, row + 3 * (size_t)crop.left, 3 * (size_t)size);
    else
        for (int x = 0; x < size; x++)
            memcpy(out + 3 * (size_t)x, row + 3 * (size_t)(width - 1 - crop.left - x), 3);
}

P2cStatus picture_crop(P2cContext *ctx, const P2cImage *picture, Crop crop, int size,
                       float *planes) {
    int width = picture->width;
    assert(picture->channels == 3 && crop.left >= 0 && crop.top >= 0 && crop.left + size <= width &&
           crop.top + size <= picture->height);
    P2cImage part;
    P2cStatus status = p2c_image_init(ctx, &part, size, size, 3);
    if (status) return status;
    for (int y = 0; y < size; y++)
        crop_row(picture->pixels + 3 * (size_t)width * (size_t)(crop.top + y), width, crop, size,
                 part.pixels + 3 * (size_t)size * (size_t)y);
    p2c_image_to_planes(&part, planes);
    p2c_image_clear(&part);
    return P2C_OK;
}

P2cStatus picture_load(P2cContext *ctx, const char *path, int size, float *planes) {
    P2cImage picture;
    P2cStatus status = picture_read(ctx, path, size, &picture);
    if (!status) p2c_image_to_planes(&picture, planes);
    p2c_image_clear(&picture);
    return status;
}
