/* autodiff.c: gradients and updates of whole graphs, through the public header. */
#include "world.h"

static const char *const names[] = { "net.first.weight", "net.down.weight", "net.style.weight",
                                     "net.style.bias",   "net.rho",         "net.gate.weight",
                                     "net.last.weight",  "net.last.bias" };

static double norm_of(const float *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
    return sqrt(sum);
}

/* ---- gradients ------------------------------------------------------------------------------- */

/* The loss of the small network after parameter or input `at` was moved by `step` along
 * `direction`. */
static double moved_loss(World *w, const Small *s, const char *param, const float *start,
                         const float *direction, size_t n, double step) {
    float x[1000];
    for (size_t i = 0; i < n; i++) x[i] = start[i] + (float)(step * direction[i]);
    if (param) write_param(w, param, x);
    else OK(p2c_node_write(s->x, x));
    OK(p2c_graph_run(w->g));
    return read_scalar(s->loss);
}

/* The derivative along the gradient is its length, which is far above float32 rounding, unlike
 * derivatives for single elements. Along half of its elements it is the length of that half; so an
 * error in one half cannot hide an error in the other. */
static double check_direction(World *w, const Small *s, const char *param, const float *start,
                              const float *gradient, size_t n, size_t every) {
    float direction[1000], h = 2e-3f;
    for (size_t i = 0; i < n; i++) direction[i] = i % every == 0 ? gradient[i] : 0;
    double length = norm_of(direction, n);
    for (size_t i = 0; i < n; i++) direction[i] /= (float)length;
    double difference = moved_loss(w, s, param, start, direction, n, h) -
                        moved_loss(w, s, param, start, direction, n, -h);
    moved_loss(w, s, param, start, direction, n, 0);
    double error = fabs(difference / (2 * h) - length) / length;
    if (!(error < 0.005))
        fail_msg("%s: derivative %g along the gradient, expected %g", param ? param : "x",
                 difference / (2 * h), length);
    return error;
}

static void composite(void **state) {
    (void)state;
    World w;
    world_init(&w, 2);
    Small s = small_network(&w);
    P2cNode *of[1 + COUNT(names)] = { s.x }, *grads[1 + COUNT(names)];
    for (size_t i = 0; i < COUNT(names); i++)
        assert_non_null(of[i + 1] = p2c_graph_find(w.g, names[i]));
    p2c_backward(s.loss, COUNT(of), of, grads);
    for (size_t i = 0; i < COUNT(of); i++) assert_non_null(p2c_output(grads[i]));
    p2c_output(s.loss);
    OK(p2c_graph_finish(w.g));
    small_write(&s);
    OK(p2c_graph_run(w.g));
    float start[1000], gradient[1 + COUNT(names)][1000];
    double worst = 0;
    for (size_t i = 0; i < COUNT(of); i++) OK(p2c_node_read(grads[i], gradient[i]));
    for (size_t i = 0; i < COUNT(of); i++) {
        size_t n = p2c_dims_count(p2c_node_dims(of[i]));
        OK(p2c_node_read(of[i], start));
        for (size_t every = 1; every <= 3; every += 2)
            worst = fmax(worst, check_direction(&w, &s, i ? names[i - 1] : NULL, start, gradient[i],
                                                n, every));
    }
    print_message("worst relative error along a gradient: %.2g of 0.005\n", worst);
    world_clear(&w);
}

static void shared_parameter(void **state) {
    (void)state;
    World w;
    float a[3] = { 1, 2, 3 }, b[3] = { 10, 20, 40 }, got[3];
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cNode *p = p2c_param(net, "w", P2C_DIMS(3), P2C_CONSTANT(2)),
            *again = p2c_param(net, "w", P2C_DIMS(3), P2C_CONSTANT(2)), *grad;
    P2cNode *x = p2c_input(w.g, "a", P2C_DIMS(3)), *y = p2c_input(w.g, "b", P2C_DIMS(3));
    assert_ptr_equal(p, again);
    p2c_backward(p2c_add(p2c_sum(p2c_mul(p, x)), p2c_sum(p2c_mul(again, y))), 1, &p, &grad);
    p2c_output(grad);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, a));
    OK(p2c_node_write(y, b));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(grad, got));
    for (int i = 0; i < 3; i++) assert_true(got[i] == a[i] + b[i]);
    world_clear(&w);
}

