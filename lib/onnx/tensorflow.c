/* tensorflow.c: reads a frozen TensorFlow graph (GraphDef, weights as Const nodes) as a P2cModel.
 *
 * Its inputs are the placeholders. The file does not name its outputs; they are the nodes that
 * nobody reads. Result i > 0 of a node is called "name:i", result 0 just "name". Inputs that only
 * order the execution ("^name") are dropped. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "tensorflow.pb-c.h"
#include "torch/pt.h"

enum { MAX_REPEATED = 1 << 26 }; /* most elements of a tensor that is one number repeated */

/* ---- tensors ---- */

/* TensorFlow's type numbers. */
static bool type_of(int32_t number, P2cType *type) {
    static const struct {
        int32_t number;
        P2cType type;
    } types[] = {
        { 1, P2C_F32 }, { 2, P2C_F64 }, { 3, P2C_I32 },        { 4, P2C_U8 },    { 5, P2C_I16 },
        { 6, P2C_I8 },  { 9, P2C_I64 }, { 10, P2C_TYPE_BOOL }, { 14, P2C_BF16 }, { 19, P2C_F16 },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static size_t listed(const P2c__Tensorflow__Tensor *t, P2cType type) {
    switch (type) {
    case P2C_F32: return t->n_float_val;
    case P2C_F64: return t->n_double_val;
    case P2C_I64: return t->n_int64_val;
    case P2C_TYPE_BOOL: return t->n_bool_val;
    case P2C_F16:
    case P2C_BF16: return t->n_half_val;
    default: return t->n_int_val;
    }
}

static void copy_one(const P2c__Tensorflow__Tensor *t, P2cType type, size_t from, void *data,
                     size_t to) {
    switch (type) {
    case P2C_F32: ((float *)data)[to] = t->float_val[from]; break;
    case P2C_F64: ((double *)data)[to] = t->double_val[from]; break;
    case P2C_I64: ((int64_t *)data)[to] = t->int64_val[from]; break;
    case P2C_I32: ((int32_t *)data)[to] = t->int_val[from]; break;
    case P2C_I16: ((int16_t *)data)[to] = (int16_t)t->int_val[from]; break;
    case P2C_U8:
    case P2C_I8: ((uint8_t *)data)[to] = (uint8_t)t->int_val[from]; break;
    case P2C_TYPE_BOOL: ((uint8_t *)data)[to] = t->bool_val[from] != 0; break;
    case P2C_F16:
    case P2C_BF16: ((uint16_t *)data)[to] = (uint16_t)t->half_val[from]; break;
    }
}

static P2cStatus read_shape(const P2cModel *model, const P2c__Tensorflow__Shape *in,
                            const char *name, P2cShape *shape) {
    shape->rank = in && !in->unknown_rank ? (int)in->n_dim : -1;
    if (shape->rank > P2C_MAX_RANK)
        return p2c_model_fail(model, "'%s' has %d dims; at most %d are supported", name,
                              shape->rank, P2C_MAX_RANK);
    for (int i = 0; i < shape->rank; i++)
        shape->size[i] = in->dim[i]->size > 0 || in->dim[i]->has_size ? in->dim[i]->size : 0;
    return P2C_OK;
}

static P2cStatus read_tensor(const P2cModel *model, const P2c__Tensorflow__Tensor *t,
                             const char *name, P2cValue **out) {
    P2cType type;
    P2cShape shape = { 0 };
    size_t count, bytes;
    *out = NULL;
    if (!type_of(t->dtype, &type))
        return p2c_model_fail(model, "tensor '%s' has type %d, which is not supported", name,
                              t->dtype);
    P2cStatus status = read_shape(model, t->shape, name, &shape);
    if (status) return status;
    if (shape.rank < 0) shape.rank = 0;
    if (!p2c_shape_bytes(type, shape, &count, &bytes))
        return p2c_model_fail(model, "tensor '%s' has impossible dims", name);
    bool packed = t->has_content && t->content.len;
    size_t have = listed(t, type);
    if (packed ? t->content.len != bytes : have > count)
        return p2c_model_fail(model, "tensor '%s' has %zu bytes, its dims say %zu", name,
                              packed ? t->content.len : have * p2c_type_bytes(type), bytes);
    if (!packed && count > have && count > MAX_REPEATED)
        return p2c_model_fail(model, "tensor '%s' repeats one number %zu times", name, count);
    if (!(*out = p2c_value_tensor(type, shape, NULL)))
        return p2c_fail_memory(model->ctx, model->path, bytes);
    void *data = p2c_value_mutable_data(*out);
    if (packed) memcpy(data, t->content.data, bytes);
    else
        for (size_t i = 0; i < count && have; i++)
            copy_one(t, type, i < have ? i : have - 1, data, i);
    return P2C_OK;
}

/* ---- attributes ---- */

static P2cValue *list_of(const P2c__Tensorflow__List *in) {
    P2cValue *list = p2c_value_list();
    bool ok = list != NULL;
    for (size_t i = 0; i < in->n_i && ok; i++)
        ok = !p2c_value_append(list, p2c_value_int(in->i[i]));
    for (size_t i = 0; i < in->n_f && ok; i++)
        ok = !p2c_value_append(list, p2c_value_float(in->f[i]));
    for (size_t i = 0; i < in->n_s && ok; i++)
        ok = !p2c_value_append(list, p2c_model_text(in->s[i].data, in->s[i].len));
    if (!ok && list) p2c_value_free(&list);
    return list;
}

/* Reads shapes only of placeholders. Tensors of constants are read elsewhere. */
static P2cStatus read_attribute(const P2cModel *model, const P2c__Tensorflow__Attribute *a,
                                P2cValue *attributes) {
    const P2c__Tensorflow__Value *in = a->value;
    P2cValue *value = NULL;
    if (!in || in->shape || in->tensor) return P2C_OK;
    if (in->list) value = list_of(in->list);
    else if (in->has_s) value = p2c_model_text(in->s.data, in->s.len);
    else if (in->has_i) value = p2c_value_int(in->i);
    else if (in->has_f) value = p2c_value_float(in->f);
    else if (in->has_b) value = p2c_value_bool(in->b);
    else if (in->has_type) value = p2c_value_int(in->type);
    else value = p2c_value_none();
    char *name = NULL;
    P2cStatus status = p2c_model_name(model, a->key, &name);
    if (!status) status = p2c_model_set(model, attributes, name, value);
    else p2c_value_free(&value);
    free(name);
    return status;
}

static const P2c__Tensorflow__Value *attribute(const P2c__Tensorflow__Node *node, const char *key) {
    for (size_t i = 0; i < node->n_attr; i++)
        if (node->attr[i]->key && !strcmp(node->attr[i]->key, key)) return node->attr[i]->value;
    return NULL;
}

/* ---- nodes ---- */

static bool is(const P2c__Tensorflow__Node *node, const char *op) {
    return node->op && !strcmp(node->op, op);
}

static P2cStatus read_const(P2cModel *model, const P2c__Tensorflow__Node *in) {
    const P2c__Tensorflow__Value *value = attribute(in, "value");
    const char *name = in->name ? in->name : "";
    P2cType type;
    P2cValue *tensor;
    if (!value || !value->tensor)
        return p2c_model_fail(model, "node '%s' is a Const without a value", name);
    /* such as text; whoever needs the attribute will report that it is missing */
    if (!type_of(value->tensor->dtype, &type)) return P2C_OK;
    P2cStatus status = read_tensor(model, value->tensor, name, &tensor);
    return status ? status : p2c_model_set(model, model->weights, name, tensor);
}

static P2cStatus read_placeholder(P2cModel *model, const P2c__Tensorflow__Node *in,
                                  P2cModelInput *out) {
    const P2c__Tensorflow__Value *shape = attribute(in, "shape"), *type = attribute(in, "dtype");
    P2cStatus status = p2c_model_name(model, in->name, &out->name);
    if (status) return status;
    if (!type || !type_of(type->type, &out->type))
        return p2c_model_fail(model, "input '%s' is not a tensor of a supported type", out->name);
    status = read_shape(model, shape ? shape->shape : NULL, out->name, &out->shape);
    for (int i = 0; i < out->shape.rank && !status; i++)
        if (out->shape.size[i] <= 0) out->shape.size[i] = -1;
    return status;
}

static P2cStatus read_inputs(const P2cModel *model, const P2c__Tensorflow__Node *in,
                             P2cModelNode *out) {
    P2cStatus status = P2C_OK;
    if (!(out->inputs = p2c_model_array(in->n_input, sizeof *out->inputs)))
        return p2c_model_memory(model);
    for (size_t i = 0; i < in->n_input && !status; i++) {
        const char *text = in->input[i];
        if (*text == '^') continue;
        char **name = &out->inputs[out->input_count++];
        status = p2c_model_name(model, text, name);
        size_t n = status ? 0 : strlen(*name);
        if (n > 2 && !strcmp(*name + n - 2, ":0")) (*name)[n - 2] = 0;
    }
    return status;
}

/* Most nodes have one result. Those with more say how many in an attribute. */
static P2cStatus make_outputs(const P2cModel *model, P2cModelNode *out) {
    static const char *const counts[] = { "num_split", "num" };
    int64_t count = 1;
    for (int i = 0; i < 2; i++) {
        const P2cValue *value = p2c_value_get(out->attributes, counts[i]);
        if (value && p2c_value_kind(value) == P2C_INT) count = p2c_value_as_int(value);
    }
    if (count < 1 || count > 4096)
        return p2c_model_fail(model, "node '%s' has %lld results", out->name, (long long)count);
    size_t size = strlen(out->name) + 16;
    if (!(out->outputs = p2c_model_array((size_t)count, sizeof *out->outputs)))
        return p2c_model_memory(model);
    for (int i = 0; i < count; i++) {
        char *text = out->outputs[out->output_count++] = malloc(size);
        if (!text) return p2c_model_memory(model);
        if (i) snprintf(text, size, "%s:%d", out->name, i);
        else snprintf(text, size, "%s", out->name);
    }
    return P2C_OK;
}

static P2cStatus read_node(P2cModel *model, const P2c__Tensorflow__Node *in, P2cModelNode *out) {
    P2cStatus status = p2c_model_name(model, in->op, &out->op);
    if (!status) status = p2c_model_name(model, in->name, &out->name);
    if (!status && !(out->attributes = p2c_value_dict())) status = p2c_model_memory(model);
    for (size_t i = 0; i < in->n_attr && !status; i++)
        status = read_attribute(model, in->attr[i], out->attributes);
    if (!status) status = read_inputs(model, in, out);
    return status ? status : make_outputs(model, out);
}

static P2cStatus read_one(P2cModel *model, const P2c__Tensorflow__Node *in) {
    char *name = NULL;
    P2cStatus status = p2c_model_name(model, in->name, &name);
    if (!status && p2c_value_get(model->weights, name))
        status = p2c_model_fail(model, "is damaged: there are two nodes '%s'", name);
    free(name);
    if (status) return status;
    if (is(in, "Const")) return read_const(model, in);
    if (is(in, "Placeholder"))
        return read_placeholder(model, in, &model->inputs[model->input_count++]);
    if (is(in, "NoOp")) return P2C_OK;
    return read_node(model, in, &model->nodes[model->node_count++]);
}

/* ---- outputs: nodes that nobody reads ---- */

static P2cStatus find_read(const P2cModel *model, P2cValue *read) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < model->node_count; i++)
        for (int k = 0; k < model->nodes[i].input_count && !status; k++) {
            char *name = model->nodes[i].inputs[k], *colon = strrchr(name, ':');
            if (colon) *colon = 0; /* reading any result counts */
            status = p2c_model_set(model, read, name, p2c_value_none());
            if (colon) *colon = ':';
        }
    return status;
}

