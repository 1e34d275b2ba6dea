/* minimize.c: training: the gradients of a loss for the parameters of some networks, and their
 * update.
 *
 *   p2c_accumulate   backward(loss 1)                gradients wait at their parameters
 *   p2c_minimize     backward(loss 2)                goes on from them
 *                    sum_squares, a chain per net    the norm; a NaN or an infinity anywhere shows
 *                                                    in it
 *                    adam_begin or sgd_begin         counts the update, unless that sum or the loss
 *                                                    is not finite; makes its rates
 *                    adam or sgd, one per parameter  not when the one before said no */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "op/update.h"

/* The first net that the parameter belongs to; -1: none. */
static int net_of(const P2cParam *param, int count, const P2cNet nets[]) {
    for (int i = 0; i < count; i++)
        if (p2c_name_below(param->name, nets[i].prefix)) return i;
    return -1;
}

/* Parameters to be trained, and their gradients. */
typedef struct Group {
    int count;
    P2cNode **params, **grads;
} Group;

static void group_clear(Group *group) {
    free(group->params);
    free(group->grads);
}

/* The graph's trainable parameters below `nets`. false: memory is out, and the graph has failed. */
static bool group_init(Group *group, P2cGraph *graph, int count, const P2cNet nets[]) {
    size_t capacity = (size_t)graph->node_count + 1;
    *group = (Group){ .params = calloc(capacity, sizeof *group->params),
                      .grads = calloc(capacity, sizeof *group->grads) };
    if (!group->params || !group->grads) {
        p2c_graph_fail(graph, P2C_ERR_MEMORY, "out of memory while differentiating");
        return false;
    }
    for (int i = 0; i < graph->node_count; i++) {
        const P2cParam *param = graph->nodes[i]->state->param;
        if (param && !param->init.frozen && net_of(param, count, nets) >= 0)
            group->params[group->count++] = graph->nodes[i];
    }
    return true;
}

/* The backward pass of `loss`, whose gradients go on from earlier ones that wait for an update. */
static void group_backward(Group *group, P2cNode *loss) {
    P2cNode *marker = p2c_backward_new(loss, group->count, group->params, group->grads);
    for (int i = 0; marker && i < group->count; i++) {
        P2cNode *earlier = group->params[i]->state->earlier;
        if (earlier && !group->grads[i])
            group->grads[i] = p2c_gradient_new(marker, group->params[i]);
        if (group->grads[i]) group->grads[i]->state->earlier = earlier;
    }
}

void p2c_accumulate(P2cNode *loss, int count, const P2cNet nets[]) {
    Group group;
    if (!loss) return;
    if (group_init(&group, loss->state->graph, count, nets)) group_backward(&group, loss);
    for (int i = 0; i < group.count; i++)
        if (group.grads[i]) group.params[i]->state->earlier = group.grads[i];
    group_clear(&group);
}

/* The sum of squares of one net's gradients, as a chain of nodes; a constant 0 if it has none. */
static P2cNode *chain_of_squares(const Group *group, P2cGraph *graph, int net, int count,
                                 const P2cNet nets[]) {
    P2cNode *sum = NULL;
    for (int i = 0; i < group->count; i++) {
        if (!group->grads[i] || net_of(group->params[i]->state->param, count, nets) != net)
            continue;
        sum = p2c_output(p2c_node_new(&p2c_op_sum_squares, sum ? 2 : 1,
                                      (P2cNode *[]){ group->grads[i], sum }, NULL, 0));
    }
    return sum ? sum : p2c_output(p2c_constant(graph, P2C_SCALAR, 0));
}

/* How the parameters of a group are updated. */
typedef struct Optimiser {
    const P2cOp *begin, *update;
    void *settings; /* the caller's P2cAdam or P2cSgd */
    /* gives a parameter what its updates keep, one or two tensors of its size */
    P2cStatus (*state)(P2cStore *store, P2cParam *param, float *state[2]);
} Optimiser;

