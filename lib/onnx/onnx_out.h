/* onnx_out.h: builds an ONNX file in memory: messages that are packed at the end; one owner frees
 * all of them.
 *
 * Functions return the name of the value that they made. When out of memory they set `failed` and
 * return NULL, which all of them accept. */
#ifndef P2C_IO_ONNX_OUT_H
#define P2C_IO_ONNX_OUT_H

#include "onnx.pb-c.h"
#include "p2cnn.h"

typedef struct P2cOnnx {
    struct P2cOnnxBlock *blocks;
    P2c__Onnx__Graph graph;
    size_t node_capacity, weight_capacity, input_capacity, output_capacity;
    int made; /* number of values that were named so far */
    bool failed;
} P2cOnnx;

typedef P2c__Onnx__Attribute *P2cOnnxAttribute;

void p2c_onnx_init(P2cOnnx *o);
void p2c_onnx_clear(P2cOnnx *o);
/* Memory that stays until p2c_onnx_clear. */
void *p2c_onnx_take(P2cOnnx *o, size_t bytes);
const char *p2c_onnx_text(P2cOnnx *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

P2cOnnxAttribute p2c_onnx_attr_int(P2cOnnx *o, const char *name, int64_t value);
P2cOnnxAttribute p2c_onnx_attr_ints(P2cOnnx *o, const char *name, int count,
                                    const int64_t values[]);
P2cOnnxAttribute p2c_onnx_attr_float(P2cOnnx *o, const char *name, float value);
P2cOnnxAttribute p2c_onnx_attr_string(P2cOnnx *o, const char *name, const char *value);

/* Adds an operation with one result. Lists end with NULL; "" stands for an operand that is left
 * out. */
typedef const char *const P2cOnnxNames[];
const char *p2c_onnx_node(P2cOnnx *o, const char *op, P2cOnnxNames inputs,
                          const P2cOnnxAttribute attributes[]);
/* The same, but the result gets this name. */
void p2c_onnx_node_named(P2cOnnx *o, const char *op, const char *output, P2cOnnxNames inputs,
                         const P2cOnnxAttribute attributes[]);
/* Adds weights. `values` must live until the file is written; memory of p2c_onnx_take does. */
/* name NULL: a new name is made */
const char *p2c_onnx_floats(P2cOnnx *o, const char *name, int rank, const int sizes[],
                            const float *values);
/* adds a vector of int64, copied */
const char *p2c_onnx_whole(P2cOnnx *o, int count, const int64_t values[]);
const char *p2c_onnx_scalar(P2cOnnx *o, float value);
void p2c_onnx_input(P2cOnnx *o, const char *name, int rank, const int sizes[]);
void p2c_onnx_output(P2cOnnx *o, const char *name, int rank, const int sizes[]);

/* Writes operator set 17, IR version 8, atomically. */
P2C_CHECKED P2cStatus p2c_onnx_save(P2cContext *ctx, P2cOnnx *o, const char *path);

#endif
