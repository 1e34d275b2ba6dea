/* dropout.c: what is kept is what Philox's published stream says; how much is kept; that streams
 * differ by seed, scope, place in the graph and step, and by nothing else. */
#include "harness.h"

#include "graph/params.h"
#include "op/dropout.h"

typedef struct Options {
    float rate;
} Options;

static void print(FILE *out, const OpCase *c) {
    const Options *o = c->options;
    fprintf(out, "rate %g", o->rate);
}

enum { SEED = 5 };
static int64_t step_at_hand;

static P2cNet scope_of(P2cNode *x, P2cStore *store, const char *name) {
    return p2c_net(x->state->graph, store, name);
}

static P2cNode *build(const OpCase *c, P2cNode *const x[]) {
    const Options *o = c->options;
    P2cStore store = { .seed = SEED };
    return p2c_dropout(scope_of(x[0], &store, "net"), x[0], o->rate, &step_at_hand);
}

/* Word i of Philox4x32-10 with this key and the counter (i/4, step): Salmon et al. 2011, written
 * from the paper. */
static uint32_t philox(uint64_t key, uint32_t step, uint32_t i) {
    uint32_t c[4] = { i / 4, step, 0, 0 }, k[2] = { (uint32_t)key, (uint32_t)(key >> 32) };
    for (int round = 0; round < 10; round++) {
        uint64_t left = 0xD2511F53ull * c[0], right = 0xCD9E8D57ull * c[2];
        uint32_t next[4] = { (uint32_t)(right >> 32) ^ c[1] ^ k[0], (uint32_t)right,
                             (uint32_t)(left >> 32) ^ c[3] ^ k[1], (uint32_t)left };
        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    return c[i % 4];
}

static void reference(const OpCase *c, double *const x[], double *y) {
    uint64_t key = p2c_rng_key(SEED, "net.dropout0");
    float rate = ((const Options *)c->options)->rate;
    for (size_t i = 0; i < op_size(c->x[0]); i++) {
        double drawn = philox(key, (uint32_t)step_at_hand, (uint32_t)i) / 4294967296.0;
        y[i] = drawn < rate ? 0 : x[0][i] / (1 - (double)rate);
    }
}

/* The part of 100,000 elements that is kept; what is, is scaled. */
static void check_share(OpTest *t, float rate) {
    enum { N = 100000 };
    OpRun run;
    int kept = 0;
    op_run_init(
        &run, t,
        &(OpCase){ .count = 1, .x = { DIMS(N) }, .y = DIMS(N), .options = &(Options){ rate } });
    for (int i = 0; i < N; i++) run.call.x[0][i] = 1;
    op_run_forward(&run, 1);
    for (int i = 0; i < N; i++) kept += run.call.y[i] > 0;
    /* five standard deviations */
    assert_true(fabs(kept - N * (1.0 - rate)) <= 5 * sqrt(N * rate * (1 - (double)rate)));
    op_run_clear(&run);
}

static uint64_t key_of(const P2cNode *node) {
    return P2C_ATTRIBUTES(node, P2cDropoutAttributes)->key;
}

static void check_keys(OpTest *t) {
    OpRun run, again;
    OpCase c = { UNARY(4), .options = &(Options){ 0 } };
    P2cStore store = { .seed = SEED }, other = { .seed = SEED + 1 };
    op_run_init(&run, t, &c);
    op_run_init(&again, t, &c);
    P2cNode *x = run.node->x[0],
            *nodes[] = { run.node, p2c_dropout(scope_of(x, &store, "net"), x, 0, &step_at_hand),
                         p2c_dropout(scope_of(x, &store, "net"), x, 0, &step_at_hand),
                         p2c_dropout(scope_of(x, &other, "net"), x, 0, &step_at_hand),
                         p2c_dropout(scope_of(x, &store, "ten"), x, 0, &step_at_hand) };
    for (size_t i = 0; i < COUNT(nodes); i++)
        for (size_t k = 0; k < i; k++) assert_true(key_of(nodes[i]) != key_of(nodes[k]));
    assert_true(key_of(again.node) == key_of(run.node));
    assert_ptr_equal(p2c_dropout(scope_of(x, &store, "net"), x, 0.5f, NULL), x);
    op_run_clear(&run);
    op_run_clear(&again);
}

void test_op_dropout(void **state) {
    (void)state;
    OpTest t = { .op = P2C_OP_dropout, .build = build, .reference = reference, .print = print };
    static const P2cDims rows[] = { SCALAR, DIMS(1, 1, 1, 1), DIMS(3, 70), DIMS(3, 5, 4, 7),
                                    DIMS(1, 8, 130, 129) };
    static const float rates[] = { 0, 0.5f, 0.1f, 0.99f };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(rates); k++, step_at_hand += 0x40000001)
            op_check(&t, &(OpCase){ .count = 1,
                                    .x = { rows[i] },
                                    .y = rows[i],
                                    .options = &(Options){ rates[k] } });
    for (int w = 1; w <= 40; w++, step_at_hand++)
        op_check(&t, &(OpCase){ .count = 1,
                                .x = { DIMS(1, w) },
                                .y = DIMS(1, w),
                                .options = &(Options){ 0.3f } });
    check_share(&t, 0.2f);
    check_share(&t, 0.75f);
    check_keys(&t);
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3) }, .options = &(Options){ 1 } },
               "[0,1), got 1");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3) }, .options = &(Options){ -0.1f } },
               "got -0.1");
    op_refused(&t, &(OpCase){ .count = 1, .x = { DIMS(3) }, .options = &(Options){ NAN } }, "nan");
    op_done(&t);
}
