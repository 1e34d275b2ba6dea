/* evaluate.c: what is measured on the test pictures, and with what it is compared.
 *
 *     photo ─► genA2B ─► cartoon ─► genB2A ─► photo again       cycle error
 *       │                   │
 *     face                face ──── against the faces of the real cartoons: KID
 *       └──── cosine ───────┘       identity
 *
 * All else is measured on pictures of 8 bits, as p2c-infer writes them; photos and cartoons from
 * files are scaled for that by a filter that keeps lines (lanczos.h), for networks as in
 * training. */
#include "evaluate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "augment.h"
#include "cli/cli.h"
#include "measure/lanczos.h"
#include "run/order.h"
#include "step.h"

struct Evaluator {
    P2cContext *ctx;
    P2cStore *store;
    EvaluateOptions options;
    int cartoon_count, d; /* d: values of an embedding; 0: no face network */
    Gallery photos, cartoons;
    Measures of_cartoons, of_photos;
};

enum { STREAM_MEASURED, STREAM_CARTOONS }; /* of random places for patches */

/* ---- a graph that looks at one picture after another ----------------------------------------- */

typedef struct Look {
    P2cGraph *graph;
    P2cLandmarker *landmarker;
    P2cNode *picture; /* (1,3,s,s) */
    P2cNode *made;    /* its cartoon, (1,3,s,s); NULL when not translated */
    P2cNode *cycle;   /* (1), scalar: when translated */
    /* (1,d): of the picture's face or, when translated, of its cartoon's; NULL without a face
     * network */
    P2cNode *embedding;
    float *values; /* (3,s,s), and an embedding fits, too */
    P2cImage image;
} Look;

static P2cNode *generate(const Look *look, const Evaluator *e, const char *plain,
                         const char *averaged, P2cNode *x) {
    const EvaluateOptions *o = &e->options;
    P2cGenerator options = { .ch = step_channels(plain, o->ch, o->ch_b2a), .full = o->full };
    return p2c_generator(p2c_net(look->graph, e->store, o->ema ? averaged : plain), x, options)
        .image;
}

static P2cStatus build_graph(Look *look, const Evaluator *e, bool translate) {
    const EvaluateOptions *o = &e->options;
    P2cStatus status = p2c_graph_new(&look->graph, e->ctx);
    if (status) return status;
    int stored = p2c_store_count(e->store);
    P2cNode *x = look->picture =
                p2c_input(look->graph, "picture", P2C_DIMS(1, 3, o->size, o->size)),
            *seen = x;
    if (translate) {
        seen = look->made = p2c_output(generate(look, e, "genA2B", "genA2B_ema", x));
        look->cycle = p2c_output(p2c_l1_loss(generate(look, e, "genB2A", "genB2A_ema", seen), x));
    }
    if (o->face)
        look->embedding =
            p2c_output(p2c_face_embedding(p2c_net(look->graph, e->store, "face"), seen, o->kind));
    status = p2c_graph_finish(look->graph);
    /* else untrained networks would be judged */
    assert(status || p2c_store_count(e->store) == stored);
    (void)stored;
    return status;
}

/* To be cleared in either case. */
static P2cStatus look_init(Look *look, const Evaluator *e, bool translate) {
    size_t side = (size_t)e->options.size;
    *look = (Look){ .values = malloc(3 * side * side * sizeof *look->values) };
    if (!look->values) return p2c_fail_memory(e->ctx, "evaluation", 3 * side * side);
    P2cStatus status = p2c_landmarker_open(e->ctx, NULL, &look->landmarker);
    if (!status && (translate || e->options.face)) status = build_graph(look, e, translate);
    return status;
}

static void look_clear(Look *look) {
    p2c_graph_free(&look->graph);
    p2c_landmarker_close(&look->landmarker);
    p2c_image_clear(&look->image);
    free(look->values);
}

static P2cStatus run_graph(Look *look, const Evaluator *e, const char *path) {
    P2cStatus status = picture_load(e->ctx, path, e->options.size, look->values);
    if (!status) status = p2c_node_write(look->picture, look->values);
    return status ? status : p2c_graph_run(look->graph);
}

