/* model.c: opens a network file: finds its kind, reads its description, frees it.
 *
 * Both kinds are protobuf. In an ONNX model field 1 is a number (the version of the format) and
 * field 7 the graph. A TensorFlow graph is a sequence of messages in field 1, its nodes. So the
 * first of these fields tells which kind it is. */
#include "model.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "torch/pt.h"

enum { MAX_FILE = INT_MAX };

/* ---- what the two parsers share ---- */

P2cStatus p2c_model_fail(const P2cModel *model, const char *format, ...) {
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return p2c_fail(model->ctx, P2C_ERR_FORMAT, "%s: %s", model->path, text);
}

P2cStatus p2c_model_memory(const P2cModel *model) {
    return p2c_fail(model->ctx, P2C_ERR_MEMORY, "%s: out of memory", model->path);
}

void *p2c_model_array(size_t count, size_t size) { return calloc(count ? count : 1, size); }

P2cStatus p2c_model_name(const P2cModel *model, const char *text, char **out) {
    if (!text) text = "";
    if (!p2c_text_valid((const uint8_t *)text, strlen(text)))
        return p2c_model_fail(model, "is damaged: a name in it is not text");
    *out = strdup(text);
    return *out ? P2C_OK : p2c_model_memory(model);
}

P2cStatus p2c_model_names(const P2cModel *model, size_t count, char *const texts[], char ***out,
                          int *out_count) {
    if (count > INT_MAX || !(*out = p2c_model_array(count, sizeof **out)))
        return p2c_model_memory(model);
    P2cStatus status = P2C_OK;
    for (size_t i = 0; i < count && !status; i++) {
        status = p2c_model_name(model, texts[i], &(*out)[i]);
        *out_count = (int)i + 1;
    }
    return status;
}

P2cStatus p2c_model_set(const P2cModel *model, P2cValue *dict, const char *key, P2cValue *value) {
    return p2c_value_set(dict, key, value) ? p2c_model_memory(model) : P2C_OK;
}

P2cValue *p2c_model_text(const uint8_t *bytes, size_t size) {
    char *text = calloc(size + 1, 1);
    if (!text) return NULL;
    if (size) memcpy(text, bytes, size);
    P2cValue *value = p2c_value_string(text);
    free(text);
    return value;
}

/* ---- the kind of file ---- */

/* Reads a number of up to 64 bits, seven in each byte. Returns false if it does not end within the
 * data. */
static bool varint(const uint8_t *bytes, size_t size, size_t *at, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 64 && *at < size; shift += 7) {
        uint8_t byte = bytes[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

/* Moves *at past the field whose tag has been read. */
static bool skip(const uint8_t *bytes, size_t size, size_t *at, uint64_t wire) {
    uint64_t length = wire == 1 ? 8 : wire == 5 ? 4 : 0;
    if (wire == 0) return varint(bytes, size, at, &length);
    if (wire == 2 && !varint(bytes, size, at, &length)) return false;
    if ((wire != 1 && wire != 2 && wire != 5) || length > size - *at) return false;
    *at += (size_t)length;
    return true;
}

static bool find_dialect(const uint8_t *bytes, size_t size, P2cDialect *dialect) {
    uint64_t tag;
    for (size_t at = 0; at < size;) {
        if (!varint(bytes, size, &at, &tag)) return false;
        bool onnx = tag == (1 << 3 | 0) || tag == (7 << 3 | 2), tensorflow = tag == (1 << 3 | 2);
        *dialect = onnx ? P2C_DIALECT_ONNX : P2C_DIALECT_TENSORFLOW;
        if (onnx || tensorflow) return true;
        if (!skip(bytes, size, &at, tag & 7)) return false;
    }
    return false;
}

/* ---- entry ---- */

static P2cStatus parse(P2cModel *model, const uint8_t *bytes, size_t size) {
    if (size == 0) return p2c_model_fail(model, "is empty");
    if (!find_dialect(bytes, size, &model->dialect))
        return p2c_model_fail(model, "is neither an ONNX file nor a frozen TensorFlow graph");
    return model->dialect == P2C_DIALECT_ONNX ? p2c_onnx_parse(model, bytes, size)
                                              : p2c_tensorflow_parse(model, bytes, size);
}

P2cStatus p2c_model_read(P2cContext *ctx, const char *path, P2cModel **out) {
    assert(path && out);
    uint8_t *bytes = NULL;
    size_t size = 0;
    P2cStatus status;
    P2cModel *model = calloc(1, sizeof *model);
    *out = NULL;
    if (!model || !(model->path = strdup(path)) || !(model->weights = p2c_value_dict()))
        status = p2c_fail_memory(ctx, path, sizeof *model);
    else {
        model->ctx = ctx;
        status = p2c_file_read(ctx, path, MAX_FILE, &bytes, &size);
        if (!status) status = parse(model, bytes, size);
    }
    free(bytes);
    if (status) p2c_model_free(&model);
    *out = model;
    return status;
}

static void free_names(char **names, int count) {
    for (int i = 0; i < count; i++) free(names[i]);
    free(names);
}

void p2c_model_free(P2cModel **out) {
    P2cModel *model = *out;
    *out = NULL;
    if (!model) return;
    for (int i = 0; i < model->node_count; i++) {
        P2cModelNode *node = &model->nodes[i];
        free(node->op);
        free(node->name);
        free_names(node->inputs, node->input_count);
        free_names(node->outputs, node->output_count);
        p2c_value_free(&node->attributes);
    }
    free(model->nodes);
    for (int i = 0; i < model->input_count; i++) free(model->inputs[i].name);
    free(model->inputs);
    free_names(model->outputs, model->output_count);
    p2c_value_free(&model->weights);
    free(model->path);
    free(model);
}

int p2c_model_input_count(const P2cModel *model) { return model->input_count; }
int p2c_model_output_count(const P2cModel *model) { return model->output_count; }

const char *p2c_model_input_name(const P2cModel *model, int i) {
    assert(i >= 0 && i < model->input_count);
    return model->inputs[i].name;
}

P2cShape p2c_model_input_shape(const P2cModel *model, int i) {
    assert(i >= 0 && i < model->input_count);
    return model->inputs[i].shape;
}

const char *p2c_model_output_name(const P2cModel *model, int i) {
    assert(i >= 0 && i < model->output_count);
    return model->outputs[i];
}
