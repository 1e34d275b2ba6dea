/* exact.c: an operation's kernels against given values, for op_exact. */
#include "harness.h"

static bool is_the_same(float got, float want) {
    return got == want || (isnan(got) && isnan(want)) ||
           (isfinite(want) && fabsf(got - want) <= 1e-6f * fabsf(want));
}

static void exactly(const OpRun *run, const char *name, P2cDims dims, const float *got,
                    const float *want) {
    for (size_t i = 0; want && i < op_size(dims); i++)
        if (!is_the_same(got[i], want[i]))
            op_fail(run, "%s, %s: expected %.9g, got %.9g", name, op_element_text(dims, i).text,
                    want[i], got[i]);
}

void op_exact(OpTest *t, const OpCase *c, const OpExact *e) {
    static const char *const gradients[] = { "dx[0]", "dx[1]" };
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
        exactly(&run, "y", c->y, run.call.y, e->y);
        op_run_backward(&run, 2);
        exactly(&run, "y", c->y, run.call.y, e->y);
        for (int i = 0; i < c->count; i++)
            if (run.call.dx[i]) exactly(&run, gradients[i], c->x[i], run.call.dx[i], e->dx[i]);
    }
    op_run_clear(&run);
    t->cases++;
}
