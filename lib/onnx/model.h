/* model.h: a network as a file describes it, before it becomes nodes of a graph. Both kinds of file
 * are read into this form:
 *
 *     onnx.c        ONNX (protobuf by onnx.proto)              \
 *                                                                P2cModel  ->  import.c: nodes
 *     tensorflow.c  TensorFlow GraphDef (tensorflow.proto)     /
 *
 * Attributes are a dict of plain values: int, float, string, list of those, tensor. Names of
 * TensorFlow inputs have no ":0" and "^". */
#ifndef P2C_IO_MODEL_H
#define P2C_IO_MODEL_H

#include "base/context.h"

typedef enum P2cDialect { P2C_DIALECT_ONNX, P2C_DIALECT_TENSORFLOW } P2cDialect;

typedef struct P2cModelNode {
    char *op, *name;
    int input_count, output_count;
    char **inputs, **outputs; /* "" stands for an operand that is left out */
    P2cValue *attributes;
} P2cModelNode;

typedef struct P2cModelInput {
    char *name;
    P2cType type;
    P2cShape shape; /* a size of -1 means any; rank -1 means unknown */
} P2cModelInput;

struct P2cModel {
    P2cContext *ctx;
    char *path; /* for error texts */
    P2cDialect dialect;
    int64_t opset; /* the version of ONNX's default operator set */
    int node_count, input_count, output_count;
    P2cModelNode *nodes; /* in the file's order, which need not be an order of execution */
    P2cModelInput *inputs;
    char **outputs;
    P2cValue *weights; /* dict from a name to its tensor */
};

/* Both parse the whole file into a model whose ctx and path are set. */
P2C_CHECKED P2cStatus p2c_onnx_parse(P2cModel *model, const uint8_t *bytes, size_t size);
P2C_CHECKED P2cStatus p2c_tensorflow_parse(P2cModel *model, const uint8_t *bytes, size_t size);

/* ---- for the two parsers ---- */

/* Reports "PATH: is damaged: ...". */
P2cStatus p2c_model_fail(const P2cModel *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
P2cStatus p2c_model_memory(const P2cModel *model);
/* Makes an array of `count` zeroed items. Returns NULL when out of memory, but never for a count of
 * 0. */
void *p2c_model_array(size_t count, size_t size);
/* Copies a name, "" for NULL. Text that is not UTF-8 is refused. */
P2C_CHECKED P2cStatus p2c_model_name(const P2cModel *model, const char *text, char **out);
P2C_CHECKED P2cStatus p2c_model_names(const P2cModel *model, size_t count, char *const texts[],
                                      char ***out, int *out_count);
/* Stores `value` in `dict`, which must not be NULL, and takes ownership of it. */
P2C_CHECKED P2cStatus p2c_model_set(const P2cModel *model, P2cValue *dict, const char *key,
                                    P2cValue *value);
/* Makes a string of the tree from bytes that may contain a zero. Returns NULL when out of
 * memory. */
P2cValue *p2c_model_text(const uint8_t *bytes, size_t size);

#endif
