/* conv2d_precision.c: convolutions in tf32 and bf16, where a device has tensor cores. */
#include "conv2d.h"

/* The square root of the mean square of a, or of a - b. */
static double root_mean_square(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - (b ? b[i] : 0.0)) * (a[i] - (b ? b[i] : 0.0));
    return sqrt(sum / (double)n);
}

/* y, then the gradients of x and w, computed in a precision. */
static float *computed(OpRun *run, const OpCase *c, P2cPrecision precision) {
    size_t ny = op_size(c->y), nx = op_size(c->x[0]), nw = op_size(c->x[1]);
    float *all = malloc((ny + nx + nw) * sizeof *all);
    assert_non_null(all);
    assert_int_equal(p2c_context_set_precision(run->ctx, precision), P2C_OK);
    for (int i = 0; i < c->count; i++) memset(run->call.dx[i], 0, op_size(c->x[i]) * sizeof(float));
    op_run_forward(run, 1);
    op_run_backward(run, 1);
    memcpy(all, run->call.y, ny * sizeof *all);
    memcpy(all + ny, run->call.dx[0], nx * sizeof *all);
    memcpy(all + ny + nx, run->call.dx[1], nw * sizeof *all);
    return all;
}

/* The other cases show that float32 is right. Here tf32 and bf16 are compared with it: the error
 * must be small, but not so small that they were not used. */
static void rounded_case(OpTest *t, const OpCase *c) {
    static const struct {
        P2cPrecision precision;
        const char *name;
        double least, most;
    } ways[] = { { P2C_PRECISION_TF32, "tf32", 1e-5, 1e-3 },
                 { P2C_PRECISION_BF16, "bf16", 1e-4, 1e-2 } };
    const size_t sizes[] = { op_size(c->y), op_size(c->x[0]), op_size(c->x[1]) };
    uint64_t state = 5;
    OpRun run;
    op_run_init(&run, t, c);
    for (int i = 0; i < c->count; i++)
        for (size_t e = 0; e < op_size(c->x[i]); e++) run.call.x[i][e] = (float)op_uniform(&state);
    for (size_t e = 0; e < sizes[0]; e++) ((float *)run.call.dy)[e] = (float)op_uniform(&state);
    float *exact =
        p2c_device_is_host(run.ctx->device) ? NULL : computed(&run, c, P2C_PRECISION_FP32);
    for (size_t k = 0; exact && k < COUNT(ways); k++) {
        float *got = computed(&run, c, ways[k].precision);
        for (size_t part = 0, at = 0; part < COUNT(sizes); at += sizes[part++]) {
            double error = root_mean_square(got + at, exact + at, sizes[part]) /
                           root_mean_square(exact + at, NULL, sizes[part]);
            if (!(error >= ways[k].least && error <= ways[k].most))
                op_fail(&run, "%s in %s: the error is %.3g, expected %g to %g",
                        (const char *[]){ "y", "dx[0]", "dx[1]" }[part], ways[k].name, error,
                        ways[k].least, ways[k].most);
        }
        free(got);
    }
    free(exact);
    op_run_clear(&run);
    t->cases++;
}

static const ConvRow rounded_rows[] = {
    { 1, 8, 40, 33, 8, 3, 3, 1, 1, 1, 1, 0 },   { 2, 17, 9, 12, 33, 3, 3, 1, 1, 1, 0, 1 },
    { 1, 33, 18, 16, 70, 4, 4, 2, 1, 1, 1, 0 }, { 1, 70, 20, 17, 20, 1, 1, 1, 0, 1, 0, 1 },
    { 1, 3, 20, 34, 32, 7, 7, 1, 3, 1, 1, 0 },  { 1, 96, 4, 4, 40, 3, 3, 1, 1, 1, 0, 1 },
    { 2, 40, 8, 8, 16, 3, 3, 1, 1, 1, 1, 1 },   { 1, 20, 66, 64, 70, 3, 3, 1, 1, 1, 0, 0 },
    { 1, 70, 7, 9, 33, 3, 3, 2, 1, 1, 0, 1 },
};

void conv2d_check_precisions(OpTest *t) {
    for (size_t i = 0; i < COUNT(rounded_rows); i++) {
        const ConvRow r = rounded_rows[i];
        ConvCase plain = conv2d_make_explicit(r),
                 fused = r.h % 2 || r.w % 2 ? plain : conv2d_make_upsampled(r, 2);
        conv2d_add_norm(&fused, 1e-5f);
        t->build = conv2d_build;
        rounded_case(t, conv2d_complete(&plain));
        t->build = conv2d_build_fused;
        rounded_case(t, conv2d_complete(&fused));
    }
    const ConvRow r = { 1, 33, 18, 20, 40, 3, 3, 1, 2, 1, 0, 1 };
    ConvCase c = conv2d_make_upsampled(r, 2);
    conv2d_set_dilation(&c, r, 2);
    conv2d_add_norm(&c, 1e-5f);
    rounded_case(t, conv2d_complete(&c));
}
