/* augment.h: turns a picture's file into an input of the networks.
 *
 *     training   scaled to (size+30) x (size+30), mirrored with probability 1/2, a random size x
 *                size part of it
 *     test       scaled to size x size
 *
 * This is what the published program does, except that it mirrors first, which rounds differently.
 * Scaling is Pillow's BILINEAR. Transparency is laid over white, and the picture is turned upright.
 * The result is planes (3,size,size) in [-1,1]. */
#ifndef P2C_TRAIN_AUGMENT_H
#define P2C_TRAIN_AUGMENT_H

#include "p2cnn.h"

enum { CROP_MARGIN = 30 };

/* A part of a scaled picture; if mirrored, in coordinates of the mirrored one. {0} is the test
 * transform of a picture of that size. */
typedef struct Crop {
    int left, top; /* 0 to CROP_MARGIN, each */
    bool mirrored;
} Crop;
/* The crop of draw `draw` (see order.h). It depends on these values only. */
Crop crop_draw(uint64_t seed, int domain, int branch, int64_t draw);

/* picture: new, RGB, side x side. */
P2C_CHECKED P2cStatus picture_read(P2cContext *ctx, const char *path, int side, P2cImage *picture);
/* planes (3,size,size). The part must lie within the picture, which is RGB. */
P2C_CHECKED P2cStatus picture_crop(P2cContext *ctx, const P2cImage *picture, Crop crop, int size,
                                   float *planes);
/* The test transform of a file. */
P2C_CHECKED P2cStatus picture_load(P2cContext *ctx, const char *path, int size, float *planes);

#endif
