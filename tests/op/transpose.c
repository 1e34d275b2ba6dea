/* transpose.c: every permutation of one to four axes. */
#include "harness.h"

typedef struct Options {
    int order[4];
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "order %d %d %d %d", o->order[0], o->order[1], o->order[2], o->order[3]);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(d); i++) {
        size_t rest = i;
        int at[4], from[4] = { 0 };
        for (int a = 3; a >= 0; rest /= (size_t)d.d[a], a--) at[a] = (int)(rest % (size_t)d.d[a]);
        for (int a = 0; a < xd.rank; a++) from[o->order[a]] = at[a];
        y[i] = x[0][op_at(xd, from[0], from[1], from[2], from[3])];
    }
}

/* The order has exactly as many entries as x has axes: reading more is an error. */
static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    size_t bytes = (size_t)c->x[0].rank * sizeof(int);
    int *order = malloc(bytes);
    memcpy(order, ((const Options *)c->options)->order, bytes);
    P2cNode *y = p2c_transpose(x[0], order);
    free(order);
    return y;
}

static void check(OpTest *t, P2cDims x, int a, int b, int c, int d) {
    const Options o = { { a, b, c, d } };
    OpCase k = { .count = 1, .x = { x }, .y = { .rank = x.rank }, .options = &o };
    for (int i = 0; i < x.rank; i++) k.y.d[i] = x.d[o.order[i]];
    op_check(t, &k);
}

static void check_all_orders(OpTest *t, P2cDims x) {
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            for (int c = 0; c < 4; c++)
                if (a != b && a != c && b != c) check(t, x, a, b, c, 6 - a - b - c);
}

void test_op_transpose(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_transpose, .build = build, .reference = reference, .print = print };
    check(&t, (P2cDims)SCALAR, -1, -1, -1, -1);
    check(&t, (P2cDims)DIMS(70), 0, 9, 9, 9);
    check(&t, (P2cDims)DIMS(3, 5), 0, 1, 7, 0);
    check(&t, (P2cDims)DIMS(1, 5), 1, 0, 7, 0);
    for (int w = 1; w <= 40; w++) check(&t, (P2cDims)DIMS(33, w), 1, 0, 0, 0);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            if (a != b) check(&t, (P2cDims)DIMS(3, 34, 10), a, b, 3 - a - b, 8);
    check_all_orders(&t, (P2cDims)DIMS(2, 3, 4, 5));
    check_all_orders(&t, (P2cDims)DIMS(3, 1, 33, 9));
    check_all_orders(&t, (P2cDims)DIMS(9, 10, 11, 12));
    /* a picture's planes to pixels, and back */
    check(&t, (P2cDims)DIMS(1, 3, 130, 129), 0, 2, 3, 1);
    check(&t, (P2cDims)DIMS(1, 130, 129, 3), 0, 3, 1, 2);
    check(&t, (P2cDims)DIMS(2, 70, 33, 35), 0, 2, 3, 1);
    check(&t, (P2cDims)DIMS(2, 33, 35, 70), 0, 3, 1, 2);
    check(&t, (P2cDims)DIMS(2, 65, 8, 64), 0, 2, 1, 3); /* heads of attention */
    check(&t, (P2cDims)DIMS(1, 1, 257, 130), 0, 1, 3, 2);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ { 0, 0 } } },
               "(0,0,2,3) is no order of the 2 axes of shape (3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ { 0, 2 } } },
               "(0,2,2,3)");
    op_refused(&t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(3, 5, 2, 2) },
                          .options = &(Options){ { 0, 1, -1, 3 } } },
               "(0,1,-1,3)");
    op_refused(
        &t,
        &(OpCase){ .count = 1, .x = { DIMS(3, 5, 2, 2) }, .options = &(Options){ { 0, 4, 2, 3 } } },
        "(0,4,2,3)");
    op_done(&t);
}
