/* builtin.h: the networks that come with the library, so that photos are prepared without any file
 * beside it: their builders, and their weights, which are linked in (weights/weights.S).
 */
#ifndef P2C_MODEL_BUILTIN_H
#define P2C_MODEL_BUILTIN_H

#include "p2cnn.h"

typedef struct P2cBuiltin {
    const char *name; /* of its entry in the file of weights, and for error texts */
    int size;         /* its input is a picture (1,3,size,size), RGB in [0,1] */
    P2cNode *(*build)(P2cNet net, P2cNode *picture);
    const unsigned char *weights, *end; /* a PyTorch file */
} P2cBuiltin;

/* -> (1,136): x, y, x, y, ... in parts of the square */
extern const P2cBuiltin p2c_builtin_landmarks;
extern const P2cBuiltin p2c_builtin_matte; /* -> (1,1,256,256): alpha */
/* The weights into the parameters below `prefix`, which its builder made. */
P2C_CHECKED P2cStatus p2c_builtin_load(const P2cBuiltin *builtin, P2cContext *ctx, P2cStore *store,
                                       const char *prefix);

#endif
