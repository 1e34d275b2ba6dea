/* minimize.c: updates that wait for finite gradients, gradients that accumulate, running
 * averages. */
#include "world.h"

#include <stdio.h>

static P2cAdam adam_for_tests(void) {
    return (P2cAdam){ .lr = 0.1, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-8, .weight_decay = 0.01 };
}

/* loss = sum(p*x) + sum(q*y), p below "a", q below "b" */
typedef struct Two {
    World w;
    P2cNode *x, *y, *squares[2];
    P2cAdam adam;
} Two;

static void two_init(Two *t) {
    world_init(&t->w, 1);
    P2cNet nets[2] = { p2c_net(t->w.g, t->w.store, "a"), p2c_net(t->w.g, t->w.store, "b") };
    P2cNode *p = p2c_param(nets[0], "p", P2C_DIMS(3), P2C_CONSTANT(1)),
            *q = p2c_param(nets[1], "q", P2C_DIMS(3), P2C_CONSTANT(2));
    P2cNode *r = p2c_param(nets[1], "r", P2C_SCALAR, P2C_CONSTANT(3));
    t->x = p2c_input(t->w.g, "x", P2C_DIMS(3));
    t->y = p2c_input(t->w.g, "y", P2C_DIMS(3));
    t->adam = adam_for_tests();
    P2cNode *loss = p2c_add(p2c_add(p2c_sum(p2c_mul(p, t->x)), p2c_sum(p2c_mul(q, t->y))), r);
    p2c_minimize(loss, 2, nets, &t->adam, t->squares);
    OK(p2c_graph_finish(t->w.g));
}

static void two_run(Two *t, const float x[3], const float y[3]) {
    OK(p2c_node_write(t->x, x));
    OK(p2c_node_write(t->y, y));
    OK(p2c_graph_run(t->w.g));
}

static void norms(void **state) {
    (void)state;
    Two t;
    two_init(&t);
    two_run(&t, (float[]){ 1, -2, 3 }, (float[]){ 0.5f, 0, -4 });
    /* of r: 1 */
    assert_true(read_scalar(t.squares[0]) == 14 && read_scalar(t.squares[1]) == 17.25);
    assert_null(p2c_nonfinite_gradient(t.squares[0]));
    assert_null(p2c_nonfinite_gradient(t.squares[1]));
    assert_int_equal(t.adam.step, 1);
    world_clear(&t.w);
}

/* A bad gradient in one network stops the update of both and is reported with its name. Later steps
 * are not affected. */
static void bad_gradient(void **state) {
    (void)state;
    /* the last one's square overflows */
    static const float bad[] = { NAN, INFINITY, -INFINITY, 1e30f };
    Two t, clean;
    two_init(&clean);
    two_run(&clean, (float[]){ 1, 1, 1 }, (float[]){ 1, 1, 1 });
    two_run(&clean, (float[]){ 3, 1, 2 }, (float[]){ 1, 0, 1 });
    for (size_t i = 0; i < COUNT(bad); i++) {
        float got[3], want[3];
        two_init(&t);
        two_run(&t, (float[]){ 1, 1, 1 }, (float[]){ 1, 1, 1 });
        two_run(&t, (float[]){ 1, 1, 1 }, (float[]){ 1, bad[i], 1 });
        assert_null(p2c_nonfinite_gradient(t.squares[0]));
        assert_int_equal(t.adam.step, 1);
        assert_string_equal(p2c_nonfinite_gradient(t.squares[1]), "b.q");
        two_run(&t, (float[]){ 3, 1, 2 }, (float[]){ 1, 0, 1 });
        assert_true(isfinite(read_scalar(t.squares[1])));
        assert_int_equal(t.adam.step, 2);
        static const char *const names[] = { "a.p", "b.q" };
        for (int k = 0; k < 2; k++) {
            read_param(&t.w, names[k], got);
            read_param(&clean.w, names[k], want);
            assert_memory_equal(got, want, sizeof got);
        }
        world_clear(&t.w);
    }
    world_clear(&clean.w);
}

