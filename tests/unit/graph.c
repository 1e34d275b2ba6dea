/* graph.c: building, finishing and running graphs, through the public header. fuse.c tests
 * fusing. */
#include <pthread.h>

#include "../device.h"
#include "world.h"

/* ---- errors ---------------------------------------------------------------------------------- */

static void finish_fails(World *w, P2cStatus status, const char *text) {
    assert_int_equal(p2c_graph_finish(w->g), status);
    if (!strstr(p2c_error(w->ctx), text))
        fail_msg("the error \"%s\" does not say \"%s\"", p2c_error(w->ctx), text);
}

/* The first error is kept. NULL passes through everything after it, even through calls that would
 * be wrong themselves. */
static void first_error_is_kept(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 3, 8, 8)), *grad = x;
    P2cNode *bad = p2c_conv2d(x, p2c_param(net, "w", P2C_DIMS(4, 5, 3, 3), P2C_KAIMING_UNIFORM),
                              NULL, (P2cConv2d){ 0 });
    P2cAdam adam = { .lr = 1 };
    assert_null(bad);
    assert_null(p2c_relu(bad));
    assert_null(p2c_output(bad));
    assert_null(p2c_named(bad, "bad"));
    assert_null(p2c_linear(bad, x, NULL));
    assert_null(p2c_add(x, bad));
    assert_null(p2c_add(bad, x));
    assert_null(p2c_concat(2, (P2cNode *[]){ x, bad }, 1));
    assert_null(p2c_concat(2, (P2cNode *[]){ bad, x }, 1));
    assert_null(p2c_batch_norm(x, bad, bad, bad, bad, 1e-5f));
    assert_null(p2c_layer_instance_norm(x, bad, bad, bad, 1e-5f));
    assert_null(p2c_spectral_norm(bad, bad, bad, true));
    assert_null(p2c_mean(bad));
    assert_null(p2c_reshape(p2c_slice(x, 7, 0, 1), P2C_DIMS(1)));
    assert_null(p2c_input(w.g, "later", P2C_DIMS(3)));
    assert_null(p2c_param(net, "later", P2C_DIMS(3), P2C_KAIMING_UNIFORM));
    p2c_backward(bad, 1, &x, &grad);
    assert_null(grad);
    p2c_minimize(bad, 1, &net, &adam, NULL);
    finish_fails(&w, P2C_ERR_SHAPE,
                 "conv2d: input (1,3,8,8) and weight (4,5,3,3) do not fit with 1 group");
    world_clear(&w);
}

static void other_graph(void **state) {
    (void)state;
    World w, other;
    world_init(&w, 1);
    world_init(&other, 1);
    P2cNode *mine = p2c_input(w.g, "x", P2C_DIMS(3)),
            *theirs = p2c_input(other.g, "x", P2C_DIMS(3));
    assert_null(p2c_add(mine, theirs));
    finish_fails(&w, P2C_ERR_ARGUMENT, "add: operand 1 belongs to another graph");
    OK(p2c_graph_finish(other.g));
    world_clear(&w);
    world_clear(&other);
}

static void bad_sizes(void **state) {
    (void)state;
    static const P2cDims dims[] = { { 2, { 3, 0, 1, 1 } },
                                    { 1, { -1, 1, 1, 1 } },
                                    { 2, { 1 << 16, 1 << 15, 1, 1 } },
                                    { 4, { 1 << 30, 1 << 30, 1 << 30, 1 << 30 } } };
    static const char *const texts[] = { "(3,0)", "(-1)", "(65536,32768)",
                                         "(1073741824,1073741824,1073741824,1073741824)" };
    for (size_t i = 0; i < COUNT(dims); i++) {
        World w;
        world_init(&w, 1);
        assert_null(p2c_input(w.g, "huge", dims[i]));
        finish_fails(&w, P2C_ERR_SHAPE, texts[i]);
        assert_non_null(strstr(p2c_error(w.ctx), "huge"));
        world_clear(&w);
    }
}

static void too_many_operands(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(3)), *nine[9] = { x, x, x, x, x, x, x, x, x };
    assert_null(p2c_concat(9, nine, 0));
    finish_fails(&w, P2C_ERR_ARGUMENT, "concat: 9 operands, at most 8");
    world_clear(&w);
}

