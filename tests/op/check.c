/* check.c: an operation's kernels against its reference; what is checked is written in
 * harness.h. */
#include "harness.h"

#include <stdio.h>

#include "op/conv2d.h"

enum { MOST_PROBES = 400 };

/* A known derivative of sum(dy * y): by one element of an operand, or along a random direction v
 * through all of it. */
typedef struct Probe {
    int operand;
    long element; /* -1: a direction, drawn from `seed` */
    uint64_t seed;
    double want;
} Probe;

typedef struct Check {
    OpTest *t;
    const OpCase *c;
    OpRun run;
    size_t n[P2C_MAX_OPERANDS], ny;
    float *x[P2C_MAX_OPERANDS], *dy;  /* the inputs, and */
    double *xd[P2C_MAX_OPERANDS], *y; /* what the reference makes of them */
    Probe probes[MOST_PROBES];
    int probe_count;
    float *first_y, *first_dx[P2C_MAX_OPERANDS]; /* with one thread */
    /* room for those of the planes of y, and those of x[0] */
    float *statistics, *x_statistics;
    char what[240];
} Check;

static void *memory(size_t count, size_t size) {
    void *p = calloc(count, size);
    assert_non_null(p);
    return p;
}

/* ---- what is expected ------------------------------------------------------------------------ */

static void draw(Check *k) {
    uint64_t state = 1 + (uint64_t)k->t->cases;
    double range = k->c->range > 0 ? k->c->range : 1;
    for (int i = 0; i < k->c->count; i++) {
        k->n[i] = op_size(k->c->x[i]);
        k->x[i] = memory(k->n[i], sizeof(float));
        for (size_t e = 0; e < k->n[i]; e++) k->x[i][e] = (float)(range * op_uniform(&state));
    }
    if (k->c->prepare) k->c->prepare(k->c, k->x);
    k->ny = op_size(k->c->y);
    k->dy = memory(k->ny, sizeof(float));
    for (size_t e = 0; e < k->ny; e++) k->dy[e] = (float)op_uniform(&state);
}

static void compute_reference(Check *k) {
    for (int i = 0; i < k->c->count; i++) {
        k->xd[i] = memory(k->n[i], sizeof(double));
        for (size_t e = 0; e < k->n[i]; e++) k->xd[i][e] = k->x[i][e];
    }
    k->y = memory(k->ny, sizeof(double));
    k->t->reference(k->c, k->xd, k->y);
}

static double loss(const Check *k, double *const x[], double *y) {
    double sum = 0;
    (k->t->gradient_of ? k->t->gradient_of : k->t->reference)(k->c, x, y);
    for (size_t e = 0; e < k->ny; e++)
        sum += (!k->t->relu || !k->c->flag || k->y[e] > 0 ? 1 : k->c->slope) * k->dy[e] * y[e];
    return sum;
}

static double difference(const Check *k, const Probe *p) {
    size_t n = k->n[p->operand];
    double h = 1e-5 * (k->c->range > 0 ? k->c->range : 1), f[2], *x[P2C_MAX_OPERANDS],
           *y = memory(k->ny, sizeof(double));
    memcpy(x, k->xd, sizeof x);
    x[p->operand] = memory(n, sizeof(double));
    for (int side = 0; side < 2; side++) {
        uint64_t seed = p->seed;
        double step = side ? h : -h;
        memcpy(x[p->operand], k->xd[p->operand], n * sizeof(double));
        if (p->element >= 0) x[p->operand][p->element] += step;
        else
            for (size_t e = 0; e < n; e++) x[p->operand][e] += step * op_uniform(&seed);
        f[side] = loss(k, x, y);
    }
    free(x[p->operand]);
    free(y);
    return (f[1] - f[0]) / (2 * h);
}

static void add_probe(Check *k, int operand, long element, uint64_t seed) {
    Probe p = { .operand = operand, .element = element, .seed = seed };
    assert_true(k->probe_count < MOST_PROBES);
    p.want = difference(k, &p);
    k->probes[k->probe_count++] = p;
}

