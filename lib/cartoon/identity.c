/* identity.c: whether two pictures show the same person, by a face network (MobileFaceNet). */
#include <stdlib.h>

#include "cartoon.h"

enum { SIDE = 256 }; /* of the portraits that it compares: photo2cartoon's size for its ID loss */

struct P2cIdentity {
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *pictures, *cosine; /* (2, 3, SIDE, SIDE), scalar */
    float *planes;
};

static P2cStatus build(P2cIdentity *n, P2cFaceKind kind) {
    P2cStatus status = p2c_graph_new(&n->graph, n->ctx);
    if (status) return status;
    n->pictures = p2c_input(n->graph, "pictures", P2C_DIMS(2, 3, SIDE, SIDE));
    P2cNode *rows = p2c_face_embedding(p2c_net(n->graph, n->store, "face"), n->pictures, kind);
    n->cosine =
        p2c_output(p2c_cosine_similarity(p2c_slice(rows, 0, 0, 1), p2c_slice(rows, 0, 1, 2)));
    return p2c_graph_finish(n->graph);
}

P2cStatus p2c_identity_open(P2cContext *ctx, const char *path, P2cIdentity **out) {
    P2cFaceKind kind;
    size_t bytes = (size_t)2 * 3 * SIDE * SIDE * sizeof(float);
    P2cIdentity *n = *out = calloc(1, sizeof *n);
    if (!n) return p2c_fail_memory(ctx, "the face network", sizeof *n);
    n->ctx = ctx;
    n->planes = malloc(bytes);
    P2cStatus status = n->planes ? p2c_store_new(&n->store, ctx, 1)
                                 : p2c_fail_memory(ctx, "the face network", bytes);
    if (!status) status = p2c_face_load(ctx, n->store, "face", path, &kind);
    if (!status) status = build(n, kind);
    if (status) p2c_identity_close(out);
    return status;
}

void p2c_identity_close(P2cIdentity **identity) {
    P2cIdentity *n = *identity;
    if (!n) return;
    p2c_graph_free(&n->graph);
    p2c_store_free(&n->store);
    free(n->planes);
    free(n);
    *identity = NULL;
}

static P2cStatus put_picture(P2cIdentity *n, const P2cImage *picture, float *planes) {
    P2cImage square;
    P2cFilter filter = picture->width >= SIDE ? P2C_FILTER_AREA : P2C_FILTER_ANTIALIAS;
    P2cStatus status = p2c_image_resize(n->ctx, picture, SIDE, SIDE, filter, &square);
    if (status) return status;
    p2c_image_over_white(&square);
    p2c_image_to_planes(&square, planes);
    p2c_image_clear(&square);
    return P2C_OK;
}

P2cStatus p2c_identity_similarity(P2cIdentity *n, const P2cImage *a, const P2cImage *b,
                                  double *cosine) {
    float value = 0;
    P2cStatus status = put_picture(n, a, n->planes);
    if (!status) status = put_picture(n, b, n->planes + (size_t)3 * SIDE * SIDE);
    if (!status) status = p2c_node_write(n->pictures, n->planes);
    if (!status) status = p2c_graph_run(n->graph);
    if (!status) status = p2c_node_read(n->cosine, &value);
    *cosine = (double)value;
    return status;
}
