/* value.c: the tree that PyTorch files hold: plain values, lists, ordered dicts, tensors.
 *
 * A dict keeps its entries in order of insertion. Beside them it has an open-addressed hash table
 * of entry numbers (0 for a free slot, else entry + 1), at most half full, so that lookup by name
 * takes constant time however long a state dict is. Half precision is IEEE 754 binary16: sign 1
 * bit, exponent 5 (bias 15), mantissa 10. bfloat16 is the upper half of a float32. */
#include "pt.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct P2cValue {
    P2cKind kind;
    union {
        int64_t integer; /* also the value of a BOOL */
        double real;
        char *text;
        struct {
            P2cValue **items;
            char **keys; /* of a dict; NULL in a list */
            size_t count, capacity;
            size_t *slots, slot_count; /* of a dict; slot_count is a power of two */
        } box;
        struct {
            P2cType type;
            P2cShape shape;
            size_t count;
            void *data;
            bool borrowed; /* data belongs to somebody else and is never written to */
        } tensor;
    };
};

static const struct {
    const char *name;
    size_t bytes;
} types[] = {
    [P2C_F32] = { "float32", 4 },    [P2C_F16] = { "float16", 2 }, [P2C_BF16] = { "bfloat16", 2 },
    [P2C_F64] = { "float64", 8 },    [P2C_U8] = { "uint8", 1 },    [P2C_I8] = { "int8", 1 },
    [P2C_I16] = { "int16", 2 },      [P2C_I32] = { "int32", 4 },   [P2C_I64] = { "int64", 8 },
    [P2C_TYPE_BOOL] = { "bool", 1 },
};

const char *p2c_type_name(P2cType type) { return types[type].name; }
size_t p2c_type_bytes(P2cType type) { return types[type].bytes; }

bool p2c_shape_bytes(P2cType type, P2cShape shape, size_t *count, size_t *bytes) {
    bool empty = false;
    *count = 1;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.size[i] < 0) return false;
        if (shape.size[i] == 0) empty = true;
        else if (__builtin_mul_overflow(*count, (uint64_t)shape.size[i], count)) return false;
    }
    if (empty) *count = 0;
    return !__builtin_mul_overflow(*count, types[type].bytes, bytes) && *bytes <= PTRDIFF_MAX;
}

/* ---- constructors ---- */

static P2cValue *value_new(P2cKind kind) {
    P2cValue *value = calloc(1, sizeof *value);
    if (value) value->kind = kind;
    return value;
}

P2cValue *p2c_value_none(void) { return value_new(P2C_NONE); }
P2cValue *p2c_value_list(void) { return value_new(P2C_LIST); }
P2cValue *p2c_value_dict(void) { return value_new(P2C_DICT); }

P2cValue *p2c_value_int(int64_t integer) {
    P2cValue *value = value_new(P2C_INT);
    if (value) value->integer = integer;
    return value;
}

P2cValue *p2c_value_bool(bool truth) {
    P2cValue *value = value_new(P2C_BOOL);
    if (value) value->integer = truth;
    return value;
}

P2cValue *p2c_value_float(double real) {
    P2cValue *value = value_new(P2C_FLOAT);
    if (value) value->real = real;
    return value;
}

P2cValue *p2c_value_string(const char *text) {
    P2cValue *value = value_new(P2C_STRING);
    if (value && !(value->text = strdup(text))) p2c_value_free(&value);
    return value;
}

/* A tensor whose data are not set yet. */
static P2cValue *tensor_new(P2cType type, P2cShape shape, size_t *bytes) {
    assert(shape.rank >= 0 && shape.rank <= P2C_MAX_RANK);
    size_t count;
    P2cValue *value = p2c_shape_bytes(type, shape, &count, bytes) ? value_new(P2C_TENSOR) : NULL;
    if (!value) return NULL;
    value->tensor.type = type;
    value->tensor.shape = shape;
    value->tensor.count = count;
    return value;
}

P2cValue *p2c_value_tensor(P2cType type, P2cShape shape, const void *data) {
    size_t bytes;
    P2cValue *value = tensor_new(type, shape, &bytes);
    if (!value) return NULL;
    value->tensor.data = calloc(bytes ? bytes : 1, 1);
    if (!value->tensor.data) p2c_value_free(&value);
    else if (data) memcpy(value->tensor.data, data, bytes);
    return value;
}

