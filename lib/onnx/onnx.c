/* onnx.c: reads an ONNX file as a P2cModel: nodes, attributes, and weights, even those in separate
 * files.
 *
 * A tensor is given as raw bytes, as a list of numbers, or as (location, offset, length) in another
 * file. That file must be in the model's own folder or below, because a model from elsewhere must
 * not read other files of this machine. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model.h"
#include "onnx.pb-c.h"
#include "torch/pt.h"

enum { OLDEST = 7, NEWEST = 21 }; /* supported operator sets */
/* most bytes of all tensors from other files; otherwise one stretch of a file could be named a
 * thousand times */
#define MAX_EXTERNAL ((uint64_t)4 << 30)

typedef struct Parser {
    P2cModel *model;
    uint64_t external; /* bytes read from other files so far */
} Parser;

/* ---- tensors ---- */

/* ONNX's type numbers. */
static bool type_of(int32_t number, P2cType *type) {
    static const struct {
        int32_t number;
        P2cType type;
    } types[] = {
        { 1, P2C_F32 }, { 2, P2C_U8 },        { 3, P2C_I8 },   { 5, P2C_I16 },  { 6, P2C_I32 },
        { 7, P2C_I64 }, { 9, P2C_TYPE_BOOL }, { 10, P2C_F16 }, { 11, P2C_F64 }, { 16, P2C_BF16 },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].number == number) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* Finds the folder of the model, and the file in it with all links resolved. The file must be below
 * the folder, whose links are resolved, too. */
static P2cStatus external_path(const Parser *p, const char *location, char **path) {
    const char *model = p->model->path, *slash = strrchr(model, '/');
    int folder = slash ? (int)(slash - model) + 1 : 0;
    size_t size = (size_t)folder + strlen(location) + 3;
    char *joined = malloc(size), *inside = NULL;
    P2cStatus status = P2C_OK;
    *path = NULL;
    if (!joined) return p2c_model_memory(p->model);
    snprintf(joined, size, "%.*s", folder ? folder : 2, folder ? model : "./");
    inside = realpath(joined, NULL);
    snprintf(joined, size, "%.*s%s", folder, model, location);
    *path = realpath(joined, NULL);
    size_t n = inside ? strlen(inside) : 0;
    if (!inside || !*path)
        status = p2c_fail(p->model->ctx, P2C_ERR_READ,
                          "%s: the file of its weights, '%s', does not exist", model, location);
    else if (strncmp(*path, inside, n) || ((*path)[n] != '/' && inside[n - 1] != '/'))
        status = p2c_model_fail(
            p->model, "refuses to read '%s': its weights must be in its own folder", location);
    free(inside);
    free(joined);
    if (status) {
        free(*path);
        *path = NULL;
    }
    return status;
}

static bool climbs(const char *location) {
    for (const char *part = location; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2])) return true;
    }
    return !*location || *location == '/' || strchr(location, '\\');
}

static P2cStatus external_read(Parser *p, const char *path, uint64_t offset, size_t bytes,
                               const char *name, void *data) {
    FILE *stream = NULL;
    uint64_t size;
    P2cStatus status = p2c_input_open(p->model->ctx, path, &stream, &size);
    if (status) return status;
    if (offset > size || bytes > size - offset)
        status = p2c_model_fail(p->model, "tensor '%s' reaches beyond the end of '%s'", name, path);
    else if (fseeko(stream, (off_t)offset, SEEK_SET) || fread(data, 1, bytes, stream) != bytes)
        status = p2c_fail(p->model->ctx, P2C_ERR_READ, "%s: cannot be read", path);
    fclose(stream);
    return status;
}