/* Afterwards look->image is the picture, or its cartoon. */
static P2cStatus look_at(Look *look, const Evaluator *e, const char *path) {
    int side = e->options.size;
    P2cStatus status = look->graph ? run_graph(look, e, path) : P2C_OK;
    p2c_image_clear(&look->image);
    if (status) return status;
    if (!look->made) return lanczos_read(e->ctx, path, side, &look->image);
    status = p2c_node_read(look->made, look->values);
    if (!status) status = p2c_image_init(e->ctx, &look->image, side, side, 3);
    if (!status) p2c_image_from_planes(look->values, &look->image);
    return status;
}

/* What was just looked at becomes picture i. */
static P2cStatus add_look(Gallery *gallery, const Look *look, const Evaluator *e, int i) {
    P2cStatus status = look->embedding ? p2c_node_read(look->embedding, look->values) : P2C_OK;
    return status ? status
                  : gallery_add(gallery, e->ctx, look->landmarker, i, &look->image, look->values);
}

/* ---- photos, cartoons, yardsticks ------------------------------------------------------------ */

/* The cartoons in two parts that nobody has chosen. */
typedef struct Parts {
    int *order; /* a permutation of the cartoons: the first `count` are one part */
    int count;
    Gallery some, others;
} Parts;

static P2cStatus no_memory(const Evaluator *e, size_t bytes) {
    return p2c_fail_memory(e->ctx, "evaluation", bytes);
}

static int lesser(int a, int b) { return a < b ? a : b; }

static P2cStatus parts_init(Parts *parts, const Evaluator *e) {
    int n = e->cartoon_count, patches = swd_patches(parts->count, n - parts->count);
    parts->order = malloc((size_t)n * sizeof *parts->order);
    if (!parts->order ||
        !gallery_init(&parts->some, e->options.size, parts->count, patches, STREAM_MEASURED,
                      e->d) ||
        !gallery_init(&parts->others, e->options.size, n - parts->count, patches, STREAM_CARTOONS,
                      e->d))
        return no_memory(e, (size_t)patches);
    order_permutation(0, 1, 0, 0, n, parts->order);
    return P2C_OK;
}

static void parts_clear(Parts *parts) {
    gallery_clear(&parts->some);
    gallery_clear(&parts->others);
    free(parts->order);
}

/* Picture `place` of the permutation. */
static P2cStatus add_to_parts(Parts *parts, const Look *look, const Evaluator *e, int place) {
    bool is_other = place >= parts->count;
    return gallery_add(is_other ? &parts->others : &parts->some, e->ctx, NULL,
                       is_other ? place - parts->count : place, &look->image, look->values);
}

static const char *cartoon_path(const Evaluator *e, int i) {
    return e->options.b[(int64_t)i * e->options.count_b / e->cartoon_count];
}

static P2cStatus look_at_cartoons(Evaluator *e, Look *look, Parts *parts) {
    P2cStatus status = P2C_OK;
    for (int k = 0; !status && k < e->cartoon_count; k++) {
        int i = parts->count ? parts->order[k] : k;
        status = look_at(look, e, cartoon_path(e, i));
        if (!status) status = add_look(&e->cartoons, look, e, i);
        if (!status && parts->count) status = add_to_parts(parts, look, e, k);
    }
    return status;
}

static P2cStatus look_at_photos(Evaluator *e, Look *look) {
    P2cStatus status = P2C_OK;
    for (int i = 0; !status && i < e->options.count_a; i++) {
        status = look_at(look, e, e->options.a[i]);
        if (!status) status = add_look(&e->photos, look, e, i);
    }
    return status;
}

static P2cStatus compute_yardsticks(Evaluator *e, const Parts *parts) {
    bool good = true;
    if (parts->count) good = measures_against(&e->of_cartoons, &parts->some, &parts->others);
    if (good && e->cartoon_count) good = measures_against(&e->of_photos, &e->photos, &e->cartoons);
    if (!good) return no_memory(e, (size_t)e->photos.patches.patches);
    measures_of_others(&e->of_photos, &e->photos, &e->photos);
    if (e->cartoon_count) measures_of_others(&e->of_cartoons, &e->photos, &e->cartoons);
    return P2C_OK;
}

