/* add.c: elementwise, with broadcasting of either operand; and the fused forms, of a concat of
 * channels and of a nearest upsampling. */
#include "broadcast.h"

static void reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y);
    for (int n = 0; n < d.d[0]; n++)
        for (int c = 0; c < d.d[1]; c++)
            for (int h = 0; h < d.d[2]; h++)
                for (int w = 0; w < d.d[3]; w++)
                    y[op_at(d, n, c, h, w)] =
                        broadcast_pick(k, x, 0, n, c, h, w) + broadcast_pick(k, x, 1, n, c, h, w);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    (void)c;
    return p2c_add(x[0], x[1]);
}

static P2cNode *build_fused(const OpCase *c, P2cNode *const x[]) {
    P2cAddAttributes attributes = { .joined = !c->factor, .upsample = c->factor };
    return p2c_node_new(&p2c_op_add, c->count, x, &attributes, sizeof attributes);
}

static void joined_reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y);
    int first = 0; /* channel of the piece */
    for (int i = 1; i < k->count; i++) {
        P2cDims piece = op_dims(k->x[i]);
        for (int n = 0; n < d.d[0]; n++)
            for (int c = 0; c < piece.d[1]; c++)
                for (int h = 0; h < d.d[2]; h++)
                    for (int w = 0; w < d.d[3]; w++) {
                        size_t at = op_at(d, n, first + c, h, w);
                        y[at] = x[0][at] + x[i][op_at(piece, n, c, h, w)];
                    }
        first += piece.d[1];
    }
    assert_int_equal(first, d.d[1]);
}

static void check_joined(OpTest *t) {
    static const OpCase cases[] = {
        { .count = 4,
          .x = { DIMS(1, 8, 5, 7), DIMS(1, 4, 5, 7), DIMS(1, 2, 5, 7), DIMS(1, 2, 5, 7) },
          .y = DIMS(1, 8, 5, 7) },
        { .count = 4,
          .x = { DIMS(3, 16, 4, 4), DIMS(3, 8, 4, 4), DIMS(3, 4, 4, 4), DIMS(3, 4, 4, 4) },
          .y = DIMS(3, 16, 4, 4) },
        { .count = 4,
          .x = { DIMS(2, 16, 66, 65), DIMS(2, 8, 66, 65), DIMS(2, 4, 66, 65), DIMS(2, 4, 66, 65) },
          .y = DIMS(2, 16, 66, 65) },
        { .count = 2, .x = { DIMS(2, 3, 3, 5), DIMS(2, 3, 3, 5) }, .y = DIMS(2, 3, 3, 5) },
        { .count = 3, .x = { DIMS(3, 5), DIMS(3, 1), DIMS(3, 4) }, .y = DIMS(3, 5) },
        { .count = 8,
          .x = { DIMS(2, 17, 3, 3), DIMS(2, 1, 3, 3), DIMS(2, 2, 3, 3), DIMS(2, 3, 3, 3),
                 DIMS(2, 1, 3, 3), DIMS(2, 5, 3, 3), DIMS(2, 4, 3, 3), DIMS(2, 1, 3, 3) },
          .y = DIMS(2, 17, 3, 3) },
        { .count = 3,
          .x = { DIMS(1, 130, 1, 1), DIMS(1, 129, 1, 1), DIMS(1, 1, 1, 1) },
          .y = DIMS(1, 130, 1, 1) },
        { .count = 3,
          .x = { DIMS(2, 3, 130, 129), DIMS(2, 1, 130, 129), DIMS(2, 2, 130, 129) },
          .y = DIMS(2, 3, 130, 129) },
    };
    t->reference = joined_reference;
    t->folds = P2C_FOLD_CONCAT;
    op_check_all(t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(t, &(OpCase){ .count = 3,
                               .x = { DIMS(2, 3, 1, w), DIMS(2, 2, 1, w), DIMS(2, 1, 1, w) },
                               .y = DIMS(2, 3, 1, w) });
}

static void upsampled_reference(const OpCase *k, double *const x[], double *y) {
    P2cDims d = op_dims(k->y), small = op_dims(k->x[1]);
    for (int n = 0; n < d.d[0]; n++)
        for (int c = 0; c < d.d[1]; c++)
            for (int h = 0; h < d.d[2]; h++)
                for (int w = 0; w < d.d[3]; w++) {
                    size_t at = op_at(d, n, c, h, w);
                    y[at] = x[0][at] + x[1][op_at(small, n, c, h / k->factor, w / k->factor)];
                }
}

static void check_upsampled(OpTest *t) {
    static const OpCase cases[] = {
        { .count = 2,
          .x = { DIMS(1, 1, 2, 2), DIMS(1, 1, 1, 1) },
          .y = DIMS(1, 1, 2, 2),
          .factor = 2 },
        { .count = 2,
          .x = { DIMS(3, 5, 8, 14), DIMS(3, 5, 4, 7) },
          .y = DIMS(3, 5, 8, 14),
          .factor = 2 },
        { .count = 2,
          .x = { DIMS(2, 3, 9, 6), DIMS(2, 3, 3, 2) },
          .y = DIMS(2, 3, 9, 6),
          .factor = 3 },
        { .count = 2,
          .x = { DIMS(1, 2, 5, 35), DIMS(1, 2, 1, 7) },
          .y = DIMS(1, 2, 5, 35),
          .factor = 5 },
        { .count = 2,
          .x = { DIMS(2, 8, 66, 64), DIMS(2, 8, 33, 32) },
          .y = DIMS(2, 8, 66, 64),
          .factor = 2 },
        { .count = 2,
          .x = { DIMS(1, 3, 132, 136), DIMS(1, 3, 33, 34) },
          .y = DIMS(1, 3, 132, 136),
          .factor = 4 },
        { .count = 2,
          .x = { DIMS(1, 70, 4, 4), DIMS(1, 70, 2, 2) },
          .y = DIMS(1, 70, 4, 4),
          .factor = 2 },
    };
    t->reference = upsampled_reference;
    t->folds = P2C_FOLD_UPSAMPLE;
    op_check_all(t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(t, &(OpCase){ .count = 2,
                               .x = { DIMS(2, 3, 4, 2 * w), DIMS(2, 3, 2, w) },
                               .y = DIMS(2, 3, 4, 2 * w),
                               .factor = 2 });
}

void test_op_add(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_add, .build = build, .reference = reference };
    broadcast_check(&t, NULL);
    /* more planes than a GPU has counters for their statistics */
    op_check(&t, &(OpCase){ .count = 2,
                            .x = { DIMS(3, 5500, 2, 1), DIMS(3, 5500, 2, 1) },
                            .y = DIMS(3, 5500, 2, 1) });
    t.build = build_fused;
    check_joined(&t);
    check_upsampled(&t);
    op_done(&t);
}
