/* onnx_out.c: an ONNX file in memory, before it is written; see onnx_out.h. */
#include "onnx_out.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"

enum { IR_VERSION = 8, OPERATOR_SET = 17, FLOAT = 1, INT64 = 7 }; /* version of the format */
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };

/* ---- memory ---- */

typedef struct P2cOnnxBlock {
    struct P2cOnnxBlock *next;
    max_align_t memory[];
} Block;

void *p2c_onnx_take(P2cOnnx *o, size_t bytes) {
    Block *block = bytes < SIZE_MAX / 2 ? calloc(1, sizeof *block + bytes) : NULL;
    if (!block) {
        o->failed = true;
        return NULL;
    }
    block->next = o->blocks;
    o->blocks = block;
    return block->memory;
}

static void *copy(P2cOnnx *o, const void *data, size_t bytes) {
    void *memory = p2c_onnx_take(o, bytes);
    if (memory) memcpy(memory, data, bytes);
    return memory;
}

static char *copy_text(P2cOnnx *o, const char *text) {
    return text ? copy(o, text, strlen(text) + 1) : NULL;
}

/* Appends to a list of pointers whose capacity doubles. Old lists are freed at the end, with
 * everything else. */
static void append(P2cOnnx *o, void *list, size_t *count, size_t *capacity, void *item) {
    void ***items = list;
    if (o->failed || !item) return;
    if (*count == *capacity) {
        void **more = p2c_onnx_take(o, (*capacity ? 2 * *capacity : 64) * sizeof *more);
        if (!more) return;
        if (*count) memcpy(more, *items, *count * sizeof *more);
        *items = more;
        *capacity = *capacity ? 2 * *capacity : 64;
    }
    (*items)[(*count)++] = item;
}

void p2c_onnx_init(P2cOnnx *o) {
    *o = (P2cOnnx){ 0 };
    p2c__onnx__graph__init(&o->graph);
}

void p2c_onnx_clear(P2cOnnx *o) {
    while (o->blocks) {
        Block *block = o->blocks;
        o->blocks = block->next;
        free(block);
    }
    *o = (P2cOnnx){ 0 };
}

const char *p2c_onnx_text(P2cOnnx *o, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return copy_text(o, text);
}

static const char *new_name(P2cOnnx *o) { return p2c_onnx_text(o, "v%d", o->made++); }

/* ---- attributes ---- */

static P2cOnnxAttribute attribute(P2cOnnx *o, const char *name, int type) {
    P2cOnnxAttribute a = p2c_onnx_take(o, sizeof *a);
    if (!a) return NULL;
    p2c__onnx__attribute__init(a);
    a->name = copy_text(o, name);
    a->type = type;
    a->has_type = true;
    return a;
}

P2cOnnxAttribute p2c_onnx_attr_int(P2cOnnx *o, const char *name, int64_t value) {
    P2cOnnxAttribute a = attribute(o, name, TYPE_INT);
    if (a) a->i = value, a->has_i = true;
    return a;
}

P2cOnnxAttribute p2c_onnx_attr_float(P2cOnnx *o, const char *name, float value) {
    P2cOnnxAttribute a = attribute(o, name, TYPE_FLOAT);
    if (a) a->f = value, a->has_f = true;
    return a;
}

P2cOnnxAttribute p2c_onnx_attr_ints(P2cOnnx *o, const char *name, int count,
                                    const int64_t values[]) {
    P2cOnnxAttribute a = attribute(o, name, TYPE_INTS);
    if (a) a->ints = copy(o, values, (size_t)count * sizeof *values), a->n_ints = (size_t)count;
    return a;
}

P2cOnnxAttribute p2c_onnx_attr_string(P2cOnnx *o, const char *name, const char *value) {
    P2cOnnxAttribute a = attribute(o, name, TYPE_STRING);
    if (a)
        a->s = (ProtobufCBinaryData){ strlen(value), (uint8_t *)copy_text(o, value) },
        a->has_s = true;
    return a;
}

/* ---- operations ---- */

void p2c_onnx_node_named(P2cOnnx *o, const char *op, const char *output, P2cOnnxNames inputs,
                         const P2cOnnxAttribute attributes[]) {
    size_t inputs_count = 0, attribute_count = 0;
    P2c__Onnx__Node *node = p2c_onnx_take(o, sizeof *node);
    if (!node) return;
    p2c__onnx__node__init(node);
    while (inputs[inputs_count]) inputs_count++;
    while (attributes && attributes[attribute_count]) attribute_count++;
    node->op_type = copy_text(o, op);
    node->name = (char *)p2c_onnx_text(o, "%s_%zu", op, o->graph.n_node);
    node->input = copy(o, inputs, inputs_count * sizeof *inputs);
    node->n_input = inputs_count;
    node->output = p2c_onnx_take(o, sizeof *node->output);
    if (node->output) node->output[0] = copy_text(o, output);
    node->n_output = 1;
    if (attribute_count)
        node->attribute = copy(o, attributes, attribute_count * sizeof *attributes);
    node->n_attribute = attribute_count;
    append(o, &o->graph.node, &o->graph.n_node, &o->node_capacity, node);
}

const char *p2c_onnx_node(P2cOnnx *o, const char *op, P2cOnnxNames inputs,
                          const P2cOnnxAttribute attributes[]) {
    const char *output = new_name(o);
    p2c_onnx_node_named(o, op, output, inputs, attributes);
    return output;
}

/* ---- values ---- */