static P2cStatus external(Parser *p, const P2c__Onnx__Tensor *t, const char *name, size_t bytes,
                          P2cValue *tensor) {
    const char *location = "";
    uint64_t offset = 0, length = bytes;
    for (size_t i = 0; i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        if (!key || !value) continue;
        if (!strcmp(key, "location")) location = value;
        if (!strcmp(key, "offset")) offset = strtoull(value, NULL, 10);
        if (!strcmp(key, "length")) length = strtoull(value, NULL, 10);
    }
    if (climbs(location))
        return p2c_model_fail(
            p->model, "refuses to read '%s': its weights must be in its own folder", location);
    if (length != bytes)
        return p2c_model_fail(p->model, "tensor '%s' has %llu bytes, its dims say %zu", name,
                              (unsigned long long)length, bytes);
    char *path;
    P2cStatus status = external_path(p, location, &path);
    if (!status)
        status = external_read(p, path, offset, bytes, name, p2c_value_mutable_data(tensor));
    free(path);
    return status;
}

/* Returns how many numbers the list for this type of tensor has. */
static size_t listed(const P2c__Onnx__Tensor *t, P2cType type) {
    switch (type) {
    case P2C_F32: return t->n_float_data;
    case P2C_F64: return t->n_double_data;
    case P2C_I64: return t->n_int64_data;
    default: return t->n_int32_data;
    }
}

static void copy_list(const P2c__Onnx__Tensor *t, P2cType type, size_t count, void *data) {
    if (!count) return;
    if (type == P2C_F32) memcpy(data, t->float_data, count * sizeof(float));
    else if (type == P2C_F64) memcpy(data, t->double_data, count * sizeof(double));
    else if (type == P2C_I64) memcpy(data, t->int64_data, count * sizeof(int64_t));
    else if (type == P2C_I32) memcpy(data, t->int32_data, count * sizeof(int32_t));
    else
        for (size_t i = 0; i < count; i++) {
            if (p2c_type_bytes(type) == 2) ((uint16_t *)data)[i] = (uint16_t)t->int32_data[i];
            else ((uint8_t *)data)[i] = (uint8_t)t->int32_data[i];
        }
}

/* Reads the shape, and checks that the data are as long as it says. */
static P2cStatus tensor_shape(Parser *p, const P2c__Onnx__Tensor *t, const char *name,
                              P2cType *type, P2cShape *shape, size_t *count, size_t *bytes) {
    if (!type_of(t->data_type, type))
        return p2c_model_fail(p->model, "tensor '%s' has type %d, which is not supported", name,
                              t->data_type);
    if (t->n_dims > P2C_MAX_RANK)
        return p2c_model_fail(p->model, "tensor '%s' has %zu dims; at most %d are supported", name,
                              t->n_dims, P2C_MAX_RANK);
    shape->rank = (int)t->n_dims;
    for (int i = 0; i < shape->rank; i++) shape->size[i] = t->dims[i];
    if (!p2c_shape_bytes(*type, *shape, count, bytes))
        return p2c_model_fail(p->model, "tensor '%s' has impossible dims", name);
    if (t->data_location == 1) {
        p->external += *bytes;
        return p->external <= MAX_EXTERNAL
                   ? P2C_OK
                   : p2c_model_fail(p->model, "has more than 4 GiB of weights in other files");
    }
    if (t->has_raw_data ? t->raw_data.len != *bytes : listed(t, *type) != *count)
        return p2c_model_fail(
            p->model, "tensor '%s' has %zu bytes, its dims say %zu", name,
            t->has_raw_data ? t->raw_data.len : listed(t, *type) * p2c_type_bytes(*type), *bytes);
    return P2C_OK;
}

static P2cStatus read_tensor(Parser *p, const P2c__Onnx__Tensor *t, P2cValue **out) {
    const char *name = t->name ? t->name : "";
    P2cType type = P2C_F32;
    P2cShape shape = { 0 };
    size_t count, bytes;
    *out = NULL;
    P2cStatus status = tensor_shape(p, t, name, &type, &shape, &count, &bytes);
    if (status) return status;
    if (!(*out = p2c_value_tensor(type, shape, NULL)))
        return p2c_fail_memory(p->model->ctx, p->model->path, bytes);
    if (t->data_location == 1) status = external(p, t, name, bytes, *out);
    else if (!t->has_raw_data) copy_list(t, type, count, p2c_value_mutable_data(*out));
    else if (bytes) memcpy(p2c_value_mutable_data(*out), t->raw_data.data, bytes);
    if (status) p2c_value_free(out);
    return status;
}

