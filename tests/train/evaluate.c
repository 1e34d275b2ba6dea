/* evaluate.c (test): compares KID with a naive form and numpy's numbers, and checks its properties;
 * compares an evaluation with one batch that is computed directly. */
#include "../../train/evaluate.h"
#include "../../train/measure/faces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../hash.h"
#include "../unit/support.h"
#include "cli/cli.h"

/* ---- KID ---- */

/* n vectors of d values in shift + [-2, 2). To be freed. */
static float *drawn(const char *name, int n, int d, double shift) {
    size_t count = (size_t)n * (size_t)d;
    double *u = malloc(count * sizeof *u);
    float *x = malloc(count * sizeof *x);
    assert_true(u && x);
    hash_uniform(name, count, u);
    for (size_t i = 0; i < count; i++) x[i] = (float)(2 * (2 * u[i] - 1) + shift);
    free(u);
    return x;
}

/* One weighted sum over all pairs of the joined sets. biased: includes pairs of an element with
 * itself. */
static double naive(const float *x, int nx, const float *y, int ny, int d, bool biased) {
    double sum = 0;
    for (int i = 0; i < nx + ny; i++)
        for (int j = 0; j < nx + ny; j++) {
            const float *a = i < nx ? x + i * d : y + (i - nx) * d,
                        *b = j < nx ? x + j * d : y + (j - nx) * d;
            double dot = 0, n = i < nx ? nx : ny,
                   weight = biased   ? 1 / (n * n)
                            : i == j ? 0
                                     : 1 / (n * (n - 1));
            for (int k = 0; k < d; k++) dot += (double)a[k] * (double)b[k];
            if ((i < nx) != (j < nx)) weight = -1.0 / ((double)nx * ny);
            sum += weight * pow(dot / d + 1, 3);
        }
    return sum;
}

static void numpys_numbers(void **state) {
    static const struct {
        int nx, ny, d;
        double shift, expected;
    } cases[] = {
        /* by make_kid.py */
        { 2, 2, 1, 0.0, -9.38602768606096 },        { 2, 9, 3, 0.5, -4.41771644346523 },
        { 7, 5, 3, -1.0, 4.85104565155304 },        { 40, 30, 128, 0.1, 0.0498518217619881 },
        { 20, 10, 512, 0.0, -0.00360851333569912 },
    };
    (void)state;
    double worst = 0, worst_naive = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int nx = cases[i].nx, ny = cases[i].ny, d = cases[i].d;
        float *x = drawn("kid.x", nx, d, 0), *y = drawn("kid.y", ny, d, cases[i].shift);
        double ours = kid(x, nx, y, ny, d);
        worst = fmax(worst, fabs(ours - cases[i].expected));
        worst_naive = fmax(worst_naive, fabs(ours - naive(x, nx, y, ny, d, false)));
        free(x);
        free(y);
    }
    print_message("KID: within %.1e of numpy, %.1e of the naive form\n", worst, worst_naive);
    assert_true(worst < 1e-12 && worst_naive < 1e-12);
}

/* Two sets of one distribution: the mean over many draws is 0 within four standard errors. That of
 * the biased form is far from it. */
static void unbiased(void **state) {
    enum { DRAWS = 400, NX = 6, NY = 4, D = 8 };
    (void)state;
    double sum = 0, squares = 0, biased = 0;
    for (int i = 0; i < DRAWS; i++) {
        char names[2][32];
        for (int k = 0; k < 2; k++) snprintf(names[k], sizeof names[k], "kid.draw.%d.%d", i, k);
        float *x = drawn(names[0], NX, D, 0), *y = drawn(names[1], NY, D, 0);
        double value = kid(x, NX, y, NY, D);
        sum += value / DRAWS;
        squares += value * value / DRAWS;
        biased += naive(x, NX, y, NY, D, true) / DRAWS;
        free(x);
        free(y);
    }
    double error = sqrt((squares - sum * sum) / DRAWS);
    print_message("KID of one distribution: %.4f on average, standard error %.4f; biased %.4f\n",
                  sum, error, biased);
    assert_true(fabs(sum) < 4 * error);
    assert_true(biased > 20 * error);
}

