/* onnx_out.h: an ONNX file in the making: messages that are packed at its end, all in memory of one
 * owner.
 *
 * Functions return what they made: the name of a value. Once memory is out they return NULL, accept
 * NULL, and `failed` is set.
 */
#ifndef P2C_IO_ONNX_OUT_H
#define P2C_IO_ONNX_OUT_H

#include "onnx.pb-c.h"
#include "p2cnn.h"

typedef struct P2cOnnx {
    struct P2cOnnxBlock *blocks;
    P2c__Onnx__Graph graph;
    size_t node_capacity, weight_capacity, input_capacity, output_capacity;
    int made; /* values named so far */
    bool failed;
} P2cOnnx;

typedef P2c__Onnx__Attribute *P2cOnnxAttribute;

void p2c_onnx_init(P2cOnnx *o);
void p2c_onnx_clear(P2cOnnx *o);
/* Memory until p2c_onnx_clear. */
void *p2c_onnx_take(P2cOnnx *o, size_t bytes);
const char *p2c_onnx_text(P2cOnnx *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

P2cOnnxAttribute p2c_onnx_attr_int(P2cOnnx *o, const char *name, int64_t value);
P2cOnnxAttribute p2c_onnx_attr_ints(P2cOnnx *o, const char *name, int count,
                                    const int64_t values[]);
P2cOnnxAttribute p2c_onnx_attr_float(P2cOnnx *o, const char *name, float value);
P2cOnnxAttribute p2c_onnx_attr_string(P2cOnnx *o, const char *name, const char *value);

/* One operation with one result. Lists end with NULL; "" stands for an operand that is left out. */
typedef const char *const P2cOnnxNames[];
const char *p2c_onnx_node(P2cOnnx *o, const char *op, P2cOnnxNames inputs,
                          const P2cOnnxAttribute attributes[]);
/* The same; the result has this name. */
void p2c_onnx_node_named(P2cOnnx *o, const char *op, const char *output, P2cOnnxNames inputs,
                         const P2cOnnxAttribute attributes[]);
/* Weights; `values` must live until the file is written, and p2c_onnx_take gives such memory. */
/* name NULL: one of its own */
const char *p2c_onnx_floats(P2cOnnx *o, const char *name, int rank, const int sizes[],
                            const float *values);
/* a vector of int64, copied */
const char *p2c_onnx_whole(P2cOnnx *o, int count, const int64_t values[]);
const char *p2c_onnx_scalar(P2cOnnx *o, float value);
void p2c_onnx_input(P2cOnnx *o, const char *name, int rank, const int sizes[]);
void p2c_onnx_output(P2cOnnx *o, const char *name, int rank, const int sizes[]);

/* Operator set 17, IR version 8. Beside the target, then renamed. */
P2C_CHECKED P2cStatus p2c_onnx_save(P2cContext *ctx, P2cOnnx *o, const char *path);

#endif
