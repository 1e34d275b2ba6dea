/* import.c: a network from a file becomes nodes of a graph: which of its nodes are needed, in which
 * order, by which rule.
 *
 * Only what the outputs need is imported: files of trained networks keep leftovers of training. The
 * file's own order is kept where it is one of execution; else what a node needs goes first.
 * Whatever a file can do wrong ends here, as one line that names the file and the node.
 */
#include "import.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

P2cStatus p2c_import_fail(P2cImporter *im, const char *format, ...) {
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!im->at) return p2c_fail(im->ctx, P2C_ERR_FORMAT, "%s: %s", im->model->path, text);
    return p2c_fail(im->ctx, P2C_ERR_FORMAT, "%s: node '%.100s' (%.60s): %s", im->model->path,
                    im->at->name, im->at->op, text);
}

P2cStatus p2c_import_memory(P2cImporter *im) {
    return p2c_fail(im->ctx, P2C_ERR_MEMORY, "%s: out of memory for its network", im->model->path);
}

/* ---- who makes what ---- */

typedef struct Plan {
    int *maker;     /* by value: the node that makes it, -1: nobody, or it is there already */
    int *waiting;   /* a stack of nodes */
    uint8_t *state; /* by node */
    int waiting_count;
} Plan;
enum { UNSEEN, NEEDED, BEGUN, DONE };

static int find(const P2cImporter *im, const char *name) {
    const P2cValue *position = p2c_value_get(im->index, name);
    return position ? (int)p2c_value_as_int(position) : -1;
}

/* A value of that name, new or known; -1: memory is out. There is room: names are counted
 * before. */
static int add(P2cImporter *im, const char *name) {
    int position = find(im, name);
    if (position >= 0) return position;
    if (p2c_value_set(im->index, name, p2c_value_int(im->value_count))) return -1;
    im->values[im->value_count].name = name;
    return im->value_count++;
}

static P2cStatus add_inputs(P2cImporter *im, P2cNode *const inputs[]) {
    for (int i = 0; i < im->model->input_count; i++) {
        const P2cModelInput *input = &im->model->inputs[i];
        assert(inputs[i]); /* NULL comes with a failed graph, which was refused */
        const P2cDims dims = inputs[i]->dims;
        if (find(im, input->name) >= 0)
            return p2c_import_fail(im, "is damaged: there are two inputs '%s'", input->name);
        int position = add(im, input->name);
        if (position < 0) return p2c_import_memory(im);
        P2cImported *v = &im->values[position];
        bool fits = input->shape.rank < 0 || input->shape.rank == dims.rank;
        for (int k = 0; k < dims.rank && fits && input->shape.rank >= 0; k++)
            fits = input->shape.size[k] < 0 || input->shape.size[k] == dims.d[k];
        if (!fits)
            return p2c_import_fail(im, "input '%s' is %s, the network wants %s", input->name,
                                   p2c_dims_text(dims).text, p2c_shape_text(input->shape).text);
        v->shape.rank = dims.rank;
        for (int k = 0; k < dims.rank; k++) v->shape.size[k] = dims.d[k];
        v->node = inputs[i];
        v->made = true;
    }
    return P2C_OK;
}

static P2cStatus add_weights(P2cImporter *im) {
    for (size_t i = 0; i < p2c_value_count(im->model->weights); i++) {
        int position = add(im, p2c_value_key(im->model->weights, i));
        if (position < 0) return p2c_import_memory(im);
        P2cImported *v = &im->values[position];
        if (v->made) continue; /* an input of that name wins */
        v->constant = p2c_value_at(im->model->weights, i);
        v->shape = p2c_value_shape(v->constant);
        v->made = true;
    }
    return P2C_OK;
}

static P2cStatus add_results(P2cImporter *im, Plan *plan) {
    for (int i = 0; i < im->model->node_count; i++)
        for (int k = 0; k < im->model->nodes[i].output_count; k++) {
            const char *name = im->model->nodes[i].outputs[k];
            if (!*name) continue;
            if (find(im, name) >= 0)
                return p2c_import_fail(im, "is damaged: '%s' is made twice", name);
            int position = add(im, name);
            if (position < 0) return p2c_import_memory(im);
            plan->maker[position] = i;
        }
    return P2C_OK;
}

/* ---- which are needed, and in which order ---- */