/* Larger for sets farther apart; the same for both orders; undefined for a single element. */
static void apart(void **state) {
    enum { N = 50, D = 16 };
    (void)state;
    float *x = drawn("kid.apart.x", N, D, 0), *near = drawn("kid.apart.y", N, D, 0);
    float *off = drawn("kid.apart.y", N, D, 0.5), *far = drawn("kid.apart.y", N, D, 2);
    double same = kid(x, N, near, N, D), some = kid(x, N, off, N, D), much = kid(x, N, far, N, D);
    print_message("KID: same %.4f, half a unit off %.4f, two units off %.4f\n", same, some, much);
    assert_true(fabs(same) < 0.2);
    assert_true(some > 5 * fabs(same));
    assert_true(much > 50 * some);
    assert_true(fabs(kid(off, N, x, N, D) - some) < 1e-12);
    assert_true(isnan(kid(x, 1, near, N, D)) && isnan(kid(x, N, near, 1, D)) &&
                isnan(kid(x, N, near, 0, D)));
    free(x);
    free(near);
    free(off);
    free(far);
}

/* ---- a small world: drawn pictures, small networks ---- */

enum { SIZE = 32, CH = 4, PHOTOS = 3, CARTOONS = 2, PLANES = 3 * SIZE * SIZE };

typedef struct Case {
    bool full, ema, face;
    P2cFaceKind kind;
} Case;

/* Pictures of several sizes, some with transparency. */
static void draw_pictures(Scratch *scratch, const char *name, int count, char paths[][128]) {
    for (int i = 0; i < count; i++) {
        P2cImage image;
        char seed[64];
        snprintf(seed, sizeof seed, "evaluate.%s.%d", name, i);
        assert_int_equal(
            p2c_image_init(scratch->ctx, &image, SIZE + 9 * i, SIZE + 4 * i, 3 + i % 2), P2C_OK);
        size_t bytes = (size_t)image.width * (size_t)image.height * (size_t)image.channels;
        double *u = malloc(bytes * sizeof *u);
        assert_non_null(u);
        hash_uniform(seed, bytes, u);
        /* with some large shapes in it */
        for (size_t k = 0; k < bytes; k++) image.pixels[k] = (uint8_t)(256 * u[k] * u[k / 40]);
        free(u);
        snprintf(paths[i], sizeof paths[i], "%s/%s%d.png", scratch->folder, name, i);
        assert_int_equal(p2c_image_write(scratch->ctx, paths[i], &image), P2C_OK);
        p2c_image_clear(&image);
    }
}

static void read_pictures(P2cContext *ctx, int count, char paths[][128], float *planes) {
    for (int i = 0; i < count; i++) {
        P2cImage image, square;
        assert_int_equal(p2c_image_read(ctx, paths[i], &image), P2C_OK);
        p2c_image_over_white(&image);
        assert_int_equal(p2c_image_resize(ctx, &image, SIZE, SIZE, P2C_FILTER_ANTIALIAS, &square),
                         P2C_OK);
        p2c_image_to_planes(&square, planes + (size_t)i * PLANES);
        p2c_image_clear(&image);
        p2c_image_clear(&square);
    }
}

/* Everything at once, in one graph: the photos, their cartoons, photos made of those; embeddings of
 * photos, of their cartoons, of real cartoons. */
typedef struct Direct {
    P2cGraph *graph;
    P2cNode *photos, *cartoons, *made, *again, *of_photos, *of_made, *of_cartoons;
} Direct;

static P2cNode *generate(const Direct *direct, P2cStore *store, const char *name, const Case *c,
                         P2cNode *x) {
    char full_name[32];
    snprintf(full_name, sizeof full_name, "%s%s", name, c->ema ? "_ema" : "");
    return p2c_output(p2c_generator(p2c_net(direct->graph, store, full_name), x,
                                    (P2cGenerator){ .ch = CH, .full = c->full })
                          .image);
}

