/* step.c (test): what each step touches is in its list, and its kernel's call holds nothing
 * else. */
#include "world.h"

#include <stddef.h>

static void build_small(World *w, P2cAdam *adam, Small *small) {
    P2cNet net;
    world_init(w, 1);
    *small = small_network(w);
    net = p2c_net(w->g, w->store, "net");
    *adam = (P2cAdam){ .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
    p2c_minimize(small->loss, 1, &net, adam, NULL);
}

static const P2cTouch *touch_of(const P2cStep *step, size_t slot) {
    for (int i = 0; i < step->touched_count; i++)
        if (step->touched[i].slot == slot) return &step->touched[i];
    return NULL;
}

static const P2cTouch *touch_of_operand(const P2cStep *step, int k) {
    return touch_of(step, offsetof(P2cCall, x) + (size_t)k * sizeof(float *));
}

static void check_operands(const P2cStep *step, bool values) {
    for (int k = 0; k < P2C_MAX_OPERANDS; k++)
        assert_true(!step->call.x[k] == (!values || k >= step->node->count));
}

/* Memory that backward does not declare may be somebody else's by then. */
static void undeclared_is_null(void **state) {
    (void)state;
    World w;
    P2cAdam adam;
    Small small;
    int hidden = 0, shown = 0;
    build_small(&w, &adam, &small);
    OK(p2c_graph_finish(w.g));
    for (int i = 0; i < w.g->step_count; i++) {
        const P2cStep *step = &w.g->steps[i];
        const P2cNode *node = step->node;
        if (step->kind == P2C_STEP_FORWARD) {
            check_operands(step, true);
            assert_non_null(step->call.y);
        } else if (step->kind == P2C_STEP_BACKWARD) {
            check_operands(step, node->op->keeps_x);
            assert_true(!step->call.y == !p2c_keeps_y(node));
            assert_non_null(step->call.dy);
            node->op->keeps_x ? shown++ : hidden++;
        }
    }
    assert_true(hidden > 5 && shown > 5);
    world_clear(&w);
}

/* All of a call's memory stays its own from the step that first touches it to the last one: at
 * every step, what is alive in the arena does not overlap. */
static void nothing_alive_overlaps(void **state) {
    (void)state;
    World w;
    P2cAdam adam;
    Small small;
    build_small(&w, &adam, &small);
    OK(p2c_graph_finish(w.g));
    for (int a = 0; a < w.g->buffer_count; a++)
        for (int b = 0; b < a; b++) {
            const P2cBuffer *x = w.g->buffers[a], *y = w.g->buffers[b];
            if (!x->placed || !y->placed || x->last < y->first || y->last < x->first) continue;
            assert_true(x->offset + x->bytes <= y->offset || y->offset + y->bytes <= x->offset);
        }
    for (int i = 0; i < w.g->step_count; i++)
        for (int k = 0; k < w.g->steps[i].touched_count; k++) {
            const P2cBuffer *b = p2c_buffer_root(w.g->steps[i].touched[k].buffer);
            assert_non_null(b->memory);
            assert_true(b->first <= i && i <= b->last);
        }
    world_clear(&w);
}

/* Two updates of one parameter in one graph: both write the parameter and its moments, which are
 * one buffer each, so that the schedule sees it; the gradient and the rates are only read. */
static void moments_are_operands(void **state) {
    (void)state;
    enum { N = 100, RATES = 10 };
    World w;
    world_init(&w, 1);
    P2cNet net = p2c_net(w.g, w.store, "net");
    P2cAdam adam = { .lr = 0.1, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
    P2cNode *p = p2c_param(net, "p", P2C_DIMS(N), P2C_CONSTANT(1));
    const P2cStep *updates[2];
    int count = 0;
    for (int i = 0; i < 2; i++) p2c_minimize(p2c_sum(p2c_mul(p, p)), 1, &net, &adam, NULL);
    OK(p2c_graph_finish(w.g));
    for (int i = 0; i < w.g->step_count; i++)
        if (w.g->steps[i].node->op == &p2c_op_adam) updates[count++] = &w.g->steps[i];
    assert_int_equal(count, 2);
    for (int i = 0; i < 2; i++) {
        const P2cParam *param = w.store->params[0];
        float *const memory[] = { param->data, NULL, NULL, param->m, param->v };
        for (int k = 0; k < 5; k++) {
            const P2cTouch *t = touch_of_operand(updates[i], k);
            assert_true(t && t->reads && t->writes == (memory[k] != NULL));
            if (!memory[k]) continue;
            assert_ptr_equal(updates[i]->call.x[k], memory[k]);
            assert_ptr_equal(t->buffer, touch_of_operand(updates[0], k)->buffer);
        }
        /* parameter and moments there and back, the gradient, the rates, and the result */
        assert_int_equal(p2c_step_bytes(updates[i]), (7 * N + RATES + 1) * sizeof(float));
    }
    world_clear(&w);
}

extern const struct CMUnitTest p2c_tests_step[];
extern const size_t p2c_tests_step_count;
const struct CMUnitTest p2c_tests_step[] = { cmocka_unit_test(undeclared_is_null),
                                             cmocka_unit_test(nothing_alive_overlaps),
                                             cmocka_unit_test(moments_are_operands) };
const size_t p2c_tests_step_count = COUNT(p2c_tests_step);
