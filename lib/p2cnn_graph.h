/* p2cnn_graph.h: networks of your own: what they compute, and how they are trained.
 *
 * A graph is a list of operations on tensors, built once and run as often as you like. A network is
 * a function that adds operations to a graph. Its parameters live in a store, by name, so that
 * several graphs can use them: one that trains, one that only answers. Here a linear model is
 * fitted:
 *
 *     P2cStore *store;  P2cGraph *g;  float loss_now;
 *     if (p2c_store_new(&store, ctx, 1) || p2c_graph_new(&g, ctx)) die(p2c_error(ctx));
 *     P2cNode *x = p2c_input(g, "x", P2C_DIMS(8, 2)), *t = p2c_input(g, "t", P2C_DIMS(8, 1));
 *     P2cNet net = p2c_net(g, store, "net");
 *     P2cNode *w = p2c_param(net, "weight", P2C_DIMS(1, 2), P2C_KAIMING_UNIFORM);
 *     P2cNode *loss = p2c_output(p2c_mse_loss(p2c_linear(x, w, NULL), t));
 *     P2cAdam adam = { .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8 };
 *     p2c_minimize(loss, 1, &net, &adam, NULL);        adds the backward pass and the update
 *     if (p2c_graph_finish(g)) die(p2c_error(ctx));    shapes are checked, memory is taken
 *     for (int step = 0; step < 1000; step++)
 *         if (p2c_node_write(x, ...) || p2c_node_write(t, ...) || p2c_graph_run(g) ||
 *             p2c_node_read(loss, &loss_now)) die(p2c_error(ctx));
 *     p2c_graph_free(&g);  p2c_store_free(&store);
 *
 * In this order: shapes, the parameter store, the graph, operations (layers, arithmetic, shapes,
 * pooling and resizing, reductions, losses), gradients and updates, the networks of photo2cartoon,
 * random numbers. Rules about errors, ownership, threads and options stand in p2cnn_base.h.
 */
#ifndef P2CNN_GRAPH_H
#define P2CNN_GRAPH_H

#include "p2cnn_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- shapes ---------------------------------------------------------------------------------- */

/* The shape of a tensor: rank 0 to 4, and always four sizes, the unused ones 1. Elements of (n, c)
 * therefore lie as those of (n, c, 1, 1). Sizes are at least 1, and a tensor has fewer than 2^31
 * elements. */
typedef struct P2cDims {
    int rank;
    int d[4];
} P2cDims;

/* rank: 0 to 4; sizes: as many. P2C_DIMS, below, is the short form. */
P2C_API P2cDims p2c_dims(int rank, const int sizes[]);
P2C_API size_t p2c_dims_count(P2cDims dims);       /* number of elements */
P2C_API bool p2c_dims_equal(P2cDims a, P2cDims b); /* same rank, same sizes */

