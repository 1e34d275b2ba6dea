/* p2cnn.h: the one public header of libp2cnn, a small neural-network library with training,
 * made to turn portrait photos into cartoons (the photo2cartoon GAN).
 *
 * A picture becomes a cartoon:
 *
 *     P2cContext *ctx;
 *     if (p2c_context_new(&ctx, "auto", 0) != P2C_OK) die(p2c_error(ctx));
 *     P2cCartoonizer *c = NULL;  P2cImage photo = {0}, cartoon = {0};
 *     if (p2c_cartoonizer_open(ctx, &(P2cCartoonizerOptions){ .weights = "weights.pt" }, &c) ||
 *         p2c_image_read(ctx, "portrait.png", &photo) ||
 *         p2c_cartoonizer_run(c, &photo, &cartoon, NULL) ||
 *         p2c_image_write(ctx, "cartoon.png", &cartoon)) die(p2c_error(ctx));
 *
 * A network is a function that adds nodes to a graph; its parameters live in a store, by name:
 *
 *     P2cNode *x = p2c_input(g, "x", P2C_DIMS(8, 2)), *t = p2c_input(g, "t", P2C_DIMS(8, 1));
 *     P2cNet net = p2c_net(g, store, "net");
 *     P2cNode *w = p2c_param(net, "weight", P2C_DIMS(1, 2), P2C_KAIMING_UNIFORM);
 *     P2cNode *loss = p2c_mse_loss(p2c_linear(x, w, NULL), t);
 *     p2c_minimize(loss, 1, &net, &adam, NULL);             adds the backward pass and the update
 *     p2c_output(loss);
 *     if (p2c_graph_finish(g)) die(p2c_error(ctx));         shapes checked, memory planned, once
 *     for (...) { p2c_node_write(x, ...); p2c_node_write(t, ...); p2c_graph_run(g);
 *         p2c_node_read(loss, &l); }
 *
 * Conventions. Tensors are float32, row-major, batch first: (n, c, h, w). Whatever the world can
 * get wrong (files, memory, shapes, devices) returns a P2cStatus and leaves one line of text in the
 * context; a caller's broken promise (NULL where an object is due) is an assertion. The library
 * never prints, never exits, keeps no globals. Objects of one context are used by one thread at a
 * time; two contexts are independent.
 */
#ifndef P2CNN_H
#define P2CNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define P2C_VERSION "0.1.0"
#if defined(__GNUC__)
#define P2C_API __attribute__((visibility("default")))
#define P2C_CHECKED __attribute__((warn_unused_result))
#else
#define P2C_API
#define P2C_CHECKED
#endif

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum P2cStatus {
    P2C_OK = 0,
    P2C_ERR_ARGUMENT, /* an option or value outside what the call accepts */
    P2C_ERR_SHAPE,    /* tensors or weights that do not fit together */
    P2C_ERR_READ,     /* a file that is not there or cannot be read */
    P2C_ERR_FORMAT,   /* a file that is damaged, or is not what it should be */
    P2C_ERR_WRITE,    /* no room, no permission, no such folder */
    P2C_ERR_MEMORY,
    P2C_ERR_DEVICE, /* no such device, or it failed */
} P2cStatus;

/* What a program should exit with: 0 ok, 2 usage, 3 bad input, 4 write or disk, 5 memory, 6
 * device. */
P2C_API int p2c_exit_code(P2cStatus status);
P2C_API const char *p2c_version(void);

/* ---- context: a device, a number of threads, the last error ---------------------------------- */

typedef struct P2cContext P2cContext;

/* device: "cpu", "cuda" or "cuda:N" (an NVIDIA GPU, in builds that have CUDA), or "auto" (the
 * fastest there is). threads: 0 for one per core. *ctx is set even on failure, so that p2c_error
 * can say why (NULL only when memory is out); free it in either case. Graphs, stores and
 * cartoonizers must be freed before their context. On the CPU the threads are OpenMP's, and
 * OpenBLAS is set to one thread for the whole process, since it runs inside them. */
P2C_API P2C_CHECKED P2cStatus p2c_context_new(P2cContext **ctx, const char *device, int threads);
P2C_API void p2c_context_free(P2cContext **ctx);
/* One line about the newest failure: what, where, expected, got. Borrowed; valid until the next
 * failure. */
P2C_API const char *p2c_error(const P2cContext *ctx);
/* For people, such as "cpu, AVX-512, 2 threads". Borrowed from the context. */
P2C_API const char *p2c_device_name(const P2cContext *ctx);
P2C_API int p2c_thread_count(const P2cContext *ctx);

/* How convolutions multiply; sums, weights, statistics and all else are float32 in every case. Set
 * it before a graph is finished. The CPU has FP32 alone; a GPU starts with TF32, as PyTorch's
 * convolutions do. */
typedef enum P2cPrecision {
    P2C_PRECISION_FP32,
    P2C_PRECISION_TF32, /* factors rounded to 10 bits of mantissa */
    P2C_PRECISION_BF16, /* factors rounded to bfloat16, 7 bits */
} P2cPrecision;
P2C_API P2C_CHECKED P2cStatus p2c_context_set_precision(P2cContext *ctx, P2cPrecision precision);
P2C_API P2cPrecision p2c_context_precision(const P2cContext *ctx);
P2C_API const char *p2c_precision_name(P2cPrecision precision); /* "fp32", "tf32", "bf16" */

/* A GPU's own memory, in bytes; both are 0 on the CPU. Free: what it has left for everybody (0 also
 * where that is not known); used: what the graphs and stores of this context hold. */
P2C_API size_t p2c_device_memory_free(const P2cContext *ctx);
P2C_API size_t p2c_device_memory_used(const P2cContext *ctx);

/* ---- dims ------------------------------------------------------------------------------------ */

/* The shape of a tensor: rank 0 to 4, and always four sizes, the unused ones 1. (n, c) is therefore
 * the same as (n, c, 1, 1), and a vector (c) is (c, 1, 1, 1). Sizes are at least 1. */
typedef struct P2cDims {
    int rank;
    int d[4];
} P2cDims;