static void parameter_of_another_shape(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    assert_non_null(
        p2c_param(p2c_scope(net, "block%d", 2), "weight", P2C_DIMS(3, 4), P2C_KAIMING_UNIFORM));
    assert_null(p2c_param(p2c_scope(net, "block2"), "weight", P2C_DIMS(4, 3), P2C_KAIMING_UNIFORM));
    finish_fails(&w, P2C_ERR_SHAPE,
                 "net.block2.weight has shape (3,4) in the store, the network wants (4,3)");
    world_clear(&w);
}

/* A graph that is too large for any machine: inputs stay alive, and 18,000 of 8 GiB need more than
 * 47 address bits. */
static void out_of_memory(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("skipped: the address sanitizer ends a program that asks for too much memory\n");
    skip();
#endif
    World w;
    world_init(&w, 1);
    P2cNode *sum = NULL;
    for (int i = 0; i < 18000; i++) {
        P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(2147483647));
        sum = sum ? p2c_add(sum, x) : x;
    }
    p2c_output(sum);
    finish_fails(&w, P2C_ERR_MEMORY, "out of memory");
    world_clear(&w);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* An output keeps its value, although later operations may overwrite their operands. */
static void outputs_are_readable(void **state) {
    (void)state;
    World w;
    float v[5] = { -2, -1, 0, 1, 2 }, got[5];
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(5)), *a = p2c_output(p2c_affine(x, 2, 1)),
            *b = p2c_relu(a), *c = p2c_output(p2c_affine(b, -1, 0));
    P2cNode *view = p2c_output(p2c_reshape(c, P2C_DIMS(5, 1))),
            *d = p2c_output(p2c_clamp(p2c_tanh(p2c_relu(c)), -1, 1));
    P2cNode *three = p2c_output(p2c_constant(w.g, P2C_DIMS(2), 3));
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(x, v));
    for (int run = 0; run < 2; run++) {
        OK(p2c_graph_run(w.g));
        OK(p2c_node_read(x, got));
        assert_memory_equal(got, v, sizeof v);
        OK(p2c_node_read(a, got));
        for (int i = 0; i < 5; i++) assert_true(got[i] == 2 * v[i] + 1);
        OK(p2c_node_read(c, got));
        for (int i = 0; i < 5; i++) assert_true(got[i] == -fmaxf(2 * v[i] + 1, 0));
        OK(p2c_node_read(view, got));
        for (int i = 0; i < 5; i++) assert_true(got[i] == -fmaxf(2 * v[i] + 1, 0));
        OK(p2c_node_read(d, got));
        for (int i = 0; i < 5; i++) assert_true(got[i] == 0);
        OK(p2c_node_read(three, got));
        assert_true(got[0] == 3 && got[1] == 3);
    }
    world_clear(&w);
}

static void names(void **state) {
    (void)state;
    World w;
    float value;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_SCALAR), *unused = p2c_input(w.g, "unused", P2C_SCALAR);
    P2cNode *a = p2c_named(p2c_affine(x, 1, 1), "block%d", 1),
            *b = p2c_output(p2c_named(p2c_affine(a, 1, 1), "block%d", 1));
    P2cNode *p = p2c_param(p2c_scope(p2c_net(w.g, w.store, "net"), "deep"), "w", P2C_SCALAR,
                           P2C_CONSTANT(5));
    assert_ptr_equal(p2c_graph_find(w.g, "x"), x);
    assert_ptr_equal(p2c_graph_find(w.g, "block1"), b); /* the newest node */
    assert_ptr_equal(p2c_graph_find(w.g, "net.deep.w"), p);
    assert_null(p2c_graph_find(w.g, "block2"));
    OK(p2c_graph_finish(w.g));
    assert_int_equal(p2c_node_read(unused, &value), P2C_ERR_ARGUMENT);
    assert_non_null(strstr(p2c_error(w.ctx), "unused is not used in this graph"));
    OK(p2c_node_write(unused, &(float){ 1 }));
    world_clear(&w);
}

/* Nodes that no output and no update needs are not computed. */
static void drops_what_nobody_needs(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(3)), *grad;
    P2cNode *y = p2c_output(p2c_affine(x, 2, 0));
    p2c_tanh(p2c_affine(x, 3, 0));
    p2c_backward(p2c_sum(p2c_mul(y, y)), 1, &x, &grad); /* grad is not an output */
    OK(p2c_graph_finish(w.g));
    assert_int_equal(p2c_graph_step_count(w.g), 1);
    world_clear(&w);
}