/* P2C_DIMS(n, c, h, w): a shape of up to four sizes. P2C_SCALAR: the shape of one number. */
#ifdef __cplusplus
extern "C++" {
template <typename... Sizes> P2cDims p2c_dims_of(Sizes... sizes) {
    const int list[] = { static_cast<int>(sizes)... };
    return p2c_dims(static_cast<int>(sizeof...(sizes)), list);
}
}
#define P2C_DIMS(...) p2c_dims_of(__VA_ARGS__)
#else
#define P2C_DIMS(...) \
    p2c_dims((int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (int[]){ __VA_ARGS__ })
#endif
#define P2C_SCALAR p2c_dims(0, NULL)

/* ---- parameter store ------------------------------------------------------------------------- */

/* Tensors with names, which outlive graphs: weights, buffers such as running means, and the
 * optimiser's moments. p2c_param makes them. */
typedef struct P2cStore P2cStore;

typedef enum P2cInitKind {
    P2C_INIT_CONSTANT,    /* value */
    P2C_INIT_UNIFORM,     /* in [-value, value) */
    P2C_INIT_UNIT_NORMAL, /* normal, then the whole tensor is scaled to length 1 */
} P2cInitKind;

/* How a new parameter starts. Random values depend on the store's seed and the parameter's full
 * name, and on nothing else: not on the order in which parameters are made. */
typedef struct P2cInit {
    P2cInitKind kind;
    float value;
    bool fan_in; /* UNIFORM: value is divided by sqrt(fan-in), fan-in = elements / dims.d[0] */
    bool frozen; /* a buffer, not a weight: p2c_minimize leaves it alone */
    bool int64;  /* one int64, like BatchNorm's num_batches_tracked: kept for files, not computed */
} P2cInit;

static inline P2cInit p2c_init_of(P2cInitKind kind, float value, bool fan_in, bool frozen) {
    P2cInit init = { kind, value, fan_in, frozen, false };
    return init;
}
#define P2C_CONSTANT(value) p2c_init_of(P2C_INIT_CONSTANT, value, false, false)
#define P2C_BUFFER(value) p2c_init_of(P2C_INIT_CONSTANT, value, false, true)
#define P2C_UNIFORM(value) p2c_init_of(P2C_INIT_UNIFORM, value, false, false)
/* Uniform within 1/sqrt(fan-in), PyTorch's default for the weights of convolutions and linear
 * layers (Kaiming uniform with a = sqrt(5); He 2015). For their biases it is
 * P2C_UNIFORM(1/sqrt(fan-in of the weight)). */
#define P2C_KAIMING_UNIFORM p2c_init_of(P2C_INIT_UNIFORM, 1, true, false)

P2C_API P2C_CHECKED P2cStatus p2c_store_new(P2cStore **store, P2cContext *ctx, uint64_t seed);
/* After all graphs that use it. */
P2C_API void p2c_store_free(P2cStore **store);

/* Parameters are numbered from 0 in the order in which they were made; for the models below that is
 * the order of the published checkpoints. */
P2C_API int p2c_store_count(const P2cStore *store);
/* The full name, such as "genA2B.gap_fc.weight". Borrowed. */
P2C_API const char *p2c_store_name(const P2cStore *store, int i);
P2C_API P2cDims p2c_store_dims(const P2cStore *store, int i);
/* The number of the parameter of this full name; -1: there is none. */
P2C_API int p2c_store_find(const P2cStore *store, const char *name);
/* Copy the values of parameter i out and in: as many floats as it has elements. Fail when the
 * device does (P2C_ERR_DEVICE), which the CPU never does. */
P2C_API P2cStatus p2c_store_read(const P2cStore *store, int i, float *values);
P2C_API P2cStatus p2c_store_write(P2cStore *store, int i, const float *values);
/* Copies the values of all parameters below the prefix `from` to those below `to`, such as "genA2B"
 * to "genA2B_ema". P2C_ERR_SHAPE: their names and shapes do not agree one to one, and nothing is
 * changed. */
P2C_API P2C_CHECKED P2cStatus p2c_store_copy(P2cStore *store, const char *from, const char *to);
/* From now on every update of parameter i ends by clamping it to [low, high]. */
P2C_API void p2c_store_set_range(P2cStore *store, int i, float low, float high);

/* ---- graph: build, finish, run --------------------------------------------------------------- */

/* A graph is built, finished, and then run. Operations run in the order in which they were built.
 * While a graph is built no errors need to be checked: a call that fails returns NULL, one that is
 * given NULL for a tensor returns NULL, too, and p2c_graph_finish returns the first error. After
 * that nothing can be added. */
typedef struct P2cGraph P2cGraph;
/* A tensor in a graph: an input, a constant, a parameter or the result of an operation. Belongs to
 * its graph. */
typedef struct P2cNode P2cNode;

P2C_API P2C_CHECKED P2cStatus p2c_graph_new(P2cGraph **graph, P2cContext *ctx);
P2C_API void p2c_graph_free(P2cGraph **graph);

/* A tensor that the caller fills by p2c_node_write. It is zero at first. */
P2C_API P2cNode *p2c_input(P2cGraph *graph, const char *name, P2cDims dims);
/* A tensor of equal elements. */
P2C_API P2cNode *p2c_constant(P2cGraph *graph, P2cDims dims, float value);
/* Keeps the value of a node until the next run, so that p2c_node_read can read it. Returns the
 * node. */
P2C_API P2cNode *p2c_output(P2cNode *node);
/* Gives a node a name, for p2c_graph_find and for error texts. Returns the node. */
P2C_API P2cNode *p2c_named(P2cNode *node, const char *format, ...) P2C_PRINTF(2, 3);
/* The newest node of that name; NULL: there is none. */
P2C_API P2cNode *p2c_graph_find(P2cGraph *graph, const char *name);
P2C_API P2cDims p2c_node_dims(const P2cNode *node);

/* A scope of parameter names in a store, for one graph. A plain value: copy it freely. */
typedef struct P2cNet {
    P2cGraph *graph;
    P2cStore *store;
    char prefix[120];
} P2cNet;

/* The outermost scope of a network. name: the first part of its parameters' names, or "". */
P2C_API P2cNet p2c_net(P2cGraph *graph, P2cStore *store, const char *name);
/* A scope within: p2c_net(g, s, "genA2B") and p2c_scope(net, "Hour%d", 1) make "genA2B.Hour1". */
P2C_API P2cNet p2c_scope(P2cNet net, const char *format, ...) P2C_PRINTF(2, 3);
/* The parameter net.prefix + "." + name. When the store has none of that name, it is made, with its
 * initial value. Asked for twice in a graph it is the same node, so that its gradients add up.
 * P2C_ERR_SHAPE: the store has one with another shape. */
P2C_API P2cNode *p2c_param(P2cNet net, const char *name, P2cDims dims, P2cInit init);

/* Lets p2c_graph_finish fail with P2C_ERR_MEMORY when the graph's arena, the one block that holds
 * its activations, gradients and scratch, needs more bytes of the host's memory than this. 0: no
 * limit. On a GPU the limit is what the GPU has left. */
P2C_API void p2c_graph_limit(P2cGraph *graph, size_t bytes);
/* Ends building: drops what no output or update needs, fuses operations, adds the backward passes,
 * plans the memory and takes it. Call it once, also when a builder has failed: it returns that
 * error. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_finish(P2cGraph *graph);

/* Fills an input, and reads an input, an output or a parameter; after p2c_graph_finish. values: as
 * many floats as the node has elements. An input keeps its values over runs. Reading waits for the
 * run that was asked for last, and returns its failure. P2C_ERR_ARGUMENT: no operation of the graph
 * uses this input or parameter, so that there is nothing to read. */
P2C_API P2cStatus p2c_node_write(P2cNode *node, const float *values);
P2C_API P2cStatus p2c_node_read(const P2cNode *node, float *values);

/* Runs every operation once. Allocates nothing. A GPU may still be at work when this returns:
 * p2c_graph_wait, p2c_node_read and the next run wait for it, and return its failures. Until then
 * what a run counts (such as P2cAdam.step) is not counted yet. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_run(P2cGraph *graph);
/* Waits for the run that was asked for last, and returns its failure. A GPU that has failed once
 * (P2C_ERR_DEVICE) fails in every later call too: what it held can no longer be read. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_wait(P2cGraph *graph);

/* Of a finished graph: the size of its arena, and how many kernels a run calls. */
P2C_API size_t p2c_graph_arena_bytes(const P2cGraph *graph);
P2C_API int p2c_graph_step_count(const P2cGraph *graph);

/* Where the time of a run goes: steps of one kind and shape together, the slowest first. */
enum { P2C_PROFILE_ENTRIES = 1000 };
typedef struct P2cProfileEntry {
    char name[192]; /* operation and shapes, such as "conv2d backward (1,32,64,64) (16,32,3,3)" */
    int steps;
    double ms, bytes; /* milliseconds; and what the steps read and write at least */
    /* floating point operations of convolutions and matrix products by their definition, two for
     * each multiplication and addition; other operations are not counted */
    double flop;
} P2cProfileEntry;
typedef struct P2cProfile {
    int count; /* of entries; what does not fit is gathered in the last one, "..." */
    double ms; /* of all steps, one after another */
    P2cProfileEntry entries[P2C_PROFILE_ENTRIES];
} P2cProfile;
/* On a CPU: runs the graph some times, with a look at the clock after every step, and takes each
 * step's shortest time. On a GPU: runs it once, then each step ten times by itself. After that the
 * values in the graph are meaningless, and its updates were made many times. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_profile(P2cGraph *graph, P2cProfile *profile);

/* ---- operations -------------------------------------------------------------------------------
 * Each adds one operation to the graph of its operands and returns its result, a new node. They
 * compute no values until the graph runs. All are differentiable unless the comment says otherwise.
 * Shapes are given as (n, c, h, w); operands that do not fit are P2C_ERR_SHAPE. "Broadcasting":
 * where sizes differ, one of them must be 1, and is repeated; axes are compared from the left, so
 * that (n, c) goes with (n, c, h, w), and so does (1, c). */

/* ---- operations: layers ---------------------------------------------------------------------- */

typedef struct P2cConv2d {
    int stride;   /* 0: 1 */
    int pad;      /* rows and columns on each side; 0: none */
    int groups;   /* of channels that are convolved separately; 0: 1 */
    int dilation; /* distance between the taps; 0: 1 */
    bool reflect; /* pad by reflection (pad < h and w), not by zeros; costs no copy */
} P2cConv2d;
/* y[n,o,i,j] = b[o] + sum over c,u,v of w[o,c,u,v] * x[n, g*cin/groups + c, i*s + u*d - p,
 * j*s + v*d - p], with s, p, d = stride, pad, dilation and g the group of channel o.
 * x (n, cin, h, w), w (cout, cin/groups, kh, kw), b (cout) or NULL ->
 * (n, cout, (h + 2*p - (kh-1)*d - 1)/s + 1, the same of w) */
P2C_API P2cNode *p2c_conv2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options);
/* The gradient of conv2d to its input, as a layer: x[n,c,i,j] * w[c,o,u,v] is added to
 * y[n, o, i*s + u*d - p, j*s + v*d - p]. x (n, cin, h, w), w (cin, cout/groups, kh, kw), b (cout)
 * or NULL -> (n, cout, (h-1)*s - 2*p + (kh-1)*d + 1 + output_padding, the same of w).
 * output_padding: 0 to stride - 1. No reflection. Zeiler 2010 */
