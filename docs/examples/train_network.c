/* train_network.c: a network of your own is built, trained, then used. It learns to distinguish
 * discs from squares in noisy 16 x 16 pictures.
 *
 *     cc train_network.c $(pkg-config --cflags --libs p2cnn) -lm -o train_network
 *     ./train_network
 *
 * A network is a function that adds nodes to a graph. Its parameters live in a store, by name, so
 * that two graphs can share them: one that trains, one that only evaluates.
 */
#include <math.h>
#include <p2cnn.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 16, BATCH = 32, STEPS = 200, SEED = 7 };

/* A layer's weight, kaiming uniform, and its bias, zero. */
static P2cNode *weight(P2cNet net, P2cDims dims) {
    return p2c_param(net, "weight", dims, P2C_KAIMING_UNIFORM);
}
static P2cNode *bias(P2cNet net, int n) {
    return p2c_param(net, "bias", P2C_DIMS(n), P2C_CONSTANT(0));
}

static P2cNode *conv3x3(P2cNet net, P2cNode *x, int from, int to) {
    return p2c_conv2d(x, weight(net, P2C_DIMS(to, from, 3, 3)), bias(net, to),
                      (P2cConv2d){ .pad = 1 });
}

/* picture (n,1,16,16) -> logit (n,1), positive for a disc */
static P2cNode *network(P2cNet net, P2cNode *x) {
    P2cNet head = p2c_scope(net, "head");
    x = p2c_avg_pool2d(p2c_relu(conv3x3(p2c_scope(net, "conv1"), x, 1, 8)), 2);  /* (n,8,8,8) */
    x = p2c_avg_pool2d(p2c_relu(conv3x3(p2c_scope(net, "conv2"), x, 8, 16)), 2); /* (n,16,4,4) */
    x = p2c_reshape(x, P2C_DIMS(BATCH, 16 * 4 * 4));
    return p2c_linear(x, weight(head, P2C_DIMS(1, 16 * 4 * 4)), bias(head, 1));
}

static float uniform(float low, float high) {
    return low + (high - low) * (float)rand() / (float)RAND_MAX;
}

static void draw_batch(float *pictures, float *is_disc) {
    for (int n = 0; n < BATCH; n++) {
        float cx = uniform(6, 10), cy = uniform(6, 10), r = uniform(3, 5);
        is_disc[n] = rand() % 2 ? 1.0f : 0.0f;
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) {
                float dx = fabsf((float)j - cx), dy = fabsf((float)i - cy);
                /* the same area: half the side of the square is sqrt(pi)/2 * r */
                bool inside = is_disc[n] > 0 ? hypotf(dx, dy) < r : fmaxf(dx, dy) < r * 0.886f;
                pictures[(n * SIDE + i) * SIDE + j] = (inside ? 1.0f : 0.0f) + uniform(-0.2f, 0.2f);
            }
    }
}

/* The last tenth of the training must have less than half the loss of the first. */
static P2cStatus train(P2cContext *ctx, P2cStore *store, bool *learnt) {
    static float pictures[BATCH * SIDE * SIDE], is_disc[BATCH];
    P2cAdam adam = { .lr = 0.01f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f };
    P2cGraph *graph = NULL;
    float first = 0, last = 0, loss_value = 0;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *x = p2c_input(graph, "pictures", P2C_DIMS(BATCH, 1, SIDE, SIDE)),
            *target = p2c_input(graph, "is_disc", P2C_DIMS(BATCH, 1));
    P2cNet net = p2c_net(graph, store, "shapes");
    P2cNode *loss = p2c_output(p2c_bce_with_logits(network(net, x), target));
    p2c_minimize(loss, 1, &net, &adam, NULL); /* adds the backward pass and the update */
    status = p2c_graph_finish(graph);         /* returns every error made while building */
    for (int step = 0; !status && step < STEPS; step++) {
        draw_batch(pictures, is_disc);
        if ((status = p2c_node_write(x, pictures)) || (status = p2c_node_write(target, is_disc)) ||
            (status = p2c_graph_run(graph)) || (status = p2c_node_read(loss, &loss_value)))
            break;
        if (step % 20 == 0 || step == STEPS - 1) printf("step %3d  loss %.4f\n", step, loss_value);
        if (step < STEPS / 10) first += loss_value;
        if (step >= STEPS - STEPS / 10) last += loss_value;
    }
    *learnt = last < first / 2;
    p2c_graph_free(&graph);
    return status;
}

/* New pictures, the same parameters, a graph without a loss. */
static P2cStatus test(P2cContext *ctx, P2cStore *store, float *right) {
    static float pictures[BATCH * SIDE * SIDE], is_disc[BATCH], logits[BATCH];
    P2cGraph *graph = NULL;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *x = p2c_input(graph, "pictures", P2C_DIMS(BATCH, 1, SIDE, SIDE));
    P2cNode *y = p2c_output(network(p2c_net(graph, store, "shapes"), x));
    draw_batch(pictures, is_disc);
    status = p2c_graph_finish(graph);
    if (!status) status = p2c_node_write(x, pictures);
    if (!status) status = p2c_graph_run(graph);
    if (!status) status = p2c_node_read(y, logits);
    *right = 0;
    for (int n = 0; n < BATCH; n++)
        *right += (logits[n] > 0) == (is_disc[n] > 0) ? 1.0f / BATCH : 0;
    p2c_graph_free(&graph);
    return status;
}

int main(void) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    bool learnt = false;
    float right = 0;
    srand(SEED);
    P2cStatus status = p2c_context_new(&ctx, "auto", 0);
    if (!status) status = p2c_store_new(&store, ctx, SEED);
    if (!status) status = train(ctx, store, &learnt);
    if (!status) status = test(ctx, store, &right);
    if (status) fprintf(stderr, "train_network: %s\n", p2c_error(ctx));
    else printf("%.0f %% of new pictures right\n", 100 * right);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return status ? p2c_exit_code(status) : learnt && right >= 0.9f ? 0 : 1;
}