/* A spectral norm in training updates its vectors even if its result is not needed. A second one of
 * the same weight continues from there. */
static void updates_are_never_dropped(void **state) {
    (void)state;
    World w;
    float one[2] = { 0.6f, 0.8f }, weight[4] = { 1, 2, 3, 4 }, once[2], twice[2];
    for (int calls = 1; calls <= 2; calls++) {
        world_init(&w, 1);
        P2cNet net = p2c_net(w.g, w.store, "net");
        P2cNode *p = p2c_param(net, "w", P2C_DIMS(2, 2), P2C_CONSTANT(0)),
                *u = p2c_param(net, "u", P2C_DIMS(2), P2C_BUFFER(0));
        P2cNode *v = p2c_param(net, "v", P2C_DIMS(2), P2C_BUFFER(0));
        for (int i = 0; i < calls; i++) p2c_spectral_norm(p, u, v, true);
        OK(p2c_graph_finish(w.g));
        write_param(&w, "net.u", one);
        write_param(&w, "net.w", weight);
        OK(p2c_graph_run(w.g));
        /* two runs with one call give the same as one run with two */
        if (calls == 1) OK(p2c_graph_run(w.g));
        read_param(&w, "net.u", calls == 1 ? once : twice);
        world_clear(&w);
    }
    assert_true(once[0] != one[0]);
    assert_memory_equal(once, twice, sizeof once);
}

/* ---- planning -------------------------------------------------------------------------------- */

enum { PARAMS = 1000 };
typedef struct Trained {
    float loss, y[SMALL], dx[SMALL], params[PARAMS];
    size_t arena;
    int passes;
} Trained;

typedef struct Way {
    int threads;
    bool no_reuse, unfused;
} Way;

/* The small network, trained for three steps. */
static void train(Trained *out, Way way) {
    World w;
    float before[SMALL], after[SMALL];
    P2cAdam adam = {
        .lr = 0.01f, .beta1 = 0.5f, .beta2 = 0.999f, .eps = 1e-4f, .weight_decay = 1e-4f
    };
    memset(out, 0, sizeof *out);
    world_init(&w, way.threads);
    w.g->no_reuse = way.no_reuse;
    Small s = small_network(&w);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cNode *grad;
    if (way.unfused) p2c_output(s.norm);
    p2c_backward(s.loss, 1, &s.x, &grad);
    p2c_minimize(s.loss, 1, &net, &adam, NULL);
    p2c_output(s.loss), p2c_output(s.y), p2c_output(grad);
    OK(p2c_graph_finish(w.g));
    out->arena = p2c_graph_arena_bytes(w.g);
    out->passes = count_passes(w.g);
    small_write(&s);
    OK(p2c_node_read(s.x, before));
    for (int i = 0; i < 3; i++) OK(p2c_graph_run(w.g));
    OK(p2c_node_read(s.x, after));
    assert_memory_equal(before, after, sizeof before);
    out->loss = (float)read_scalar(s.loss);
    OK(p2c_node_read(s.y, out->y));
    OK(p2c_node_read(grad, out->dx));
    size_t used = 0;
    for (int i = 0; i < p2c_store_count(w.store); i++) {
        assert_true(used + p2c_dims_count(p2c_store_dims(w.store, i)) <= PARAMS);
        OK(p2c_store_read(w.store, i, out->params + used));
        used += p2c_dims_count(p2c_store_dims(w.store, i));
    }
    world_clear(&w);
}

static void same_bits(const Trained *a, const Trained *b) {
    assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
    assert_memory_equal(a->y, b->y, sizeof a->y);
    assert_memory_equal(a->dx, b->dx, sizeof a->dx);
    assert_memory_equal(a->params, b->params, sizeof a->params);
}

static void memory_is_reused(void **state) {
    (void)state;
    static Trained shared, separate;
    train(&shared, (Way){ .threads = 2 });
    train(&separate, (Way){ .threads = 2, .no_reuse = true });
    same_bits(&shared, &separate);
    assert_true(shared.arena < separate.arena * 2 / 3);
    print_message("arena %zu bytes, %zu without reuse\n", shared.arena, separate.arena);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    static Trained one, other;
    train(&one, (Way){ .threads = 1 });
    assert_true(one.loss > 0 && one.loss < 100);
    /* with 1 thread twice, because the same run twice must be equal, too */
    for (int threads = 1; threads <= 3; threads++) {
        train(&other, (Way){ .threads = threads });
        same_bits(&one, &other);
    }
}