static P2cStatus need(P2cImporter *im, Plan *plan, const char *name, const char *by) {
    if (!*name) return P2C_OK;
    int position = find(im, name);
    if (position < 0)
        return p2c_import_fail(im, "'%s' is read by '%s', but nothing makes it", name, by);
    int maker = plan->maker[position];
    im->values[position].readers++;
    if (maker < 0 || plan->state[maker] != UNSEEN) return P2C_OK;
    plan->state[maker] = NEEDED;
    plan->waiting[plan->waiting_count++] = maker;
    return P2C_OK;
}

static P2cStatus find_needed(P2cImporter *im, Plan *plan) {
    const P2cModel *m = im->model;
    P2cStatus status = P2C_OK;
    for (int i = 0; i < m->output_count && !status; i++)
        status = need(im, plan, m->outputs[i], "the outputs");
    while (plan->waiting_count && !status) {
        const P2cModelNode *node = &m->nodes[plan->waiting[--plan->waiting_count]];
        for (int k = 0; k < node->input_count && !status; k++)
            status = need(im, plan, node->inputs[k], node->name);
    }
    return status;
}

static const P2cImportOp *rule_of(const P2cImporter *im, const char *op) {
    const P2cImportOp *ops =
        im->model->dialect == P2C_DIALECT_ONNX ? p2c_onnx_ops() : p2c_tensorflow_ops();
    for (; ops->name; ops++)
        if (!strcmp(ops->name, op)) return ops;
    return NULL;
}

/* Called once an operation has its operands. */
static P2cStatus apply(P2cImporter *im, const P2cImportOp *op, P2cImported **in,
                       P2cImported **out) {
    const P2cModelNode *node = im->at;
    int count = node->input_count;
    int needed = op->most || count < op->least ? op->least : count;
    while (count && !in[count - 1]) count--;
    for (int i = 0; i < needed; i++)
        if (!in[i]) return p2c_import_fail(im, "operand %d is missing", i);
    if (op->most && count > op->most)
        return p2c_import_fail(im, "%d operands, at most %d", count, op->most);
    P2cStatus status = op->rule(im, in, out);
    if (!status) status = p2c_graph_status(im->net.graph);
    /* a builder's error is the cause */
    if (p2c_graph_status(im->net.graph)) p2c_import_fail(im, "%s", p2c_graph_error(im->net.graph));
    return status;
}

static P2cStatus import_node(P2cImporter *im, const P2cModelNode *node) {
    const P2cImportOp *op = rule_of(im, node->op);
    if (!op)
        return p2c_fail(im->ctx, P2C_ERR_FORMAT,
                        "%s: node '%.100s' is a %.60s, an operation that is not known here",
                        im->model->path, node->name, node->op);
    P2cImported unread[P2C_IMPORT_OPERANDS] = { 0 }; /* results that nobody asked for */
    size_t operands = (size_t)node->input_count + P2C_IMPORT_OPERANDS,
           results = (size_t)node->output_count + P2C_IMPORT_OPERANDS;
    P2cImported **in = calloc(operands + results, sizeof *in), **out = in + operands;
    if (!in) return p2c_import_memory(im);
    for (int i = 0; i < node->input_count; i++)
        in[i] = *node->inputs[i] ? &im->values[find(im, node->inputs[i])] : NULL;
    for (size_t i = 0; i < results; i++)
        if (i < (size_t)node->output_count && *node->outputs[i])
            out[i] = &im->values[find(im, node->outputs[i])];
        else if (i < P2C_IMPORT_OPERANDS) out[i] = &unread[i];
    im->at = node;
    P2cStatus status = apply(im, op, in, out);
    im->at = NULL;
    free(in);
    return status;
}

/* The first operand that is not there yet: its maker; -1: all are. */
static P2cStatus missing(P2cImporter *im, const Plan *plan, const P2cModelNode *node, int *maker) {
    *maker = -1;
    for (int k = 0; k < node->input_count && *maker < 0; k++) {
        int position = *node->inputs[k] ? find(im, node->inputs[k]) : -1;
        if (position < 0 || im->values[position].made) continue;
        *maker = plan->maker[position];
        if (plan->state[*maker] == BEGUN)
            return p2c_import_fail(im, "is damaged: '%s' needs its own result '%s'", node->name,
                                   node->inputs[k]);
        if (plan->state[*maker] == DONE)
            return p2c_import_fail(im,
                                   "'%s' reads '%s', a result of '%s' that is not computed here",
                                   node->name, node->inputs[k], im->model->nodes[*maker].name);
    }
    return P2C_OK;
}