/* The graph's last begin with these settings, from which the next one counts on; NULL: none. */
static P2cNode *find_begin(const P2cGraph *graph, const Optimiser *o) {
    for (int i = graph->node_count - 1; i >= 0; i--) {
        P2cNode *node = graph->nodes[i];
        if (node->op == o->begin &&
            P2C_ATTRIBUTES(node, P2cUpdateBeginAttributes)->settings == o->settings)
            return node;
    }
    return NULL;
}

static void update_param(P2cNode *node, P2cNode *gradient, P2cNode *begin, P2cStore *store,
                         const Optimiser *o) {
    P2cGraph *graph = begin->state->graph;
    P2cParam *param = node->state->param;
    float *state[2] = { NULL, NULL };
    P2cStatus status = o->state(store, param, state);
    if (status != P2C_OK) {
        p2c_graph_fail(graph, status, "%s", p2c_error(store->ctx));
        return;
    }
    P2cNode *x[5] = { node, gradient, begin, p2c_moment(graph, state[0], param->dims) };
    if (state[1]) x[4] = p2c_moment(graph, state[1], param->dims);
    p2c_node_new(o->update, state[1] ? 5 : 4, x,
                 &(P2cUpdateAttributes){ &param->low, &param->high }, sizeof(P2cUpdateAttributes));
}

static void update_group(const Group *group, P2cNode *begin, P2cStore *store, const Optimiser *o) {
    for (int i = 0; i < group->count; i++) {
        if (!group->grads[i]) continue;
        update_param(group->params[i], group->grads[i], begin, store, o);
        group->params[i]->state->earlier = NULL;
    }
}

static void minimize(P2cNode *loss, int count, const P2cNet nets[], const Optimiser *o,
                     P2cNode *squares[]) {
    if (squares) memset(squares, 0, (size_t)count * sizeof *squares);
    if (!loss) return;
    P2cGraph *graph = loss->state->graph;
    Group group;
    if (group_init(&group, graph, count, nets)) {
        group_backward(&group, loss);
        P2cNode *total = NULL;
        for (int i = 0; i < count; i++) {
            P2cNode *sum = chain_of_squares(&group, graph, i, count, nets);
            if (squares) squares[i] = sum;
            total = i ? p2c_add(total, sum) : sum;
        }
        P2cNode *x[] = { total, loss, find_begin(graph, o) };
        P2cNode *begin =
            p2c_node_new(o->begin, x[2] ? 3 : 2, x, &(P2cUpdateBeginAttributes){ o->settings },
                         sizeof(P2cUpdateBeginAttributes));
        if (begin) update_group(&group, begin, nets[0].store, o);
    }
    group_clear(&group);
}

static P2cStatus adam_state(P2cStore *store, P2cParam *param, float *state[2]) {
    P2cStatus status = p2c_store_moments(store, param);
    state[0] = param->m;
    state[1] = param->v;
    return status;
}

void p2c_minimize(P2cNode *loss, int count, const P2cNet nets[], P2cAdam *adam,
                  P2cNode *squares[]) {
    minimize(loss, count, nets, &(Optimiser){ &p2c_op_adam_begin, &p2c_op_adam, adam, adam_state },
             squares);
}

static P2cStatus sgd_state(P2cStore *store, P2cParam *param, float *state[2]) {
    P2cStatus status = p2c_store_momentum(store, param);
    state[0] = param->momentum;
    return status;
}

void p2c_minimize_sgd(P2cNode *loss, int count, const P2cNet nets[], P2cSgd *sgd,
                      P2cNode *squares[]) {
    minimize(loss, count, nets, &(Optimiser){ &p2c_op_sgd_begin, &p2c_op_sgd, sgd, sgd_state },
             squares);
}

const char *p2c_nonfinite_gradient(const P2cNode *squares) {
    const char *name = NULL;
    for (const P2cNode *node = squares; node && node->op == &p2c_op_sum_squares;
         node = node->count == 2 ? node->x[1] : NULL) {
        float value = 0;
        if (p2c_node_read(node, &value) != P2C_OK || isfinite(value)) break;
        name = node->x[0]->state->gradient_of->state->param->name;
    }
    return name;
}