static void fused_is_the_same(void **state) {
    (void)state;
    static Trained fused, unfused;
    train(&fused, (Way){ .threads = 1 });
    train(&unfused, (Way){ .threads = 1, .unfused = true });
    /* the ReLU, and its gradient in both backward passes */
    assert_int_equal(unfused.passes, fused.passes + 1 + 2);
    close_to(&fused.loss, &unfused.loss, 1);
    close_to(fused.y, unfused.y, SMALL);
    close_to(fused.dx, unfused.dx, SMALL);
    close_to(fused.params, unfused.params, PARAMS);
}

/* A chain of elementwise operations needs its input and one more buffer. A result that is larger
 * than its first operand does not overwrite it. */
static void results_over_operands(void **state) {
    (void)state;
    enum { N = 64 };
    float v[N], got[N];
    World w;
    world_init(&w, 1);
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, N)), *y = x;
    for (int i = 0; i < 5; i++) y = p2c_affine(y, 1, 1);
    p2c_output(y);
    OK(p2c_graph_finish(w.g));
    assert_int_equal(p2c_graph_arena_bytes(w.g), 2 * N * sizeof(float));
    world_again(&w);
    x = p2c_input(w.g, "x", P2C_DIMS(1, N));
    P2cNode *one = p2c_affine(p2c_slice(x, 1, 3, 4), 10, 0), *big = p2c_affine(x, 1, 0);
    y = p2c_output(p2c_add(one, big));
    OK(p2c_graph_finish(w.g));
    fill_random(v, N, -1, 1, 9);
    OK(p2c_node_write(x, v));
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(y, got));
    for (int i = 0; i < N; i++) assert_float_equal(got[i], 10 * v[3] + v[i], 1e-5);
    assert_ptr_not_equal(y->state->buffer->same, one->state->buffer);
    world_clear(&w);
}

/* Two graphs over one store: one sees what the other learns. */
static void graphs_share_a_store(void **state) {
    (void)state;
    World w;
    world_init(&w, 1);
    P2cAdam adam = { .lr = 0.5f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f };
    P2cNet net = p2c_net(w.g, w.store, "net");
    p2c_minimize(p2c_sum(p2c_param(net, "w", P2C_DIMS(2), P2C_CONSTANT(1))), 1, &net, &adam, NULL);
    OK(p2c_graph_finish(w.g));
    P2cGraph *training = w.g;
    OK(p2c_graph_new(&w.g, w.ctx));
    P2cNode *seen = p2c_output(
        p2c_sum(p2c_param(p2c_net(w.g, w.store, "net"), "w", P2C_DIMS(2), P2C_CONSTANT(1))));
    OK(p2c_graph_finish(w.g));
    OK(p2c_graph_run(w.g));
    assert_float_equal(read_scalar(seen), 2, 1e-6);
    OK(p2c_graph_run(training));
    OK(p2c_graph_run(w.g));
    assert_float_equal(read_scalar(seen), 1, 1e-5); /* every element decreases by lr */
    p2c_graph_free(&training);
    world_clear(&w);
}

static void *train_in_thread(void *out) {
    train(out, (Way){ .threads = 2 });
    return NULL;
}

static void two_contexts_two_threads(void **state) {
    (void)state;
    static Trained alone, together[2];
    pthread_t threads[2];
    train(&alone, (Way){ .threads = 2 });
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, train_in_thread, &together[i]), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) same_bits(&alone, &together[i]);
}

/* A GPU without memory for the recording of a run, which is made at the second run: nothing has
 * failed, and there may be memory later. */