/* A node, and before it what it needs. Not recursive: a file may have a chain of a million. */
static P2cStatus import_after(P2cImporter *im, Plan *plan, int first) {
    P2cStatus status = P2C_OK;
    plan->waiting[0] = first;
    for (int top = 0; top >= 0 && !status;) {
        int i = plan->waiting[top], maker;
        const P2cModelNode *node = &im->model->nodes[i];
        plan->state[i] = BEGUN;
        status = missing(im, plan, node, &maker);
        if (status) break;
        if (maker >= 0) plan->waiting[++top] = maker;
        else {
            status = import_node(im, node);
            plan->state[i] = DONE;
            top--;
        }
    }
    return status;
}

/* ---- entry ---- */

static P2cStatus read_results(P2cImporter *im, P2cNode *outputs[]) {
    for (int i = 0; i < im->model->output_count; i++) {
        int position = find(im, im->model->outputs[i]);
        if (position < 0) return p2c_import_fail(im, "is damaged: an output has no name");
        P2cImported *v = &im->values[position];
        if (!v->made)
            return p2c_import_fail(im, "output '%s' is not computed here", im->model->outputs[i]);
        P2cStatus status = p2c_import_check(im, v->shape, false);
        if (status) return status;
        outputs[i] = p2c_import_use(im, v);
        if (!outputs[i])
            return p2c_graph_status(im->net.graph)
                       ? p2c_import_fail(im, "%s", p2c_graph_error(im->net.graph))
                       : p2c_import_memory(im);
        if (p2c_node_leaf(outputs[i]) == P2C_NOT_LEAF && !p2c_node_name(outputs[i]))
            p2c_named(outputs[i], "%s", im->model->outputs[i]);
    }
    return P2C_OK;
}

static P2cStatus import_all(P2cImporter *im, Plan *plan, P2cNode *const inputs[],
                            P2cNode *outputs[]) {
    P2cStatus status = add_inputs(im, inputs);
    if (!status) status = add_weights(im);
    if (!status) status = add_results(im, plan);
    if (!status) status = find_needed(im, plan);
    for (int i = 0; i < im->model->node_count && !status; i++)
        if (plan->state[i] == NEEDED) status = import_after(im, plan, i);
    return status ? status : read_results(im, outputs);
}

static size_t count_names(const P2cModel *model) {
    size_t count = (size_t)model->input_count + p2c_value_count(model->weights);
    for (int i = 0; i < model->node_count; i++) count += (size_t)model->nodes[i].output_count;
    return count;
}

static P2cStatus import(P2cImporter *im, P2cNode *const inputs[], P2cNode *outputs[]) {
    size_t names = count_names(im->model), nodes = (size_t)im->model->node_count;
    Plan plan = { .maker = p2c_model_array(names, sizeof *plan.maker),
                  .waiting = p2c_model_array(nodes + 1, sizeof *plan.waiting),
                  .state = p2c_model_array(nodes, sizeof *plan.state) };
    im->values = p2c_model_array(names, sizeof *im->values);
    im->index = p2c_value_dict();
    im->params = p2c_value_dict();
    im->kept = p2c_value_list();
    P2cStatus status = P2C_OK;
    if (!plan.maker || !plan.waiting || !plan.state || !im->values || !im->index || !im->params ||
        !im->kept)
        status = p2c_import_memory(im);
    for (size_t i = 0; i < names && !status; i++) plan.maker[i] = -1;
    if (!status) status = import_all(im, &plan, inputs, outputs);
    free(plan.maker);
    free(plan.waiting);
    free(plan.state);
    return status;
}

P2cStatus p2c_model_build(const P2cModel *model, P2cNet net, P2cNode *const inputs[],
                          P2cNode *outputs[]) {
    assert(model && net.graph && net.store && outputs && (inputs || !model->input_count));
    P2cImporter im = { .model = model, .ctx = p2c_graph_context(net.graph), .net = net };
    P2cStatus status = p2c_graph_status(net.graph) ? p2c_fail(im.ctx, p2c_graph_status(net.graph),
                                                              "%s", p2c_graph_error(net.graph))
                                                   : import(&im, inputs, outputs);
    /* half a network is none */
    if (status) p2c_graph_fail(net.graph, status, "%s", p2c_error(im.ctx));
    for (int i = 0; i < model->output_count && status; i++) outputs[i] = NULL;
    p2c_products_free(&im);
    p2c_blocks_free(&im);
    free(im.values);
    p2c_value_free(&im.index);
    p2c_value_free(&im.params);
    p2c_value_free(&im.kept);
    return status;
}