static void direct_init(Direct *d, P2cContext *ctx, P2cStore *store, const Case *c) {
    assert_int_equal(p2c_graph_new(&d->graph, ctx), P2C_OK);
    d->photos = p2c_input(d->graph, "photos", P2C_DIMS(PHOTOS, 3, SIZE, SIZE));
    d->cartoons = p2c_input(d->graph, "cartoons", P2C_DIMS(CARTOONS, 3, SIZE, SIZE));
    d->made = generate(d, store, "genA2B", c, d->photos);
    d->again = generate(d, store, "genB2A", c, d->made);
    P2cNet face = p2c_net(d->graph, store, "face");
    d->of_photos = p2c_output(p2c_face_embedding(face, d->photos, c->kind));
    d->of_made = p2c_output(p2c_face_embedding(face, d->made, c->kind));
    d->of_cartoons = p2c_output(p2c_face_embedding(face, d->cartoons, c->kind));
    assert_int_equal(hash_fill(store), P2C_OK);
    assert_int_equal(p2c_graph_finish(d->graph), P2C_OK);
}

static double dot(const float *x, const float *y, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    return sum;
}

static float *read_node(const P2cNode *node) {
    float *values = malloc(p2c_dims_count(p2c_node_dims(node)) * sizeof *values);
    assert_non_null(values);
    assert_int_equal(p2c_node_read(node, values), P2C_OK);
    return values;
}

static int evaluate(P2cContext *ctx, P2cStore *store, const EvaluateOptions *o, Evaluation *e) {
    Evaluator *evaluator;
    int code = evaluator_open(&evaluator, ctx, store, o);
    if (!code) code = evaluator_run(evaluator, e);
    else assert_null(evaluator);
    evaluator_close(&evaluator);
    return code;
}

static Evaluation direct_run(const Direct *direct, const float *photos, const float *cartoons) {
    Evaluation e = { .photos = PHOTOS, .cartoons = CARTOONS };
    assert_int_equal(p2c_node_write(direct->photos, photos), P2C_OK);
    assert_int_equal(p2c_node_write(direct->cartoons, cartoons), P2C_OK);
    assert_int_equal(p2c_graph_run(direct->graph), P2C_OK);
    float *again = read_node(direct->again), *x = read_node(direct->of_photos),
          *y = read_node(direct->of_made), *z = read_node(direct->of_cartoons);
    int d = p2c_node_dims(direct->of_made).d[1];
    for (int i = 0; i < PHOTOS * PLANES; i++)
        e.cycle_l1 += fabs((double)again[i] - photos[i]) / (PHOTOS * PLANES);
    double similarity = 0, floor = 0;
    for (int i = 0; i < PHOTOS; i++)
        for (int j = 0; j < PHOTOS; j++)
            if (i == j) similarity += dot(x + i * d, y + i * d, d) / PHOTOS;
            else floor += dot(x + i * d, y + j * d, d) / (PHOTOS * (PHOTOS - 1));
    e.made.value[MEASURE_ID_SIMILARITY] = similarity;
    e.made.value[MEASURE_ID_FLOOR] = floor;
    e.made.value[MEASURE_ID_MARGIN] = similarity - floor;
    for (int i = 0; i < PHOTOS * d; i++) y[i] *= sqrtf((float)d);
    for (int i = 0; i < CARTOONS * d; i++) z[i] *= sqrtf((float)d);
    e.made.value[MEASURE_KID] = naive(y, PHOTOS, z, CARTOONS, d, false);
    float *all[] = { again, x, y, z };
    for (int i = 0; i < 4; i++) free(all[i]);
    return e;
}

/* ---- evaluation ---- */

static EvaluateOptions options_of(const Case *c, char a[][128], char *pa[], char b[][128],
                                  char *pb[]) {
    for (int i = 0; i < PHOTOS; i++) pa[i] = a[i];
    for (int i = 0; i < CARTOONS; i++) pb[i] = b[i];
    return (EvaluateOptions){ .size = SIZE,
                              .ch = CH,
                              .full = c->full,
                              .ema = c->ema,
                              .face = c->face,
                              .kind = c->kind,
                              .a = pa,
                              .count_a = PHOTOS,
                              .b = pb,
                              .count_b = CARTOONS };
}