P2C_API P2cNode *p2c_conv_transpose2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options,
                                      int output_padding);
/* y = x w^T + b. x (n, in), w (out, in), b (out) or NULL -> (n, out) */
P2C_API P2cNode *p2c_linear(P2cNode *x, P2cNode *w, P2cNode *b);
/* Matrix product of the last two axes: (m, k) (k, n) -> (m, n), or (c, m, k) (c, k, n), or
 * (n, c, m, k) (n, c, k, n'). Both have the same rank; the axes before are broadcast. */
P2C_API P2cNode *p2c_matmul(P2cNode *a, P2cNode *b);

/* In norms eps is a small number, such as 1e-5, that keeps the division finite.
 *
 * y = (x - mean) / sqrt(var + eps), over each (n, c) plane; biased variance.
 * x (n, c, h, w) -> the same. Ulyanov 2016 */
P2C_API P2cNode *p2c_instance_norm(P2cNode *x, float eps);
/* y = (rho * instance + (1 - rho) * layer) * gamma + beta, where instance is x normalised over each
 * (n, c) plane and layer is x normalised over (c, h, w); unbiased variances. x (n, c, h, w); rho,
 * gamma, beta: (1, c, 1, 1), or (n, c), for AdaLIN -> x's shape. Kim 2020 (U-GAT-IT), eq. 3 */