/* x * x, x + x, concat(x, x): the gradients of both operands go to one place. */
static void same_operand_twice(void **state) {
    (void)state;
    World w;
    float v[3] = { 1, -2, 3 }, got[3];
    world_init(&w, 2);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 3)), *grad;
    P2cNode *both = p2c_concat(2, (P2cNode *[]){ x, x }, 0);
    /* sum x^2 + 4 x^2 */
    p2c_backward(p2c_add(p2c_sum(p2c_mul(x, x)), p2c_sum(p2c_mul(both, p2c_add(x, x)))), 1, &x,
                 &grad);
    p2c_output(grad);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, v));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(grad, got));
    for (int i = 0; i < 3; i++) assert_float_equal(got[i], 10 * v[i], 1e-5);
    world_clear(&w);
}

/* Two losses over the same nodes: each has its own gradients, of inputs and of results; NULL where
 * no gradient flows. */
static void two_losses(void **state) {
    (void)state;
    World w;
    float v[2] = { 3, -4 }, dx1[2], dx2[2], dh[2];
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2)), *other = p2c_input(w.g, "other", P2C_DIMS(2)),
            *h = p2c_affine(x, 2, 1);
    P2cNode *first = p2c_sum(h), *second = p2c_sum(p2c_mul(h, h)), *later = p2c_affine(h, 1, 0);
    P2cNode *grads1[3], *grads2[3];
    p2c_backward(first, 3, (P2cNode *[]){ x, other, later }, grads1);
    p2c_backward(second, 3, (P2cNode *[]){ x, h, first }, grads2);
    assert_null(grads1[1]);
    assert_null(grads1[2]);
    assert_null(grads2[2]);
    p2c_output(grads1[0]), p2c_output(grads2[0]), p2c_output(grads2[1]);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, v));
    for (int run = 0; run < 2; run++) { /* the second run does not add to the first */
        OK(p2c_graph_run(w.g));
        OK(p2c_node_read(grads1[0], dx1));
        OK(p2c_node_read(grads2[0], dx2));
        OK(p2c_node_read(grads2[1], dh));
        for (int i = 0; i < 2; i++)
            assert_true(dx1[i] == 2 && dh[i] == 2 * (2 * v[i] + 1) && dx2[i] == 2 * dh[i]);
    }
    world_clear(&w);
}

static void detached(void **state) {
    (void)state;
    World w;
    float v[2] = { 3, -4 }, got[2];
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2)), *h = p2c_affine(x, 3, 0), *stop = p2c_detach(h),
            *grads[3], *none;
    p2c_backward(p2c_sum(p2c_mul(h, stop)), 3, (P2cNode *[]){ x, h, stop }, grads);
    p2c_backward(p2c_sum(stop), 1, &x, &none);
    assert_null(none);
    p2c_output(grads[0]), p2c_output(grads[2]);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, v));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(grads[0], got));
    for (int i = 0; i < 2; i++) assert_true(got[i] == 9 * v[i]); /* 3 * stop, not 6 */
    OK(p2c_node_read(grads[2], got));
    for (int i = 0; i < 2; i++) assert_true(got[i] == 3 * v[i]);
    world_clear(&w);
}

static void not_a_scalar(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2, 3)), *grad = x;
    p2c_backward(p2c_tanh(x), 1, &x, &grad);
    assert_null(grad);
    assert_int_equal(p2c_graph_finish(w.g), P2C_ERR_SHAPE);
    assert_non_null(strstr(p2c_error(w.ctx), "the loss has shape (2,3), expected a scalar"));
    world_clear(&w);
}

/* ---- updates --------------------------------------------------------------------------------- */

/* Adam on one number, in double. */
typedef struct Number {
    double p, m, v;
} Number;

static void adam_step(Number *x, double gradient, const P2cAdam *a, int t) {
    gradient += a->weight_decay * x->p;
    x->m = a->beta1 * x->m + (1 - (double)a->beta1) * gradient;
    x->v = a->beta2 * x->v + (1 - (double)a->beta2) * gradient * gradient;
    x->p -=
        a->lr * (x->m / (1 - pow(a->beta1, t))) / (sqrt(x->v / (1 - pow(a->beta2, t))) + a->eps);
}