static Evaluation against_direct(Scratch *scratch, const Case *c) {
    char a[PHOTOS][128], b[CARTOONS][128], *pa[PHOTOS], *pb[CARTOONS];
    static float photos[PHOTOS * PLANES], cartoons[CARTOONS * PLANES];
    P2cStore *store = NULL;
    Direct direct;
    Evaluation e;
    draw_pictures(scratch, "a", PHOTOS, a);
    draw_pictures(scratch, "b", CARTOONS, b);
    read_pictures(scratch->ctx, PHOTOS, a, photos);
    read_pictures(scratch->ctx, CARTOONS, b, cartoons);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
    direct_init(&direct, scratch->ctx, store, c);
    Evaluation expected = direct_run(&direct, photos, cartoons);
    p2c_graph_free(&direct.graph);

    EvaluateOptions o = options_of(c, a, pa, b, pb);
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), 0);
    print_message("cycle %.6f of %.6f\n", e.cycle_l1, expected.cycle_l1);
    assert_true(fabs(e.cycle_l1 - expected.cycle_l1) < 1e-6);
    assert_true(e.photos == PHOTOS && e.cartoons == CARTOONS);
    for (int k = MEASURE_KID; k <= MEASURE_ID_MARGIN; k++) {
        double got = e.made.value[k], want = expected.made.value[k];
        print_message("%s %.6f of %.6f\n", measure_names[k].key, got, want);
        if (c->face && k != MEASURE_KID_DEVIATION)
            assert_true(fabs(got - want) < 1e-4 * (1 + fabs(want)));
        else assert_true(isnan(got));
    }
    assert_true(e.score == measures_score(&e.made));
    p2c_store_free(&store);
    return e;
}

static void published_face(void **state) {
    against_direct(*state, &(Case){ .face = true, .kind = P2C_FACENET_TREB1EN, .full = true });
}

static void averaged_generators(void **state) {
    Case plain = { .face = true, .kind = P2C_FACENET_XIAOCCER }, averaged = plain;
    averaged.ema = true;
    Evaluation of_plain = against_direct(*state, &plain),
               of_averaged = against_direct(*state, &averaged);
    /* other names give other weights */
    assert_true(fabs(of_plain.cycle_l1 - of_averaged.cycle_l1) > 1e-3);
}

static void no_face(void **state) {
    against_direct(*state, &(Case){ .kind = P2C_FACENET_XIAOCCER });
}

/* Pictures in files, that the generators have made before, get what the generators get, except for
 * faces, which were seen before they were rounded to 8 bits. */
static void made_before(void **state) {
    Scratch *scratch = *state;
    char a[PHOTOS][128], b[CARTOONS][128], *pa[PHOTOS], *pb[CARTOONS];
    char made[PHOTOS][128], *pm[PHOTOS];
    static float photos[PHOTOS * PLANES], cartoons[CARTOONS * PLANES];
    Case c = { .face = true, .kind = P2C_FACENET_XIAOCCER };
    P2cStore *store = NULL;
    Direct direct;
    Evaluation now, before;
    draw_pictures(scratch, "a", PHOTOS, a);
    draw_pictures(scratch, "b", CARTOONS, b);
    read_pictures(scratch->ctx, PHOTOS, a, photos);
    read_pictures(scratch->ctx, CARTOONS, b, cartoons);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
    direct_init(&direct, scratch->ctx, store, &c);
    direct_run(&direct, photos, cartoons);
    float *planes = read_node(direct.made);
    for (int i = 0; i < PHOTOS; i++) {
        P2cImage image;
        pm[i] = made[i];
        snprintf(made[i], sizeof made[i], "%s/made%d.png", scratch->folder, i);
        assert_int_equal(p2c_image_init(scratch->ctx, &image, SIZE, SIZE, 3), P2C_OK);
        p2c_image_from_planes(planes + (size_t)i * PLANES, &image);
        assert_int_equal(p2c_image_write(scratch->ctx, made[i], &image), P2C_OK);
        p2c_image_clear(&image);
    }
    free(planes);
    p2c_graph_free(&direct.graph);

    EvaluateOptions o = options_of(&c, a, pa, b, pb);
    assert_int_equal(evaluate(scratch->ctx, store, &o, &now), 0);
    o.made = pm;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &before), 0);
    assert_true(isnan(before.cycle_l1));
    assert_memory_equal(&now.of_cartoons, &before.of_cartoons, sizeof now.of_cartoons);
    assert_memory_equal(&now.of_photos, &before.of_photos, sizeof now.of_photos);
    for (int k = 0; k < MEASURE_COUNT; k++) {
        double x = now.made.value[k], y = before.made.value[k];
        bool rounded = k >= MEASURE_KID && k <= MEASURE_ID_MARGIN;
        if (isnan(x) || isnan(y)) assert_true(isnan(x) && isnan(y));
        else assert_true(rounded ? fabs(x - y) < 0.05 * (1 + fabs(x)) : fabs(x - y) < 1e-3 * x);
    }
    p2c_store_free(&store);
}