P2C_API P2cNode *p2c_layer_instance_norm(P2cNode *x, P2cNode *rho, P2cNode *gamma, P2cNode *beta,
                                         float eps);
/* In evaluation mode: y = (x - mean) / sqrt(var + eps) * weight + bias. x (n, c) or (n, c, h, w);
 * weight, bias, mean, var: (c) -> x's shape. No gradient to mean and var. Ioffe 2015 */
P2C_API P2cNode *p2c_batch_norm(P2cNode *x, P2cNode *weight, P2cNode *bias, P2cNode *mean,
                                P2cNode *var, float eps);
/* The same in training: with the mean and the biased variance that each channel has in this batch,
 * in at least two values. mean and var are frozen parameters that start as 0 and 1; every run moves
 * them: mean += momentum * (batch mean - mean), and var the same towards the unbiased variance.
 * PyTorch's momentum is 0.1. A batch that is not finite makes them so, as in PyTorch. Ioffe 2015 */
P2C_API P2cNode *p2c_batch_norm_train(P2cNode *x, P2cNode *weight, P2cNode *bias, P2cNode *mean,
                                      P2cNode *var, float momentum, float eps);
/* A weight divided by its largest singular value: y = w / sigma, sigma = u . W v, where W is w as a
 * matrix (out, rest). u (out) and v (rest) are frozen parameters. training: one power iteration
 * first, v = normalize(W^T u), u = normalize(W v), which is written back to them. For the gradient
 * u and v are constants. w (out, ...) -> the same. Miyato 2018 */
P2C_API P2cNode *p2c_spectral_norm(P2cNode *w, P2cNode *u, P2cNode *v, bool training);

/* ---- operations: arithmetic, element by element -----------------------------------------------
 * x of any shape -> the same shape. a, b: broadcasting. */

