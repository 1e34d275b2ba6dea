/* slice.c: [begin, end) along any axis. */
#include "harness.h"

typedef struct Options {
    int axis, begin, end;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "axis %d, begin %d, end %d", o->axis, o->begin, o->end);
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    const Options *o = c->options;
    for (size_t i = 0; i < op_size(d); i++) {
        size_t rest = i;
        int at[4];
        for (int a = 3; a >= 0; rest /= (size_t)d.d[a], a--) at[a] = (int)(rest % (size_t)d.d[a]);
        at[o->axis] += o->begin;
        y[i] = x[0][op_at(xd, at[0], at[1], at[2], at[3])];
    }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    return p2c_slice(x[0], o->axis, o->begin, o->end);
}

void test_op_slice(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_slice, .build = build, .reference = reference, .print = print };
    const OpCase cases[] = {
        { .count = 1, .x = { DIMS(1) }, .y = DIMS(1), .options = &(Options){ 0, 0, 1 } },
        { .count = 1,
          .x = { DIMS(3, 5, 4, 7) },
          .y = DIMS(2, 5, 4, 7),
          .options = &(Options){ 0, 1, 3 } },
        { .count = 1,
          .x = { DIMS(3, 5, 4, 7) },
          .y = DIMS(3, 3, 4, 7),
          .options = &(Options){ 1, 1, 4 } },
        { .count = 1,
          .x = { DIMS(3, 5, 4, 7) },
          .y = DIMS(3, 5, 1, 7),
          .options = &(Options){ 2, 3, 4 } },
        { .count = 1,
          .x = { DIMS(3, 5, 4, 7) },
          .y = DIMS(3, 5, 4, 5),
          .options = &(Options){ 3, 0, 5 } },
        { .count = 1,
          .x = { DIMS(3, 5, 4, 7) },
          .y = DIMS(3, 5, 4, 7),
          .options = &(Options){ 3, 0, 7 } },
        { .count = 1,
          .x = { DIMS(2, 33, 40, 41) },
          .y = DIMS(2, 16, 40, 41),
          .options = &(Options){ 1, 17, 33 } },
        { .count = 1,
          .x = { DIMS(1, 3, 123, 130) },
          .y = DIMS(1, 3, 100, 130),
          .options = &(Options){ 2, 20, 120 } },
    };
    op_check_all(&t, cases, COUNT(cases));
    for (int w = 1; w <= 40; w++)
        op_check(&t, &(OpCase){ .count = 1,
                                .x = { DIMS(2, 3, 2, 43) },
                                .y = DIMS(2, 3, 2, w),
                                .options = &(Options){ 3, w % 4, w + w % 4 } });
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 1, 2, 6 } },
               "[2,6) along axis 1 of shape (3,5)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 1, 2, 2 } },
               "[2,2)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 1, -1, 2 } },
               "[-1,2)");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3, 5) }, .options = &(Options){ 2, 0, 1 } },
               "axis 2");
    op_done(&t);
}