P2cValue *p2c_value_tensor_borrowed(P2cType type, P2cShape shape, const void *data) {
    size_t bytes;
    P2cValue *value = tensor_new(type, shape, &bytes);
    if (!value) return NULL;
    value->tensor.data = (void *)data;
    value->tensor.borrowed = true;
    return value;
}

void p2c_value_free(P2cValue **value) {
    P2cValue *v = *value;
    *value = NULL;
    if (!v) return;
    if (v->kind == P2C_STRING) free(v->text);
    if (v->kind == P2C_TENSOR && !v->tensor.borrowed) free(v->tensor.data);
    if (v->kind == P2C_LIST || v->kind == P2C_DICT) {
        for (size_t i = 0; i < v->box.count; i++) {
            p2c_value_free(&v->box.items[i]);
            if (v->box.keys) free(v->box.keys[i]);
        }
        free(v->box.items);
        free(v->box.keys);
        free(v->box.slots);
    }
    free(v);
}

/* ---- containers ---- */

/* FNV-1a (Fowler 1991). */
static uint64_t hash(const char *key) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++) h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* Returns the slot that holds the key, or else the free slot where it belongs. */
static size_t *slot_of(const P2cValue *dict, const char *key) {
    size_t mask = dict->box.slot_count - 1;
    for (size_t i = hash(key) & mask;; i = (i + 1) & mask) {
        size_t *slot = &dict->box.slots[i];
        if (*slot == 0 || strcmp(dict->box.keys[*slot - 1], key) == 0) return slot;
    }
}

static bool grow_slots(P2cValue *dict, size_t count) {
    size_t *slots = calloc(count, sizeof *slots);
    if (!slots) return false;
    free(dict->box.slots);
    dict->box.slots = slots;
    dict->box.slot_count = count;
    for (size_t i = 0; i < dict->box.count; i++) *slot_of(dict, dict->box.keys[i]) = i + 1;
    return true;
}

/* Makes sure that one more entry fits. */
static bool reserve(P2cValue *box) {
    if (box->box.count < box->box.capacity) return true;
    size_t capacity = box->box.capacity ? 2 * box->box.capacity : 8;
    P2cValue **items = realloc(box->box.items, capacity * sizeof *items);
    if (!items) return false;
    box->box.items = items;
    if (box->kind == P2C_DICT) {
        char **keys = realloc(box->box.keys, capacity * sizeof *keys);
        if (!keys) return false;
        box->box.keys = keys;
        if (!grow_slots(box, 2 * capacity)) return false;
    }
    box->box.capacity = capacity;
    return true;
}

P2cStatus p2c_value_append(P2cValue *list, P2cValue *value) {
    assert(list && list->kind == P2C_LIST && value != list);
    if (value && reserve(list)) {
        list->box.items[list->box.count++] = value;
        return P2C_OK;
    }
    p2c_value_free(&value);
    return P2C_ERR_MEMORY;
}

P2cStatus p2c_value_set(P2cValue *dict, const char *key, P2cValue *value) {
    assert(dict && dict->kind == P2C_DICT && key && value != dict);
    char *copy = NULL;
    if (!value || !reserve(dict)) goto failed;
    size_t *slot = slot_of(dict, key);
    if (*slot) {
        p2c_value_free(&dict->box.items[*slot - 1]);
        dict->box.items[*slot - 1] = value;
        return P2C_OK;
    }
    if (!(copy = strdup(key))) goto failed;
    dict->box.keys[dict->box.count] = copy;
    dict->box.items[dict->box.count] = value;
    *slot = ++dict->box.count;
    return P2C_OK;
failed:
    p2c_value_free(&value);
    return P2C_ERR_MEMORY;
}

size_t p2c_value_count(const P2cValue *value) {
    return value->kind == P2C_LIST || value->kind == P2C_DICT ? value->box.count : 0;
}

const P2cValue *p2c_value_at(const P2cValue *value, size_t i) {
    assert(i < p2c_value_count(value));
    return value->box.items[i];
}