P2C_API P2cNode *p2c_relu(P2cNode *x);                    /* max(x, 0) */
P2C_API P2cNode *p2c_leaky_relu(P2cNode *x, float slope); /* x > 0 ? x : slope*x; slope >= 0 */
/* The same with a learnt slope for each channel. x (n, c, ...), slope (c). He 2015 */
P2C_API P2cNode *p2c_prelu(P2cNode *x, P2cNode *slope);
P2C_API P2cNode *p2c_tanh(P2cNode *x);
P2C_API P2cNode *p2c_sigmoid(P2cNode *x); /* 1 / (1 + exp(-x)) */
P2C_API P2cNode *p2c_abs(P2cNode *x);     /* |x|; no gradient where x is 0 */
P2C_API P2cNode *p2c_exp(P2cNode *x);
P2C_API P2cNode *p2c_log(P2cNode *x); /* the natural logarithm */
/* As C's powf: NaN for x < 0 unless the exponent is whole; 0.5 is the square root. An exponent of 0
 * gives 1, and no gradient, everywhere. */
P2C_API P2cNode *p2c_pow(P2cNode *x, float exponent);
/* min(max(x, low), high); the gradient passes within [low, high]. */
P2C_API P2cNode *p2c_clamp(P2cNode *x, float low, float high);
P2C_API P2cNode *p2c_affine(P2cNode *x, float scale, float shift); /* scale*x + shift */
P2C_API P2cNode *p2c_add(P2cNode *a, P2cNode *b);                  /* a + b */
P2C_API P2cNode *p2c_sub(P2cNode *a, P2cNode *b);                  /* a - b */
P2C_API P2cNode *p2c_mul(P2cNode *a, P2cNode *b);                  /* a * b */
P2C_API P2cNode *p2c_div(P2cNode *a, P2cNode *b);                  /* a / b */
/* (1 - w)*a + w*b. a and b of one shape; w is broadcast to it. */
P2C_API P2cNode *p2c_lerp(P2cNode *a, P2cNode *b, P2cNode *w);
/* Makes each element 0 with probability rate, 0 <= rate < 1, and divides the others by 1 - rate.
 * Which elements depends only on the store's seed, on net's prefix, on how many dropouts below that
 * prefix the graph has already, and on *step: a training whose step is restored with its weights
 * goes on to the same bits. step is the caller's, must outlive the graph, and must change from run
 * to run, as P2cAdam.step does; build dropouts before the update that counts it. NULL: evaluation,
 * which returns x. Srivastava 2014 */
P2C_API P2cNode *p2c_dropout(P2cNet net, P2cNode *x, float rate, const int64_t *step);
/* x, but no gradient goes back through it. */
P2C_API P2cNode *p2c_detach(P2cNode *x);

/* ---- operations: shapes ---------------------------------------------------------------------- */

/* The same elements in the same order, as another shape of as many. No copy. */
P2C_API P2cNode *p2c_reshape(P2cNode *x, P2cDims dims);
/* Axis i of the result is axis order[i] of x. order: a permutation of x's axes. A copy. */
P2C_API P2cNode *p2c_transpose(P2cNode *x, const int order[]);
/* 1 to 8 tensors, one after another along an axis; their other sizes agree. */
P2C_API P2cNode *p2c_concat(int count, P2cNode *const x[], int axis);
/* The part [begin, end) along an axis, at least one element. */
P2C_API P2cNode *p2c_slice(P2cNode *x, int axis, int begin, int end);

typedef enum P2cPadMode {
    P2C_PAD_CONSTANT, /* P2cPad.value */
    P2C_PAD_REFLECT,  /* without repeating the border, as conv2d does; by less than h and w */
    P2C_PAD_EDGE,     /* the border, repeated */
} P2cPadMode;
typedef struct P2cPad {
    int top, bottom, left, right; /* rows and columns; 0: none */
    P2cPadMode mode;
    float value; /* of CONSTANT */
} P2cPad;
/* Adds rows and columns around each plane. (n, c, h, w) -> (n, c, top+h+bottom, left+w+right) */
P2C_API P2cNode *p2c_pad(P2cNode *x, P2cPad options);

/* ---- operations: pooling and resizing -------------------------------------------------------- */

/* Means of k x k windows, k apart; what is left over at the end is dropped.
 * (n, c, h, w) -> (n, c, h/k, w/k) */