/* All elements of small operands, a few of large ones, for which the reference takes long; the
 * directions see the rest. */
static void probe(Check *k) {
    uint64_t state = 77;
    size_t total = k->ny;
    for (int i = 0; i < k->c->count; i++) total += k->n[i];
    for (int i = 0; i < k->c->count; i++) {
        size_t picks = total < 400 ? 40 : total < 20000 ? 6 : total < 100000 ? 2 : 1;
        if (k->t->frozen >> i & 1) continue;
        for (size_t e = 0; e < picks && e < k->n[i]; e++) {
            double at = (op_uniform(&state) + 1) / 2 * (double)k->n[i];
            add_probe(k, i, k->n[i] <= picks ? (long)e : (long)at, 0);
        }
        for (int d = 0; d < (total < 20000 ? 2 : 1); d++) add_probe(k, i, -1, 1000 + (uint64_t)d);
    }
}

/* ---- what the kernels make ------------------------------------------------------------------- */

static void forward(Check *k, int threads) {
    P2cCall *call = &k->run.call;
    for (int i = 0; i < k->c->count; i++) memcpy(call->x[i], k->x[i], k->n[i] * sizeof(float));
    if (call->y != call->x[0]) memset(call->y, 0xFF, k->ny * sizeof(float));
    if (call->saved) memset(call->saved, 0xFF, k->run.node->saved_bytes);
    op_run_forward(&k->run, threads);
    if (call->y == call->x[0]) return;
    for (int i = 0; i < k->c->count; i++) {
        if (!(k->run.node->op->writes >> i & 1) &&
            memcmp(call->x[i], k->x[i], k->n[i] * sizeof(float)))
            fail_msg("%s: forward changed operand %d", k->what, i);
        op_compare(k->what, call->x[i], k->xd[i], k->n[i], 1e-5);
    }
}

static void check_forward(Check *k) {
    P2cCall *call = &k->run.call;
    double tolerance = k->c->tolerance > 0 ? k->c->tolerance : 1e-5;
    forward(k, 1);
    k->t->worst_y = fmax(k->t->worst_y, op_compare(k->what, call->y, k->y, k->ny, tolerance));
    memcpy(k->first_y, call->y, k->ny * sizeof(float));
    for (int threads = 3; threads > 1; threads--) {
        forward(k, threads);
        if (memcmp(call->y, k->first_y, k->ny * sizeof(float)))
            fail_msg("%s: forward has other bits with %d threads", k->what, threads);
    }
}

/* (mean, biased variance) of the planes of values (n,c,h,w): first all means, then all
 * variances. */
static double *statistics_of(const double *values, P2cDims dims) {
    size_t planes = (size_t)dims.d[0] * (size_t)dims.d[1],
           area = (size_t)dims.d[2] * (size_t)dims.d[3];
    double *m = memory(2 * planes, sizeof *m);
    for (size_t p = 0; p < planes; p++) {
        const double *v = values + p * area;
        for (size_t i = 0; i < area; i++) m[p] += v[i] / (double)area;
        for (size_t i = 0; i < area; i++)
            m[planes + p] += (v[i] - m[p]) * (v[i] - m[p]) / (double)area;
    }
    return m;
}

/* Where the kernel offers them: y has the bits that it has without, and the statistics are its
 * own. */
