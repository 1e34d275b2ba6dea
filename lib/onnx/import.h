/* import.h: from a P2cModel to nodes of a graph. Shared by import*.c.
 *
 *   import.c             order of execution, which handler, errors
 *   import_value.c       what stands between operations: constants, nodes, layouts; attributes
 *   import_host*.c       constants at import: shapes that a network computes of itself
 *   import_shape.c       reshape, slice, concat, pad, ...: of nodes and of constants
 *   import_transpose.c   the order of axes, the same
 *   import_math.c        elementwise operations
 *   import_reduce.c      softmax, reductions
 *   import_product.c     convolutions and matrix products whose weights may still change: batch
 *                        norms and biases are folded into them
 *   import_pool.c        pooling and resizing
 *   import_onnx*.c       ONNX's operations: attributes and operands to the functions above, a table
 *   import_tensorflow*.c TensorFlow's, the same
 *
 * A node's dims have as many elements as the logical shape: up to rank 4 they are the shape, beyond
 * it the first axes are one. What TensorFlow computes in order (n,h,w,c) stays a node (n,c,h,w),
 * marked channels_last; only where somebody needs the other order is a transpose made. ONNX's
 * transposes to that order and back cost nothing for the same reason.
 */
#ifndef P2C_IO_IMPORT_H
#define P2C_IO_IMPORT_H

#include "base/context.h"
#include "graph/node.h"
#include "model.h"

typedef struct P2cProduct P2cProduct;
typedef struct P2cBlocks P2cBlocks;

/* A value of the network. */
typedef struct P2cImported {
    const char *name; /* in the file */
    P2cShape shape;
    const P2cValue *constant; /* known at import: a tensor; or NULL */
    P2cNode *node;            /* else this; NULL while `product` stands for it */
    P2cProduct *product;
    P2cBlocks *blocks;  /* or this does */
    bool channels_last; /* shape is (n,h,w,c), the node (n,c,h,w) */
    P2cNode *real;      /* the node in the shape's own order, once somebody needed it */
    int readers;
    bool made;
} P2cImported;

typedef struct P2cImporter {
    const P2cModel *model;
    P2cContext *ctx;
    P2cNet net;
    const P2cModelNode *at; /* the node that is being imported */
    P2cValue *index;        /* dict: name -> position in values */
    P2cImported *values;
    int value_count;
    P2cValue *kept; /* list: constants made here */
    size_t kept_elements;
    P2cValue *params;     /* dict: names given to parameters of this network */
    P2cProduct *products; /* lists, to be freed */
    P2cBlocks *blocks;
} P2cImporter;

/* An operation: its operands (NULL: left out; at least 8 of them may be looked at) and its results
 * (at least 8). */
typedef P2cStatus P2cImportRule(P2cImporter *im, P2cImported **in, P2cImported **out);
typedef struct P2cImportOp {
    const char *name;
    P2cImportRule *rule;
    int least, most; /* operands; most 0: any number, none of them left out */
} P2cImportOp;
const P2cImportOp *p2c_onnx_ops(void); /* ends with a NULL name */
const P2cImportOp *p2c_tensorflow_ops(void);

enum { P2C_IMPORT_OPERANDS = 8 };