P2C_API P2cNode *p2c_avg_pool2d(P2cNode *x, int k);
typedef struct P2cPool2d {
    int kh, kw; /* size of a window; required */
    int stride; /* from one window to the next; 0: 1 */
    int pad;    /* rows and columns on each side, less than kh and kw, which are never chosen */
} P2cPool2d;
/* Maxima of windows. A NaN is larger than all else. The gradient goes to the first maximum of a
 * window, in the order of rows. (n, c, h, w) -> (n, c, (h + 2*pad - kh)/stride + 1, ...) */
P2C_API P2cNode *p2c_max_pool2d(P2cNode *x, P2cPool2d options);
/* (n, c, h, w) -> (n, c). Of the maxima, equal ones share the gradient evenly. */
P2C_API P2cNode *p2c_global_avg_pool(P2cNode *x);
P2C_API P2cNode *p2c_global_max_pool(P2cNode *x);

/* Each pixel repeated factor x factor times, 1 to 64. (n, c, h, w) -> (n, c, h*factor, w*factor) */
P2C_API P2cNode *p2c_upsample_nearest(P2cNode *x, int factor);
/* Where element i of the result lies in x. What falls outside is moved to the border. */
typedef enum P2cCoordinates {
    P2C_HALF_PIXEL,    /* (i + 0.5)*in/out - 0.5 */
    P2C_ALIGN_CORNERS, /* i*(in - 1)/(out - 1); 0 when out is 1 */
    P2C_ASYMMETRIC,    /* i*in/out */
} P2cCoordinates;
/* Interpolates between the two by two nearest pixels, also when shrinking: not antialiased.
 * (n, c, h, w) -> (n, c, height, width) */
P2C_API P2cNode *p2c_resize_bilinear(P2cNode *x, int height, int width, P2cCoordinates coordinates);
/* Which pixel is taken for a position between two. The position is exact: no rounding of floats
 * shows. TensorFlow's nearest neighbours are HALF_UP with half pixels or aligned corners, and DOWN
 * with neither, which is ASYMMETRIC. */
typedef enum P2cRounding {
    P2C_ROUND_DOWN,      /* ONNX: floor */
    P2C_ROUND_UP,        /* ceil */
    P2C_ROUND_HALF_DOWN, /* round_prefer_floor */
    P2C_ROUND_HALF_UP,   /* round_prefer_ceil */
} P2cRounding;
/* Takes the nearest pixel. (n, c, h, w) -> (n, c, height, width) */
P2C_API P2cNode *p2c_resize_nearest(P2cNode *x, int height, int width, P2cCoordinates coordinates,
                                    P2cRounding rounding);

/* ---- operations: reductions, softmax --------------------------------------------------------- */

P2C_API P2cNode *p2c_sum(P2cNode *x);          /* of all elements -> scalar */
P2C_API P2cNode *p2c_mean(P2cNode *x);         /* of all elements -> scalar */
P2C_API P2cNode *p2c_sum_channels(P2cNode *x); /* (n, c, h, w) -> (n, 1, h, w) */
/* Mean and maximum along an axis, which stays with size 1, so that the result broadcasts against x.
 * A NaN is larger than all else. Equal maxima share the gradient evenly. */
P2C_API P2cNode *p2c_mean_axis(P2cNode *x, int axis);
P2C_API P2cNode *p2c_max_axis(P2cNode *x, int axis);
/* exp(x - max) / sum of those, along an axis -> x's shape. Bridle 1990 */
P2C_API P2cNode *p2c_softmax(P2cNode *x, int axis);
/* Rows x / max(|x|, eps). (n, d) -> the same */
P2C_API P2cNode *p2c_l2_normalize(P2cNode *x, float eps);
/* Rows x.y / (max(|x|, 1e-8) * max(|y|, 1e-8)). (n, d), (n, d) -> (n) */
P2C_API P2cNode *p2c_cosine_similarity(P2cNode *x, P2cNode *y);

/* ---- operations: losses -----------------------------------------------------------------------
 * Means over all elements -> scalar. The target has x's shape or is a scalar. */

P2C_API P2cNode *p2c_l1_loss(P2cNode *x, P2cNode *target);  /* mean |x - t| */
P2C_API P2cNode *p2c_mse_loss(P2cNode *x, P2cNode *target); /* mean (x - t)^2 */
/* Cross-entropy of sigmoid(x) against t in [0, 1]: mean max(x, 0) - x*t + log(1 + exp(-|x|)). No
 * gradient to the target. */