/* A loss that is infinite although its gradients are not. */
static void bad_loss(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "a");
    P2cAdam adam = adam_for_tests();
    P2cNode *p = p2c_param(net, "p", P2C_SCALAR, P2C_CONSTANT(1)),
            *x = p2c_input(w.g, "x", P2C_SCALAR), *squares;
    p2c_minimize(p2c_add(p, x), 1, &net, &adam, &squares);
    OK(p2c_graph_finish(w.g));
    float infinite = INFINITY, value;
    OK(p2c_node_write(x, &infinite));
    OK(p2c_graph_run(w.g));
    read_param(&w, "a.p", &value);
    assert_true(value == 1 && adam.step == 0 && read_scalar(squares) == 1);
    world_clear(&w);
}

/* The mean of three losses in three backward passes gives the same update as in one pass. One
 * parameter is used only by the second loss, one by none. */
static void accumulated(void **state) {
    (void)state;
    float got[2][3][2];
    for (int parts = 0; parts < 2; parts++) {
        World w;
        world_init(&w, 1);
        P2cNet net = p2c_net(w.g, w.store, "a");
        P2cAdam adam = adam_for_tests();
        P2cNode *p = p2c_param(net, "p", P2C_DIMS(2), P2C_CONSTANT(1)),
                *q = p2c_param(net, "q", P2C_DIMS(2), P2C_CONSTANT(2)), *squares;
        P2cNode *unused = p2c_param(net, "unused", P2C_DIMS(2), P2C_CONSTANT(3)),
                *x = p2c_input(w.g, "x", P2C_DIMS(2)), *loss[3];
        p2c_output(p2c_affine(unused, 2, 0));
        for (int i = 0; i < 3; i++) {
            P2cNode *y = p2c_mul(p, p2c_affine(x, (float)(i + 1), 0));
            if (i == 1) y = p2c_mul(y, q);
            loss[i] = p2c_affine(p2c_sum(p2c_mul(y, y)), 1 / 3.0f, 0);
            if (parts && i < 2) p2c_accumulate(loss[i], 1, &net);
        }
        p2c_minimize(parts ? loss[2] : p2c_add(p2c_add(loss[0], loss[1]), loss[2]), 1, &net, &adam,
                     &squares);
        OK(p2c_graph_finish(w.g));
        OK(p2c_node_write(x, (float[]){ 0.5f, -0.25f }));
        /* twice, to check that nothing is left over from the first run */
        for (int i = 0; i < 2; i++) OK(p2c_graph_run(w.g));
        assert_true(isfinite(read_scalar(squares)));
        assert_int_equal(adam.step, 2);
        read_param(&w, "a.p", got[parts][0]);
        read_param(&w, "a.q", got[parts][1]);
        read_param(&w, "a.unused", got[parts][2]);
        world_clear(&w);
    }
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 2; i++) assert_float_equal(got[0][k][i], got[1][k][i], 1e-6);
    assert_true(got[0][0][0] < 0.9f && got[0][1][0] < 1.9f && got[0][2][0] == 3);
}

/* An update consumes the accumulated gradients: a second one in the same graph starts from zero.
 * loss = p*x each time. */
static void spent(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "a");
    P2cAdam adam = { .lr = 0, .beta1 = 0, .beta2 = 0, .eps = 1 };
    P2cNode *p = p2c_param(net, "p", P2C_SCALAR, P2C_CONSTANT(1)),
            *x = p2c_input(w.g, "x", P2C_SCALAR), *first, *second;
    p2c_accumulate(p2c_mul(p, x), 1, &net);
    p2c_minimize(p2c_mul(p, x), 1, &net, &adam, &first);
    p2c_minimize(p2c_mul(p, x), 1, &net, &adam, &second);
    OK(p2c_graph_finish(w.g));
    float three = 3;
    OK(p2c_node_write(x, &three));
    OK(p2c_graph_run(w.g));
    assert_true(read_scalar(first) == 36 && read_scalar(second) == 9);
    assert_int_equal(adam.step, 2);
    world_clear(&w);
}

