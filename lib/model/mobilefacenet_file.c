/* mobilefacenet_file.c: reads a face network's weights in all forms in which they are published. */
#include <string.h>

#include "base/context.h"
#include "mobilefacenet.h"

/* The state dict in a file, which may be the file itself. */
static const P2cValue *unwrap(const P2cValue *file) {
    static const char *const keys[] = { "net_state_dict", "state_dict", "model" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const P2cValue *inner = p2c_value_get(file, keys[i]);
        if (inner && p2c_value_kind(inner) == P2C_DICT) return inner;
    }
    return file;
}

static bool is_parallel(const P2cValue *dict) {
    return p2c_value_kind(dict) == P2C_DICT && p2c_value_count(dict) &&
           !strncmp(p2c_value_key(dict, 0), "module.", 7);
}

/* A copy without "module." in front of the names, to be freed; what is no tensor becomes None. */
static P2cStatus without_module(P2cContext *ctx, const P2cValue *dict, P2cValue **out) {
    P2cStatus status = (*out = p2c_value_dict()) ? P2C_OK : P2C_ERR_MEMORY;
    for (size_t i = 0; i < p2c_value_count(dict) && !status; i++) {
        const char *key = p2c_value_key(dict, i);
        const P2cValue *v = p2c_value_at(dict, i);
        bool tensor = p2c_value_kind(v) == P2C_TENSOR;
        P2cValue *copy =
            tensor ? p2c_value_tensor(p2c_value_type(v), p2c_value_shape(v), p2c_value_data(v))
                   : p2c_value_none();
        status = p2c_value_set(*out, key + (strncmp(key, "module.", 7) ? 0 : 7), copy);
    }
    return status ? p2c_fail(ctx, status, "out of memory") : P2C_OK;
}

/* A graph that is built and thrown away makes the parameters; they have the same shapes for
 * portraits of any size. */
static P2cStatus create(P2cContext *ctx, P2cStore *store, const char *name, P2cFaceKind kind) {
    P2cGraph *graph = NULL;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *portrait = p2c_input(graph, "portrait", P2C_DIMS(1, 3, 64, 64));
    if (!p2c_face_embedding(p2c_net(graph, store, name), portrait, kind))
        status = p2c_graph_finish(graph);
    p2c_graph_free(&graph);
    return status;
}

P2cStatus p2c_face_load(P2cContext *ctx, P2cStore *store, const char *name, const char *path,
                        P2cFaceKind *kind) {
    P2cValue *file = NULL, *copy = NULL;
    P2cStatus status = p2c_pt_read(ctx, path, &file);
    if (status) return p2c_fail(ctx, status, "face weights: %s", p2c_error(ctx));
    const P2cValue *weights = unwrap(file);
    if (is_parallel(weights)) {
        status = without_module(ctx, weights, &copy);
        weights = copy;
    }
    if (!status) status = p2c_face_kind(ctx, weights, kind);
    if (!status) status = create(ctx, store, name, *kind);
    if (!status) status = p2c_store_load(store, name, weights);
    if (status) p2c_fail(ctx, status, "face weights %s: %s", path, p2c_error(ctx));
    p2c_value_free(&copy);
    p2c_value_free(&file);
    return status;
}
