/* random_weights.c: writes a generator that has learnt nothing, for the demo and the tests: PyTorch's initial values, under the names of
 * photo2cartoon's checkpoints.
 *
 *     random_weights OUT.pt CH SIZE [full] [bare]     full: the large variant, for pictures of SIZE; bare: the state dict alone
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2cnn.h"

enum { SEED = 20 };

/* The parameters come into being while the network is built; the graph itself is never run. */
static P2cStatus make(P2cContext *ctx, P2cStore *store, P2cGenerator options, int size) {
    P2cGraph *graph = NULL;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *photo = p2c_input(graph, "photo", P2C_DIMS(1, 3, size, size));
    bool built = p2c_generator(p2c_net(graph, store, "genA2B"), photo, options).image;
    if (!built) status = p2c_graph_finish(graph); /* says what was wrong */
    p2c_graph_free(&graph);
    return status;
}

static P2cStatus save(P2cContext *ctx, const P2cStore *store, const char *path, bool bare) {
    P2cValue *dict = NULL, *checkpoint = NULL;
    P2cStatus status = p2c_store_save(store, "genA2B", &dict);
    if (!status && !bare) {
        checkpoint = p2c_value_dict();
        status = checkpoint ? p2c_value_set(checkpoint, "genA2B", dict) : P2C_ERR_MEMORY;
        dict = checkpoint ? NULL : dict;
    }
    if (!status) status = p2c_pt_write(ctx, path, bare ? dict : checkpoint);
    p2c_value_free(&dict);
    p2c_value_free(&checkpoint);
    return status;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    bool full = false, bare = false;
    for (int i = 4; i < argc; i++) {
        full |= !strcmp(argv[i], "full");
        bare |= !strcmp(argv[i], "bare");
    }
    if (argc < 4) {
        fprintf(stderr, "usage: random_weights OUT.pt CH SIZE [full] [bare]\n");
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_store_new(&store, ctx, SEED);
    if (!status) status = make(ctx, store, (P2cGenerator){ .ch = atoi(argv[2]), .full = full }, atoi(argv[3]));
    if (!status) status = save(ctx, store, argv[1], bare);
    if (status) fprintf(stderr, "random_weights: %s\n", p2c_error(ctx));
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
