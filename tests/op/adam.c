/* adam.c: several updates against the formula in double: L2 decay, bias correction, clamp to the
 * parameter's range; and updates that are skipped. */
#include "op/adam.h"
#include "harness.h"

enum { STEPS = 5 };

typedef struct Setting {
    P2cAdam adam;
    float low, high;
} Setting;

static const Setting settings[] = {
    { { .lr = 0.05f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f }, -INFINITY, INFINITY },
    { { .lr = 0.1f, .beta1 = 0.5f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.3f },
      -INFINITY,
      INFINITY },
    { { .lr = 0.1f, .beta1 = 0.5f, .beta2 = 0.9f, .eps = 0.3f, .weight_decay = 1e-4f },
      -0.25f,
      0.5f },
    { { .lr = 0, .beta1 = 0.5f, .beta2 = 0.9f, .eps = 1e-8f, .weight_decay = 1e-4f }, 0, 1 },
};

static void print(FILE *out, const OpCase *c) {
    const Setting *s = c->options;
    fprintf(out, "lr %g, beta1 %g, beta2 %g, eps %g, weight_decay %g, low %g, high %g", s->adam.lr,
            s->adam.beta1, s->adam.beta2, s->adam.eps, s->adam.weight_decay, s->low, s->high);
}

static void update(const Setting *s, int t, size_t n, double *p, const float *g, double *m,
                   double *v) {
    const P2cAdam *a = &s->adam;
    for (size_t i = 0; i < n; i++) {
        double gradient = g[i] + (double)a->weight_decay * p[i];
        m[i] = a->beta1 * m[i] + (1 - (double)a->beta1) * gradient;
        v[i] = a->beta2 * v[i] + (1 - (double)a->beta2) * gradient * gradient;
        double mean = m[i] / (1 - pow(a->beta1, t)), var = v[i] / (1 - pow(a->beta2, t));
        p[i] = fmin(fmax(p[i] - a->lr * mean / (sqrt(var) + a->eps), s->low), s->high);
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_node_new(&p2c_op_adam, 5, x, &(P2cUpdateAttributes){ NULL, NULL },
                        sizeof(P2cUpdateAttributes));
}

static void set_rates(float *x, const P2cAdam *a) {
    double t = (double)a->step;
    P2cAdamRates r = { .step = (float)t,
                       .rate = (float)(a->lr / (1 - pow(a->beta1, t))),
                       .unbias = (float)sqrt(1 / (1 - pow(a->beta2, t))),
                       .decay = (float)a->weight_decay,
                       .eps = (float)a->eps,
                       .beta1 = (float)a->beta1,
                       .rest1 = (float)(1 - a->beta1),
                       .beta2 = (float)a->beta2,
                       .rest2 = (float)(1 - a->beta2) };
    memcpy(x, &r, sizeof r);
}

/* The kernel's state and the reference's, side by side. */
typedef struct State {
    OpCase c;
    OpRun run;
    P2cAdam adam;
    size_t n;
    double *p, *m, *v;
} State;

static void state_init(State *s, const OpTest *t, const Setting *setting, size_t n, int level) {
    s->c = (OpCase){ .count = 5,
                     .x = { DIMS((int)n), DIMS((int)n), DIMS(P2C_ADAM_RATES), DIMS((int)n),
                            DIMS((int)n) },
                     .y = SCALAR,
                     .options = setting };
    op_run_init(&s->run, t, &s->c);
    op_run_level(&s->run, level);
    s->n = n;
    s->adam = setting->adam;
    for (int i = 3; i < 5; i++) memset(s->run.call.x[i], 0, n * sizeof(float));
    *P2C_ATTRIBUTES(s->run.node, P2cUpdateAttributes) =
        (P2cUpdateAttributes){ &setting->low, &setting->high };
    s->p = calloc(3 * n, sizeof *s->p);
    s->m = s->p + n;
    s->v = s->m + n;
    uint64_t random = n;
    for (size_t i = 0; i < n; i++) s->p[i] = s->run.call.x[0][i] = (float)op_uniform(&random);
}

static void step(State *s, OpTest *t, const Setting *setting, int threads) {
    float *g = s->run.call.x[1];
    uint64_t random = (uint64_t)++s->adam.step;
    for (size_t i = 0; i < s->n; i++) g[i] = (float)op_uniform(&random);
    if (s->n > 3) g[3] = 0;
    set_rates(s->run.call.x[2], &s->adam);
    update(setting, (int)s->adam.step, s->n, s->p, g, s->m, s->v);
    op_run_forward(&s->run, threads);
    P2cDims d = s->c.x[0];
    const double *const want[] = { s->p, NULL, NULL, s->m, s->v };
    const OpName names[] = {
        OP_NAME("x[0]"), { 0 }, { 0 }, OP_NAME("x[3], m"), OP_NAME("x[4], v")
    };
    double worst = 0;
    for (int i = 0; i < 5; i++)
        if (want[i])
            worst =
                fmax(worst, op_run_compare(&s->run, names[i], d, s->run.call.x[i], want[i], 1e-5));
    t->worst_y = fmax(t->worst_y, worst);
    assert_true(*s->run.call.y == (float)s->adam.step);
    random = (uint64_t)s->adam.step;
    /* the gradient stays unchanged */
    for (size_t i = 0; i < s->n; i++) assert_true(g[i] == (float)op_uniform(&random) || i == 3);
}

/* The number of the update is NaN, which refuses it: nothing may change. */
static void skipped(State *s, int threads) {
    size_t bytes = s->n * sizeof(float);
    float *before = malloc(3 * bytes),
          *now[3] = { s->run.call.x[0], s->run.call.x[3], s->run.call.x[4] };
    for (int k = 0; k < 3; k++) memcpy(before + (size_t)k * s->n, now[k], bytes);
    for (size_t i = 0; i < s->n; i++) s->run.call.x[1][i] = i % 2 ? NAN : 1;
    *s->run.call.x[2] = NAN;
    op_run_forward(&s->run, threads);
    for (int k = 0; k < 3; k++) assert_memory_equal(now[k], before + (size_t)k * s->n, bytes);
    assert_true(isnan(*s->run.call.y));
    free(before);
}

static void check(OpTest *t, const Setting *setting, size_t n, int level) {
    State s[3];
    for (int k = 0; k < 3; k++) {
        state_init(&s[k], t, setting, n, level);
        for (int i = 0; i < STEPS; i++) {
            step(&s[k], t, setting, k + 1);
            if (i == 2) skipped(&s[k], k + 1);
        }
        assert_memory_equal(s[k].run.call.x[0], s[0].run.call.x[0], n * sizeof(float));
        assert_memory_equal(s[k].run.call.x[4], s[0].run.call.x[4], n * sizeof(float));
    }
    for (int k = 0; k < 3; k++) op_run_clear(&s[k].run), free(s[k].p);
}

void test_op_adam(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_adam, .build = build, .print = print };
    static const size_t sizes[] = { 1, 5, 8, 16, 17, 31, 33, 1000, 70000 };
    for (size_t i = 0; i < COUNT(settings); i++)
        for (size_t k = 0; k < COUNT(sizes); k++, t.cases++)
            for (int level = 0; level < op_level_count(); level++)
                check(&t, &settings[i], sizes[k], level);
    op_refused(
        &t,
        &(OpCase){ .x = { DIMS(3, 5), DIMS(3, 5), SCALAR, DIMS(3, 5), DIMS(3, 5) }, .count = 5 },
        "expected rates (10), got ()");
    op_refused(
        &t,
        &(OpCase){ .x = { DIMS(3, 5), DIMS(3, 4), SCALAR, DIMS(3, 5), DIMS(3, 5) }, .count = 5 },
        "parameter (3,5), gradient (3,4)");
    op_refused(
        &t, &(OpCase){ .x = { DIMS(3, 5), DIMS(3, 5), SCALAR, DIMS(3, 5), DIMS(3) }, .count = 5 },
        "parameter (3,5), second moment (3)");
    op_done(&t);
}