/* ---- nodes ---- */

static P2cValue *list_of(const P2c__Onnx__Attribute *a) {
    P2cValue *list = p2c_value_list();
    bool ok = list != NULL;
    for (size_t i = 0; i < a->n_floats && ok; i++)
        ok = !p2c_value_append(list, p2c_value_float(a->floats[i]));
    for (size_t i = 0; i < a->n_ints && ok; i++)
        ok = !p2c_value_append(list, p2c_value_int(a->ints[i]));
    for (size_t i = 0; i < a->n_strings && ok; i++)
        ok = !p2c_value_append(list, p2c_model_text(a->strings[i].data, a->strings[i].len));
    if (!ok && list) p2c_value_free(&list);
    return list;
}

static P2cStatus read_attribute(Parser *p, const P2c__Onnx__Attribute *a, P2cValue *attributes) {
    P2cValue *value = NULL;
    char *name = NULL;
    P2cStatus status = p2c_model_name(p->model, a->name, &name);
    if (status) return status;
    if (a->t) {
        status = read_tensor(p, a->t, &value);
        if (status) goto cleanup;
    } else if (a->has_f) value = p2c_value_float(a->f);
    else if (a->has_i) value = p2c_value_int(a->i);
    else if (a->has_s) value = p2c_model_text(a->s.data, a->s.len);
    else value = list_of(a);
    status = p2c_model_set(p->model, attributes, name, value);
cleanup:
    free(name);
    return status;
}

/* Operations of other domains are not supported, whatever their names. */
static P2cStatus op_name(Parser *p, const P2c__Onnx__Node *in, char **out) {
    bool own = !in->domain || !*in->domain || !strcmp(in->domain, "ai.onnx");
    char text[300];
    snprintf(text, sizeof text, "%.140s%s%.140s", own ? "" : in->domain, own ? "" : ".",
             in->op_type ? in->op_type : "");
    return p2c_model_name(p->model, text, out);
}

static P2cStatus read_node(Parser *p, const P2c__Onnx__Node *in, P2cModelNode *out) {
    const P2cModel *model = p->model;
    const char *name = in->name && *in->name ? in->name : in->n_output ? in->output[0] : "";
    P2cStatus status = op_name(p, in, &out->op);
    if (!status) status = p2c_model_name(model, name, &out->name);
    if (!status)
        status = p2c_model_names(model, in->n_input, in->input, &out->inputs, &out->input_count);
    if (!status)
        status =
            p2c_model_names(model, in->n_output, in->output, &out->outputs, &out->output_count);
    if (!status && !(out->attributes = p2c_value_dict())) status = p2c_model_memory(model);
    for (size_t i = 0; i < in->n_attribute && !status; i++)
        status = read_attribute(p, in->attribute[i], out->attributes);
    return status;
}

/* ---- the graph ---- */

static P2cStatus read_weights(Parser *p, const P2c__Onnx__Graph *graph) {
    P2cStatus status = P2C_OK;
    for (size_t i = 0; i < graph->n_initializer && !status; i++) {
        P2cValue *tensor;
        char *name = NULL;
        status = p2c_model_name(p->model, graph->initializer[i]->name, &name);
        if (!status && p2c_value_get(p->model->weights, name))
            status = p2c_model_fail(p->model, "is damaged: there are two weights '%s'", name);
        if (!status) status = read_tensor(p, graph->initializer[i], &tensor);
        if (!status) status = p2c_model_set(p->model, p->model->weights, name, tensor);
        free(name);
    }
    return status;
}

