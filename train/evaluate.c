/* evaluate.c: KID, similarity of faces and cycle error on the test pictures.
 *
 *     photo ─► genA2B ─► cartoon ─► genB2A ─► photo again       cycle error
 *       │                   │
 *     face                face ──── against the faces of the real cartoons: KID
 *       └──── cosine ───────┘       identity
 *
 * KID is taken on the face network's embeddings, where the paper has Inception's features. They
 * have length 1; stretched to sqrt(d), x.y/d is their cosine, and the kernel (cosine + 1)^3. At
 * length 1 it would be 1 + 3 cosine / d and next to nothing else: a comparison of the two means
 * alone. The paper averages over random subsets, to save time. The average over all subsets there
 * are is the estimate from the whole sets, which is what is computed here: embeddings take longer
 * to make than to compare. */
#include "evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "augment.h"
#include "cli/cli.h"

/* ---- kernel distance ------------------------------------------------------------------------- */

static double kernel(const float *x, const float *y, int d) {
    double dot = 0;
    for (int k = 0; k < d; k++) dot += (double)x[k] * y[k];
    double base = dot / d + 1;
    return base * base * base;
}

/* Mean over the pairs of two different elements of one set. */
static double mean_within(const float *x, int n, int d) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) sum += kernel(x + (size_t)i * d, x + (size_t)j * d, d);
    return 2 * sum / ((double)n * (n - 1));
}

static double mean_between(const float *x, int nx, const float *y, int ny, int d) {
    double sum = 0;
    for (int i = 0; i < nx; i++)
        for (int j = 0; j < ny; j++) sum += kernel(x + (size_t)i * d, y + (size_t)j * d, d);
    return sum / ((double)nx * ny);
}

double kid(const float *x, int nx, const float *y, int ny, int d) {
    if (nx < 2 || ny < 2) return NAN;
    return mean_within(x, nx, d) + mean_within(y, ny, d) - 2 * mean_between(x, nx, y, ny, d);
}

/* ---- a graph that looks at one picture after another ----------------------------------------- */

typedef struct Look {
    P2cGraph *graph;
    P2cNode *picture; /* (1,3,s,s) */
    /* (1,d): of the picture's face or, when translated, of its cartoon's; NULL without a face
     * network */
    P2cNode *embedding;
    P2cNode *similarity, *cycle; /* (1), scalar: when translated */
} Look;

static P2cNode *generate(const Look *look, P2cStore *store, const EvaluateOptions *o,
                         const char *plain, const char *averaged, P2cNode *x) {
    bool narrow = o->ch_b2a && !strcmp(plain, "genB2A");
    return p2c_generator(p2c_net(look->graph, store, o->ema ? averaged : plain), x,
                         (P2cGenerator){ .ch = narrow ? o->ch_b2a : o->ch, .full = o->full })
        .image;
}

/* To be freed in either case. */
static P2cStatus look_init(Look *look, P2cContext *ctx, P2cStore *store, const EvaluateOptions *o,
                           bool translate) {
    *look = (Look){ 0 };
    P2cStatus status = p2c_graph_new(&look->graph, ctx);
    if (status) return status;
    int stored = p2c_store_count(store);
    P2cNode *x = look->picture =
                p2c_input(look->graph, "picture", P2C_DIMS(1, 3, o->size, o->size)),
            *seen = x;
    P2cNet face = p2c_net(look->graph, store, "face");
    if (translate) {
        seen = generate(look, store, o, "genA2B", "genA2B_ema", x);
        look->cycle =
            p2c_output(p2c_l1_loss(generate(look, store, o, "genB2A", "genB2A_ema", seen), x));
    }
    if (o->face) look->embedding = p2c_output(p2c_face_embedding(face, seen, o->kind));
    if (o->face && translate)
        look->similarity = p2c_output(
            p2c_cosine_similarity(p2c_face_embedding(face, x, o->kind), look->embedding));
    status = p2c_graph_finish(look->graph);
    /* else untrained networks would be judged */
    assert(status || p2c_store_count(store) == stored);
    (void)stored;
    return status;
}