P2C_API P2cNode *p2c_bce_with_logits(P2cNode *x, P2cNode *target);
/* Cross entropy of softmax(x), over classes along axis 1: the mean over all other axes of
 * -sum_k t_k * log(softmax(x)_k). x: logits (n, c), (n, c, w) or (n, c, h, w), c at least 2.
 * target: of x's shape, the probabilities t; or with 1 in place of c, (n) too, the number of the
 * class, from 0. A number that is no class makes the loss NaN. No gradient to target. */
P2C_API P2cNode *p2c_cross_entropy(P2cNode *x, P2cNode *target);

/* ---- gradients and updates ------------------------------------------------------------------- */

/* Adds the backward pass of the scalar `loss` at this point of the order, and nothing more. of:
 * `count` inputs, parameters or results. grads[i] becomes the node of d loss / d of[i], or NULL
 * where of[i] does not influence the loss. To be read, it must be given to p2c_output.
 * p2c_graph_finish fails with P2C_ERR_ARGUMENT where this pass, or that of p2c_minimize, needs a
 * parameter that is updated between its use and the pass: build the network again after the
 * update. */
P2C_API void p2c_backward(P2cNode *loss, int count, P2cNode *const of[], P2cNode *grads[]);

/* Adam (Kingma 2015), with the decay added to the gradient, as in PyTorch's Adam:
 *     g += weight_decay * p;  m = beta1*m + (1-beta1)*g;  v = beta2*v + (1-beta2)*g^2;
 *     p -= lr * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + eps)
 * The caller's, and must outlive the graphs that use it. lr may be changed between runs. */
typedef struct P2cAdam {
    double lr, beta1, beta2, eps; /* required; PyTorch's are 1e-3, 0.9, 0.999 and 1e-8 */
    double weight_decay;          /* 0: none */
    int64_t step;                 /* updates made so far, t above: the library counts them */
} P2cAdam;

/* Adds the backward pass of `loss` for the parameters of `count` nets, and their update. Parameters
 * that are frozen, or that the loss does not depend on, are left alone. squares: NULL, or an array
 * in which squares[i] becomes a scalar to be read after a run, the sum of squares of the gradients
 * of nets[i]. When the loss or one of those sums is not finite, the run updates nothing, and
 * adam->step stays. The nets are of one store. */
P2C_API void p2c_minimize(P2cNode *loss, int count, const P2cNet nets[], P2cAdam *adam,
                          P2cNode *squares[]);
/* SGD with momentum (Polyak 1964) as in PyTorch:
 *     g += weight_decay * p;  b = momentum*b + g;  p -= lr * b
 * b starts as 0. The caller's, and must outlive the graphs that use it. lr may be changed between
 * runs. */
typedef struct P2cSgd {
    double lr;                     /* required */
    double momentum, weight_decay; /* 0: none */
    int64_t step;                  /* updates made so far: the library counts them */
} P2cSgd;
/* The same as p2c_minimize, with SGD in place of Adam. */
P2C_API void p2c_minimize_sgd(P2cNode *loss, int count, const P2cNet nets[], P2cSgd *sgd,
                              P2cNode *squares[]);
/* After a run: the name of the first parameter of that net whose gradient is not finite; NULL: all
 * are. Borrowed from the store. */
P2C_API const char *p2c_nonfinite_gradient(const P2cNode *squares);
/* Gradient accumulation: adds only the backward pass of `loss`. Its gradients are kept, and the
 * next p2c_minimize (or _sgd) of the same nets adds them to its own. A batch in N parts has N
 * losses, each divided by N. */
P2C_API void p2c_accumulate(P2cNode *loss, int count, const P2cNet nets[]);

/* Keeps a running average of the parameters of `net` in those of `average`, which it makes: at this
 * point of every run a += (1 - *decay) * (p - a). Covers the parameters that the graph has by now.
 * decay is the caller's, must outlive the graph, and may change between runs. The average starts as
 * zeros: give it its first values by p2c_store_write or p2c_store_copy. Polyak 1992 */
P2C_API void p2c_average(P2cNet average, P2cNet net, const double *decay);
/* A decay that forgets the first values soon: min(most, (1 + updates) / (10 + updates)). */
P2C_API double p2c_average_decay(double most, int64_t updates);

