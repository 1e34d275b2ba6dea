/* faces.c (test): the networks for mattes and landmarks: outputs and all gradients. Loss:
 * mean(y^2). */
#include "golden.h"

#include <stdlib.h>

static void compare(const char *name, P2cNode *(*build)(P2cNet net, P2cNode *x), int size) {
    Bench b;
    Results results = { 0 };
    Gradients *g = calloc(1, sizeof *g);
    assert_non_null(g);
    bench_open(&b, 0);
    P2cNet net = p2c_net(b.graph, b.store, name);
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(2, 3, size, size)),
            *y = p2c_output(build(net, x));
    gradients_build(g, p2c_mse_loss(y, p2c_constant(b.graph, P2C_SCALAR, 0)), x, net);
    bench_finish(&b);
    bench_picture(&b, x, name, NULL, "x");
    must(b.ctx, p2c_graph_run(b.graph));
    result_read(&results, y, "y");
    gradients_read(g, &results, "");
    assert_true(results_agree(b.ctx, &results, name));
    results_clear(&results);
    free(g);
    bench_close(&b);
}

void test_matte(void **state) {
    (void)state;
    compare("matte", p2c_matte_network, 96);
}

void test_landmarks(void **state) {
    (void)state;
    compare("landmarks", p2c_landmark_network, 112);
}

/* Pictures that cannot be halved five times, or are not squares of 112. */
void test_faces_refuse(void **state) {
    Bench b;
    (void)state;
    bench_open(&b, 0);
    assert_null(p2c_output(p2c_matte_network(p2c_net(b.graph, b.store, "matte"),
                                             p2c_input(b.graph, "x", P2C_DIMS(1, 3, 96, 112)))));
    bench_must_refuse(&b, P2C_ERR_SHAPE, "matte network|divisible by 32|(1,3,96,112)");
    bench_next_graph(&b);
    assert_null(p2c_output(p2c_landmark_network(p2c_net(b.graph, b.store, "landmarks"),
                                                p2c_input(b.graph, "x", P2C_DIMS(1, 3, 96, 112)))));
    bench_must_refuse(&b, P2C_ERR_SHAPE, "landmark network|(n,3,112,112)|(1,3,96,112)");
    bench_close(&b);
}