static float param_value(const World *w, const char *name) {
    float value;
    read_param(w, name, &value);
    return value;
}

/* Only "a" may change: not "b", not "ab", whose name begins with "a", not frozen parameters, and
 * not those that the loss does not depend on. */
static void only_named(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet a = p2c_net(w.g, w.store, "a"), b = p2c_net(w.g, w.store, "b"),
           ab = p2c_net(w.g, w.store, "ab");
    P2cAdam adam = {
        .lr = 0.1f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.5f
    };
    P2cNode *seen = p2c_param(a, "seen", P2C_SCALAR, P2C_CONSTANT(1)),
            *below = p2c_param(p2c_scope(a, "deep%d", 1), "seen", P2C_SCALAR, P2C_CONSTANT(1));
    P2cNode *frozen = p2c_param(a, "frozen", P2C_SCALAR, P2C_BUFFER(1)),
            *other = p2c_param(b, "w", P2C_SCALAR, P2C_CONSTANT(1));
    P2cNode *alike = p2c_param(ab, "w", P2C_SCALAR, P2C_CONSTANT(1)),
            *unused = p2c_param(a, "unused", P2C_SCALAR, P2C_CONSTANT(1));
    P2cNode *elsewhere = p2c_output(p2c_affine(unused, 2, 0)); /* used, but not by the loss */
    P2cNode *loss = p2c_mul(p2c_mul(p2c_mul(seen, below), p2c_mul(frozen, other)), alike);
    p2c_minimize(loss, 1, &a, &adam, NULL);
    p2c_output(loss);
    OK(p2c_graph_finish(w.g));
    for (int i = 0; i < 3; i++) OK(p2c_graph_run(w.g));
    OK(p2c_graph_wait(w.g));
    assert_int_equal(adam.step, 3);
    assert_true(param_value(&w, "a.seen") < 0.8f && param_value(&w, "a.deep1.seen") < 0.8f);
    assert_true(param_value(&w, "a.frozen") == 1 && param_value(&w, "b.w") == 1 &&
                param_value(&w, "ab.w") == 1 && param_value(&w, "a.unused") == 1);
    assert_true(read_scalar(elsewhere) == 2);
    world_clear(&w);
}

/* A GAN of two numbers: the generator makes gw*z, the discriminator says dw*x. In one graph d is
 * updated first, then g with the new d. */
typedef struct Gan {
    P2cNode *z, *d_loss, *g_loss, *before, *after;
    P2cAdam d_adam, g_adam;
} Gan;
enum { N = 4 };
static const float z_values[N] = { 0.5f, -1, 2, 0.25f }, real_value = 1.5f;

static void gan_build(World *w, Gan *gan) {
    P2cNet g_net = p2c_net(w->g, w->store, "gen"), d_net = p2c_net(w->g, w->store, "dis");
    P2cNode *gw = p2c_param(g_net, "w", P2C_DIMS(1, 1), P2C_CONSTANT(0.3f)),
            *dw = p2c_param(d_net, "w", P2C_DIMS(1, 1), P2C_CONSTANT(-0.4f));
    P2cNode *one = p2c_constant(w->g, P2C_SCALAR, 1), *zero = p2c_constant(w->g, P2C_SCALAR, 0);
    gan->z = p2c_input(w->g, "z", P2C_DIMS(N, 1));
    P2cNode *fake = p2c_linear(gan->z, gw, NULL);
    gan->before = p2c_output(p2c_linear(p2c_detach(fake), dw, NULL));
    P2cNode *real = p2c_linear(p2c_constant(w->g, P2C_DIMS(N, 1), real_value), dw, NULL);
    gan->d_loss = p2c_output(p2c_add(p2c_mse_loss(real, one), p2c_mse_loss(gan->before, zero)));
    p2c_minimize(gan->d_loss, 1, &d_net, &gan->d_adam, NULL);
    gan->after = p2c_output(p2c_linear(fake, dw, NULL));
    gan->g_loss = p2c_output(p2c_mse_loss(gan->after, one));
    p2c_minimize(gan->g_loss, 1, &g_net, &gan->g_adam, NULL);
}