/* Two updates by one P2cAdam in one run give the same as two runs with one update each. */
static void twice_in_a_run(void **state) {
    (void)state;
    float got[2][3];
    for (int updates = 1; updates <= 2; updates++) {
        World w;
        world_init(&w, 1);
        P2cNet net = p2c_net(w.g, w.store, "a");
        P2cAdam adam = adam_for_tests();
        P2cNode *p = p2c_param(net, "p", P2C_DIMS(3), P2C_CONSTANT(1)),
                *x = p2c_input(w.g, "x", P2C_DIMS(3)), *squares;
        for (int i = 0; i < updates; i++)
            p2c_minimize(p2c_sum(p2c_mul(p2c_mul(p, p), x)), 1, &net, &adam, &squares);
        OK(p2c_graph_finish(w.g));
        OK(p2c_node_write(x, (float[]){ 1, -1, 0.3f }));
        for (int run = 0; run < 6 / updates; run++) OK(p2c_graph_run(w.g));
        read_param(&w, "a.p", got[updates - 1]);
        assert_true(read_scalar(squares) > 0);
        assert_int_equal(adam.step, 6);
        world_clear(&w);
    }
    for (int i = 0; i < 3; i++) assert_float_equal(got[0][i], got[1][i], 1e-6);
    assert_true(got[0][0] < 0.7f);
}

/* SGD: two updates in a run, counted and with momentum from one to the next; none when a gradient
 * is not finite. loss = sum(p*x) */
static void sgd(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "a");
    P2cSgd settings = { .lr = 0.5, .momentum = 0.5 };
    P2cNode *p = p2c_param(net, "p", P2C_DIMS(3), P2C_CONSTANT(1)),
            *x = p2c_input(w.g, "x", P2C_DIMS(3)), *squares[2];
    for (int i = 0; i < 2; i++)
        p2c_minimize_sgd(p2c_sum(p2c_mul(p, x)), 1, &net, &settings, &squares[i]);
    OK(p2c_graph_finish(w.g));
    float got[3];
    OK(p2c_node_write(x, (float[]){ 1, NAN, 2 }));
    OK(p2c_graph_run(w.g));
    read_param(&w, "a.p", got);
    assert_string_equal(p2c_nonfinite_gradient(squares[1]), "a.p");
    assert_true(settings.step == 0 && got[0] == 1 && got[1] == 1 && got[2] == 1);
    OK(p2c_node_write(x, (float[]){ 1, -2, 0 }));
    OK(p2c_graph_run(w.g));
    read_param(&w, "a.p", got);
    assert_true(read_scalar(squares[1]) == 5 && settings.step == 2);
    /* 0.5 * (1 + 1.5) times the gradient */
    assert_true(got[0] == -0.25f && got[1] == 3.5f && got[2] == 1);
    settings.lr = 0;
    OK(p2c_graph_run(w.g));
    OK(p2c_graph_wait(w.g)); /* a GPU counts updates when it is waited for */
    read_param(&w, "a.p", got);
    assert_true(got[0] == -0.25f && settings.step == 4);
    world_clear(&w);
}

static void averages(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "gen"), average = p2c_net(w.g, w.store, "gen_ema");
    P2cAdam adam = adam_for_tests();
    P2cNode *p = p2c_param(p2c_scope(net, "deep"), "p", P2C_DIMS(2), P2C_CONSTANT(1)),
            *x = p2c_input(w.g, "x", P2C_DIMS(2));
    p2c_param(net, "unused", P2C_SCALAR, P2C_CONSTANT(5));
    /* a name that begins with the same letters */
    p2c_param(p2c_net(w.g, w.store, "generator"), "x", P2C_SCALAR, P2C_CONSTANT(5));
    p2c_minimize(p2c_sum(p2c_mul(p, x)), 1, &net, &adam, NULL);
    double decay = 0.75;
    p2c_average(average, net, &decay);
    OK(p2c_graph_finish(w.g));
    write_param(&w, "gen_ema.deep.p", (float[]){ 1, 1 });
    OK(p2c_node_write(x, (float[]){ 1, -1 }));
    double want[2] = { 1, 1 };
    for (int t = 0; t < 4; t++) {
        float now[2], got[2];
        OK(p2c_graph_run(w.g));
        read_param(&w, "gen.deep.p", now);
        read_param(&w, "gen_ema.deep.p", got);
        for (int i = 0; i < 2; i++) {
            want[i] += (1 - decay) * (now[i] - want[i]); /* after the update, not before */
            assert_float_equal(got[i], want[i], 1e-6);
        }
        if (t == 2) decay = 0.5;
    }
    assert_int_equal(p2c_store_count(w.store), 5);
    float unused;
    read_param(&w, "gen_ema.unused", &unused);
    assert_float_equal(unused, 5 * (1 - pow(0.75, 3) * 0.5), 1e-5);
    world_clear(&w);
}