/* ---- models: the networks of photo2cartoon ----------------------------------------------------
 * Their parameters have the names of its checkpoints. */

typedef struct P2cGenerator {
    int ch;    /* width of the first layer, divisible by 4, at most 1024; required; published: 32 */
    bool full; /* the large variant, which reads the flattened map: its weights fix the size s */
} P2cGenerator;
typedef struct P2cGenerated { /* NULL: the arguments do not fit */
    P2cNode *image;           /* (n, 3, s, s) in (-1, 1) */
    P2cNode *cam;             /* (n, 2): logits of the class-activation map */
    P2cNode *heatmap;         /* (n, 1, s/4, s/4) */
} P2cGenerated;
/* photo (n, 3, s, s) in [-1, 1], s >= 32 and divisible by 16. Results of blocks are named as their
 * parameters, such as "genA2B.HourGlass1", with "cam" and "style" for the two in the middle. When
 * it is called twice, p2c_graph_find finds the second call's. */
P2C_API P2cGenerated p2c_generator(P2cNet net, P2cNode *photo, P2cGenerator options);

typedef struct P2cDiscriminator {
    int layers;    /* 7: it sees the whole picture, or 5: patches of it; required */
    int ch;        /* width of the first layer, 1 to 1024; required */
    bool training; /* one power iteration of every spectral norm in each run */
} P2cDiscriminator;
typedef struct P2cJudged { /* NULL: the arguments do not fit */
    P2cNode *map;          /* (n, 1, h, w): real or not, patch by patch */
    P2cNode *cam;          /* (n, 2): logits of the class-activation map */
    P2cNode *heatmap;      /* (n, 1, h+1, w+1) */
} P2cJudged;
/* picture (n, 3, s, s'), in [-1, 1], of at least 24 pixels (5 layers) or 96 pixels (7 layers). */
P2C_API P2cJudged p2c_discriminator(P2cNet net, P2cNode *picture, P2cDiscriminator options);

/* Networks that tell whose face it is, for the ID loss: MobileFaceNet (Chen 2018) in the two
 * layouts in which weights are published. In evaluation mode, with every parameter frozen:
 * gradients go through to the picture, but never to weights. */
typedef enum P2cFaceKind {
    P2C_FACENET_TREB1EN,  /* photo2cartoon's: 512 values (TreB1eN/InsightFace_Pytorch) */
    P2C_FACENET_XIAOCCER, /* 128 values (Xiaoccer/MobileFaceNet_Pytorch) */
} P2cFaceKind;
/* Cuts the faces out of portraits, scales them as the layout wants them, and embeds them.
 * picture (n, 3, s, s) in [-1, 1] -> rows of length 1, (n, 512) or (n, 128) */
P2C_API P2cNode *p2c_face_embedding(P2cNet net, P2cNode *picture, P2cFaceKind kind);
/* The two halves of that, for TREB1EN: picture (n, 3, s, s) -> face (n, 3, 112, 112) -> (n, 512) */
P2C_API P2cNode *p2c_face_crop(P2cNode *picture);
P2C_API P2cNode *p2c_mobilefacenet(P2cNet net, P2cNode *face);

/* Two small networks, which p2c-fit trains, for cutting out a face and for its landmarks. */
/* picture (n, 3, h, w) in [-1, 1], h and w divisible by 32 -> logits (n, 1, h, w), whose sigmoid is
 * the head's alpha. Trained at 256 x 256. */
P2C_API P2cNode *p2c_matte_network(P2cNet net, P2cNode *picture);
/* The square around a face (n, 3, 112, 112) in [-1, 1] -> (n, 136): x0, y0, x1, ... of the 68
 * points, in parts of the square, which may lie outside [0, 1]. */
P2C_API P2cNode *p2c_landmark_network(P2cNet net, P2cNode *face);

/* ---- random numbers ---------------------------------------------------------------------------
 * They are counted: block i of a stream is a function of (key, i), so that any thread can start
 * anywhere in a stream, and a program that is resumed gets the same bits. Philox4x32-10, Salmon
 * 2011. */

/* The key of a stream, from a seed and the name of what is drawn. Use one key for one purpose. */
P2C_API uint64_t p2c_rng_key(uint64_t seed, const char *name);
/* Four words, each uniform in 0 to 2^32 - 1. */
P2C_API void p2c_rng_block(uint64_t key, uint64_t block, uint32_t words[4]);

#ifdef __cplusplus
}
#endif
#endif