static void check_statistics(Check *k) {
    size_t planes = (size_t)k->run.node->dims.d[0] * (size_t)k->run.node->dims.d[1];
    if (!k->run.kernel->statistics || k->run.node->dims.rank != 4) return;
    double *want = statistics_of(k->y, k->run.node->dims);
    float *got = memory(2 * planes, sizeof *got);
    double squares = 0;
    for (size_t e = 0; e < k->ny; e++) squares += k->y[e] * k->y[e];
    k->run.node->makes_statistics = true;
    k->run.call.statistics = k->statistics;
    for (int threads = 1; threads <= 3; threads++) {
        memset(k->statistics, 0xFF, 2 * planes * sizeof(float));
        forward(k, threads);
        op_compare(k->what, k->run.call.y, k->y, k->ny, 1e-5);
        for (size_t p = 0; p < planes; p++) {
            got[p] = k->statistics[2 * p];
            got[planes + p] = k->statistics[2 * p + 1];
        }
        /* a mean of 0 is as exact as the values are, its plane's or all */
        for (size_t p = 0; p < planes; p++) {
            double allowed = 1e-5 * fmax(fabs(want[p]), fmax(sqrt(want[planes + p]),
                                                             sqrt(squares / (double)k->ny))) +
                             1e-8;
            if (!(fabs(got[p] - want[p]) <= allowed))
                fail_msg("%s: the mean of plane %zu is %.9g, expected %.9g", k->what, p, got[p],
                         want[p]);
        }
        op_compare("variances of planes", got + planes, want + planes, planes, 1e-5);
    }
    k->run.node->makes_statistics = false;
    k->run.call.statistics = NULL;
    free(want);
    free(got);
}

static void check_in_place(Check *k) {
    float *y = k->run.call.y;
    k->run.call.y = k->run.call.x[0];
    forward(k, 2);
    if (memcmp(k->run.call.y, k->first_y, k->ny * sizeof(float)))
        fail_msg("%s: forward in place has other bits", k->what);
    k->run.call.y = y;
}

/* Gradients of the operands in `wanted`, added to `start`; NaN: written, not added. */
static void backward(Check *k, unsigned wanted, float start, int threads) {
    P2cCall whole = k->run.call;
    P2cCall *call = &k->run.call;
    call->overwrite = isnan(start) ? wanted : 0;
    for (int i = 0; i < k->c->count; i++) {
        for (size_t e = 0; call->dx[i] && e < k->n[i]; e++) call->dx[i][e] = start;
        if (!(wanted >> i & 1)) call->dx[i] = NULL;
    }
    op_run_backward(&k->run, threads);
    *call = whole;
    if (memcmp(call->dy, k->dy, k->ny * sizeof(float)))
        fail_msg("%s: backward changed dy", k->what);
}

static double probe_ratio(const Check *k, const Probe *p, const float *dx, double tolerance) {
    size_t n = k->n[p->operand];
    uint64_t seed = p->seed;
    double got = 0, squares = 0, allowed;
    for (size_t e = 0; e < n; e++) {
        double term = p->element < 0 ? dx[e] * op_uniform(&seed) : dx[e];
        got += term;
        squares += term * term;
    }
    if (p->element < 0) {
        allowed = tolerance * fmax(sqrt(squares), k->c->terms[p->operand] * sqrt((double)n));
    } else {
        got = dx[p->element];
        allowed = tolerance *
                  fmax(fmax(fabs(p->want), sqrt(squares / (double)n)), k->c->terms[p->operand]);
    }
    double ratio = fabs(got - p->want) / fmax(allowed, 1e-8);
    if (!(ratio <= 1))
        fail_msg("%s: gradient of operand %d, element %ld (-1: a direction): %.9g, expected %.9g, "
                 "%.3g of the tolerance",
                 k->what, p->operand, p->element, got, p->want, ratio);
    return ratio;
}

static void check_alone_and_added(Check *k, int i) {
    const float *dx = k->run.call.dx[i];
    double *want = memory(k->n[i], sizeof(double));
    for (size_t e = 0; e < k->n[i]; e++) want[e] = k->first_dx[i][e];
    backward(k, 1u << i, 0, 1);
    op_compare(k->what, dx, want, k->n[i], 1e-5);
    for (int j = 0; j < k->c->count; j++)
        for (size_t e = 0; j != i && k->run.call.dx[j] && e < k->n[j]; e++)
            assert_true(k->run.call.dx[j][e] == 0);
    for (size_t e = 0; e < k->n[i]; e++) want[e] = 100 + (double)k->first_dx[i][e];
    backward(k, ~0u, 100, 1);
    op_compare(k->what, dx, want, k->n[i], 1e-5);
    if (k->run.kernel->overwrite) {
        for (size_t e = 0; e < k->n[i]; e++) want[e] = k->first_dx[i][e];
        backward(k, 1u << i, NAN, 1);
        op_compare(k->what, dx, want, k->n[i], 1e-5);
        backward(k, ~0u, NAN, 2);
        op_compare(k->what, dx, want, k->n[i], 1e-5);
    }
    free(want);
}

