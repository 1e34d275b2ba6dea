/* pad.c: constants, reflections and repeated borders around planes. */
#include "harness.h"

static void print(FILE *out, const OpCase *c) {
    const P2cPad *o = c->options;
    fprintf(out, "top %d, bottom %d, left %d, right %d, mode %d, value %g", o->top, o->bottom,
            o->left, o->right, (int)o->mode, o->value);
}

/* Where position i of a padded axis reads; -1: outside. Reflection repeats an axis with
 * period 2*(size-1). */
static int source(int i, int size, P2cPadMode mode) {
    int period = size > 1 ? 2 * (size - 1) : 1, at = (i + period) % period;
    if (mode == P2C_PAD_CONSTANT) return i < 0 || i >= size ? -1 : i;
    if (mode == P2C_PAD_EDGE) return (int)fmin(fmax(i, 0), size - 1);
    return at < size ? at : period - at;
}

static void reference(const OpCase *c, double *const x[], double *y) {
    P2cDims xd = op_dims(c->x[0]), d = op_dims(c->y);
    P2cPad o = *(const P2cPad *)c->options;
    for (int n = 0; n < d.d[0]; n++)
        for (int q = 0; q < d.d[1]; q++)
            for (int i = 0; i < d.d[2]; i++)
                for (int j = 0; j < d.d[3]; j++) {
                    int h = source(i - o.top, xd.d[2], o.mode),
                        w = source(j - o.left, xd.d[3], o.mode);
                    y[op_at(d, n, q, i, j)] =
                        h < 0 || w < 0 ? o.value : x[0][op_at(xd, n, q, h, w)];
                }
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    return p2c_pad(x[0], *(const P2cPad *)c->options);
}

static OpCase make(int n, int c, int h, int w, const P2cPad *o) {
    return (OpCase){ .count = 1,
                     .x = { DIMS(n, c, h, w) },
                     .y = DIMS(n, c, o->top + h + o->bottom, o->left + w + o->right),
                     .options = o };
}

/* Computed by hand, with a NaN and an infinity that must pass unchanged. */
static void known(OpTest *t) {
    static const float x[6] = { 1, 2, 3, 4, NAN, 6 },
                       dy[20] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    static const float y[3][20] = {
        { INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, 1,
          2,        3,        INFINITY, INFINITY, 4,        NAN,      6,
          INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY },
        { NAN, 4, NAN, 6, NAN, 2, 1, 2, 3, 2, NAN, 4, NAN, 6, NAN, 2, 1, 2, 3, 2 },
        { 1, 1, 2, 3, 3, 1, 1, 2, 3, 3, 4, 4, NAN, 6, 6, 4, 4, NAN, 6, 6 }
    };
    static const float dx[3][6] = { { 1, 1, 1, 1, 1, 1 },
                                    { 2, 6, 2, 2, 6, 2 },
                                    { 4, 2, 4, 4, 2, 4 } };
    for (P2cPadMode mode = P2C_PAD_CONSTANT; mode <= P2C_PAD_EDGE; mode++)
        op_exact(t, (OpCase[]){ make(1, 1, 2, 3, &(P2cPad){ 1, 1, 1, 1, mode, INFINITY }) },
                 &(OpExact){ { x }, dy, y[mode], { dx[mode] } });
}

static void refusals(OpTest *t) {
    const int most = 2147483647;
    op_refused(t, &(OpCase){ .count = 1, .x = { DIMS(3, 5, 4) }, .options = &(P2cPad){ 0 } },
               "(3,5,4)");
    op_refused(
        t, &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPad){ .top = -1 } },
        "top -1");
    op_refused(
        t, &(OpCase){ .count = 1, .x = { DIMS(1, 5, 4, 4) }, .options = &(P2cPad){ .right = -2 } },
        "right -2");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 4, 9) },
                          .options = &(P2cPad){ .bottom = 4, .mode = P2C_PAD_REFLECT } },
               "larger than that, got (1,5,4,9)");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 9, 4) },
                          .options = &(P2cPad){ .left = 4, .mode = P2C_PAD_REFLECT } },
               "larger than that, got (1,5,9,4)");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 4, 4) },
                          .options = &(P2cPad){ .top = most, .bottom = most } },
               "is too large");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 4, 4) },
                          .options = &(P2cPad){ .left = most - 4, .right = 1 } },
               "is too large");
    op_refused(t,
               &(OpCase){ .count = 1,
                          .x = { DIMS(1, 5, 4, 4) },
                          .options = &(P2cPad){ .left = 100000, .top = 100000 } },
               "2^31 elements");
}

void test_op_pad(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_pad, .build = build, .reference = reference, .print = print };
    static const int rows[][8] = { /* n, c, h, w;  top, bottom, left, right */
                                   { 1, 1, 3, 3, 0, 0, 0, 0 },   { 2, 3, 4, 5, 1, 2, 3, 4 },
                                   { 3, 5, 7, 4, 6, 0, 0, 3 },   { 1, 2, 2, 2, 1, 1, 1, 1 },
                                   { 2, 17, 9, 8, 3, 3, 3, 3 },  { 1, 1, 4, 5, 3, 3, 4, 4 },
                                   { 1, 3, 70, 65, 2, 5, 7, 1 }, { 2, 3, 131, 60, 1, 1, 1, 1 }
    };
    for (P2cPadMode mode = P2C_PAD_CONSTANT; mode <= P2C_PAD_EDGE; mode++) {
        for (size_t i = 0; i < COUNT(rows); i++)
            op_check(&t, (OpCase[]){ make(rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                                          &(P2cPad){ rows[i][4], rows[i][5], rows[i][6], rows[i][7],
                                                     mode, 0.25f * (float)i }) });
        for (int w = 4; w <= 40; w++)
            op_check(&t, (OpCase[]){ make(1, 2, 3, w, &(P2cPad){ w % 3, 2, 3, w % 4, mode, -3 }) });
        if (mode != P2C_PAD_REFLECT)
            op_check(&t, (OpCase[]){ make(2, 3, 1, 1, &(P2cPad){ 2, 5, 9, 3, mode, 1 }) });
        if (mode != P2C_PAD_REFLECT)
            op_check(&t, (OpCase[]){ make(1, 2, 3, 5, &(P2cPad){ 7, 4, 9, 40, mode, 0 }) });
    }
    known(&t);
    refusals(&t);
    op_done(&t);
}