static P2cStatus find_outputs(P2cModel *model) {
    P2cValue *read = p2c_value_dict();
    P2cStatus status = read ? find_read(model, read) : p2c_model_memory(model);
    if (!status &&
        !(model->outputs = p2c_model_array((size_t)model->node_count, sizeof *model->outputs)))
        status = p2c_model_memory(model);
    for (int i = 0; i < model->node_count && !status; i++)
        if (!p2c_value_get(read, model->nodes[i].name))
            status =
                p2c_model_name(model, model->nodes[i].name, &model->outputs[model->output_count++]);
    if (!status && !model->output_count) status = p2c_model_fail(model, "has no outputs");
    if (read) p2c_value_free(&read);
    return status;
}

P2cStatus p2c_tensorflow_parse(P2cModel *model, const uint8_t *bytes, size_t size) {
    P2c__Tensorflow__Graph *in = p2c__tensorflow__graph__unpack(NULL, size, bytes);
    P2cStatus status = P2C_OK;
    if (!in)
        return p2c_model_fail(
            model, "is damaged: it begins like a TensorFlow graph, but cannot be read to its end");
    model->inputs = p2c_model_array(in->n_node, sizeof *model->inputs);
    model->nodes = p2c_model_array(in->n_node, sizeof *model->nodes);
    if (!model->inputs || !model->nodes) status = p2c_model_memory(model);
    for (size_t i = 0; i < in->n_node && !status; i++) status = read_one(model, in->node[i]);
    if (!status) status = find_outputs(model);
    p2c__tensorflow__graph__free_unpacked(in, NULL);
    return status;
}
