/* pickle_write.c: writes a tree as a pickle of protocol 2, for torch.load(weights_only=True).
 *
 *   value       instructions
 *   dict        EMPTY_DICT MARK (key value)... SETITEMS
 *   list        EMPTY_LIST MARK value... APPENDS
 *   tensor      GLOBAL torch._utils._rebuild_tensor_v2, MARK, storage, 0, (sizes), (strides),
 *               False, OrderedDict(), TUPLE, REDUCE
 *   storage     MARK 'storage' GLOBAL torch.<type>Storage 'number' 'cpu' count TUPLE BINPERSID
 *
 * The memo stays empty, because every tensor has its own storage. */
#include "pt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Writer {
    P2cContext *ctx;
    const char *path;
    P2cPickleText *text;
} Writer;

static const char *const storage_names[] = {
    [P2C_F32] = "FloatStorage",      [P2C_F16] = "HalfStorage", [P2C_BF16] = "BFloat16Storage",
    [P2C_F64] = "DoubleStorage",     [P2C_U8] = "ByteStorage",  [P2C_I8] = "CharStorage",
    [P2C_I16] = "ShortStorage",      [P2C_I32] = "IntStorage",  [P2C_I64] = "LongStorage",
    [P2C_TYPE_BOOL] = "BoolStorage",
};

/* ---- bytes ---- */

static P2cStatus put(Writer *w, const void *bytes, size_t size) {
    P2cPickleText *t = w->text;
    if (size > t->capacity - t->size) {
        size_t capacity = 2 * t->capacity + size + 256;
        uint8_t *more = realloc(t->bytes, capacity);
        if (!more) return p2c_fail_memory(w->ctx, w->path, capacity);
        t->bytes = more;
        t->capacity = capacity;
    }
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    return P2C_OK;
}

static P2cStatus put_code(Writer *w, const char *codes) { return put(w, codes, strlen(codes)); }

/* Writes the instruction, then a number as `size` little-endian bytes. */
static P2cStatus put_number(Writer *w, const char *code, uint64_t value, int size) {
    uint8_t bytes[8];
    for (int i = 0; i < size; i++) bytes[i] = (uint8_t)(value >> 8 * i);
    P2cStatus status = put_code(w, code);
    return status ? status : put(w, bytes, (size_t)size);
}

/* ---- plain values ---- */

static P2cStatus put_int(Writer *w, int64_t value) {
    if (value >= 0 && value < 256) return put_number(w, "K", (uint64_t)value, 1);
    if (value >= INT32_MIN && value <= INT32_MAX) return put_number(w, "J", (uint64_t)value, 4);
    return put_number(w, "\x8a\x08", (uint64_t)value, 8); /* LONG1 of eight bytes */
}

static P2cStatus put_float(Writer *w, double value) {
    uint64_t bits;
    uint8_t bytes[9] = { 'G' };
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++) bytes[1 + i] = (uint8_t)(bits >> (56 - 8 * i));
    return put(w, bytes, sizeof bytes);
}

static P2cStatus put_text(Writer *w, const char *text) {
    size_t size = strlen(text);
    if (size > UINT32_MAX || !p2c_text_valid((const uint8_t *)text, size))
        return p2c_fail(w->ctx, P2C_ERR_ARGUMENT,
                        "%s: cannot write: the text '%.100s' is not UTF-8", w->path, text);
    P2cStatus status = put_number(w, "X", size, 4);
    return status ? status : put(w, text, size);
}

/* ---- tensors ---- */

static P2cStatus put_sizes(Writer *w, P2cShape shape) {
    P2cStatus status = put_code(w, "(");
    for (int i = 0; i < shape.rank && !status; i++) status = put_int(w, shape.size[i]);
    return status ? status : put_code(w, "t");
}

/* Writes row-major strides. A size of 0 counts as 1, as in PyTorch. */
static P2cStatus put_strides(Writer *w, P2cShape shape) {
    int64_t stride[P2C_MAX_RANK], step = 1;
    for (int i = shape.rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape.size[i] > 1 ? shape.size[i] : 1;
    }
    P2cStatus status = put_code(w, "(");
    for (int i = 0; i < shape.rank && !status; i++) status = put_int(w, stride[i]);
    return status ? status : put_code(w, "t");
}

