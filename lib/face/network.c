/* network.c: a network whose only input is a picture, (1,c,h,w) or (1,h,w,c), from a file or built
 * in. It is read, checked, built for its sizes and run. Its graph, its weights and its memory live
 * as long as the P2cNetwork. */
#include "face.h"

#include <stdlib.h>
#include <string.h>

P2cStatus p2c_network_read(P2cContext *ctx, const char *path, const char *what, P2cNetwork *out) {
    *out = (P2cNetwork){ .ctx = ctx };
    P2cStatus status = p2c_model_read(ctx, path, &out->model);
    if (status) goto cleanup;
    int inputs = p2c_model_input_count(out->model), outputs = p2c_model_output_count(out->model);
    if (inputs == 1) out->shape = p2c_model_input_shape(out->model, 0);
    if (inputs != 1 || outputs < 1 || outputs > P2C_NETWORK_OUTPUTS || out->shape.rank != 4 ||
        out->shape.size[0] > 1) {
        status =
            p2c_fail(ctx, P2C_ERR_FORMAT,
                     "%s: not a supported %s: expected a network with one picture as its input and "
                     "1 to %d results, got %d inputs, %d results, and an input of rank %d",
                     path, what, P2C_NETWORK_OUTPUTS, inputs, outputs, out->shape.rank);
        goto cleanup;
    }
    out->path = strdup(path);
    if (!out->path) status = p2c_fail_memory(ctx, what, strlen(path));
cleanup:
    if (status) p2c_network_clear(out);
    return status;
}

P2cStatus p2c_network_builtin(P2cContext *ctx, const P2cBuiltin *builtin, P2cNetwork *out) {
    *out = (P2cNetwork){ .ctx = ctx,
                         .builtin = builtin,
                         .path = strdup(builtin->name),
                         .shape = { 4, { 1, 3, builtin->size, builtin->size } } };
    return out->path ? P2C_OK : p2c_fail_memory(ctx, builtin->name, strlen(builtin->name));
}

static P2cStatus build_file(P2cNetwork *n, P2cNet net) {
    P2cStatus status = p2c_model_build(n->model, net, &n->input, n->outputs);
    n->output_count = p2c_model_output_count(n->model);
    return status;
}

static P2cStatus build_builtin(P2cNetwork *n, P2cNet net) {
    n->outputs[0] = n->builtin->build(net, n->input);
    n->output_count = 1;
    return p2c_builtin_load(n->builtin, n->ctx, n->store, net.prefix);
}

P2cStatus p2c_network_build(P2cNetwork *n, P2cDims input) {
    P2cStatus status = p2c_store_new(&n->store, n->ctx, 0);
    if (!status) status = p2c_graph_new(&n->graph, n->ctx);
    if (status) return status;
    P2cNet net = p2c_net(n->graph, n->store, "network");
    n->input = p2c_input(n->graph, "picture", input);
    status = n->builtin ? build_builtin(n, net) : build_file(n, net);
    if (status) return status;
    for (int i = 0; i < n->output_count; i++) p2c_output(n->outputs[i]);
    p2c_model_free(&n->model); /* the store holds the weights from now on */
    return p2c_graph_finish(n->graph);
}

P2cStatus p2c_network_run(P2cNetwork *n, const float *picture) {
    P2cStatus status = p2c_node_write(n->input, picture);
    return status ? status : p2c_graph_run(n->graph);
}

void p2c_mirror_rows(float *rows, int count, int width) {
    for (float *row = rows; count--; row += width)
        for (int i = 0, j = width - 1; i < j; i++, j--) {
            float kept = row[i];
            row[i] = row[j];
            row[j] = kept;
        }
}

void p2c_network_clear(P2cNetwork *n) {
    p2c_graph_free(&n->graph);
    p2c_store_free(&n->store);
    p2c_model_free(&n->model);
    free(n->path);
    *n = (P2cNetwork){ 0 };
}
