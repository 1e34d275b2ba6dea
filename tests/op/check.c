/* check.c: an operation's kernels against its reference; what is checked is written in
 * harness.h. */
#include "check.h"

#include "op/conv2d.h"

void *op_memory(size_t count, size_t size) {
    void *p = calloc(count, size);
    assert_non_null(p);
    return p;
}

/* ---- what is expected ------------------------------------------------------------------------ */

#define THE_FIRST "in the first run, with one thread"

static OpName operand_name(const char *tensor, int i) { return (OpName){ tensor, i }; }

static double compare_y(const Check *k, double tolerance) {
    return op_run_compare(&k->run, OP_NAME("y"), k->c->y, k->run.call.y, k->y, tolerance);
}

/* dx[i] against the first one, `more` being added to it. */
static void compare_dx(const Check *k, int i, double more) {
    double *want = op_memory(k->n[i], sizeof *want);
    for (size_t e = 0; e < k->n[i]; e++) want[e] = more + (double)k->first_dx[i][e];
    op_run_compare(&k->run, operand_name("dx", i), k->c->x[i], k->run.call.dx[i], want, 1e-5);
    free(want);
}

static void draw(Check *k) {
    uint64_t state = 1 + (uint64_t)k->t->cases;
    double range = k->c->range > 0 ? k->c->range : 1;
    for (int i = 0; i < k->c->count; i++) {
        k->n[i] = op_size(k->c->x[i]);
        k->x[i] = op_memory(k->n[i], sizeof(float));
        for (size_t e = 0; e < k->n[i]; e++) k->x[i][e] = (float)(range * op_uniform(&state));
    }
    if (k->c->prepare) k->c->prepare(k->c, k->x);
    k->ny = op_size(k->c->y);
    k->dy = op_memory(k->ny, sizeof(float));
    for (size_t e = 0; e < k->ny; e++) k->dy[e] = (float)op_uniform(&state);
}

static void compute_reference(Check *k) {
    for (int i = 0; i < k->c->count; i++) {
        k->xd[i] = op_memory(k->n[i], sizeof(double));
        for (size_t e = 0; e < k->n[i]; e++) k->xd[i][e] = k->x[i][e];
    }
    k->y = op_memory(k->ny, sizeof(double));
    k->t->reference(k->c, k->xd, k->y);
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
        OpName name = operand_name("x", i);
        if (!(k->run.node->op->writes >> i & 1))
            op_run_same_bits(&k->run, name, k->c->x[i], call->x[i], k->x[i], "before forward");
        op_run_compare(&k->run, name, k->c->x[i], call->x[i], k->xd[i], 1e-5);
    }
}

static void check_forward(Check *k) {
    P2cCall *call = &k->run.call;
    forward(k, 1);
    k->t->worst_y = fmax(k->t->worst_y, compare_y(k, k->tolerance));
    memcpy(k->first_y, call->y, k->ny * sizeof(float));
    for (int threads = 3; threads > 1; threads--) {
        forward(k, threads);
        op_run_same_bits(&k->run, OP_NAME("y"), k->c->y, call->y, k->first_y, THE_FIRST);
    }
}

/* (mean, biased variance) of the planes of values (n,c,h,w): first all means, then all
 * variances. */
static double *statistics_of(const double *values, P2cDims dims) {
    size_t planes = (size_t)dims.d[0] * (size_t)dims.d[1],
           area = (size_t)dims.d[2] * (size_t)dims.d[3];
    double *m = op_memory(2 * planes, sizeof *m);
    for (size_t p = 0; p < planes; p++) {
        const double *v = values + p * area;
        for (size_t i = 0; i < area; i++) m[p] += v[i] / (double)area;
        for (size_t i = 0; i < area; i++)
            m[planes + p] += (v[i] - m[p]) * (v[i] - m[p]) / (double)area;
    }
    return m;
}

static void compare_statistics(const Check *k, const double *want, size_t planes) {
    float *variances = op_memory(planes, sizeof *variances);
    double squares = 0;
    for (size_t e = 0; e < k->ny; e++) squares += k->y[e] * k->y[e];
    for (size_t p = 0; p < planes; p++) {
        /* a mean near 0 is as exact as the values of its plane, or of all */
        double size = fmax(sqrt(want[planes + p]), sqrt(squares / (double)k->ny)),
               got = k->statistics[2 * p];
        if (!(fabs(got - want[p]) <= 1e-5 * fmax(fabs(want[p]), size) + 1e-8))
            op_fail(&k->run, "the mean of y's plane %zu: expected %.9g, got %.9g", p, want[p], got);
        variances[p] = k->statistics[2 * p + 1];
    }
    op_run_compare(&k->run, OP_NAME("variances of y's planes"),
                   P2C_DIMS(k->c->y.d[0], k->c->y.d[1]), variances, want + planes, 1e-5);
    free(variances);
}

/* Where the kernel offers the statistics of y: they and y are right. */
static void check_statistics(Check *k) {
    size_t planes = (size_t)k->run.node->dims.d[0] * (size_t)k->run.node->dims.d[1];
    if (!k->run.kernel->statistics || k->run.node->dims.rank != 4) return;
    double *want = statistics_of(k->y, k->run.node->dims);
    k->run.node->makes_statistics = true;
    k->run.call.statistics = k->statistics;
    for (int threads = 1; threads <= 3; threads++) {
        memset(k->statistics, 0xFF, 2 * planes * sizeof(float));
        forward(k, threads);
        compare_y(k, 1e-5);
        compare_statistics(k, want, planes);
    }
    k->run.node->makes_statistics = false;
    k->run.call.statistics = NULL;
    free(want);
}