static void no_memory_for_a_recording(void **state) {
    (void)state;
    if (!emulated_order || !strcmp(test_device(), "cpu")) {
        print_message("skipped: only the emulation of a GPU is out of memory on demand\n");
        skip();
    }
    World w;
    float x[3] = { 1, -2, 3 }, y[3];
    world_init(&w, 1);
    P2cNode *in = p2c_input(w.g, "x", P2C_DIMS(3)), *out = p2c_output(p2c_affine(in, 2, 1));
    OK(p2c_graph_finish(w.g));
    OK(p2c_node_write(in, x));
    OK(p2c_graph_run(w.g));
    assert_int_equal(setenv("P2C_EMULATED_FAULT", "recording", 1), 0);
    assert_int_equal(p2c_graph_run(w.g), P2C_ERR_MEMORY);
    assert_non_null(strstr(p2c_error(w.ctx), "out of memory: cuda:0 "));
    OK(p2c_node_read(out, y));
    assert_int_equal(unsetenv("P2C_EMULATED_FAULT"), 0);
    OK(p2c_graph_run(w.g));
    OK(p2c_node_read(out, y));
    for (int i = 0; i < 3; i++) assert_true(y[i] == 2 * x[i] + 1);
    world_clear(&w);
}

/* Every step appears in the profile once, the most expensive first. */
static void profiled(void **state) {
    (void)state;
    static P2cProfile profile;
    World w;
    world_init(&w, 1);
    Small s = small_network(&w);
    p2c_output(s.loss);
    OK(p2c_graph_finish(w.g));
    small_write(&s);
    OK(p2c_graph_profile(w.g, &profile));
    int steps = 0;
    double ms = 0;
    for (int i = 0; i < profile.count; i++) {
        const P2cProfileEntry *e = &profile.entries[i];
        assert_true(e->steps > 0 && e->ms >= 0 && e->bytes > 0 && *e->name);
        assert_true(!i || e->ms <= e[-1].ms);
        steps += e->steps;
        ms += e->ms;
    }
    assert_int_equal(steps, p2c_graph_step_count(w.g));
    assert_true(fabs(ms - profile.ms) <= 1e-9 * ms);
    world_clear(&w);
}

/* A convolution and its weight gradient, of 4 * 8 * 8 results with 2 * 3 * 3 products each; and a
 * linear layer of 5 results with 256 products, with both of its gradients. */
static void counted_flop(void **state) {
    (void)state;
    static P2cProfile profile;
    World w;
    P2cAdam adam = { .lr = 1e-3 };
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cNode *x = p2c_input(w.g, "x", P2C_DIMS(1, 2, 8, 8)),
            *h = p2c_conv2d(
                x, p2c_param(net, "conv.weight", P2C_DIMS(4, 2, 3, 3), P2C_KAIMING_UNIFORM), NULL,
                (P2cConv2d){ .pad = 1 }),
            *y = p2c_linear(p2c_reshape(h, P2C_DIMS(1, 256)),
                            p2c_param(net, "linear.weight", P2C_DIMS(5, 256), P2C_KAIMING_UNIFORM),
                            NULL);
    p2c_minimize(p2c_mean(y), 1, &net, &adam, NULL);
    OK(p2c_graph_finish(w.g));
    OK(p2c_graph_profile(w.g, &profile));
    double flop = 0;
    for (int i = 0; i < profile.count; i++) flop += profile.entries[i].flop;
    assert_true(flop == 2 * 2 * 4 * 8 * 8 * 2 * 3 * 3 + 3 * 2 * 5 * 256);
    world_clear(&w);
}

extern const struct CMUnitTest p2c_tests_graph[];
extern const size_t p2c_tests_graph_count;
const struct CMUnitTest p2c_tests_graph[] = {
    cmocka_unit_test(no_memory_for_a_recording),
    cmocka_unit_test(profiled),
    cmocka_unit_test(counted_flop),
    cmocka_unit_test(first_error_is_kept),
    cmocka_unit_test(other_graph),
    cmocka_unit_test(bad_sizes),
    cmocka_unit_test(too_many_operands),
    cmocka_unit_test(parameter_of_another_shape),
    cmocka_unit_test(out_of_memory),
    cmocka_unit_test(outputs_are_readable),
    cmocka_unit_test(names),
    cmocka_unit_test(drops_what_nobody_needs),
    cmocka_unit_test(updates_are_never_dropped),
    cmocka_unit_test(memory_is_reused),
    cmocka_unit_test(threads_do_not_matter),
    cmocka_unit_test(fused_is_the_same),
    cmocka_unit_test(results_over_operands),
    cmocka_unit_test(graphs_share_a_store),
    cmocka_unit_test(two_contexts_two_threads),
};
const size_t p2c_tests_graph_count = COUNT(p2c_tests_graph);