/* ---- a set of pictures ----------------------------------------------------------------------- */

typedef struct Set {
    char *const *paths;
    int count;
    bool translate; /* photos, of which cartoons are made first */
    int d;
    /* (count,d) of length sqrt(d); owned; NULL, and d 0, without a face network */
    float *embeddings;
    double similarity, cycle; /* means */
} Set;

static P2cStatus look_at(const Look *look, P2cContext *ctx, const char *path, int size,
                         float *planes) {
    P2cStatus status = picture_load(ctx, path, size, planes);
    if (!status) status = p2c_node_write(look->picture, planes);
    return status ? status : p2c_graph_run(look->graph);
}

/* Picture i of the set, which was just looked at. */
static P2cStatus take_result(Set *set, const Look *look, int i) {
    float cycle = 0, similarity = 0;
    P2cStatus status = look->cycle ? p2c_node_read(look->cycle, &cycle) : P2C_OK;
    if (!status && look->similarity) status = p2c_node_read(look->similarity, &similarity);
    float *embedding = set->embeddings ? set->embeddings + (size_t)i * set->d : NULL;
    if (!status && embedding) status = p2c_node_read(look->embedding, embedding);
    for (int k = 0; k < set->d && !status; k++) embedding[k] *= sqrtf((float)set->d);
    set->cycle += (double)cycle / set->count;
    set->similarity += (double)similarity / set->count;
    return status;
}

/* Room for the embeddings, if there are to be any. */
static bool make_room(Set *set, const Look *look) {
    if (!look->embedding) return true;
    set->d = p2c_node_dims(look->embedding).d[1];
    set->embeddings = malloc((size_t)set->count * set->d * sizeof *set->embeddings);
    return set->embeddings;
}

/* Looks at every picture of the set, of which there is at least one. Returns an exit code. */
static int look_at_all(P2cContext *ctx, P2cStore *store, const EvaluateOptions *o, Set *set) {
    Look look;
    int code = 0;
    float *planes = malloc((size_t)3 * o->size * o->size * sizeof *planes);
    P2cStatus status = look_init(&look, ctx, store, o, set->translate);
    if (!status && (!planes || !make_room(set, &look))) {
        complain("evaluation: out of memory");
        code = EXIT_MEMORY;
        goto cleanup;
    }
    for (int i = 0; i < set->count && !status; i++) {
        status = look_at(&look, ctx, set->paths[i], o->size, planes);
        if (!status) status = take_result(set, &look, i);
    }
    if (status && status != P2C_ERR_DEVICE) complain("evaluation: %s", p2c_error(ctx));
    if (status) code = p2c_exit_code(status);
cleanup:
    p2c_graph_free(&look.graph);
    free(planes);
    return code;
}

int evaluate(P2cContext *ctx, P2cStore *store, const EvaluateOptions *o, Evaluation *out) {
    Set photos = { .paths = o->a, .count = o->count_a, .translate = true },
        cartoons = { .paths = o->b, .count = o->face ? o->count_b : 0 };
    *out = (Evaluation){ .kid = NAN,
                         .id_similarity = NAN,
                         .cycle_l1 = NAN,
                         .photos = photos.count,
                         .cartoons = cartoons.count };
    int code = photos.count ? look_at_all(ctx, store, o, &photos) : 0;
    if (!code && cartoons.count) code = look_at_all(ctx, store, o, &cartoons);
    if (!code && photos.count) {
        out->cycle_l1 = photos.cycle;
        if (o->face) out->id_similarity = photos.similarity;
        if (o->face && cartoons.count)
            out->kid =
                kid(photos.embeddings, photos.count, cartoons.embeddings, cartoons.count, photos.d);
    }
    free(photos.embeddings);
    free(cartoons.embeddings);
    return code;
}
