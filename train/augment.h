/* augment.h: from a picture's file to what the networks see.
 *
 *     training   scaled to (size+30) x (size+30), mirrored with probability 1/2, a random size x
 *                size part of it
 *     test       scaled to size x size
 *
 * as published (which mirrors first: the same but for rounding). Scaled as Pillow's BILINEAR,
 * transparency laid over white, turned upright; then to planes (3,size,size) in [-1,1]. */
#ifndef P2C_TRAIN_AUGMENT_H
#define P2C_TRAIN_AUGMENT_H

#include "p2cnn.h"

enum { CROP_MARGIN = 30 };

/* Which part of a scaled picture, counted in the mirrored one when mirrored. {0}: the test
 * transform of a picture of that size. */
typedef struct Crop {
    int left, top; /* 0 to CROP_MARGIN, each */
    bool mirrored;
} Crop;
/* Of draw `draw` (see order.h): a function of these values alone. */
Crop crop_draw(uint64_t seed, int domain, int branch, int64_t draw);

/* picture: new, RGB, side x side. */
P2C_CHECKED P2cStatus picture_read(P2cContext *ctx, const char *path, int side, P2cImage *picture);
/* planes (3,size,size). The part must lie within the picture, which is RGB. */
P2C_CHECKED P2cStatus picture_crop(P2cContext *ctx, const P2cImage *picture, Crop crop, int size,
                                   float *planes);
/* The test transform of a file. */
P2C_CHECKED P2cStatus picture_load(P2cContext *ctx, const char *path, int size, float *planes);

#endif