/* "PATH: node 'NAME' (OP): ..." */
P2cStatus p2c_import_fail(P2cImporter *im, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
P2cStatus p2c_import_memory(P2cImporter *im);

/* ---- values: import_value.c ---- */

int64_t p2c_shape_count(P2cShape shape);
bool p2c_shape_equal(P2cShape a, P2cShape b);
P2cShape p2c_shape(int rank, const int64_t sizes[]);
P2cDims p2c_import_dims(P2cShape shape); /* of a node of that shape */
typedef struct P2cShapeText {
    char text[120];
} P2cShapeText;
P2cShapeText p2c_shape_text(P2cShape shape);
/* -1 is the last. Fails when it is outside the rank. */
P2cStatus p2c_import_axis(P2cImporter *im, int64_t axis, int rank, int *out);
/* At most 2^31-1 elements, sizes at least 1 (`empty`: or 0). */
P2cStatus p2c_import_check(P2cImporter *im, P2cShape shape, bool empty);

/* What an operation came to. A NULL node: a builder has failed, and its graph knows why. */
P2cStatus p2c_import_node(P2cImporter *im, P2cImported *out, P2cShape shape, P2cNode *node);
P2cStatus p2c_import_planes(P2cImporter *im, P2cImported *out, P2cShape shape, P2cNode *node,
                            bool channels_last);
P2cStatus p2c_import_constant(P2cImporter *im, P2cImported *out, P2cValue *tensor); /* takes it */
void p2c_import_same(P2cImported *out, const P2cImported *in);

/* The value as a node of its own shape. */
P2cNode *p2c_import_use(P2cImporter *im, P2cImported *v);
/* A value of rank 4 as planes (n,c,h,w), where its own order is (n,h,w,c) or not. */
P2cNode *p2c_import_use_planes(P2cImporter *im, P2cImported *v, bool channels_last);
/* The node as it is, in whatever order. */
P2cNode *p2c_import_use_raw(P2cImporter *im, P2cImported *v);
P2cNode *p2c_import_reshape(P2cNode *x, P2cDims dims); /* x itself where it has these dims */
/* of x seen as dims, rank 4; without a copy where that is no change */
P2cNode *p2c_import_permute(P2cNode *x, P2cDims dims, const int order[4]);

/* A parameter below the net's prefix, filled when it is new. */
P2cNode *p2c_import_param(P2cImporter *im, const char *name, P2cDims dims, bool frozen,
                          const float *values);
/* Of a constant: newly made arrays; NULL: memory is out. */
float *p2c_import_floats(const P2cValue *tensor);
int64_t *p2c_import_integers(const P2cValue *tensor);
bool p2c_is_integer(P2cType type);
/* Of an operand that must be known at import, of at most `most` elements. */
P2cStatus p2c_import_ints(P2cImporter *im, const P2cImported *v, int most, int64_t *values,
                          int *count);
P2cStatus p2c_import_scalar(P2cImporter *im, const P2cImported *v, double *value);
/* Whether all elements are one number. */
bool p2c_import_uniform(const P2cImported *v, float *value);

int64_t p2c_import_int(const P2cImporter *im, const char *attribute, int64_t otherwise);
double p2c_import_float(const P2cImporter *im, const char *attribute, double otherwise);
const char *p2c_import_text(const P2cImporter *im, const char *attribute, const char *otherwise);
/* At most P2C_MAX_RANK of a list of ints; how many there are, -1: no such attribute. */
int p2c_import_list(const P2cImporter *im, const char *attribute, int64_t values[P2C_MAX_RANK]);

/* ---- constants: import_host.c, import_host_math.c ---- */

enum { P2C_HOST_ELEMENTS = 1 << 26 }; /* of one constant, at most */
/* A tensor to be filled. */
P2cStatus p2c_host_make(P2cImporter *im, P2cType type, P2cShape shape, P2cImported *out,
                        void **data);
/* Repeated to a shape that it broadcasts to. */
P2cStatus p2c_host_spread(P2cImporter *im, const P2cImported *v, P2cShape shape, P2cImported *out);
/* Elements of x, at start + sum of index * stride, in elements. */
P2cStatus p2c_host_pick(P2cImporter *im, const P2cImported *x, P2cShape shape, int64_t start,
                        const int64_t stride[], P2cImported *out);
void p2c_host_strides(P2cShape shape, int64_t stride[]);
P2cStatus p2c_host_gather(P2cImporter *im, const P2cImported *x, const P2cImported *indices,
                          int axis, P2cImported *out);
P2cStatus p2c_host_concat(P2cImporter *im, int count, P2cImported **x, int axis, P2cShape shape,
                          P2cImported *out);
P2cStatus p2c_host_ints(P2cImporter *im, P2cShape shape, const int64_t *values, P2cImported *out);
P2cStatus p2c_host_unary(P2cImporter *im, const P2cImported *x, P2cImported *out);
P2cStatus p2c_host_binary(P2cImporter *im, const char *op, const P2cImported *a,
                          const P2cImported *b, P2cImported *out);
P2cStatus p2c_host_where(P2cImporter *im, const P2cImported *c, const P2cImported *a,
                         const P2cImported *b, P2cImported *out);
P2cStatus p2c_host_reduce(P2cImporter *im, const P2cImported *x, const bool axes[], P2cShape shape,
                          const char *op, P2cImported *out);
P2cStatus p2c_host_cast(P2cImporter *im, const P2cImported *x, P2cType type, P2cImported *out);
P2cStatus p2c_host_range(P2cImporter *im, const P2cImported *from, const P2cImported *to,
                         const P2cImported *step, P2cImported *out);
bool p2c_host_knows(const char *op); /* p2c_host_unary */
P2cStatus p2c_import_broadcast(P2cImporter *im, P2cShape a, P2cShape b, P2cShape *out);

/* ---- shapes: import_shape.c, import_transpose.c. Of nodes and of constants ---- */

P2cStatus p2c_import_to_shape(P2cImporter *im, P2cImported *x, P2cShape shape, P2cImported *out);
P2cStatus p2c_import_transpose(P2cImporter *im, P2cImported *x, const int order[],
                               P2cImported *out);
/* Through six axes: reshape, transpose, reshape. */
P2cStatus p2c_import_rearrange(P2cImporter *im, P2cImported *x, P2cShape six, const int order[6],
                               P2cShape shape, P2cImported *out);
/* numpy's */
P2cStatus p2c_import_slice(P2cImporter *im, P2cImported *x, int axis, int64_t begin, int64_t end,
                           int64_t step, P2cImported *out);
P2cStatus p2c_import_concat(P2cImporter *im, int count, P2cImported **x, int axis,
                            P2cImported *out);
P2cStatus p2c_import_pad(P2cImporter *im, P2cImported *x, const int64_t before[],
                         const int64_t after[], P2cPadMode mode, float value, P2cImported *out);
P2cStatus p2c_import_expand(P2cImporter *im, P2cImported *x, P2cShape shape, P2cImported *out);
P2cStatus p2c_import_tile(P2cImporter *im, P2cImported *x, const int64_t repeats[],
                          P2cImported *out);
P2cStatus p2c_import_gather(P2cImporter *im, P2cImported *x, P2cImported *indices, int axis,
                            P2cImported *out);
/* count 0: all of size 1 */
P2cStatus p2c_import_squeeze(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                             P2cImported *out);
P2cStatus p2c_import_unsqueeze(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                               P2cImported *out);
/* Sizes of the parts, which must add up. */
P2cStatus p2c_import_split(P2cImporter *im, P2cImported *x, int axis, int count,
                           const int64_t sizes[], P2cImported **out);
/* A shape asked for, where -1 is what is left, and (zero_copies) 0 the size of x there. */
P2cStatus p2c_import_reshaped(P2cImporter *im, P2cImported *x, const P2cImported *wanted,
                              bool zero_copies, P2cImported *out);

/* ---- arithmetic: import_math.c, import_reduce.c ---- */

P2cImportRule p2c_import_unary; /* by the node's operation */
P2cImportRule p2c_import_binary;
P2cStatus p2c_import_arithmetic(P2cImporter *im, const char *op, P2cImported *a, P2cImported *b,
                                P2cImported *out);
P2cStatus p2c_import_map(P2cImporter *im, P2cImported *x,
                         P2cNode *(*f)(P2cNode *x, const float *numbers), const float *numbers,
                         P2cImported *out);
P2cStatus p2c_import_softmax(P2cImporter *im, P2cImported *x, int axis, bool log, P2cImported *out);
/* op: "Mean", "Sum", "Max", "Min", "L2", "SumSquare", "Prod" (constants alone) */
P2cStatus p2c_import_reduce(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                            bool keep, const char *op, P2cImported *out);
P2cNode *p2c_import_clamp(P2cNode *x, const float range[]);
P2cNode *p2c_import_leaky(P2cNode *x, const float slope[]);
P2cNode *p2c_import_elu(P2cNode *x, const float alpha[]);
P2cNode *p2c_import_affine(P2cNode *x, const float scale_shift[]);
P2cStatus p2c_import_prelu(P2cImporter *im, P2cImported *x, P2cImported *slope, P2cImported *out);

/* ---- products: import_product.c ---- */

typedef struct P2cWindow {
    int64_t k[2], stride[2], dilation[2];
    int64_t before[2], after[2]; /* padding: h, w */
} P2cWindow;

typedef struct P2cConvolution {
    P2cWindow window;
    int64_t groups;
    int64_t output_padding[2]; /* transposed: rows and columns beyond what is reached */
    bool transposed, channels_last;
} P2cConvolution;

/* w: constant or node, as p2c_conv2d (p2c_conv_transpose2d) wants it; b may be NULL. */
P2cStatus p2c_import_conv(P2cImporter *im, P2cImported *x, P2cImported *w, P2cImported *b,
                          const P2cConvolution *c, P2cImported *out);
/* x (..., in) times a matrix: (in,out), or (out,in) when `turned`; b may be NULL. */
P2cStatus p2c_import_linear(P2cImporter *im, P2cImported *x, P2cImported *w, bool turned,
                            float scale, P2cImported *b, P2cImported *out);
P2cStatus p2c_import_matmul(P2cImporter *im, P2cImported *a, P2cImported *b, P2cImported *out);
P2cStatus p2c_import_batch_norm(P2cImporter *im, P2cImported *x, P2cImported *const stats[4],
                                float eps, bool channels_last, P2cImported *out);
/* y = scale * x + shift per channel, where x is a product that nobody else reads: into its weights.
 * scale or shift may be NULL. false: memory is out, and nothing is changed. */
bool p2c_product_absorb(P2cImported *x, const float *scale, const float *shift, P2cImported *out);
/* The channels of such a product, or 0; and which axis of its shape they are. */
int p2c_product_channels(const P2cImported *x, int *axis);
/* Makes its node. */
P2cNode *p2c_product_node(P2cImporter *im, P2cImported *x);
void p2c_products_free(P2cImporter *im);
/* x with all padding that an operation with one padding for all four sides cannot do itself; *pad:
 * what it can. */
P2cNode *p2c_import_padded(P2cNode *x, const P2cWindow *w, float value, int *pad);
/* Sizes of the result over planes of h x w, rounded down. Fails when the window is larger than the
 * padded plane, or is none that is known here. */
P2cStatus p2c_import_window(P2cImporter *im, const P2cWindow *w, const P2cNode *x, int64_t size[2]);

/* ---- blocks of TensorFlow: import_tensorflow_blocks.c ---- */

/* Makes its node. */
P2cNode *p2c_blocks_node(P2cImporter *im, P2cImported *x);
void p2c_blocks_free(P2cImporter *im);

/* ---- import_pool.c ---- */

P2cStatus p2c_import_max_pool(P2cImporter *im, P2cImported *x, P2cWindow window, bool ceil,
                              bool channels_last, P2cImported *out);
P2cStatus p2c_import_avg_pool(P2cImporter *im, P2cImported *x, P2cWindow window, bool ceil,
                              bool count_pad, bool channels_last, P2cImported *out);
typedef struct P2cScaling {
    bool linear;
    P2cCoordinates coordinates;
    P2cRounding rounding;
    bool lone_first; /* a size of 1 shows the first */
} P2cScaling;
P2cStatus p2c_import_resize(P2cImporter *im, P2cImported *x, int64_t height, int64_t width,
                            P2cScaling scaling, bool channels_last, P2cImported *out);

#endif
