/* adam.c: several updates against the formula in double: L2 decay, bias correction, clamp to the
 * parameter's range; and updates that are skipped. */
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
    return p2c_node_new(&p2c_op_adam, 3, x, &(P2cAdamAttributes){ NULL, NULL },
                        sizeof(P2cAdamAttributes));
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
    OpRun run;
    P2cAdam adam;
    P2cParam param; /* where the kernel sees it */
    size_t n;
    float *kernel_m, *kernel_v;
    double *p, *m, *v;
} State;

static void state_init(State *s, const OpTest *t, const Setting *setting, size_t n, int level) {
    OpCase c = { .count = 3,
                 .x = { DIMS((int)n), DIMS((int)n), DIMS(P2C_ADAM_RATES) },
                 .y = SCALAR };
    op_run_init(&s->run, t, &c);
    op_run_level(&s->run, level);
    s->n = n;
    s->adam = setting->adam;
    s->kernel_m = op_run_memory(&s->run, n * sizeof(float));
    s->kernel_v = op_run_memory(&s->run, n * sizeof(float));
    memset(s->kernel_m, 0, n * sizeof(float));
    memset(s->kernel_v, 0, n * sizeof(float));
    s->param = (P2cParam){ .dims = op_dims(c.x[0]),
                           .low = setting->low,
                           .high = setting->high,
                           .data = op_run_there(&s->run, s->run.call.x[0]),
                           .m = op_run_there(&s->run, s->kernel_m),
                           .v = op_run_there(&s->run, s->kernel_v) };
    *P2C_ATTRIBUTES(s->run.node, P2cAdamAttributes) = (P2cAdamAttributes){ &s->adam, &s->param };
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
    double worst = op_compare("adam: parameter", s->run.call.x[0], s->p, s->n, 1e-5);
    worst = fmax(worst, op_compare("adam: first moment", s->kernel_m, s->m, s->n, 1e-5));
    worst = fmax(worst, op_compare("adam: second moment", s->kernel_v, s->v, s->n, 1e-5));
    t->worst_y = fmax(t->worst_y, worst);
    assert_true(*s->run.call.y == (float)s->adam.step);
    random = (uint64_t)s->adam.step;
    /* the gradient is left as it is */
    for (size_t i = 0; i < s->n; i++) assert_true(g[i] == (float)op_uniform(&random) || i == 3);
}

/* NaN instead of the number of an update: nothing may change, whatever the gradient holds. */
static void skipped(State *s, int threads) {
    size_t bytes = s->n * sizeof(float);
    float *before = malloc(3 * bytes), *now[3] = { s->run.call.x[0], s->kernel_m, s->kernel_v };
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
        assert_memory_equal(s[k].kernel_v, s[0].kernel_v, n * sizeof(float));
    }
    for (int k = 0; k < 3; k++) op_run_clear(&s[k].run), free(s[k].p);
}

void test_op_adam(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_adam, .build = build };
    static const size_t sizes[] = { 1, 5, 8, 16, 17, 31, 33, 1000, 70000 };
    for (size_t i = 0; i < COUNT(settings); i++)
        for (size_t k = 0; k < COUNT(sizes); k++, t.cases++)
            for (int level = 0; level < op_level_count(); level++)
                check(&t, &settings[i], sizes[k], level);
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(3, 5), SCALAR } },
               "expected rates (10), got ()");
    op_refused(&t, &(OpCase){ .count = 3, .x = { DIMS(3, 5), DIMS(3, 4), SCALAR } },
               "parameter (3,5), gradient (3,4)");
    op_done(&t);
}