/* A norm whose operand's statistics are there already computes none: neither looks at what is
 * saved. */
static void check_x_statistics(Check *k) {
    const P2cNode *node = k->run.node;
    P2cOpId op = node->op->id;
    bool norm = op == P2C_OP_instance_norm || op == P2C_OP_layer_instance_norm ||
                (op == P2C_OP_conv2d && P2C_ATTRIBUTES(node, P2cConvAttributes)->normed);
    if (!norm || p2c_device_is_host(k->run.ctx->device)) return;
    size_t planes = (size_t)node->x[0]->dims.d[0] * (size_t)node->x[0]->dims.d[1];
    double *m = statistics_of(k->xd[0], node->x[0]->dims), *want = memory(k->n[0], sizeof *want);
    for (size_t p = 0; p < planes; p++)
        k->x_statistics[2 * p] = (float)m[p], k->x_statistics[2 * p + 1] = (float)m[planes + p];
    k->run.call.x_statistics = k->x_statistics;
    forward(k, 1);
    op_compare("with statistics of x: result", k->run.call.y, k->y, k->ny,
               k->c->tolerance > 0 ? k->c->tolerance : 1e-5);
    backward(k, ~0u, 0, 1);
    for (size_t e = 0; e < k->n[0]; e++) want[e] = k->first_dx[0][e];
    op_compare("with statistics of x: gradient", k->run.call.dx[0], want, k->n[0], 1e-5);
    k->run.call.x_statistics = NULL;
    free(m);
    free(want);
}