/* Two groups of many parameters, with 1 to some thousands of values, whose gradients are constants.
 * Then every update is lr, up or down. Also the running average of all of them, and the average of
 * that average. */
enum { MANY = 80, MOST_VALUES = 7 * 1021 + 1 };

static int size_of(int i) { return 1 + i % 8 * 1021; }
static float slope_of(int i) { return (float)(1 + i % 5) * (i % 3 ? 1 : -1); }

static void many_build(P2cNet net, P2cAdam *adam) {
    char name[16];
    P2cNode *loss = NULL;
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "p%d", i);
        P2cNode *term = p2c_affine(
            p2c_sum(p2c_param(net, name, P2C_DIMS(size_of(i)), P2C_CONSTANT(1))), slope_of(i), 0);
        loss = loss ? p2c_add(loss, term) : term;
    }
    p2c_minimize(loss, 1, &net, adam, NULL);
}

static void check_many(const World *w, const char *net, double want_up, double want_down) {
    float *values = malloc(MOST_VALUES * sizeof *values);
    char name[32];
    for (int i = 0; i < MANY; i++) {
        double want = slope_of(i) > 0 ? want_down : want_up;
        snprintf(name, sizeof name, "%s.p%d", net, i);
        read_param(w, name, values);
        for (int k = 0; k < size_of(i); k++)
            if (!(fabs(values[k] - want) <= 1e-6))
                fail_msg("%s: element %d of %d is %.9g, expected %.9g", name, k, size_of(i),
                         values[k], want);
    }
    free(values);
}

static void many_parameters(void **state) {
    (void)state;
    World w;
    world_init(&w, 2);
    P2cNet a = p2c_net(w.g, w.store, "a"), b = p2c_net(w.g, w.store, "b"),
           ema = p2c_net(w.g, w.store, "ema"), slow = p2c_net(w.g, w.store, "slow");
    P2cAdam first = { .lr = 0.125, .beta1 = 0.5, .beta2 = 0.75, .eps = 1e-12 },
            second = { .lr = 0.25, .beta1 = 0.5, .beta2 = 0.75, .eps = 1e-12 };
    double decay = 0.75, slower = 0.5, up[2] = { 0 }, down[2] = { 0 };
    many_build(a, &first);
    many_build(b, &second);
    p2c_average(ema, a, &decay);
    p2c_average(slow, ema, &slower);
    OK(p2c_graph_finish(w.g));
    for (int t = 1; t <= 3; t++) {
        OK(p2c_graph_run(w.g));
        up[0] += (1 - decay) * (1 + t * 0.125 - up[0]);
        down[0] += (1 - decay) * (1 - t * 0.125 - down[0]);
        up[1] += (1 - slower) * (up[0] - up[1]);
        down[1] += (1 - slower) * (down[0] - down[1]);
        check_many(&w, "a", 1 + t * 0.125, 1 - t * 0.125);
        check_many(&w, "b", 1 + t * 0.25, 1 - t * 0.25);
        check_many(&w, "ema", up[0], down[0]);
        check_many(&w, "slow", up[1], down[1]);
    }
    world_clear(&w);
}

extern const struct CMUnitTest p2c_tests_minimize[];
extern const size_t p2c_tests_minimize_count;
const struct CMUnitTest p2c_tests_minimize[] = {
    cmocka_unit_test(norms),
    cmocka_unit_test(bad_gradient),
    cmocka_unit_test(bad_loss),
    cmocka_unit_test(accumulated),
    cmocka_unit_test(spent),
    cmocka_unit_test(twice_in_a_run),
    cmocka_unit_test(sgd),
    cmocka_unit_test(averages),
    cmocka_unit_test(many_parameters),
};
const size_t p2c_tests_minimize_count = COUNT(p2c_tests_minimize);
