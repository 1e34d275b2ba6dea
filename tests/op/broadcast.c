#include "broadcast.h"

double broadcast_pick(const OpCase *k, double *const x[], int operand, int n, int c, int h, int w) {
    P2cDims d = op_dims(k->x[operand]);
    return x[operand][op_at(d, d.d[0] > 1 ? n : 0, d.d[1] > 1 ? c : 0, d.d[2] > 1 ? h : 0,
                            d.d[3] > 1 ? w : 0)];
}

static void check(OpTest *t, OpCase c, void (*prepare)(const OpCase *c, float *const x[])) {
    c.prepare = prepare;
    op_check(t, &c);
}

void broadcast_check(OpTest *t, void (*prepare)(const OpCase *c, float *const x[])) {
    static const OpCase cases[] = {
        { .count = 2, .x = { SCALAR, SCALAR }, .y = SCALAR },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 5, 4, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2,
          .x = { DIMS(1, 8, 130, 129), DIMS(1, 8, 130, 129) },
          .y = DIMS(1, 8, 130, 129) },
        /* per picture and channel */
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 5) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 5), DIMS(3, 5, 4, 7) }, .y = DIMS(3, 5, 4, 7) },
        /* per channel */
        { .count = 2, .x = { DIMS(3, 17, 4, 7), DIMS(1, 17) }, .y = DIMS(3, 17, 4, 7) },
        { .count = 2, .x = { DIMS(1, 17, 1, 1), DIMS(3, 17, 4, 7) }, .y = DIMS(3, 17, 4, 7) },
        /* per pixel */
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 1, 4, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 1, 4, 7), DIMS(3, 5, 4, 7) }, .y = DIMS(3, 5, 4, 7) },
        /* per batch */
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(1, 5, 4, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(1, 1, 4, 1) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(1, 1, 1, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), DIMS(3, 1, 1, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(3, 5, 4, 7), SCALAR }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { SCALAR, DIMS(3, 70) }, .y = DIMS(3, 70) },
        /* both */
        { .count = 2, .x = { DIMS(3, 1, 4, 1), DIMS(1, 5, 1, 7) }, .y = DIMS(3, 5, 4, 7) },
        { .count = 2, .x = { DIMS(2, 33), DIMS(1, 33) }, .y = DIMS(2, 33) },
        { .count = 2, .x = { DIMS(2, 8, 65, 64), DIMS(1, 8) }, .y = DIMS(2, 8, 65, 64) },
        { .count = 2, .x = { DIMS(1, 33, 40, 41), DIMS(1, 1, 40, 41) }, .y = DIMS(1, 33, 40, 41) },
    };
    for (size_t i = 0; i < COUNT(cases); i++) check(t, cases[i], prepare);
    for (int w = 1; w <= 40; w++) {
        check(t,
              (OpCase){
                  .count = 2, .x = { DIMS(2, 3, 1, w), DIMS(2, 3, 1, w) }, .y = DIMS(2, 3, 1, w) },
              prepare);
        check(t,
              (OpCase){ .count = 2, .x = { DIMS(2, 3, 2, w), DIMS(2, 3) }, .y = DIMS(2, 3, 2, w) },
              prepare);
        check(t, (OpCase){ .count = 2, .x = { DIMS(w, 1), DIMS(1, w) }, .y = DIMS(w, w) }, prepare);
    }
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(3, 5), DIMS(3, 4) } }, "(3,4)");
    /* from the left, not from the right */
    op_refused(t, &(OpCase){ .count = 2, .x = { DIMS(3, 5, 4, 4), DIMS(5) } }, "(5)");
}
