/* p2cnn_graph.h: networks of your own: parameters in a store, operations in a graph, updates. */
#ifndef P2CNN_GRAPH_H
#define P2CNN_GRAPH_H

#include "p2cnn_base.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* ---- random numbers -------------------------------------------------------------------------- */

/* Counter-based random numbers: value i of a stream is a function of (key, i) alone, so that a
 * stream can be entered anywhere, by any thread, and resumed bit for bit. Philox4x32-10: Salmon
 * 2011. One key per use: a seed mixed with the name of what is drawn. */
P2C_API uint64_t p2c_rng_key(uint64_t seed, const char *name);
P2C_API void p2c_rng_block(uint64_t key, uint64_t block, uint32_t words[4]);

#ifdef __cplusplus
}
#endif
#endif
