/* drawn.h: a face of a dozen ellipses, realistic enough for detectors, so that no photo is
 * needed. */
#ifndef P2C_TESTS_DRAWN_H
#define P2C_TESTS_DRAWN_H

#include "picture.h"

/* Draws into an RGB or RGBA picture (opaque there). x, y, width: middle of the face and its width
 * from ear to ear, in pixels. The rest stays. */
void test_draw_face(P2cImage *image, double x, double y, double width);
/* A new grey picture of this size, with a face unless width is 0. */
P2cImage test_drawn(int width, int height, double x, double y, double face);
/* The drawn face as a portrait of size x size pixels, with a matte of the head and the landmarks
 * that the built-in network finds. Its square begins at (50, 30) in the photo. Free with
 * p2c_portrait_clear. */
P2cPortrait test_drawn_portrait(P2cContext *ctx, int size);

#endif