static void check_in_place(Check *k) {
    float *y = k->run.call.y;
    k->run.call.y = k->run.call.x[0];
    forward(k, 2);
    op_run_same_bits(&k->run, OP_NAME("y"), k->c->y, k->run.call.y, k->first_y,
                     "when it is not written over x[0]");
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
    k->run.added_to = start;
    op_run_backward(&k->run, threads);
    whole.threads = threads;
    *call = whole;
    op_run_same_bits(&k->run, OP_NAME("dy"), k->c->y, call->dy, k->dy, "before backward");
}

/* One gradient is wanted: the others stay unchanged. */
static void check_single(Check *k, int i) {
    backward(k, 1u << i, 0, 1);
    compare_dx(k, i, 0);
    for (int j = 0; j < k->c->count; j++)
        for (size_t e = 0; j != i && k->run.call.dx[j] && e < k->n[j]; e++)
            if (k->run.call.dx[j][e] != 0)
                op_fail(&k->run, "dx[%d], element %zu: written, but only dx[%d] is wanted", j, e,
                        i);
}

static void check_added(Check *k, int i) {
    backward(k, ~0u, 100, 1);
    compare_dx(k, i, 100);
    if (!k->run.kernel->overwrite) return;
    backward(k, 1u << i, NAN, 1);
    compare_dx(k, i, 0);
    backward(k, ~0u, NAN, 2);
    compare_dx(k, i, 0);
}

/* A norm that is given the statistics of its operand computes none itself. */
static void check_x_statistics(Check *k) {
    const P2cNode *node = k->run.node;
    P2cOpId op = node->op->id;
    bool norm = op == P2C_OP_instance_norm || op == P2C_OP_layer_instance_norm ||
                (op == P2C_OP_conv2d && P2C_ATTRIBUTES(node, P2cConvAttributes)->normalised);
    if (!norm || p2c_device_is_host(k->run.ctx->device)) return;
    size_t planes = (size_t)node->x[0]->dims.d[0] * (size_t)node->x[0]->dims.d[1];
    double *m = statistics_of(k->xd[0], node->x[0]->dims);
    for (size_t p = 0; p < planes; p++)
        k->x_statistics[2 * p] = (float)m[p], k->x_statistics[2 * p + 1] = (float)m[planes + p];
    k->run.call.x_statistics = k->x_statistics;
    forward(k, 1);
    op_run_compare(&k->run, OP_NAME("y, with statistics of x given"), k->c->y, k->run.call.y, k->y,
                   k->tolerance);
    backward(k, ~0u, 0, 1);
    compare_dx(k, 0, 0);
    k->run.call.x_statistics = NULL;
    free(m);
}

static void check_backward(Check *k) {
    memcpy((void *)k->run.call.dy, k->dy, k->ny * sizeof(float));
    for (int threads = 1; threads <= 3; threads++) {
        backward(k, ~0u, 0, threads);
        for (int i = 0; i < k->c->count; i++) {
            if (!k->run.call.dx[i]) continue;
            if (threads == 1) memcpy(k->first_dx[i], k->run.call.dx[i], k->n[i] * sizeof(float));
            else
                op_run_same_bits(&k->run, operand_name("dx", i), k->c->x[i], k->run.call.dx[i],
                                 k->first_dx[i], THE_FIRST);
        }
        if (threads == 1) op_check_probes(k);
    }
    for (int i = 0; i < k->c->count; i++)
        if (k->run.call.dx[i]) check_single(k, i), check_added(k, i);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static void check_level(Check *k, int level) {
    const P2cOp *op = k->run.node->op;
    op_run_level(&k->run, level);
    if (k->t->folds & ~k->run.kernel->folds) return;
    if (op->view) k->run.call.y = k->run.call.x[0]; /* the graph calls no kernel */
    else check_forward(k);
    if (k->run.kernel->backward && !op->blocks) check_backward(k);
    if (!op->view) check_statistics(k), check_x_statistics(k);
    if (op->in_place && k->n[0] == k->ny) check_in_place(k); /* the plan asks for equal sizes */
}

static void check_init(Check *k, OpTest *t, const OpCase *c) {
    *k = (Check){ .t = t, .c = c, .tolerance = c->tolerance > 0 ? c->tolerance : 1e-5 };
    draw(k);
    compute_reference(k);
    op_run_init(&k->run, t, c);
    if (!p2c_dims_equal(k->run.node->dims, op_dims(c->y)))
        op_fail(&k->run, "y has shape %s", p2c_dims_text(k->run.node->dims).text);
    k->first_y = op_memory(k->ny, sizeof(float));
    k->statistics = op_run_memory(&k->run, "statistics",
                                  2 * sizeof(float) * (size_t)k->run.node->dims.d[0] *
                                      (size_t)k->run.node->dims.d[1]);
    if (c->count)
        k->x_statistics = op_run_memory(&k->run, "x_statistics",
                                        2 * sizeof(float) * (size_t)k->run.node->x[0]->dims.d[0] *
                                            (size_t)k->run.node->x[0]->dims.d[1]);
    for (int i = 0; i < c->count; i++) k->first_dx[i] = op_memory(k->n[i], sizeof(float));
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
    Check *k = op_memory(1, sizeof *k);
    check_init(k, t, c);
    if (k->run.kernel->backward && !k->run.node->op->blocks) op_make_probes(k);
    for (int level = 0; level < op_level_count(); level++) check_level(k, level);
    check_clear(k);
    free(k);
    t->cases++;
}

void op_check_all(OpTest *t, const OpCase *c, size_t count) {
    for (size_t i = 0; i < count; i++) op_check(t, &c[i]);
}

void op_done(OpTest *t) {
    print_message("%d cases, worst error as a part of the tolerance: result %.2f, gradient %.2f\n",
                  t->cases, t->worst_y, t->worst_dx);
}