static void gan_by_hand(Number *g, Number *d, const Gan *gan, int t, double *d_loss,
                        double *g_loss) {
    double d_gradient = 0, g_gradient = 0;
    *d_loss = (d->p * real_value - 1) * (d->p * real_value - 1);
    d_gradient = 2 * (d->p * real_value - 1) * real_value;
    for (int i = 0; i < N; i++) {
        double fake = g->p * z_values[i];
        *d_loss += d->p * fake * d->p * fake / N;
        d_gradient += 2 * d->p * fake * fake / N;
    }
    adam_step(d, d_gradient, &gan->d_adam, t);
    *g_loss = 0;
    for (int i = 0; i < N; i++) {
        double error = d->p * g->p * z_values[i] - 1;
        *g_loss += error * error / N;
        g_gradient += 2 * error * d->p * z_values[i] / N;
    }
    adam_step(g, g_gradient, &gan->g_adam, t);
}

static void gan(void **state) {
    (void)state;
    World w;
    world_init(&w, 2);
    Gan gan = { .d_adam = { .lr = 0.05f,
                            .beta1 = 0.5f,
                            .beta2 = 0.999f,
                            .eps = 1e-3f,
                            .weight_decay = 1e-2f },
                .g_adam = { .lr = 0.02f, .beta1 = 0.5f, .beta2 = 0.99f, .eps = 1e-3f } };
    gan_build(&w, &gan);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(gan.z, z_values));
    Number g = { 0.3f, 0, 0 }, d = { -0.4f, 0, 0 };
    float before[N], after[N];
    for (int t = 1; t <= 5; t++) {
        double d_loss, g_loss, old = d.p, old_g = g.p;
        OK(p2c_graph_run(w.g));
        gan_by_hand(&g, &d, &gan, t, &d_loss, &g_loss);
        assert_float_equal(read_scalar(gan.d_loss), d_loss, 1e-5);
        assert_float_equal(read_scalar(gan.g_loss), g_loss, 1e-5);
        assert_float_equal(param_value(&w, "dis.w"), d.p, 2e-6);
        assert_float_equal(param_value(&w, "gen.w"), g.p, 2e-6);
        /* the same network, with the old weight and with the new one */
        OK(p2c_node_read(gan.before, before));
        OK(p2c_node_read(gan.after, after));
        for (int i = 0; i < N; i++) {
            assert_float_equal(before[i], old * old_g * z_values[i], 1e-5);
            assert_float_equal(after[i], d.p * old_g * z_values[i], 1e-5);
        }
    }
    world_clear(&w);
}

/* A network that a gradient only passes through gets no weight gradients. */
static void no_more_than_needed(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    Gan gan = { .d_adam = { .lr = 0.05f }, .g_adam = { .lr = 0.02f } };
    gan_build(&w, &gan);
    OK(p2c_graph_finish(w.g));
    int through = 0;
    for (int i = 0; i < w.g->step_count; i++) {
        const P2cStep *step = &w.g->steps[i];
        if (step->kind != P2C_STEP_BACKWARD || step->node != gan.after) continue;
        assert_non_null(step->call.dx[0]);
        assert_null(step->call.dx[1]);
        through++;
    }
    assert_int_equal(through, 1);
    world_clear(&w);
}

static void stays_in_range(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cAdam adam = { .lr = 0.3f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f };
    P2cNode *p = p2c_param(net, "rho", P2C_DIMS(2), P2C_CONSTANT(0.5f)),
            *sign = p2c_input(w.g, "sign", P2C_DIMS(2));
    float up_down[2] = { 1, -1 }, got[2];
    p2c_minimize(p2c_sum(p2c_mul(p, sign)), 1, &net, &adam, NULL);
    p2c_store_set_range(w.store, 0, 0.1f, 0.9f);
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(sign, up_down));
    for (int i = 0; i < 3; i++) OK(p2c_graph_run(w.g));
    read_param(&w, "net.rho", got);
    assert_true(got[0] == 0.1f && got[1] == 0.9f);
    world_clear(&w);
}

