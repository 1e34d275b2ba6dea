/* image.h: what the picture formats share: limits, and one reader and one writer each.
 *
 * Readers get a stream at its first byte and do not close it; on failure *image is {0}. Writers
 * write the whole `image` to a stream. */
#ifndef P2C_IO_IMAGE_H
#define P2C_IO_IMAGE_H

#include "base/context.h"

#include <stdio.h>

#define P2C_IMAGE_MAX_PIXELS ((uint64_t)1 << 27)
/* bounds the memory of a decoder's few rows: 16 MiB each with 16-bit RGBA */
#define P2C_IMAGE_MAX_SIDE ((uint64_t)1 << 20)

/* Returns P2C_OK, or `status` with an error text when a picture of this size is not supported. Call
 * it before memory is taken for the picture. */
P2C_CHECKED P2cStatus p2c_image_check_size(P2cContext *ctx, P2cStatus status, const char *path,
                                           uint64_t width, uint64_t height);

P2C_CHECKED P2cStatus p2c_png_read(P2cContext *ctx, const char *path, FILE *stream,
                                   P2cImage *image);
P2C_CHECKED P2cStatus p2c_png_write(P2cContext *ctx, const char *path, FILE *stream,
                                    const P2cImage *image);
P2C_CHECKED P2cStatus p2c_jpeg_read(P2cContext *ctx, const char *path, FILE *stream,
                                    P2cImage *image);
P2C_CHECKED P2cStatus p2c_jpeg_write(P2cContext *ctx, const char *path, FILE *stream,
                                     const P2cImage *image);

/* Returns the EXIF orientation, 1 to 8, of a block that begins with "Exif\0\0"; 1 (upright) when
 * the block holds no valid one. */
int p2c_exif_orientation(const uint8_t *block, size_t size);
/* Turns and mirrors a picture that was stored with this orientation, so that it is upright. On
 * failure the picture is unchanged. */
P2C_CHECKED P2cStatus p2c_image_orient(P2cContext *ctx, P2cImage *image, int orientation);

/* The value v with 8-bit alpha a over white, rounded to nearest. */
static inline uint8_t p2c_over_white(unsigned v, unsigned a) {
    return (uint8_t)((v * a + 255 * (255 - a) + 127) / 255);
}

#endif
