/* jet.h: a map of one number per pixel, as a colour picture. */
#ifndef P2C_JET_H
#define P2C_JET_H

#include "p2cnn.h"

/* map (height, width), any range -> out: new RGB picture, out_width x out_height. */
P2cStatus p2c_heatmap_draw(P2cContext *ctx, const float *map, int width, int height, int out_width, int out_height, P2cImage *out);

#endif
