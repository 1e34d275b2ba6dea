/* random_weights.c: writes an untrained generator for the demo and the tests: PyTorch's initial
 * values, under the names of photo2cartoon's checkpoints.
 *
 *     random_weights OUT.pt CH SIZE [full] [bare] [ema]
 *         full    the large variant, for pictures of SIZE
 *         bare    only the state dict
 *         ema     also an averaged generator, with other values */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2cnn.h"

enum { SEED = 20 };

/* Building the network creates the parameters; the graph itself is never run. */
static P2cStatus make(P2cContext *ctx, P2cStore *store, const char *name, P2cGenerator options,
                      int size) {
    P2cGraph *graph = NULL;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *photo = p2c_input(graph, "photo", P2C_DIMS(1, 3, size, size));
    bool built = p2c_generator(p2c_net(graph, store, name), photo, options).image;
    if (!built) status = p2c_graph_finish(graph); /* returns the error of building */
    p2c_graph_free(&graph);
    return status;
}

static P2cStatus add(P2cValue *checkpoint, const P2cStore *store, const char *name) {
    P2cValue *dict = NULL;
    P2cStatus status = p2c_store_save(store, name, &dict);
    return status ? status : p2c_value_set(checkpoint, name, dict);
}

static P2cStatus save(P2cContext *ctx, const P2cStore *store, const char *path, bool bare,
                      bool ema) {
    P2cValue *out = NULL;
    P2cStatus status = P2C_OK;
    if (bare) status = p2c_store_save(store, "genA2B", &out);
    else if (!(out = p2c_value_dict())) status = P2C_ERR_MEMORY;
    if (!status && !bare) status = add(out, store, "genA2B");
    if (!status && ema) status = add(out, store, "genA2B_ema");
    if (!status) status = p2c_pt_write(ctx, path, out);
    p2c_value_free(&out);
    return status;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    bool full = false, bare = false, ema = false;
    for (int i = 4; i < argc; i++) {
        full |= !strcmp(argv[i], "full");
        bare |= !strcmp(argv[i], "bare");
        ema |= !strcmp(argv[i], "ema");
    }
    if (argc < 4 || (bare && ema)) {
        fprintf(stderr, "usage: random_weights OUT.pt CH SIZE [full] [bare] [ema]\n");
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_store_new(&store, ctx, SEED);
    P2cGenerator options = { .ch = atoi(argv[2]), .full = full };
    if (!status) status = make(ctx, store, "genA2B", options, atoi(argv[3]));
    if (!status && ema) status = make(ctx, store, "genA2B_ema", options, atoi(argv[3]));
    if (!status) status = save(ctx, store, argv[1], bare, ema);
    if (status) fprintf(stderr, "random_weights: %s\n", p2c_error(ctx));
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
