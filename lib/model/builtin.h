/* builtin.h: the networks that are built into the library, so that a photo becomes a cartoon
 * without any model file: their builders, and their weights, which are linked in
 * (weights/weights.S). */
#ifndef P2C_MODEL_BUILTIN_H
#define P2C_MODEL_BUILTIN_H

#include "p2cnn.h"

typedef struct P2cBuiltin {
    const char *name; /* name of its entry in the file of weights, also for error texts */
    int size;         /* its input is a picture (1,3,size,size), RGB in [0,1]; 0: any, see there */
    P2cNode *(*build)(P2cNet net, P2cNode *picture); /* NULL: p2c_generator */
    const unsigned char *weights, *end;              /* the bytes of a PyTorch file */
} P2cBuiltin;

/* gives (1,136): x, y, x, y, ... as fractions of the square */
extern const P2cBuiltin p2c_builtin_landmarks;
extern const P2cBuiltin p2c_builtin_matte; /* gives (1,1,256,256): alpha */
/* The light generator that makes cartoons of photos in [-1,1] of any size. Its file says at which
 * size it was trained, and p2c_generator_options how wide it is. */
extern const P2cBuiltin p2c_builtin_generator;
/* Reads the file of weights: a dict that holds the network's state dict under its name. *tree is
 * the caller's, to be freed with p2c_value_free. */
P2C_CHECKED P2cStatus p2c_builtin_read(const P2cBuiltin *builtin, P2cContext *ctx, P2cValue **tree);
/* Loads the weights into the parameters below `prefix`, which its builder made. */
P2C_CHECKED P2cStatus p2c_builtin_load(const P2cBuiltin *builtin, P2cContext *ctx, P2cStore *store,
                                       const char *prefix);

#endif
