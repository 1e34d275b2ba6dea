/* sub.c: elementwise, with broadcasting of either operand. */
#include "broadcast.h"

static void reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int c = 0; c < d.d[1]; c++)
            for (int h = 0; h < d.d[2]; h++)
                for (int w = 0; w < d.d[3]; w++)
                    y[op_at(d, n, c, h, w)] =
                        broadcast_pick(k, x, 0, n, c, h, w) - broadcast_pick(k, x, 1, n, c, h, w);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_sub(x[0], x[1]);
}

void test_op_sub(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_sub, .build = build, .reference = reference };
    broadcast_check(&t, NULL);
    op_done(&t);
}
