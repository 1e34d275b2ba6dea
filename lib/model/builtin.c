/* builtin.c: see builtin.h. */
#include "builtin.h"

extern const unsigned char p2c_weights_landmarks[], p2c_weights_landmarks_end[],
    p2c_weights_matte[], p2c_weights_matte_end[], p2c_weights_generator[],
    p2c_weights_generator_end[];

/* Both networks were trained on pictures in [-1,1]. */
static P2cNode *landmarks(P2cNet net, P2cNode *picture) {
    return p2c_landmark_network(net, p2c_affine(picture, 2, -1));
}

static P2cNode *matte(P2cNet net, P2cNode *picture) {
    return p2c_sigmoid(p2c_matte_network(net, p2c_affine(picture, 2, -1)));
}

const P2cBuiltin p2c_builtin_landmarks = { "landmarks", 112, landmarks, p2c_weights_landmarks,
                                           p2c_weights_landmarks_end };
const P2cBuiltin p2c_builtin_matte = { "matte", 256, matte, p2c_weights_matte,
                                       p2c_weights_matte_end };

const P2cBuiltin p2c_builtin_generator = { "genA2B", 0, NULL, p2c_weights_generator,
                                           p2c_weights_generator_end };

P2cStatus p2c_builtin_read(const P2cBuiltin *b, P2cContext *ctx, P2cValue **tree) {
    return p2c_pt_read_memory(ctx, b->name, b->weights, (size_t)(b->end - b->weights), tree);
}

P2cStatus p2c_builtin_load(const P2cBuiltin *b, P2cContext *ctx, P2cStore *store,
                           const char *prefix) {
    P2cValue *tree = NULL;
    P2cStatus status = p2c_builtin_read(b, ctx, &tree);
    if (!status) status = p2c_store_load(store, prefix, p2c_value_get(tree, b->name));
    p2c_value_free(&tree);
    return status;
}