/* loss = a * b. After a is updated, the gradient for b, which is a, would use the new a with the
 * old product, so it is refused. If the product is computed again, it works. */
static void updated_in_between(void **state) {
    (void)state;
    for (int anew = 0; anew < 2; anew++) {
        World w;
        world_init(&w, 1);
        P2cNet a = p2c_net(w.g, w.store, "a"), b = p2c_net(w.g, w.store, "b");
        P2cAdam adam = { .lr = 0.1, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
        P2cNode *pa = p2c_param(a, "w", P2C_SCALAR, P2C_CONSTANT(1)),
                *pb = p2c_param(b, "w", P2C_SCALAR, P2C_CONSTANT(2));
        P2cNode *loss = p2c_mul(pa, pb);
        p2c_minimize(loss, 1, &a, &adam, NULL);
        if (anew) loss = p2c_mul(pa, pb);
        p2c_minimize(loss, 1, &b, &adam, NULL);
        assert_int_equal(p2c_graph_finish(w.g), anew ? P2C_OK : P2C_ERR_ARGUMENT);
        if (!anew) assert_non_null(strstr(p2c_error(w.ctx), "a.w is updated between"));
        world_clear(&w);
    }
}

/* The same when the update is that of a running average. */
static void averaged_in_between(void **state) {
    (void)state;
    const double decay = 0.9;
    World w;
    world_init(&w, 1);
    P2cNet a = p2c_net(w.g, w.store, "a"), b = p2c_net(w.g, w.store, "b"),
           average = p2c_net(w.g, w.store, "average");
    P2cAdam adam = { .lr = 0.1, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
    p2c_param(a, "w", P2C_SCALAR, P2C_CONSTANT(1));
    P2cNode *loss = p2c_mul(p2c_param(average, "w", P2C_SCALAR, P2C_BUFFER(0)),
                            p2c_param(b, "w", P2C_SCALAR, P2C_CONSTANT(2)));
    p2c_average(average, a, &decay);
    p2c_minimize(loss, 1, &b, &adam, NULL);
    assert_int_equal(p2c_graph_finish(w.g), P2C_ERR_ARGUMENT);
    assert_non_null(strstr(p2c_error(w.ctx), "average.w is updated between"));
    world_clear(&w);
}

/* Statistics that a later pass in training moves are not those that this pass used. */
static void statistics_moved_in_between(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "n");
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(4, 2)),
            *weight = p2c_param(net, "weight", P2C_DIMS(2), P2C_CONSTANT(1)),
            *bias = p2c_param(net, "bias", P2C_DIMS(2), P2C_CONSTANT(0)),
            *mean = p2c_param(net, "mean", P2C_DIMS(2), P2C_BUFFER(0)),
            *var = p2c_param(net, "var", P2C_DIMS(2), P2C_BUFFER(1)), *gradient;
    P2cNode *loss = p2c_sum(p2c_batch_norm(x, weight, bias, mean, var, 1e-5f));
    p2c_output(p2c_batch_norm_train(x, weight, bias, mean, var, 0.1f, 1e-5f));
    p2c_backward(loss, 1, &x, &gradient);
    p2c_output(gradient);
    assert_int_equal(p2c_graph_finish(w.g), P2C_ERR_ARGUMENT);
    assert_non_null(strstr(p2c_error(w.ctx), "is updated between"));
    world_clear(&w);
}

extern const struct CMUnitTest p2c_tests_autodiff[];
extern const size_t p2c_tests_autodiff_count;
const struct CMUnitTest p2c_tests_autodiff[] = {
    cmocka_unit_test(composite),
    cmocka_unit_test(shared_parameter),
    cmocka_unit_test(same_operand_twice),
    cmocka_unit_test(two_losses),
    cmocka_unit_test(detached),
    cmocka_unit_test(not_a_scalar),
    cmocka_unit_test(only_named),
    cmocka_unit_test(gan),
    cmocka_unit_test(no_more_than_needed),
    cmocka_unit_test(stays_in_range),
    cmocka_unit_test(updated_in_between),
    cmocka_unit_test(averaged_in_between),
    cmocka_unit_test(statistics_moved_in_between),
};
const size_t p2c_tests_autodiff_count = COUNT(p2c_tests_autodiff);