static void check_backward(Check *k) {
    double tolerance = k->c->tolerance > 0 ? k->c->tolerance : 1e-5;
    memcpy((void *)k->run.call.dy, k->dy, k->ny * sizeof(float));
    for (int threads = 1; threads <= 3; threads++) {
        backward(k, ~0u, 0, threads);
        for (int i = 0; i < k->c->count; i++) {
            if (!k->run.call.dx[i]) continue;
            if (threads == 1) memcpy(k->first_dx[i], k->run.call.dx[i], k->n[i] * sizeof(float));
            else if (memcmp(k->first_dx[i], k->run.call.dx[i], k->n[i] * sizeof(float)))
                fail_msg("%s: gradient of operand %d has other bits with %d threads", k->what, i,
                         threads);
        }
    }
    for (int p = 0; p < k->probe_count; p++)
        k->t->worst_dx =
            fmax(k->t->worst_dx,
                 probe_ratio(k, &k->probes[p], k->first_dx[k->probes[p].operand], tolerance));
    for (int i = 0; i < k->c->count; i++)
        if (k->run.call.dx[i]) check_alone_and_added(k, i);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static void describe(Check *k, const char *detail) {
    int used = snprintf(k->what, sizeof k->what, "%s, case %d, %s:", k->run.node->op->name,
                        k->t->cases + 1, detail);
    for (int i = 0; i < k->c->count && i < 3; i++)
        used += snprintf(k->what + used, sizeof k->what - (size_t)used, " %s",
                         p2c_dims_text(op_dims(k->c->x[i])).text);
}

static void check_level(Check *k, int level) {
    const P2cOp *op = k->run.node->op;
    op_run_level(&k->run, level);
    if (k->t->folds & ~k->run.kernel->folds) return;
    describe(k, p2c_device_is_host(k->run.ctx->device) ? p2c_cpu_device_at(level)->detail
                                                       : k->run.ctx->device->detail);
    if (op->view) k->run.call.y = k->run.call.x[0]; /* the graph calls no kernel */
    else check_forward(k);
    if (k->run.kernel->backward && !op->blocks) check_backward(k);
    if (!op->view) check_statistics(k), check_x_statistics(k);
    if (op->in_place && k->n[0] == k->ny) check_in_place(k); /* the plan asks for equal sizes */
}

static void check_init(Check *k, OpTest *t, const OpCase *c) {
    *k = (Check){ .t = t, .c = c };
    draw(k);
    compute_reference(k);
    op_run_init(&k->run, t, c);
    describe(k, "dims");
    if (!p2c_dims_equal(k->run.node->dims, op_dims(c->y)))
        fail_msg("%s gave %s", k->what, p2c_dims_text(k->run.node->dims).text);
    k->first_y = memory(k->ny, sizeof(float));
    k->statistics = op_run_memory(&k->run, 2 * sizeof(float) * (size_t)k->run.node->dims.d[0] *
                                               (size_t)k->run.node->dims.d[1]);
    if (c->count)
        k->x_statistics =
            op_run_memory(&k->run, 2 * sizeof(float) * (size_t)k->run.node->x[0]->dims.d[0] *
                                       (size_t)k->run.node->x[0]->dims.d[1]);
    for (int i = 0; i < c->count; i++) k->first_dx[i] = memory(k->n[i], sizeof(float));
}

static void check_clear(Check *k) {
    for (int i = 0; i < k->c->count; i++) {
        free(k->x[i]);
        free(k->xd[i]);
        free(k->first_dx[i]);
    }
    free(k->dy);
    free(k->y);
    free(k->first_y);
    op_run_clear(&k->run);
}

void op_check(OpTest *t, const OpCase *c) {
    Check *k = memory(1, sizeof *k);
    check_init(k, t, c);
    if (k->run.kernel->backward && !k->run.node->op->blocks) probe(k);
    for (int level = 0; level < op_level_count(); level++) check_level(k, level);
    check_clear(k);
    free(k);
    t->cases++;
}

void op_check_all(OpTest *t, const OpCase *c, size_t count) {
    for (size_t i = 0; i < count; i++) op_check(t, &c[i]);
}

static bool is_the_same(float got, float want) {
    return got == want || (isnan(got) && isnan(want)) ||
           (isfinite(want) && fabsf(got - want) <= 1e-6f * fabsf(want));
}

static void exactly(const char *what, const float *got, const float *want, size_t n) {
    for (size_t i = 0; want && i < n; i++)
        if (!is_the_same(got[i], want[i]))
            fail_msg("%s: element %zu is %.9g, expected %.9g", what, i, got[i], want[i]);
}

void op_exact(OpTest *t, const OpCase *c, const OpExact *e) {
    OpRun run;
    op_run_init(&run, t, c);
    for (int level = 0; level < op_level_count(); level++) {
        op_run_level(&run, level);
        for (int i = 0; i < c->count; i++) {
            memcpy(run.call.x[i], e->x[i], op_size(c->x[i]) * sizeof(float));
            if (run.call.dx[i]) memset(run.call.dx[i], 0, op_size(c->x[i]) * sizeof(float));
        }
        memcpy((void *)run.call.dy, e->dy, op_size(c->y) * sizeof(float));
        op_run_forward(&run, 1);
        op_run_backward(&run, 2);
        exactly(run.node->op->name, run.call.y, e->y, op_size(c->y));
        for (int i = 0; i < c->count; i++)
            if (run.call.dx[i]) exactly("its gradient", run.call.dx[i], e->dx[i], op_size(c->x[i]));
    }
    op_run_clear(&run);
    t->cases++;
}

void op_done(OpTest *t) {
    print_message("%d cases, worst error as a part of the tolerance: result %.2f, gradient %.2f\n",
                  t->cases, t->worst_y, t->worst_dx);
}
