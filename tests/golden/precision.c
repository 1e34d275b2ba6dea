/* precision.c (test): the generator with convolutions in tf32 and bf16, if the device supports
 * them. The result must differ from the golden pictures as much as the rounding of factors
 * explains, and no more. PyTorch's float32 convolutions of operands rounded to tf32 and to bf16 are
 * off by 1.04e-2 and 8.8e-2 of the picture's norm here (8.0e-3 and 6.4e-2 at ch 32, 256 x 256),
 * because with these weights the network magnifies rounding errors. */
#include "golden.h"

#include <math.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/device.h"

/* |y - golden| / |golden| */
static double distance(P2cContext *ctx, const float *y, const char *path, const char *name) {
    P2cValue *file = NULL;
    double squares = 0, norm = 0;
    must(ctx, p2c_pt_read(ctx, path, &file));
    const P2cValue *tensor = p2c_value_get(file, name);
    P2cShape shape = p2c_value_shape(tensor);
    size_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= (size_t)shape.size[i];
    float *golden = malloc(n * sizeof *golden);
    assert_non_null(golden);
    p2c_value_to_float(tensor, golden);
    for (size_t i = 0; i < n; i++) {
        squares += ((double)y[i] - golden[i]) * ((double)y[i] - golden[i]);
        norm += (double)golden[i] * golden[i];
    }
    free(golden);
    p2c_value_free(&file);
    return sqrt(squares / norm);
}

static double run_in(P2cPrecision precision) {
    enum { SIZE = 64, COUNT = 2 };
    static float y[COUNT * 3 * SIZE * SIZE];
    Bench b;
    bench_open(&b, 1);
    must(b.ctx, p2c_context_set_precision(b.ctx, precision));
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(COUNT, 3, SIZE, SIZE));
    P2cNode *image = p2c_output(
        p2c_generator(p2c_net(b.graph, b.store, "genA2B"), x, (P2cGenerator){ .ch = 8 }).image);
    bench_finish(&b);
    bench_picture(&b, x, "ch8_s64", NULL, "x");
    /* by single launches, while recording, from the recording */
    for (int run = 0; run < 3; run++) must(b.ctx, p2c_graph_run(b.graph));
    must(b.ctx, p2c_node_read(image, y));
    double d = distance(b.ctx, y, "tests/golden/data/generator_ch8_s64.pt", "y");
    bench_close(&b);
    return d;
}

void test_precision(void **state) {
    (void)state;
    P2cContext *ctx = NULL;
    test_context(&ctx, 1);
    bool host = p2c_device_is_host(ctx->device);
    p2c_context_free(&ctx);
    if (host) {
        print_message("    skipped: the CPU computes only in float32\n");
        return;
    }
    double fp32 = run_in(P2C_PRECISION_FP32), tf32 = run_in(P2C_PRECISION_TF32),
           bf16 = run_in(P2C_PRECISION_BF16);
    print_message("    relative distance of y: fp32 %.1e, tf32 %.1e, bf16 %.1e\n", fp32, tf32,
                  bf16);
    assert_true(fp32 < 1e-5);
    assert_true(tf32 < 1.3 * 1.04e-2 && tf32 > 1.04e-2 / 2);
    assert_true(bf16 < 1.3 * 8.8e-2 && bf16 > 8.8e-2 / 2);
}
