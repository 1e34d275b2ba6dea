/* slice.h: the attributes of slice. */
#ifndef P2C_OP_SLICE_H
#define P2C_OP_SLICE_H

#include "op.h"

/* elements begin to end-1 along the axis */
typedef struct P2cSliceAttributes {
    int axis, begin, end;
} P2cSliceAttributes;

#endif