static P2cStatus put_storage(Writer *w, P2cType type, size_t number, size_t count) {
    char key[24], class[64];
    snprintf(key, sizeof key, "%zu", number);
    snprintf(class, sizeof class, "ctorch\n%s\n", storage_names[type]);
    P2cStatus status = put_code(w, "(");
    if (!status) status = put_text(w, "storage");
    if (!status) status = put_code(w, class);
    if (!status) status = put_text(w, key);
    if (!status) status = put_text(w, "cpu");
    if (!status) status = put_int(w, (int64_t)count);
    return status ? status : put_code(w, "tQ");
}

static P2cStatus put_tensor(Writer *w, const P2cValue *tensor) {
    P2cPickleText *t = w->text;
    P2cShape shape = p2c_value_shape(tensor);
    P2cType type = p2c_value_type(tensor);
    size_t count, bytes, number = t->tensor_count;
    if (!p2c_shape_bytes(type, shape, &count, &bytes))
        return p2c_fail(w->ctx, P2C_ERR_ARGUMENT, "%s: a tensor of impossible size", w->path);
    if (number == t->tensor_capacity) {
        size_t capacity = 2 * t->tensor_capacity + 64;
        const P2cValue **more = realloc(t->tensors, capacity * sizeof *more);
        if (!more) return p2c_fail_memory(w->ctx, w->path, capacity * sizeof *more);
        t->tensors = more;
        t->tensor_capacity = capacity;
    }
    t->tensors[t->tensor_count++] = tensor;
    P2cStatus status = put_code(w, "ctorch._utils\n_rebuild_tensor_v2\n(");
    if (!status) status = put_storage(w, type, number, count);
    if (!status) status = put_int(w, 0);
    if (!status) status = put_sizes(w, shape);
    if (!status) status = put_strides(w, shape);
    return status ? status
                  : put_code(w, "\x89"
                                "ccollections\nOrderedDict\n)RtR");
}

/* ---- containers ---- */

static P2cStatus put_value(Writer *w, const P2cValue *value, int depth);

static P2cStatus put_items(Writer *w, const P2cValue *box, int depth) {
    bool dict = p2c_value_kind(box) == P2C_DICT;
    P2cStatus status = put_code(w, dict ? "}(" : "](");
    for (size_t i = 0; i < p2c_value_count(box) && !status; i++) {
        if (dict) status = put_text(w, p2c_value_key(box, i));
        if (!status) status = put_value(w, p2c_value_at(box, i), depth + 1);
    }
    return status ? status : put_code(w, dict ? "u" : "e");
}

static P2cStatus put_value(Writer *w, const P2cValue *value, int depth) {
    if (depth > P2C_PT_MAX_DEPTH)
        return p2c_fail(w->ctx, P2C_ERR_ARGUMENT,
                        "%s: cannot write: nested too deeply (more than 100 levels)", w->path);
    switch (p2c_value_kind(value)) {
    case P2C_NONE: return put_code(w, "N");
    case P2C_BOOL: return put_code(w, p2c_value_as_int(value) ? "\x88" : "\x89");
    case P2C_INT: return put_int(w, p2c_value_as_int(value));
    case P2C_FLOAT: return put_float(w, p2c_value_as_float(value));
    case P2C_STRING: return put_text(w, p2c_value_as_string(value));
    case P2C_TENSOR: return put_tensor(w, value);
    case P2C_LIST:
    case P2C_DICT: return put_items(w, value, depth);
    }
    return P2C_ERR_ARGUMENT;
}

P2cStatus p2c_pickle_write(P2cContext *ctx, const char *path, const P2cValue *value,
                           P2cPickleText *text) {
    Writer w = { ctx, path, text };
    P2cStatus status = put_code(&w, "\x80\x02");
    if (!status) status = put_value(&w, value, 0);
    if (!status) status = put_code(&w, ".");
    if (!status && text->size > P2C_PT_MAX_PICKLE)
        status = p2c_fail(ctx, P2C_ERR_ARGUMENT, "%s: cannot write: too many values", path);
    return status;
}

void p2c_pickle_text_clear(P2cPickleText *text) {
    free(text->bytes);
    free(text->tensors);
    *text = (P2cPickleText){ 0 };
}