static P2c__Onnx__Tensor *weight(P2cOnnx *o, const char *name, int type, int rank,
                                 const int sizes[]) {
    P2c__Onnx__Tensor *t = p2c_onnx_take(o, sizeof *t);
    if (!t) return NULL;
    p2c__onnx__tensor__init(t);
    t->name = copy_text(o, name);
    t->data_type = type;
    t->has_data_type = true;
    t->dims = p2c_onnx_take(o, (size_t)rank * sizeof *t->dims);
    t->n_dims = (size_t)rank;
    for (int i = 0; t->dims && i < rank; i++) t->dims[i] = sizes[i];
    append(o, &o->graph.initializer, &o->graph.n_initializer, &o->weight_capacity, t);
    return t;
}

/* The file stores little-endian numbers, as do all processors that are supported. */
static void set_bytes(P2c__Onnx__Tensor *t, const void *data, size_t bytes) {
    t->raw_data = (ProtobufCBinaryData){ bytes, (uint8_t *)(uintptr_t)data };
    t->has_raw_data = true;
}

const char *p2c_onnx_floats(P2cOnnx *o, const char *name, int rank, const int sizes[],
                            const float *values) {
    const char *called = name ? name : new_name(o);
    P2c__Onnx__Tensor *t = weight(o, called, FLOAT, rank, sizes);
    size_t count = 1;
    for (int i = 0; i < rank; i++) count *= (size_t)sizes[i];
    if (t) set_bytes(t, values, count * sizeof *values);
    return called;
}

const char *p2c_onnx_whole(P2cOnnx *o, int count, const int64_t values[]) {
    const char *name = new_name(o);
    P2c__Onnx__Tensor *t = weight(o, name, INT64, 1, &count);
    if (t)
        set_bytes(t, copy(o, values, (size_t)count * sizeof *values),
                  (size_t)count * sizeof *values);
    return name;
}

const char *p2c_onnx_scalar(P2cOnnx *o, float value) {
    return p2c_onnx_floats(o, NULL, 0, NULL, copy(o, &value, sizeof value));
}

static P2c__Onnx__Shape *shape_of(P2cOnnx *o, int rank, const int sizes[]) {
    P2c__Onnx__Shape *shape = p2c_onnx_take(o, sizeof *shape);
    P2c__Onnx__Dimension *dims = p2c_onnx_take(o, (size_t)rank * sizeof *dims);
    P2c__Onnx__Dimension **list = p2c_onnx_take(o, (size_t)rank * sizeof *list);
    if (!shape || !dims || !list) return NULL;
    p2c__onnx__shape__init(shape);
    for (int i = 0; i < rank; i++) {
        p2c__onnx__dimension__init(&dims[i]);
        dims[i].dim_value = sizes[i];
        dims[i].has_dim_value = true;
        list[i] = &dims[i];
    }
    shape->dim = list;
    shape->n_dim = (size_t)rank;
    return shape;
}

static P2c__Onnx__ValueInfo *value_info(P2cOnnx *o, const char *name, int rank, const int sizes[]) {
    P2c__Onnx__ValueInfo *info = p2c_onnx_take(o, sizeof *info);
    P2c__Onnx__Type *type = p2c_onnx_take(o, sizeof *type);
    P2c__Onnx__TensorType *tensor = p2c_onnx_take(o, sizeof *tensor);
    if (!info || !type || !tensor) return NULL;
    p2c__onnx__value_info__init(info);
    p2c__onnx__type__init(type);
    p2c__onnx__tensor_type__init(tensor);
    info->name = copy_text(o, name);
    info->type = type;
    type->tensor_type = tensor;
    tensor->elem_type = FLOAT;
    tensor->has_elem_type = true;
    tensor->shape = shape_of(o, rank, sizes);
    return info;
}

void p2c_onnx_input(P2cOnnx *o, const char *name, int rank, const int sizes[]) {
    append(o, &o->graph.input, &o->graph.n_input, &o->input_capacity,
           value_info(o, name, rank, sizes));
}

void p2c_onnx_output(P2cOnnx *o, const char *name, int rank, const int sizes[]) {
    append(o, &o->graph.output, &o->graph.n_output, &o->output_capacity,
           value_info(o, name, rank, sizes));
}

/* ---- the file ---- */

P2cStatus p2c_onnx_save(P2cContext *ctx, P2cOnnx *o, const char *path) {
    P2c__Onnx__Model model = P2C__ONNX__MODEL__INIT;
    P2c__Onnx__OperatorSet set = P2C__ONNX__OPERATOR_SET__INIT, *sets[] = { &set };
    set.domain = (char *)"";
    set.version = OPERATOR_SET;
    set.has_version = true;
    model.ir_version = IR_VERSION;
    model.has_ir_version = true;
    model.producer_name = (char *)"p2cnn";
    model.producer_version = (char *)P2C_VERSION;
    o->graph.name = (char *)"p2cnn";
    model.graph = &o->graph;
    model.opset_import = sets;
    model.n_opset_import = 1;
    size_t size = o->failed ? 0 : p2c__onnx__model__get_packed_size(&model);
    if (size > INT_MAX)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "%s: %zu MiB are more than the 2 GiB that an ONNX file may have", path,
                        size >> 20);
    uint8_t *bytes = size ? malloc(size) : NULL;
    if (!bytes) return p2c_fail_memory(ctx, path, size);
    p2c__onnx__model__pack(&model, bytes);
    P2cStatus status = p2c_file_write(ctx, path, bytes, size);
    free(bytes);
    return status;
}
