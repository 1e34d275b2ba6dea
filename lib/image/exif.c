/* exif.c: reads which way up a picture was taken (EXIF tag 0x0112, Orientation) and turns it
 * upright.
 *
 * The eight values say where the first stored row and column belong (EXIF 2.3, 4.6.4). To get the
 * upright picture, transpose the stored one or not, then mirror it left to right or not, then turn
 * it upside down or not. libexif reads the block. */
#include "image.h"

#include <assert.h>
#include <libexif/exif-data.h>
#include <stdlib.h>
#include <string.h>

static const struct Turn {
    bool transpose, mirror_x, mirror_y;
} turns[9] = {
    [2] = { 0, 1, 0 }, /* mirrored */
    [3] = { 0, 1, 1 }, /* half a turn */
    [4] = { 0, 0, 1 }, /* upside down and mirrored */
    [5] = { 1, 0, 0 }, /* transposed */
    [6] = { 1, 1, 0 }, /* needs a quarter turn clockwise */
    [7] = { 1, 1, 1 }, /* transposed about the other diagonal */
    [8] = { 1, 0, 1 }, /* needs a quarter turn anticlockwise */
};

int p2c_exif_orientation(const uint8_t *block, size_t size) {
    int orientation = 1;
    if (size < 6 || size > UINT16_MAX || memcmp(block, "Exif\0\0", 6) != 0) return 1;
    ExifData *data = exif_data_new();
    if (!data) return 1;
    /* otherwise libexif adds the entries that it misses */
    exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
    exif_data_load_data(data, block, (unsigned)size);
    ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
    if (entry && entry->format == EXIF_FORMAT_SHORT && entry->components >= 1 && entry->size >= 2)
        orientation = exif_get_short(entry->data, exif_data_get_byte_order(data));
    exif_data_unref(data);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/* Stored pixel (x, y) goes to byte start + x*step_x + y*step_y of the upright picture. It works in
 * tiles, so that a transposition stays in the cache. */
static void place(const P2cImage *stored, uint8_t *start, ptrdiff_t step_x, ptrdiff_t step_y) {
    enum { TILE = 32 };
    int w = stored->width, h = stored->height, channels = stored->channels;
    for (int y0 = 0; y0 < h; y0 += TILE)
        for (int x0 = 0; x0 < w; x0 += TILE)
            for (int y = y0; y < h && y < y0 + TILE; y++) {
                const uint8_t *from =
                    stored->pixels + ((size_t)y * (size_t)w + (size_t)x0) * (size_t)channels;
                uint8_t *to = start + x0 * step_x + y * step_y;
                for (int x = x0; x < w && x < x0 + TILE; x++, from += channels, to += step_x) {
                    to[0] = from[0], to[1] = from[1], to[2] = from[2];
                    if (channels == 4) to[3] = from[3];
                }
            }
}

P2cStatus p2c_image_orient(P2cContext *ctx, P2cImage *image, int orientation) {
    assert(orientation >= 1 && orientation <= 8);
    if (orientation == 1) return P2C_OK;
    const struct Turn *turn = &turns[orientation];
    P2cImage upright;
    P2cStatus status =
        p2c_image_init(ctx, &upright, turn->transpose ? image->height : image->width,
                       turn->transpose ? image->width : image->height, image->channels);
    if (status) return status;
    /* distance in bytes of one step to the right and one down */
    ptrdiff_t column = image->channels, row = column * upright.width;
    uint8_t *start = upright.pixels;
    if (turn->mirror_x) start += column * (upright.width - 1), column = -column;
    if (turn->mirror_y) start += row * (upright.height - 1), row = -row;
    place(image, start, turn->transpose ? row : column, turn->transpose ? column : row);
    p2c_image_clear(image);
    *image = upright;
    return P2C_OK;
}
