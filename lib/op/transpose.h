/* transpose.h: the attributes of transpose. */
#ifndef P2C_OP_TRANSPOSE_H
#define P2C_OP_TRANSPOSE_H

#include "op.h"

/* y's axis i is x's axis order[i]: a permutation of 0 to 3 */
typedef struct P2cOrderAttributes {
    int order[4];
} P2cOrderAttributes;

#endif