const char *p2c_value_key(const P2cValue *dict, size_t i) {
    assert(dict->kind == P2C_DICT && i < dict->box.count);
    return dict->box.keys[i];
}

const P2cValue *p2c_value_get(const P2cValue *dict, const char *key) {
    if (!dict || dict->kind != P2C_DICT || dict->box.count == 0) return NULL;
    size_t slot = *slot_of(dict, key);
    return slot ? dict->box.items[slot - 1] : NULL;
}

/* ---- plain values ---- */

P2cKind p2c_value_kind(const P2cValue *value) { return value->kind; }

int64_t p2c_value_as_int(const P2cValue *value) {
    if (value->kind == P2C_BOOL || value->kind == P2C_INT) return value->integer;
    if (value->kind != P2C_FLOAT || isnan(value->real)) return 0;
    if (value->real >= 0x1p63) return INT64_MAX;
    return value->real < -0x1p63 ? INT64_MIN : (int64_t)value->real;
}

double p2c_value_as_float(const P2cValue *value) {
    if (value->kind == P2C_FLOAT) return value->real;
    return value->kind == P2C_BOOL || value->kind == P2C_INT ? (double)value->integer : 0;
}

const char *p2c_value_as_string(const P2cValue *value) {
    return value->kind == P2C_STRING ? value->text : NULL;
}

bool p2c_text_valid(const uint8_t *text, size_t size) {
    for (size_t i = 0; i < size;) {
        uint32_t c = text[i++];
        if (c == 0 || (c >= 0x80 && c < 0xc2) || c > 0xf4) return false;
        int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        static const uint32_t lowest[] = { 0, 0x80, 0x800, 0x10000 };
        uint32_t code = more ? c & (0x3fu >> more) : c;
        for (int k = 0; k < more; k++, i++) {
            if (i >= size || (text[i] & 0xc0) != 0x80) return false;
            code = code << 6 | (text[i] & 0x3f);
        }
        if (code < lowest[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return true;
}

/* ---- tensors ---- */

P2cType p2c_value_type(const P2cValue *tensor) {
    assert(tensor->kind == P2C_TENSOR);
    return tensor->tensor.type;
}

P2cShape p2c_value_shape(const P2cValue *tensor) {
    assert(tensor->kind == P2C_TENSOR);
    return tensor->tensor.shape;
}

const void *p2c_value_data(const P2cValue *tensor) {
    assert(tensor->kind == P2C_TENSOR);
    return tensor->tensor.data;
}

void *p2c_value_mutable_data(P2cValue *tensor) {
    assert(tensor->kind == P2C_TENSOR && !tensor->tensor.borrowed);
    return tensor->tensor.data;
}

static float from_bits(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float from_half(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31,
             mantissa = half & 0x3ff;
    if (exponent == 31) return from_bits(sign | 0x7f800000 | mantissa << 13); /* infinity or NaN */
    if (exponent) return from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    float subnormal = (float)mantissa * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

#define CONVERT(type, expression) \
    do { \
        const type *in = tensor->tensor.data; \
        for (size_t i = 0; i < count; i++) values[i] = (float)(expression); \
    } while (0)

void p2c_value_to_float(const P2cValue *tensor, float *values) {
    assert(tensor->kind == P2C_TENSOR);
    size_t count = tensor->tensor.count;
    switch (tensor->tensor.type) {
    case P2C_F32: memcpy(values, tensor->tensor.data, count * sizeof *values); break;
    case P2C_F16: CONVERT(uint16_t, from_half(in[i])); break;
    case P2C_BF16: CONVERT(uint16_t, from_bits((uint32_t)in[i] << 16)); break;
    case P2C_F64: CONVERT(double, in[i]); break;
    case P2C_U8: CONVERT(uint8_t, in[i]); break;
    case P2C_I8: CONVERT(int8_t, in[i]); break;
    case P2C_I16: CONVERT(int16_t, in[i]); break;
    case P2C_I32: CONVERT(int32_t, in[i]); break;
    case P2C_I64: CONVERT(int64_t, in[i]); break;
    case P2C_TYPE_BOOL: CONVERT(uint8_t, in[i] != 0); break;
    }
}