static P2cStatus init_galleries(Evaluator *e) {
    const EvaluateOptions *o = &e->options;
    int patches = swd_patches(o->count_a, e->cartoon_count ? e->cartoon_count : o->count_a);
    bool good = gallery_init(&e->photos, o->size, o->count_a, patches, STREAM_MEASURED, e->d) &&
                (!e->cartoon_count || gallery_init(&e->cartoons, o->size, e->cartoon_count, patches,
                                                   STREAM_CARTOONS, e->d));
    return good ? P2C_OK : no_memory(e, (size_t)patches);
}

static P2cStatus prepare(Evaluator *e) {
    Look look;
    Parts parts = { .count = lesser(e->options.count_a, e->cartoon_count / 2) };
    P2cStatus status = look_init(&look, e, false);
    if (!status && look.embedding) e->d = p2c_node_dims(look.embedding).d[1];
    if (!status) status = init_galleries(e);
    if (!status && parts.count) status = parts_init(&parts, e);
    if (!status) status = look_at_photos(e, &look);
    if (!status) status = look_at_cartoons(e, &look, &parts);
    if (!status) status = compute_yardsticks(e, &parts);
    look_clear(&look);
    parts_clear(&parts);
    return status;
}

static int report_failure(const Evaluator *e, P2cStatus status) {
    if (status && status != P2C_ERR_DEVICE) complain("evaluation: %s", p2c_error(e->ctx));
    return status ? p2c_exit_code(status) : 0;
}

int evaluator_open(Evaluator **out, P2cContext *ctx, P2cStore *store, const EvaluateOptions *o) {
    Evaluator *e = *out = calloc(1, sizeof *e);
    if (!e) return report_status(NULL, P2C_ERR_MEMORY);
    *e = (Evaluator){ .ctx = ctx,
                      .store = store,
                      .options = *o,
                      .cartoon_count = lesser(o->count_b, EVALUATE_CARTOONS),
                      .of_cartoons = measures_none(),
                      .of_photos = measures_none() };
    int code = o->count_a ? report_failure(e, prepare(e)) : 0;
    if (code) evaluator_close(out);
    return code;
}

void evaluator_close(Evaluator **evaluator) {
    Evaluator *e = *evaluator;
    if (!e) return;
    gallery_clear(&e->photos);
    gallery_clear(&e->cartoons);
    free(e);
    *evaluator = NULL;
}

/* ---- the generators' pictures ---------------------------------------------------------------- */

static P2cStatus make_cartoons(const Evaluator *e, Gallery *made, double *cycle_l1) {
    const EvaluateOptions *o = &e->options;
    Look look;
    double sum = 0;
    P2cStatus status = look_init(&look, e, !o->made);
    for (int i = 0; !status && i < o->count_a; i++) {
        status = look_at(&look, e, o->made ? o->made[i] : o->a[i]);
        if (!status) status = add_look(made, &look, e, i);
        if (!status && look.cycle) sum += scalar_of(look.cycle);
    }
    if (look.cycle) *cycle_l1 = sum / o->count_a;
    look_clear(&look);
    return status;
}

static P2cStatus measure_made(const Evaluator *e, Evaluation *out) {
    Gallery made = { 0 };
    P2cStatus status = P2C_OK;
    if (!gallery_init(&made, e->options.size, e->options.count_a, e->photos.patches.patches,
                      STREAM_MEASURED, e->d))
        status = no_memory(e, (size_t)e->photos.patches.patches);
    if (!status) status = make_cartoons(e, &made, &out->cycle_l1);
    if (!status) measures_of_made(&out->made, &e->photos, &made);
    if (!status && e->cartoon_count && !measures_against(&out->made, &made, &e->cartoons))
        status = no_memory(e, (size_t)e->photos.patches.patches);
    gallery_clear(&made);
    return status;
}

int evaluator_run(Evaluator *e, Evaluation *out) {
    *out = (Evaluation){ .made = measures_none(),
                         .of_cartoons = e->of_cartoons,
                         .of_photos = e->of_photos,
                         .cycle_l1 = NAN,
                         .photos = e->options.count_a,
                         .cartoons = e->cartoon_count };
    int code = e->options.count_a ? report_failure(e, measure_made(e, out)) : 0;
    out->score = measures_score(&out->made);
    return code;
}