/* Too few pictures for a result, and pictures that do not exist. */
static void few_or_bad(void **state) {
    Scratch *scratch = *state;
    char a[PHOTOS][128], b[CARTOONS][128], *pa[PHOTOS], *pb[CARTOONS];
    Case c = { .face = true, .kind = P2C_FACENET_XIAOCCER };
    P2cStore *store = NULL;
    Direct direct;
    Evaluation e;
    draw_pictures(scratch, "a", PHOTOS, a);
    draw_pictures(scratch, "b", CARTOONS, b);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 1), P2C_OK);
    direct_init(&direct, scratch->ctx, store, &c);
    p2c_graph_free(&direct.graph);

    EvaluateOptions o = options_of(&c, a, pa, b, pb);
    o.count_b = 0;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), 0);
    assert_true(isnan(e.made.value[MEASURE_KID]) && isnan(e.made.value[MEASURE_SWD]) &&
                isnan(e.score) && isnan(e.of_cartoons.value[MEASURE_LINES]));
    assert_true(isfinite(e.made.value[MEASURE_ID_SIMILARITY]) && isfinite(e.cycle_l1) &&
                isfinite(e.made.value[MEASURE_LINES]) && isfinite(e.made.value[MEASURE_POINTS]));
    o.count_b = 1;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), 0);
    assert_true(isfinite(e.made.value[MEASURE_SWD]) && isnan(e.of_cartoons.value[MEASURE_SWD]) &&
                isfinite(e.of_photos.value[MEASURE_SWD]));
    o.count_a = 0, o.count_b = CARTOONS;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), 0);
    for (int k = 0; k < MEASURE_COUNT; k++) assert_true(isnan(e.made.value[k]));
    assert_true(isnan(e.cycle_l1));
    assert_int_equal(e.photos, 0);

    char absent[] = "absent.png";
    o.count_a = PHOTOS, pb[1] = absent;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), EXIT_BAD_INPUT);
    assert_error_says(scratch->ctx, "absent.png");
    pa[2] = a[0], pa[0] = absent;
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), EXIT_BAD_INPUT);
    o.size = 40;
    pa[0] = a[1], pb[1] = b[1];
    assert_int_equal(evaluate(scratch->ctx, store, &o, &e), EXIT_BAD_INPUT);
    assert_error_says(scratch->ctx, "divisible by 16");
    p2c_store_free(&store);
}

const struct CMUnitTest p2c_tests_evaluate[] = {
    cmocka_unit_test(numpys_numbers),
    cmocka_unit_test(unbiased),
    cmocka_unit_test(apart),
    TEST(published_face),
    TEST(averaged_generators),
    TEST(no_face),
    TEST(made_before),
    TEST(few_or_bad),
};
const size_t p2c_tests_evaluate_count = sizeof p2c_tests_evaluate / sizeof *p2c_tests_evaluate;
