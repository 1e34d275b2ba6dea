/* resize.h: the attributes and the shape rule of the resizings: resize_bilinear, resize_nearest. */
#ifndef P2C_OP_RESIZE_H
#define P2C_OP_RESIZE_H

#include "op.h"

typedef struct P2cResizeAttributes {
    int height, width;
    P2cCoordinates coordinates;
    P2cRounding rounding; /* of resize_nearest */
} P2cResizeAttributes;

/* (n,c,h,w) -> (n,c,height,width) */
P2cStatus p2c_resize_shape(P2cNode *node);

#endif
