/* sgd.c: several updates against the formula in double: momentum, L2 decay, clamp to the
 * parameter's range; and updates that are skipped. */
#include "op/sgd.h"

#include "harness.h"

enum { STEPS = 5 };

typedef struct Setting {
    P2cSgd sgd;
    float low, high;
} Setting;

static const Setting settings[] = {
    { { .lr = 0.05 }, -INFINITY, INFINITY },
    { { .lr = 0.1, .momentum = 0.9 }, -INFINITY, INFINITY },
    { { .lr = 0.1, .momentum = 0.5, .weight_decay = 0.3 }, -0.25f, 0.5f },
    { { .lr = 0, .momentum = 0.9, .weight_decay = 1e-4 }, 0, 1 },
};

static void print(FILE *out, const OpCase *c) {
    const Setting *s = c->options;
    fprintf(out, "lr %g, momentum %g, weight_decay %g, low %g, high %g", s->sgd.lr, s->sgd.momentum,
            s->sgd.weight_decay, s->low, s->high);
}

static void update(const Setting *s, size_t n, double *p, const float *g, double *b) {
    for (size_t i = 0; i < n; i++) {
        b[i] = s->sgd.momentum * b[i] + g[i] + s->sgd.weight_decay * p[i];
        p[i] = fmin(fmax(p[i] - s->sgd.lr * b[i], s->low), s->high);
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_node_new(&p2c_op_sgd, 4, x, &(P2cUpdateAttributes){ NULL, NULL },
                        sizeof(P2cUpdateAttributes));
}

/* The kernel's state and the reference's, side by side. */
typedef struct State {
    OpCase c;
    OpRun run;
    size_t n;
    double *p, *b;
} State;

static void state_init(State *s, const OpTest *t, const Setting *setting, size_t n, int level) {
    s->c = (OpCase){ .count = 4,
                     .x = { DIMS((int)n), DIMS((int)n), DIMS(P2C_SGD_RATES), DIMS((int)n) },
                     .y = SCALAR,
                     .options = setting };
    op_run_init(&s->run, t, &s->c);
    op_run_level(&s->run, level);
    s->n = n;
    memset(s->run.call.x[3], 0, n * sizeof(float));
    *P2C_ATTRIBUTES(s->run.node, P2cUpdateAttributes) =
        (P2cUpdateAttributes){ &setting->low, &setting->high };
    s->p = calloc(2 * n, sizeof *s->p);
    s->b = s->p + n;
    uint64_t random = n;
    for (size_t i = 0; i < n; i++) s->p[i] = s->run.call.x[0][i] = (float)op_uniform(&random);
}

static void step(State *s, OpTest *t, const Setting *setting, int number, int threads) {
    float *g = s->run.call.x[1];
    uint64_t random = (uint64_t)number;
    for (size_t i = 0; i < s->n; i++) g[i] = (float)op_uniform(&random);
    *(P2cSgdRates *)s->run.call.x[2] = (P2cSgdRates){ .step = (float)number,
                                                      .rate = (float)setting->sgd.lr,
                                                      .momentum = (float)setting->sgd.momentum,
                                                      .decay = (float)setting->sgd.weight_decay };
    update(setting, s->n, s->p, g, s->b);
    op_run_forward(&s->run, threads);
    P2cDims d = s->c.x[0];
    double worst = op_run_compare(&s->run, OP_NAME("x[0]"), d, s->run.call.x[0], s->p, 1e-5);
    worst = fmax(worst, op_run_compare(&s->run, OP_NAME("x[3]"), d, s->run.call.x[3], s->b, 1e-5));
    t->worst_y = fmax(t->worst_y, worst);
    assert_true(*s->run.call.y == (float)number);
    random = (uint64_t)number;
    /* the gradient is left as it is */
    for (size_t i = 0; i < s->n; i++) assert_true(g[i] == (float)op_uniform(&random));
}

/* NaN instead of the number of an update: nothing may change, whatever the gradient holds. */
static void skipped(State *s, int threads) {
    size_t bytes = s->n * sizeof(float);
    float *before = malloc(2 * bytes);
    memcpy(before, s->run.call.x[0], bytes);
    memcpy(before + s->n, s->run.call.x[3], bytes);
    for (size_t i = 0; i < s->n; i++) s->run.call.x[1][i] = i % 2 ? NAN : 1;
    *s->run.call.x[2] = NAN;
    op_run_forward(&s->run, threads);
    assert_memory_equal(s->run.call.x[0], before, bytes);
    assert_memory_equal(s->run.call.x[3], before + s->n, bytes);
    assert_true(isnan(*s->run.call.y));
    free(before);
}

static void check(OpTest *t, const Setting *setting, size_t n, int level) {
    State s[3];
    for (int k = 0; k < 3; k++) {
        state_init(&s[k], t, setting, n, level);
        for (int i = 0; i < STEPS; i++) {
            step(&s[k], t, setting, i + 1, k + 1);
            if (i == 2) skipped(&s[k], k + 1);
        }
        assert_memory_equal(s[k].run.call.x[0], s[0].run.call.x[0], n * sizeof(float));
        assert_memory_equal(s[k].run.call.x[3], s[0].run.call.x[3], n * sizeof(float));
    }
    for (int k = 0; k < 3; k++) op_run_clear(&s[k].run), free(s[k].p);
}

void test_op_sgd(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sgd, .build = build, .print = print };
    static const size_t sizes[] = { 1, 5, 8, 16, 17, 31, 33, 1000, 70000 };
    for (size_t i = 0; i < COUNT(settings); i++)
        for (size_t k = 0; k < COUNT(sizes); k++, t.cases++)
            for (int level = 0; level < op_level_count(); level++)
                check(&t, &settings[i], sizes[k], level);
    op_refused(&t, &(OpCase){ .count = 4, .x = { DIMS(3, 5), DIMS(3, 5), SCALAR, DIMS(3, 5) } },
               "expected rates (5), got ()");
    op_refused(&t, &(OpCase){ .count = 4, .x = { DIMS(3, 5), DIMS(3, 4), SCALAR, DIMS(3, 5) } },
               "parameter (3,5), gradient (3,4)");
    op_refused(&t, &(OpCase){ .count = 4, .x = { DIMS(3, 5), DIMS(3, 5), DIMS(5), DIMS(3) } },
               "parameter (3,5), momentum (3)");
    op_done(&t);
}