P2C_API P2cDims p2c_dims(int rank, const int sizes[]);
P2C_API size_t p2c_dims_count(P2cDims dims);       /* number of elements */
P2C_API bool p2c_dims_equal(P2cDims a, P2cDims b); /* same rank, same sizes */
#define P2C_DIMS(...) \
    p2c_dims((int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (int[]){ __VA_ARGS__ })
#define P2C_SCALAR ((P2cDims){ 0, { 1, 1, 1, 1 } })

/* ---- parameter store ------------------------------------------------------------------------- */

/* Named tensors that outlive graphs: weights, buffers such as running means, and the optimiser's
 * moments. Several graphs may share one store (training, inference). */
typedef struct P2cStore P2cStore;
typedef struct P2cValue P2cValue; /* see "PyTorch files" */

/* How a parameter starts. Uniform ones draw from a stream of their own, made from the store's seed
 * and the parameter's full name, so that values do not depend on the order of creation. */
typedef enum P2cInitKind {
    P2C_INIT_CONSTANT,
    P2C_INIT_UNIFORM,     /* in [-value, value) */
    P2C_INIT_UNIT_NORMAL, /* normal, then scaled to length 1 */
} P2cInitKind;
typedef struct P2cInit {
    P2cInitKind kind;
    float value;
    bool fan_in; /* divide value by sqrt(fan-in = elements per output) */
    /* a buffer, not a weight: never updated (running statistics, power iteration vectors) */
    bool frozen;
    /* kept in files as int64 (BatchNorm's num_batches_tracked); graphs cannot use it */
    bool int64;
} P2cInit;
/* PyTorch's default for convolutions and linear layers: kaiming uniform with a = sqrt(5), that is
 * uniform within 1/sqrt(fan-in). Biases use the fan-in of their weight:
 * P2C_UNIFORM(1/sqrt(fan_in)). */
#define P2C_KAIMING_UNIFORM ((P2cInit){ .kind = P2C_INIT_UNIFORM, .value = 1, .fan_in = true })
#define P2C_UNIFORM(v) ((P2cInit){ .kind = P2C_INIT_UNIFORM, .value = (v) })
#define P2C_CONSTANT(v) ((P2cInit){ .kind = P2C_INIT_CONSTANT, .value = (v) })
#define P2C_BUFFER(v) ((P2cInit){ .kind = P2C_INIT_CONSTANT, .value = (v), .frozen = true })

P2C_API P2C_CHECKED P2cStatus p2c_store_new(P2cStore **store, P2cContext *ctx, uint64_t seed);
P2C_API void p2c_store_free(P2cStore **store);
P2C_API int p2c_store_count(const P2cStore *store);
/* Parameters in order of creation, which for the models here is the published order. */
/* full name, such as "genA2B.gap_fc.weight" */
P2C_API const char *p2c_store_name(const P2cStore *store, int i);
P2C_API P2cDims p2c_store_dims(const P2cStore *store, int i);
P2C_API int p2c_store_find(const P2cStore *store, const char *name); /* -1: none */
P2C_API P2cStatus p2c_store_read(const P2cStore *store, int i, float *values);
P2C_API P2cStatus p2c_store_write(P2cStore *store, int i, const float *values);
/* After every update, parameter i is clamped to [low, high]. */
P2C_API void p2c_store_set_range(P2cStore *store, int i, float low, float high);
/* Copies a state dict (name -> tensor) into the parameters below `prefix` ("genA2B"; "" for all).
 * Names and shapes must agree one to one; else nothing is changed, and the error counts and names
 * the first three that are missing, extra or misshapen. */
P2C_API P2C_CHECKED P2cStatus p2c_store_load(P2cStore *store, const char *prefix,
                                             const P2cValue *state_dict);
/* Whether p2c_store_load would take it; changes nothing in either case. */
P2C_API P2C_CHECKED P2cStatus p2c_store_check(const P2cStore *store, const char *prefix,
                                              const P2cValue *state_dict);
/* The parameters below `prefix` as a new state dict, to be freed by the caller; *out is NULL on
 * failure. */
P2C_API P2C_CHECKED P2cStatus p2c_store_save(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The same for writing it at once, without a second copy of the weights: on the CPU its tensors are
 * the store's own memory, to be freed before the store is written to, loaded, updated by a graph or
 * freed. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The values of the parameters below `from` into those below `to`, which must have the same names
 * and shapes one to one. */
P2C_API P2C_CHECKED P2cStatus p2c_store_copy(P2cStore *store, const char *from, const char *to);
/* Adam's moments, in PyTorch's words: {"exp_avg": {full name: tensor, ...}, "exp_avg_sq": {...}} of
 * the parameters below `prefix` that have any, which are those that a p2c_minimize updates; a view
 * like p2c_store_view's. Loading is as strict as p2c_store_load; build the graph first. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view_moments(const P2cStore *store, const char *prefix,
                                                     P2cValue **out);
P2C_API P2C_CHECKED P2cStatus p2c_store_load_moments(P2cStore *store, const char *prefix,
                                                     const P2cValue *moments);

/* ---- graph ----------------------------------------------------------------------------------- */

/* A list of operations, executed in the order in which they were built. While building, a failed
 * call returns NULL, NULL passes through all builders, and the graph keeps the first error, which
 * p2c_graph_finish returns. Nodes belong to their graph. */
typedef struct P2cGraph P2cGraph;
typedef struct P2cNode P2cNode;

P2C_API P2C_CHECKED P2cStatus p2c_graph_new(P2cGraph **graph, P2cContext *ctx);
P2C_API void p2c_graph_free(P2cGraph **graph);
/* Makes p2c_graph_finish refuse, with P2C_ERR_MEMORY and before it takes any, when the arena would
 * need more bytes of the host's memory than this. A graph on a GPU is refused when the GPU has not
 * as much left. */
P2C_API void p2c_graph_limit(P2cGraph *graph, size_t bytes);
/* Ends building: drops what no output or update needs, fuses, differentiates, plans the memory and
 * takes it. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_finish(P2cGraph *graph);
/* Runs every operation once. Allocates nothing. A GPU may still be at work when this returns;
 * p2c_graph_wait, p2c_node_read and the next run wait for it, and what the run counts
 * (P2cAdam.step) and its failures show then. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_run(P2cGraph *graph);
/* Waits until the run that was asked for last is over, and returns its failure. A GPU that failed
 * (P2C_ERR_DEVICE) fails from then on, whatever is asked of it: what it held can no longer be
 * read. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_wait(P2cGraph *graph);
/* Where the time of a run goes: steps of one kind and shape together, the most costly first. bytes:
 * what they read and write at least. */
enum { P2C_PROFILE_ENTRIES = 400 };
typedef struct P2cProfileEntry {
    char name[192]; /* operation and shapes, such as "conv2d backward (1,32,64,64) (16,32,3,3)" */
    int steps;
    double ms, bytes;
} P2cProfileEntry;
typedef struct P2cProfile {
    int count;
    double ms; /* of all steps, one after another */
    P2cProfileEntry entries[P2C_PROFILE_ENTRIES];
} P2cProfile;
/* Runs the graph once, then every step by itself, ten times: afterwards its values are good for
 * nothing, and its updates were made often. */
P2C_API P2C_CHECKED P2cStatus p2c_graph_profile(P2cGraph *graph, P2cProfile *profile);
/* activations, gradients and scratch */
P2C_API size_t p2c_graph_arena_bytes(const P2cGraph *graph);
P2C_API int p2c_graph_step_count(const P2cGraph *graph); /* kernels per run */

P2C_API P2cNode *p2c_input(P2cGraph *graph, const char *name, P2cDims dims);
P2C_API P2cNode *p2c_constant(P2cGraph *graph, P2cDims dims, float value);
/* Keeps a node's value readable after a run. Returns the node. */
P2C_API P2cNode *p2c_output(P2cNode *node);
/* Names a node, for p2c_graph_find and for error texts. Returns the node. */
P2C_API P2cNode *p2c_named(P2cNode *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
P2C_API P2cNode *p2c_graph_find(P2cGraph *graph, const char *name); /* NULL: no node of that name */
P2C_API P2cDims p2c_node_dims(const P2cNode *node);
/* After finish: fill an input (it keeps its value over runs), read an output or parameter.
 * Contiguous, host memory, as many floats as the node has elements. */
P2C_API P2cStatus p2c_node_write(P2cNode *node, const float *values);
P2C_API P2cStatus p2c_node_read(const P2cNode *node, float *values);

/* A scope of parameter names in a store, for one graph. A plain value: copy it freely. */
typedef struct P2cNet {
    P2cGraph *graph;
    P2cStore *store;
    char prefix[120];
} P2cNet;

P2C_API P2cNet p2c_net(P2cGraph *graph, P2cStore *store, const char *name);
/* The scope below: p2c_net(g, s, "genA2B") and p2c_scope(net, "Hour%d", 1) make "genA2B.Hour1". */
P2C_API P2cNet p2c_scope(P2cNet net, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The parameter net.prefix + "." + name; created, with its initial value, when the store has none.
 * The same parameter asked for twice in a graph is the same node, so that its gradients add up. */
P2C_API P2cNode *p2c_param(P2cNet net, const char *name, P2cDims dims, P2cInit init);

/* ---- operations -------------------------------------------------------------------------------
 * x, y: operands and result. All differentiable unless it says otherwise. Broadcasting: sizes must
 * agree or be 1, from the left: (n, c) goes with (n, c, h, w), (1, c) too. */

typedef struct P2cConv2d {
    int stride, pad, groups, dilation; /* 0 stands for 1, 0, 1, 1 */
    /* pad by reflection (needs pad < h, w), else by zeros; never a copy */
    bool reflect;
} P2cConv2d;
/* y[n,o,i,j] = b[o] + sum_{c,u,v} w[o,c,u,v] * x[n, g(o)*cin/groups + c, i*stride+u*dilation-pad,
 * j*stride+v*dilation-pad] x (n,cin,h,w), w (cout, cin/groups, kh, kw), b (cout) or NULL -> (n,
 * cout, (h+2*pad-(kh-1)*dilation-1)/stride+1, ...) */
P2C_API P2cNode *p2c_conv2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options);
/* The gradient of conv2d to its input, as a layer of its own: x[n,c,i,j] * w[c,o,u,v] is added to
 * y[n, o, i*stride+u*dilation-pad, ...]. x (n,cin,h,w), w (cin, cout/groups, kh, kw), b (cout) or
 * NULL -> (n, cout, (h-1)*stride-2*pad+(kh-1)*dilation+1+output_padding, ...), 0 <= output_padding
 * < stride. No reflection. Zeiler 2010 */
P2C_API P2cNode *p2c_conv_transpose2d(P2cNode *x, P2cNode *w, P2cNode *b, P2cConv2d options,
                                      int output_padding);
/* y = x w^T + b.  x (n,in), w (out,in), b (out) or NULL -> (n,out) */
P2C_API P2cNode *p2c_linear(P2cNode *x, P2cNode *w, P2cNode *b);
/* y = (x - mean) / sqrt(var + eps), mean and biased variance of each (n,c) plane.  Ulyanov 2016 */
P2C_API P2cNode *p2c_instance_norm(P2cNode *x, float eps);
/* y = (rho*instance(x) + (1-rho)*layer(x)) * gamma + beta, unbiased variances; layer statistics run
 * over (c,h,w). rho, gamma, beta: (1,c,1,1), or (n,c) for AdaLIN.  U-GAT-IT, Kim 2020, eq. 3 */
P2C_API P2cNode *p2c_layer_instance_norm(P2cNode *x, P2cNode *rho, P2cNode *gamma, P2cNode *beta,
                                         float eps);
/* Evaluation mode: y = (x - mean) / sqrt(var + eps) * weight + bias, each (c). No gradient to mean
 * and var. Ioffe 2015 */
P2C_API P2cNode *p2c_batch_norm(P2cNode *x, P2cNode *weight, P2cNode *bias, P2cNode *mean,
                                P2cNode *var, float eps);
/* y = w / sigma, sigma = u . W v, W = w as a matrix (out, rest); u (out), v (rest): frozen
 * parameters. training: first one power iteration, v = normalize(W^T u), u = normalize(W v), stored
 * back; u and v are constants for the gradient. Miyato 2018 */
P2C_API P2cNode *p2c_spectral_norm(P2cNode *w, P2cNode *u, P2cNode *v, bool training);

P2C_API P2cNode *p2c_relu(P2cNode *x);                    /* max(x, 0) */
P2C_API P2cNode *p2c_leaky_relu(P2cNode *x, float slope); /* x > 0 ? x : slope*x,  slope >= 0 */
/* the same with slope (c) learnt.  He 2015 */
P2C_API P2cNode *p2c_prelu(P2cNode *x, P2cNode *slope);
P2C_API P2cNode *p2c_tanh(P2cNode *x);
P2C_API P2cNode *p2c_sigmoid(P2cNode *x); /* 1 / (1 + exp(-x)) */
/* gradient 1 within [low, high], 0 outside */
P2C_API P2cNode *p2c_clamp(P2cNode *x, float low, float high);
P2C_API P2cNode *p2c_affine(P2cNode *x, float scale, float shift); /* scale*x + shift */
P2C_API P2cNode *p2c_add(P2cNode *a, P2cNode *b);                  /* broadcasting */
P2C_API P2cNode *p2c_mul(P2cNode *a, P2cNode *b);                  /* broadcasting */
P2C_API P2cNode *p2c_div(P2cNode *a, P2cNode *b);                  /* broadcasting */
/* (1-w)*a + w*b; a and b of one shape, w broadcast */
P2C_API P2cNode *p2c_lerp(P2cNode *a, P2cNode *b, P2cNode *w);
P2C_API P2cNode *p2c_exp(P2cNode *x);
P2C_API P2cNode *p2c_log(P2cNode *x); /* the natural one */
/* As C's powf: NaN for x < 0 unless the exponent is whole. 0.5 is sqrt; exponent 0 gives 1, and no
 * gradient, everywhere. */
P2C_API P2cNode *p2c_pow(P2cNode *x, float exponent);
/* exp(x - max) / sum of those, along an axis.  Bridle 1990 */
P2C_API P2cNode *p2c_softmax(P2cNode *x, int axis);
/* The product of matrices, the last two axes: (m,k) x (k,n) -> (m,n), or (c,m,k) x (c,k,n), or
 * (n,c,m,k) x (n,c,k,n'). Both have the same rank; the sizes before agree or are 1. */
P2C_API P2cNode *p2c_matmul(P2cNode *a, P2cNode *b);

P2C_API P2cNode *p2c_concat(int count, P2cNode *const x[], int axis); /* at most 8 */
P2C_API P2cNode *p2c_slice(P2cNode *x, int axis, int begin, int end); /* [begin, end) */
/* same elements, same order; no copy */
P2C_API P2cNode *p2c_reshape(P2cNode *x, P2cDims dims);
/* y's axis i is x's axis order[i]; as many as x has, a copy */
P2C_API P2cNode *p2c_transpose(P2cNode *x, const int order[]);
/* reflect: without the border itself, as conv2d's: amounts < h, w */
typedef enum P2cPadMode { P2C_PAD_CONSTANT, P2C_PAD_REFLECT, P2C_PAD_EDGE } P2cPadMode;
/* value: of CONSTANT */
typedef struct P2cPad {
    int top, bottom, left, right;
    P2cPadMode mode;
    float value;
} P2cPad;
/* (n,c,h,w), outside its planes */
P2C_API P2cNode *p2c_pad(P2cNode *x, P2cPad options);
/* x, but no gradient goes back */
P2C_API P2cNode *p2c_detach(P2cNode *x);
/* (n,c,h,w) -> (n,c,h*f,w*f) */
P2C_API P2cNode *p2c_upsample_nearest(P2cNode *x, int factor);
/* k x k windows, stride k; the rest is dropped */
P2C_API P2cNode *p2c_avg_pool2d(P2cNode *x, int k);
/* Maxima of kh x kw windows, `stride` apart, `pad` beyond each side, less than kh, kw (never
 * chosen); gradient to the first maximum of a window, in rows. A NaN is the largest. (n,c,h,w) ->
 * (n, c, (h+2*pad-kh)/stride+1, ...) */
/* stride 0 stands for 1 */
typedef struct P2cPool2d {
    int kh, kw, stride, pad;
} P2cPool2d;
P2C_API P2cNode *p2c_max_pool2d(P2cNode *x, P2cPool2d options);
P2C_API P2cNode *p2c_global_avg_pool(P2cNode *x); /* (n,c,h,w) -> (n,c) */
/* gradient shared evenly between equal maxima */
P2C_API P2cNode *p2c_global_max_pool(P2cNode *x);
/* Where element i of the result lies in x; what falls outside is clamped. Not antialiased. */
typedef enum P2cCoordinates {
    P2C_HALF_PIXEL,    /* (i+0.5)*in/out - 0.5 */
    P2C_ALIGN_CORNERS, /* i*(in-1)/(out-1); 0 when out is 1 */
    P2C_ASYMMETRIC,    /* i*in/out */
} P2cCoordinates;
P2C_API P2cNode *p2c_resize_bilinear(P2cNode *x, int height, int width, P2cCoordinates coordinates);
/* Floor, ceil, to nearest with halves down or up: ONNX's floor, ceil, round_prefer_floor,
 * round_prefer_ceil. Of the exact position, whatever floats make of it. TensorFlow's nearest
 * neighbours: HALF_UP with half pixels or aligned corners, DOWN with neither, which is
 * ASYMMETRIC. */
typedef enum P2cRounding {
    P2C_ROUND_DOWN,
    P2C_ROUND_UP,
    P2C_ROUND_HALF_DOWN,
    P2C_ROUND_HALF_UP
} P2cRounding;
P2C_API P2cNode *p2c_resize_nearest(P2cNode *x, int height, int width, P2cCoordinates coordinates,
                                    P2cRounding rounding);

P2C_API P2cNode *p2c_sum(P2cNode *x); /* all elements -> scalar */
P2C_API P2cNode *p2c_mean(P2cNode *x);
P2C_API P2cNode *p2c_sum_channels(P2cNode *x); /* (n,c,h,w) -> (n,1,h,w) */
/* Means over all elements; the target has x's shape or is a scalar; gradients go to both where
 * wanted. */
P2C_API P2cNode *p2c_l1_loss(P2cNode *x, P2cNode *target);  /* mean |x - t| */
P2C_API P2cNode *p2c_mse_loss(P2cNode *x, P2cNode *target); /* mean (x - t)^2 */
/* mean max(x,0) - x*t + log(1+exp(-|x|)); none to t */
P2C_API P2cNode *p2c_bce_with_logits(P2cNode *x, P2cNode *target);
/* rows: x.y / (max(|x|,1e-8) * max(|y|,1e-8)); (n,d) -> (n) */
P2C_API P2cNode *p2c_cosine_similarity(P2cNode *x, P2cNode *y);
P2C_API P2cNode *p2c_l2_normalize(P2cNode *x, float eps); /* rows: x / max(|x|, eps); (n,d) */

/* ---- gradients and updates ------------------------------------------------------------------- */

/* Adds the backward pass of the scalar `loss` for `count` nodes `of` (inputs, parameters or
 * results) and nothing more, at this point of the order; grads[i] becomes d loss / d of[i], or NULL
 * where `of[i]` does not influence the loss. */
P2C_API void p2c_backward(P2cNode *loss, int count, P2cNode *const of[], P2cNode *grads[]);

/* Adam (Kingma 2015) with L2 decay: g += weight_decay * p, then the bias-corrected step. Caller's
 * storage, which must outlive the graphs that use it; lr may change between runs, step counts the
 * updates made so far. */
typedef struct P2cAdam {
    double lr, beta1, beta2, eps, weight_decay;
    int64_t step;
} P2cAdam;

/* Adds the backward pass of `loss` for the parameters of `nets`, and their update. Frozen
 * parameters and those that the loss does not depend on are left untouched. squares may be NULL;
 * else squares[i] becomes a scalar to read after a run, the sum of squares of the gradients of
 * nets[i]. When the loss or one of them is not finite, nothing is updated and adam->step stays. */
P2C_API void p2c_minimize(P2cNode *loss, int count, const P2cNet nets[], P2cAdam *adam,
                          P2cNode *squares[]);
/* After a run: the name of the first parameter below squares[i] whose gradient is not finite; NULL:
 * all are. */
P2C_API const char *p2c_nonfinite_gradient(const P2cNode *squares);
/* Gradient accumulation: adds the backward pass of `loss` alone. Its gradients wait for the next
 * p2c_minimize of the same nets, which adds its own and updates by the sum; a batch in N parts has
 * N losses of 1/N each. */
P2C_API void p2c_accumulate(P2cNode *loss, int count, const P2cNet nets[]);
/* Keeps a running average of net's parameters in those of `average`: at this point of every run, a
 * += (1 - *decay) * (parameter - a). *decay is the caller's and may change between runs, as an
 * average does well to forget its first values sooner. They start as zeros: write the values to
 * begin with by p2c_store_write. Polyak 1992 */
P2C_API void p2c_average(P2cNet average, P2cNet net, const double *decay);
/* A decay for it after so many updates, at most `most`: at first the average is of few steps, or it
 * would long look like the beginning. */
P2C_API double p2c_average_decay(double most, int64_t updates);

/* ---- models: the networks of photo2cartoon, with the names of its checkpoints ---------------- */

typedef struct P2cGenerator {
    int ch; /* width of the first layer, divisible by 4; 32 in the published weights */
    /* the large variant, which sees the flattened map, so that its weights fix the picture size */
    bool full;
} P2cGenerator;
typedef struct P2cGenerated {
    P2cNode *image;   /* (n,3,s,s) in (-1,1) */
    P2cNode *cam;     /* (n,2) logits of the class-activation map */
    P2cNode *heatmap; /* (n,1,s/4,s/4) */
} P2cGenerated;
/* photo (n,3,s,s) in [-1,1], s >= 32 and divisible by 16. Each block's result is named after its
 * parameters, such as "genA2B.HourGlass1", with "cam" and "style" for the two between; call twice,
 * and the second call's names win. */
P2C_API P2cGenerated p2c_generator(P2cNet net, P2cNode *photo, P2cGenerator options);
/* What a state dict of a generator was made with; fails when it is none. *size: of the picture, 0
 * when any will do. */
P2C_API P2C_CHECKED P2cStatus p2c_generator_options(P2cContext *ctx, const P2cValue *state_dict,
                                                    P2cGenerator *options, int *size);

typedef struct P2cDiscriminator {
    int layers; /* 7: looks at the whole picture; 5: at patches */
    int ch;
    bool training; /* one power iteration of every spectral norm per call */
} P2cDiscriminator;
typedef struct P2cJudged {
    P2cNode *map;     /* (n,1,h,w): real or not, patch by patch */
    P2cNode *cam;     /* (n,2) */
    P2cNode *heatmap; /* (n,1,h+1,w+1) */
} P2cJudged;
P2C_API P2cJudged p2c_discriminator(P2cNet net, P2cNode *picture, P2cDiscriminator options);

/* Face networks, for the ID loss: MobileFaceNet (Chen 2018) in the two layouts that weights are
 * published in. Evaluation mode, and every parameter frozen: gradients go through to the picture,
 * never to weights. */
typedef enum P2cFaceKind {
    P2C_FACENET_TREB1EN,  /* photo2cartoon's: 512 values (TreB1eN/InsightFace_Pytorch) */
    P2C_FACENET_XIAOCCER, /* 128 values (Xiaoccer/MobileFaceNet_Pytorch) */
} P2cFaceKind;
/* Which layout a state dict is of; fails when it is of neither, and says what it begins with. */
P2C_API P2C_CHECKED P2cStatus p2c_face_kind(P2cContext *ctx, const P2cValue *state_dict,
                                            P2cFaceKind *kind);
/* The faces of prepared portraits, cut out and scaled as the layout wants them. picture (n,3,s,s)
 * in [-1,1] -> unit embeddings (n,512) or (n,128) */
P2C_API P2cNode *p2c_face_embedding(P2cNet net, P2cNode *picture, P2cFaceKind kind);
/* Its two halves, for TREB1EN: the square that holds the face -> (n,3,112,112); face (n,3,112,112)
 * -> (n,512). */
P2C_API P2cNode *p2c_face_crop(P2cNode *picture);
P2C_API P2cNode *p2c_mobilefacenet(P2cNet net, P2cNode *face);

/* Small networks of our own, which p2c-fit trains, for finding and cutting out a face without those
 * of others. All of their parameters are learnt. */
/* picture (n,3,h,w) in [-1,1], h and w divisible by 32 (256 in training) -> logits (n,1,h,w);
 * sigmoid makes them the head's alpha. */
P2C_API P2cNode *p2c_matte_network(P2cNet net, P2cNode *picture);
/* The square around a face (n,3,112,112) in [-1,1] -> the 68 points (n,136): x0,y0,x1,... in parts
 * of the square, which may lie outside [0,1]. */
P2C_API P2cNode *p2c_landmark_network(P2cNet net, P2cNode *face);

/* ---- pictures -------------------------------------------------------------------------------- */

/* 8-bit pixels, rows top down without gaps; channels 3: RGB, 4: RGBA, alpha not multiplied in. */
typedef struct P2cImage {
    int width, height, channels;
    uint8_t *pixels; /* owned; free with p2c_image_clear */
} P2cImage;

/* zeros */
P2C_API P2C_CHECKED P2cStatus p2c_image_init(P2cContext *ctx, P2cImage *image, int width,
                                             int height, int channels);
P2C_API void p2c_image_clear(P2cImage *image);
/* PNG or JPEG by content, to RGB or RGBA (when the file has transparency), turned upright as EXIF
 * says. At most 2^27 pixels, 2^20 a side. Every byte up to the end must be there. */
P2C_API P2C_CHECKED P2cStatus p2c_image_read(P2cContext *ctx, const char *path, P2cImage *image);
/* By the name's ending: .png, .jpg, .jpeg (quality 95; alpha over white). Written beside the
 * target, then renamed. */
P2C_API P2C_CHECKED P2cStatus p2c_image_write(P2cContext *ctx, const char *path,
                                              const P2cImage *image);

typedef enum P2cFilter {
    /* every source pixel counts by its covered area (OpenCV's INTER_AREA when shrinking; Pillow's
     * BOX at whole ratios) */
    P2C_FILTER_AREA,
    P2C_FILTER_BILINEAR,  /* two by two neighbours at (i+0.5)*in/out-0.5 (OpenCV's INTER_LINEAR) */
    P2C_FILTER_ANTIALIAS, /* a triangle as wide as the shrinking asks (Pillow's BILINEAR) */
} P2cFilter;
/* out: new picture of width x height, same channels. Colours of RGBA are weighted by alpha. */
P2C_API P2C_CHECKED P2cStatus p2c_image_resize(P2cContext *ctx, const P2cImage *image, int width,
                                               int height, P2cFilter filter, P2cImage *out);
P2C_API void p2c_image_over_white(P2cImage *image); /* RGBA to RGB in place; RGB stays */
/* RGB to planes (3,h,w) in [-1,1]: v/127.5 - 1; and back: (y+1)*127.5, clamped, truncated as the
 * published program does. */
P2C_API void p2c_image_to_planes(const P2cImage *image, float *planes);
P2C_API void p2c_image_from_planes(const float *planes, P2cImage *image);
/* heat (h,w), any range -> new RGB picture of width x height: scaled by its extremes, enlarged
 * bilinearly, from dark blue to dark red. */
P2C_API P2C_CHECKED P2cStatus p2c_heatmap_image(P2cContext *ctx, const float *heat, int h, int w,
                                                int width, int height, P2cImage *out);

/* ---- PyTorch files ----------------------------------------------------------------------------
 * A tree of dicts, lists, plain values and tensors, as torch.save writes it. Reading runs no
 * code. */

typedef enum P2cKind {
    P2C_NONE,
    P2C_BOOL,
    P2C_INT,
    P2C_FLOAT,
    P2C_STRING,
    P2C_LIST,
    P2C_DICT,
    P2C_TENSOR
} P2cKind;
typedef enum P2cType {
    P2C_F32,
    P2C_F16,
    P2C_BF16,
    P2C_F64,
    P2C_U8,
    P2C_I8,
    P2C_I16,
    P2C_I32,
    P2C_I64,
    P2C_TYPE_BOOL
} P2cType;
#define P2C_MAX_RANK 8
typedef struct P2cShape {
    int rank;
    int64_t size[P2C_MAX_RANK];
} P2cShape;

/* Both forms of torch.save: zip archives and the legacy stream. *out is NULL on failure. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read(P2cContext *ctx, const char *path, P2cValue **out);
/* The same of a file that is in memory already, such as one that was linked into a program; name:
 * for error texts. Nothing of bytes is kept. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read_memory(P2cContext *ctx, const char *name,
                                                 const void *bytes, size_t size, P2cValue **out);
/* A zip archive that torch.load(weights_only=True) accepts; beside the target, fsynced, renamed. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_write(P2cContext *ctx, const char *path,
                                           const P2cValue *value);
/* Whether a file is whole: every byte is read and no tensor kept. Stricter than p2c_pt_read, since
 * all members of a zip archive are compared with their checksums, and their headers with its
 * directory; the legacy stream has neither. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_verify(P2cContext *ctx, const char *path);

/* Constructors return NULL when memory is out; containers own what is put into them. */
P2C_API P2cValue *p2c_value_none(void);
P2C_API P2cValue *p2c_value_bool(bool value);
P2C_API P2cValue *p2c_value_int(int64_t value);
P2C_API P2cValue *p2c_value_float(double value);
P2C_API P2cValue *p2c_value_string(const char *text);
P2C_API P2cValue *p2c_value_list(void);
P2C_API P2cValue *p2c_value_dict(void);
/* copies; NULL data: zeros */
P2C_API P2cValue *p2c_value_tensor(P2cType type, P2cShape shape, const void *data);
P2C_API void p2c_value_free(P2cValue **value);
/* Takes `value` in every case (it is freed on failure); a NULL value fails with P2C_ERR_MEMORY. A
 * key set twice is replaced. */
P2C_API P2C_CHECKED P2cStatus p2c_value_append(P2cValue *list, P2cValue *value);
P2C_API P2C_CHECKED P2cStatus p2c_value_set(P2cValue *dict, const char *key, P2cValue *value);

P2C_API P2cKind p2c_value_kind(const P2cValue *value);
/* entries of a list or dict */
P2C_API size_t p2c_value_count(const P2cValue *value);
/* entry i of a list or dict */
P2C_API const P2cValue *p2c_value_at(const P2cValue *value, size_t i);
/* integer keys read as decimal text */
P2C_API const char *p2c_value_key(const P2cValue *dict, size_t i);
/* NULL: no such key, or not a dict */
P2C_API const P2cValue *p2c_value_get(const P2cValue *dict, const char *key);
/* of BOOL, INT, FLOAT; else 0 */
P2C_API int64_t p2c_value_as_int(const P2cValue *value);
P2C_API double p2c_value_as_float(const P2cValue *value);
/* of STRING, else NULL */
P2C_API const char *p2c_value_as_string(const P2cValue *value);
P2C_API P2cType p2c_value_type(const P2cValue *tensor);
P2C_API P2cShape p2c_value_shape(const P2cValue *tensor);
/* contiguous, in its own type */
P2C_API const void *p2c_value_data(const P2cValue *tensor);
/* converted from any type */
P2C_API void p2c_value_to_float(const P2cValue *tensor, float *values);
/* PyTorch's, such as "float32" */
P2C_API const char *p2c_type_name(P2cType type);

/* ---- files and random numbers, for programs around the library ------------------------------- */

/* Beside the target, fsynced, renamed: the file is complete or as it was. */
P2C_API P2C_CHECKED P2cStatus p2c_file_write(P2cContext *ctx, const char *path, const void *data,
                                             size_t size);

/* Counter-based random numbers: value i of a stream is a function of (key, i) alone, so that a
 * stream can be entered anywhere, by any thread, and resumed bit for bit. Philox4x32-10: Salmon
 * 2011. One key per use: a seed mixed with the name of what is drawn. */
P2C_API uint64_t p2c_rng_key(uint64_t seed, const char *name);
P2C_API void p2c_rng_block(uint64_t key, uint64_t block, uint32_t words[4]);

/* ---- networks from elsewhere: ONNX and TensorFlow files ---------------------------------------
 * A file is read as a list of operations and weights; building adds them to a graph of ours. */

typedef struct P2cModel P2cModel;
/* An .onnx file, or a frozen TensorFlow graph (.pb), told apart by content. *out is NULL on
 * failure. ONNX weights in files of their own are read from the model's folder alone. */
P2C_API P2C_CHECKED P2cStatus p2c_model_read(P2cContext *ctx, const char *path, P2cModel **out);
P2C_API void p2c_model_free(P2cModel **model);
P2C_API int p2c_model_input_count(const P2cModel *model);
P2C_API const char *p2c_model_input_name(const P2cModel *model, int i);
P2C_API P2cShape p2c_model_input_shape(const P2cModel *model, int i); /* sizes -1: any */
P2C_API int p2c_model_output_count(const P2cModel *model);
P2C_API const char *p2c_model_output_name(const P2cModel *model, int i);
/* Adds the network to net.graph. inputs: one node for each input, of its shape in the file's own
 * order of axes (TensorFlow's is mostly n,h,w,c). outputs: set to one node for each output, the
 * same. Weights become parameters below net.prefix, by their names in the file. Refuses, by its
 * name and its node's, an operation that is not known here. */
P2C_API P2C_CHECKED P2cStatus p2c_model_build(const P2cModel *model, P2cNet net,
                                              P2cNode *const inputs[], P2cNode *outputs[]);
/* Writes what leads from inputs to `count` outputs of a graph, which is not finished yet, as ONNX
 * (operator set 17), with weights. Names of inputs and outputs are those of the nodes. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_write(P2cContext *ctx, const char *path, int count,
                                             P2cNode *const outputs[]);
/* Whether the file computes what the graph does, which is finished by now: both are run on the same
 * numbers, and may differ by rounding. `outputs` as they were written, all of them outputs of their
 * graph. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_check(P2cContext *ctx, const char *path, P2cNode *input,
                                             int count, P2cNode *const outputs[]);

/* ---- faces: from a photo to prepared portraits ------------------------------------------------
 * Geometry is photo2cartoon's: rotated so that the outer corners of the eyes are level, a square
 * around the landmarks with room for the hair, white outside the photo. Coordinates are pixels, x
 * to the right, y down, (0,0) the middle of the first pixel. */

typedef struct P2cPoint {
    double x, y;
} P2cPoint;
typedef struct P2cBox {
    double left, top, right, bottom;
} P2cBox;
/* in the order of iBUG 300-W (Sagonas 2013): jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth
 * 48-67 */
enum { P2C_LANDMARKS = 68 };
P2C_API int p2c_mirrored_landmark(int point); /* which of them it is in the mirrored picture */

typedef enum P2cFaceWarning {                         /* bits: what spoils results */
                              P2C_FACE_SMALL = 1,     /* under 80 pixels wide */
                              P2C_FACE_SIDE_VIEW = 2, /* turned away strongly */
                              P2C_FACE_DARK = 4,
                              P2C_FACE_BRIGHT = 8,
                              P2C_FACE_BORDER =
                                  /* the square reaches out of the photo by more than a quarter */
                              16,
                              P2C_FACE_ESTIMATED =
                                  32, /* landmarks are guessed from the box: no landmark network */
                              P2C_FACE_NO_MATTE = 64, /* the background is kept: no matte network */
                              P2C_FACE_CENTRED =
                                  /* no face was found; the middle of the photo stands for one */
                              128,
} P2cFaceWarning;

typedef struct P2cFace {
    P2cBox box;   /* the detector's, in the photo */
    double score; /* the detector's own measure; larger is surer */
    int turns;    /* quarter turns clockwise after which the face is upright, 0 to 3 */
    P2cPoint landmarks[P2C_LANDMARKS]; /* in the photo as it is */
    /* degrees by which the photo is rotated counterclockwise to level the eyes, quarter turns
     * included, in (-180, 180] */
    double angle;
    unsigned warnings; /* P2cFaceWarning */
} P2cFace;
/* One line for people about one warning, such as "the face is small (under 80 pixels)".
 * Borrowed. */
P2C_API const char *p2c_face_warning_text(P2cFaceWarning warning);

typedef struct P2cPortrait {
    P2cFace face;
    /* square RGBA at the photo's own scale: the head's colours, its matte in alpha */
    P2cImage picture;
    /* x' = m[0]*x + m[1]*y + m[2], y' = m[3]*x + m[4]*y + m[5]: a pixel of the picture in the
     * photo */
    double to_photo[6];
    double coverage; /* mean of the matte, 0 to 1 */
    double align_ms, matte_ms;
} P2cPortrait;
P2C_API void p2c_portrait_clear(P2cPortrait *portrait);

typedef struct P2cPreparer P2cPreparer;
/* Files by name; NULL: the one in the folder of models, when there is one, else as said here. */
typedef struct P2cPreparerOptions {
    const char *models;   /* folder of models; NULL: see p2c_models_folder */
    const char *detector; /* an ONNX face detector, or "dlib"; NULL: dlib's, which is built in */
    /* an ONNX network for 68 points, "built-in", or "none": they are estimated from the box; NULL:
     * built-in */
    const char *landmarks;
    /* an ONNX or TensorFlow network, "built-in", or "none": the background is kept; NULL:
     * built-in */
    const char *matte;
} P2cPreparerOptions;
P2C_API P2C_CHECKED P2cStatus p2c_preparer_open(P2cContext *ctx, const P2cPreparerOptions *options,
                                                P2cPreparer **out);
P2C_API void p2c_preparer_close(P2cPreparer **preparer);
/* The faces of a photo with their landmarks, the largest (box around its landmarks) first; when
 * none is upright, those at the other three right angles. *faces: new array of *count, to be freed
 * with free(). None is no failure: *count is 0. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_find(P2cPreparer *preparer, const P2cImage *photo,
                                                P2cFace **faces, int *count);
/* A face made of the middle of the photo, for when none is found. */
P2C_API P2cFace p2c_face_centred(const P2cImage *photo);
/* Cuts one of them out. On failure *out is {0}. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_cut(P2cPreparer *preparer, const P2cImage *photo,
                                               const P2cFace *face, P2cPortrait *out);

/* The folder where models are looked for: `given`, or $P2CNN_MODELS, or $XDG_DATA_HOME/p2cnn, or
 * $HOME/.local/share/p2cnn. false: it does not fit. */
P2C_API bool p2c_models_folder(const char *given, char *path, size_t size);
/* The file of a role in that folder: "weights" (weights.pt), "detector" (.onnx), "landmarks"
 * (.onnx), "matte" (.onnx or .pb). false: there is none. */
P2C_API bool p2c_models_find(const char *folder, const char *role, char *path, size_t size);

/* ---- cartoonizer: pictures in, pictures out -------------------------------------------------- */

typedef struct P2cCartoonizer P2cCartoonizer;
typedef struct P2cCartoonizerOptions {
    /* .pt file: a checkpoint with genA2B and genB2A, or a bare generator; NULL: untrained, ch 32,
     * for timing */
    const char *weights;
    const char *direction; /* "A2B" (photo to cartoon) or "B2A"; NULL: A2B */
    /* the averaged generator of a checkpoint, genA2B_ema or genB2A_ema, in place of genA2B or
     * genB2A */
    bool ema;
    /* of the square that the network sees, 32 to 4096, divisible by 16; 0: 256, or what the weights
     * fix */
    int size;
} P2cCartoonizerOptions;

P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_open(P2cContext *ctx,
                                                   const P2cCartoonizerOptions *options,
                                                   P2cCartoonizer **out);
P2C_API void p2c_cartoonizer_close(P2cCartoonizer **cartoonizer);
P2C_API int p2c_cartoonizer_size(const P2cCartoonizer *cartoonizer);
/* prepared: an aligned, cropped portrait on white, of any size; it is scaled to the network's
 * square (area). Transparency is laid over white. cartoon: new RGB picture of that size. heatmap,
 * when not NULL: where the network looked, in colour, the same size. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_run(P2cCartoonizer *cartoonizer,
                                                  const P2cImage *prepared, P2cImage *cartoon,
                                                  P2cImage *heatmap);

/* The generator as an ONNX file: "photo" (1,3,size,size) in [-1,1] -> "cartoon", the same;
 * with_cam: also "cam" (1,2) and "heatmap" (1,1,size/4,size/4). Read back and compared; what does
 * not compute the same is deleted. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_export(P2cContext *ctx,
                                                     const P2cCartoonizerOptions *options,
                                                     const char *path, bool with_cam);

/* From photos. What is behind the head: */
typedef enum P2cBackgroundKind {
    P2C_BACKGROUND_COLOUR,
    P2C_BACKGROUND_TRANSPARENT,
    P2C_BACKGROUND_PHOTO,
    P2C_BACKGROUND_BLUR,
    P2C_BACKGROUND_PICTURE
} P2cBackgroundKind;
typedef struct P2cBackground {
    P2cBackgroundKind kind;
    uint8_t colour[3];
    const P2cImage *picture; /* of PICTURE: scaled to cover, cut evenly */
} P2cBackground;
typedef enum P2cLayout {
    P2C_LAYOUT_CROP,  /* the published square, one for each face */
    P2C_LAYOUT_KEEP,  /* the photo with the cartoons in the faces' places, one picture */
    P2C_LAYOUT_SHEET, /* before and after side by side, one for each face */
} P2cLayout;
typedef struct P2cPhotoOptions {
    int faces;   /* at most so many, the largest first; 0: all */
    bool centre; /* without a face, the middle of the photo stands for one */
    P2cLayout layout;
    P2cBackground background;
} P2cPhotoOptions;
typedef struct P2cPhotoResult {
    int portrait_count; /* 0: no face was found, and there are no images */
    P2cPortrait *portraits;
    int image_count;
    P2cImage *images;                    /* RGB, or RGBA when the background is transparent */
    double find_ms, draw_ms, compose_ms; /* of all faces */
} P2cPhotoResult;
/* Both of the same context. The photo as it was read, of any size. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_photo(P2cCartoonizer *cartoonizer,
                                                    P2cPreparer *preparer, const P2cImage *photo,
                                                    const P2cPhotoOptions *options,
                                                    P2cPhotoResult *out);
P2C_API void p2c_photo_result_clear(P2cPhotoResult *result);

#ifdef __cplusplus
}
#endif
#endif