static P2cStatus read_shape(Parser *p, const P2c__Onnx__ValueInfo *info, P2cModelInput *out) {
    const P2c__Onnx__TensorType *type = info->type ? info->type->tensor_type : NULL;
    if (!type || !type_of(type->elem_type, &out->type))
        return p2c_model_fail(p->model, "input '%s' is not a tensor of a supported type",
                              out->name);
    out->shape.rank = type->shape ? (int)type->shape->n_dim : -1;
    if (out->shape.rank > P2C_MAX_RANK)
        return p2c_model_fail(p->model, "input '%s' has %d dims", out->name, out->shape.rank);
    for (int i = 0; i < out->shape.rank; i++) {
        const P2c__Onnx__Dimension *dim = type->shape->dim[i];
        out->shape.size[i] = dim->has_dim_value && dim->dim_value > 0 ? dim->dim_value : -1;
    }
    return P2C_OK;
}

/* Up to IR version 4 weights are also inputs, which have a value to begin with. */
static P2cStatus read_inputs(Parser *p, const P2c__Onnx__Graph *graph) {
    P2cModel *model = p->model;
    P2cStatus status = P2C_OK;
    if (!(model->inputs = p2c_model_array(graph->n_input, sizeof *model->inputs)))
        return p2c_model_memory(model);
    for (size_t i = 0; i < graph->n_input && !status; i++) {
        const char *name = graph->input[i]->name ? graph->input[i]->name : "";
        if (p2c_value_get(model->weights, name)) continue;
        P2cModelInput *input = &model->inputs[model->input_count++];
        status = p2c_model_name(model, name, &input->name);
        if (!status) status = read_shape(p, graph->input[i], input);
    }
    return status;
}

static P2cStatus read_outputs(Parser *p, const P2c__Onnx__Graph *graph) {
    P2cModel *model = p->model;
    P2cStatus status = P2C_OK;
    if (!(model->outputs = p2c_model_array(graph->n_output, sizeof *model->outputs)))
        return p2c_model_memory(model);
    for (size_t i = 0; i < graph->n_output && !status; i++)
        status =
            p2c_model_name(model, graph->output[i]->name, &model->outputs[model->output_count++]);
    if (!status && !model->output_count) status = p2c_model_fail(model, "has no outputs");
    return status;
}

static P2cStatus read_graph(Parser *p, const P2c__Onnx__Graph *graph) {
    P2cModel *model = p->model;
    P2cStatus status = read_weights(p, graph);
    if (!status) status = read_inputs(p, graph);
    if (!status) status = read_outputs(p, graph);
    if (!status && !(model->nodes = p2c_model_array(graph->n_node, sizeof *model->nodes)))
        status = p2c_model_memory(model);
    for (size_t i = 0; i < graph->n_node && !status; i++)
        status = read_node(p, graph->node[i], &model->nodes[model->node_count++]);
    return status;
}

static P2cStatus read_opset(Parser *p, const P2c__Onnx__Model *in) {
    for (size_t i = 0; i < in->n_opset_import; i++) {
        const char *domain = in->opset_import[i]->domain;
        if (!domain || !*domain || !strcmp(domain, "ai.onnx"))
            p->model->opset = in->opset_import[i]->version;
    }
    if (p->model->opset >= OLDEST && p->model->opset <= NEWEST) return P2C_OK;
    return p2c_model_fail(p->model, "uses operator set %lld of ONNX; only %d to %d are supported",
                          (long long)p->model->opset, OLDEST, NEWEST);
}

P2cStatus p2c_onnx_parse(P2cModel *model, const uint8_t *bytes, size_t size) {
    Parser p = { .model = model };
    P2c__Onnx__Model *in = p2c__onnx__model__unpack(NULL, size, bytes);
    P2cStatus status;
    if (!in)
        status = p2c_model_fail(
            model, "is damaged: it begins like an ONNX file, but cannot be read to its end");
    else if (!in->graph) status = p2c_model_fail(model, "is an ONNX file without a graph");
    else status = read_opset(&p, in);
    if (!status) status = read_graph(&p, in->graph);
    if (in) p2c__onnx__model__free_unpacked(in, NULL);
    return status;
}
