/* spectral_norm.c: y = w / (u . W v); in training, one power iteration updates u and v first. */
#include "harness.h"

typedef struct Options {
    bool training;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "%s", o->training ? "training" : "evaluation");
}

static void normalise(double *x, int n) {
    double squares = 0;
    for (int i = 0; i < n; i++) squares += x[i] * x[i];
    for (int i = 0; i < n; i++) x[i] /= fmax(sqrt(squares), 1e-12);
}

static void power_iteration(const double *w, double *u, double *v, int rows, int columns) {
    memset(v, 0, (size_t)columns * sizeof *v);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) v[j] += w[i * columns + j] * u[i];
    normalise(v, columns);
    memset(u, 0, (size_t)rows * sizeof *u);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) u[i] += w[i * columns + j] * v[j];
    normalise(u, rows);
}

static void evaluation(const OpCase *c, double *const x[], double *y) {
    int rows = c->x[1].d[0], columns = c->x[2].d[0];
    double sigma = 0;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) sigma += x[1][i] * x[0][i * columns + j] * x[2][j];
    for (int i = 0; i < rows * columns; i++) y[i] = x[0][i] / sigma;
}

static void reference(const OpCase *c, double *const x[], double *y) {
    const Options *o = c->options;
    if (o->training) power_iteration(x[0], x[1], x[2], c->x[1].d[0], c->x[2].d[0]);
    evaluation(c, x, y);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_spectral_norm(x[0], x[1], x[2], o->training);
}

/* as training leaves them, so that sigma is not nearly 0 */
static void unit_vectors(const OpCase *c, float *const x[]) {
    int rows = c->x[1].d[0], columns = c->x[2].d[0];
    double *w = malloc((size_t)(rows * columns + rows + columns) * sizeof *w),
           *u = w + rows * columns, *v = u + rows;
    for (int i = 0; i < rows * columns; i++) w[i] = x[0][i];
    for (int i = 0; i < rows; i++) u[i] = x[1][i];
    power_iteration(w, u, v, rows, columns);
    for (int i = 0; i < rows; i++) x[1][i] = (float)u[i];
    for (int i = 0; i < columns; i++) x[2][i] = (float)v[i];
    free(w);
}

static OpCase make(P2cDims w, const Options *o) {
    w = op_dims(w);
    return (OpCase){ .count = 3,
                     .x = { w, DIMS(w.d[0]), DIMS(w.d[1] * w.d[2] * w.d[3]) },
                     .y = w,
                     .options = o,
                     .prepare = unit_vectors,
                     /* a single weight becomes 1 or -1: no gradient */
                     .terms = { op_size(w) == 1 } };
}

/* Three calls in training, each with its own saved memory, then the backward pass of the first. By
 * then the parameters hold the u and v of the third. */
static void three_calls(const OpTest *t, int level) {
    enum { ROWS = 5, COLUMNS = 18, N = ROWS * COLUMNS };
    OpCase c = make((P2cDims)DIMS(ROWS, 2, 3, 3), &(Options){ true });
    double w[N], u[ROWS], v[COLUMNS], first_u[ROWS], first_v[COLUMNS], y[N],
        *x[] = { w, u, v }, *first[] = { w, first_u, first_v };
    void *saved[3];
    uint64_t state = 5;
    OpRun run;
    op_run_init(&run, t, &c);
    op_run_level(&run, level);
    for (int i = 0; i < N; i++) w[i] = run.call.x[0][i] = (float)op_uniform(&state);
    for (int i = 0; i < ROWS; i++) u[i] = run.call.x[1][i] = (float)op_uniform(&state);
    /* training must not read the old v */
    for (int i = 0; i < COLUMNS; i++) v[i] = run.call.x[2][i] = NAN;
    for (int k = 0; k < 3; k++) {
        run.call.saved = saved[k] = op_run_memory(&run, "saved", run.node->saved_bytes);
        op_run_forward(&run, 1 + k);
        reference(&c, x, y);
        op_run_compare(&run, OP_NAME("y of three"), c.y, run.call.y, y, 1e-5);
        op_run_compare(&run, OP_NAME("u of three"), c.x[1], run.call.x[1], u, 1e-5);
        op_run_compare(&run, OP_NAME("v of three"), c.x[2], run.call.x[2], v, 1e-5);
        if (!k) memcpy(first_u, u, sizeof u), memcpy(first_v, v, sizeof v);
    }
    float dy[N];
    double want[N];
    for (int i = 0; i < N; i++) dy[i] = ((float *)run.call.dy)[i] = (float)op_uniform(&state);
    for (int i = 0; i < N; i++) {
        double kept = w[i];
        want[i] = 0;
        for (int side = -1; side <= 1; side += 2) {
            w[i] = kept + side * 1e-5;
            evaluation(&c, first, y);
            for (int e = 0; e < N; e++) want[i] += side * dy[e] * y[e] / 2e-5;
        }
        w[i] = kept;
    }
    run.call.saved = saved[0];
    memset(run.call.dx[0], 0, sizeof dy);
    op_run_backward(&run, 2);
    op_run_compare(&run, OP_NAME("dx[0] of the first of three"), c.x[0], run.call.dx[0], want,
                   1e-5);
    op_run_clear(&run);
}

void test_op_spectral_norm(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_spectral_norm,
                 .build = build,
                 .reference = reference,
                 .print = print,
                 .gradient_of = evaluation,
                 .frozen = 1 << 1 | 1 << 2 };
    static const P2cDims rows[] = { DIMS(1, 1),          DIMS(1, 5),         DIMS(5, 1),
                                    DIMS(3, 5),          DIMS(8, 3, 4, 4),   DIMS(17, 5, 3, 1),
                                    DIMS(1, 70, 4, 4),   DIMS(70, 33, 4, 4), DIMS(1, 2048, 1, 1),
                                    DIMS(256, 64, 2, 2), DIMS(130, 37),      DIMS(70, 36) };
    for (int training = 0; training < 2; training++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, (OpCase[]){ make(rows[i], &(Options){ training }) });
        for (int w = 1; w <= 40; w++)
            op_check(&t, (OpCase[]){ make((P2cDims)DIMS(3, w), &(Options){ training }) });
    }
    for (int level = 0; level < op_level_count(); level++) three_calls(&t, level);
    op_refused(
        &t,
        &(OpCase){ .count = 3, .x = { DIMS(4), DIMS(4), DIMS(1) }, .options = &(Options){ false } },
        "(4)");
    op_refused(&t,
               &(OpCase){ .count = 3,
                          .x = { DIMS(4, 3, 2, 2), DIMS(3), DIMS(12) },
                          .options = &(Options){ false } },
               "(3)");
    op_refused(&t,
               &(OpCase){ .count = 3,
                          .x = { DIMS(4, 3, 2, 2), DIMS(4), DIMS(11) },
                          .options = &(Options){ false } },
               "(11)");
    op_done(&t);
}
