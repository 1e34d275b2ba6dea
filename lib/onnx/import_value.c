/* import_value.c: the values of a network while it is imported: constants and nodes, their layouts,
 * parameters; and the attributes of a node. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "torch/pt.h"

/* elements of all constants computed at import: a few bytes of a file can ask for any number */
#define MAX_KEPT ((size_t)1 << 28)

/* ---- shapes ---- */

int64_t p2c_shape_count(P2cShape shape) {
    int64_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= shape.size[i];
    return count;
}

bool p2c_shape_equal(P2cShape a, P2cShape b) {
    bool equal = a.rank == b.rank;
    for (int i = 0; i < a.rank && equal; i++) equal = a.size[i] == b.size[i];
    return equal;
}

P2cShape p2c_shape(int rank, const int64_t sizes[]) {
    P2cShape shape = { .rank = rank };
    for (int i = 0; i < rank; i++) shape.size[i] = sizes[i];
    return shape;
}

P2cShapeText p2c_shape_text(P2cShape shape) {
    P2cShapeText t = { "(" };
    size_t used = 1;
    for (int i = 0; i < shape.rank && used < sizeof t.text - 24; i++)
        used += (size_t)snprintf(t.text + used, sizeof t.text - used, "%s%lld", i ? "," : "",
                                 (long long)shape.size[i]);
    snprintf(t.text + used, sizeof t.text - used, ")");
    return t;
}

P2cDims p2c_import_dims(P2cShape shape) {
    P2cDims dims = P2C_SCALAR;
    int extra = shape.rank > 4 ? shape.rank - 4 : 0;
    dims.rank = shape.rank - extra;
    for (int i = 0; i < shape.rank; i++) dims.d[i < extra ? 0 : i - extra] *= (int)shape.size[i];
    return dims;
}

P2cStatus p2c_import_axis(P2cImporter *im, int64_t axis, int rank, int *out) {
    if (axis < -rank || axis >= rank)
        return p2c_import_fail(im, "axis %lld of a tensor of rank %d", (long long)axis, rank);
    *out = (int)(axis < 0 ? axis + rank : axis);
    return P2C_OK;
}

P2cStatus p2c_import_check(P2cImporter *im, P2cShape shape, bool empty) {
    int64_t count = 1;
    bool ok = shape.rank >= 0 && shape.rank <= P2C_MAX_RANK, none = false;
    if (!ok)
        return p2c_import_fail(im, "a result of rank %d, at most %d are known here", shape.rank,
                               P2C_MAX_RANK);
    for (int i = 0; i < shape.rank && ok; i++) {
        none |= shape.size[i] == 0;
        ok = shape.size[i] >= 0 && shape.size[i] <= INT_MAX;
        if (ok && shape.size[i]) ok = (count *= shape.size[i]) <= INT_MAX;
    }
    if (ok && (!none || empty)) return P2C_OK;
    return p2c_import_fail(im, "the result %s is empty or has 2^31 elements or more",
                           p2c_shape_text(shape).text);
}

/* ---- results ---- */

P2cStatus p2c_import_planes(P2cImporter *im, P2cImported *out, P2cShape shape, P2cNode *node,
                            bool channels_last) {
    P2cStatus status = p2c_graph_status(im->net.graph) ? p2c_graph_status(im->net.graph)
                                                       : p2c_import_check(im, shape, false);
    if (status) return status;
    if (!node) return p2c_import_memory(im);
    if ((int64_t)p2c_dims_count(node->dims) != p2c_shape_count(shape))
        return p2c_import_fail(im, "came to %s instead of %s", p2c_dims_text(node->dims).text,
                               p2c_shape_text(shape).text);
    const char *name = out->name;
    int readers = out->readers;
    *out = (P2cImported){ .name = name,
                          .readers = readers,
                          .shape = shape,
                          .node = node,
                          .channels_last = channels_last,
                          .made = true };
    return P2C_OK;
}

P2cStatus p2c_import_node(P2cImporter *im, P2cImported *out, P2cShape shape, P2cNode *node) {
    return p2c_import_planes(im, out, shape, node, false);
}

P2cStatus p2c_import_constant(P2cImporter *im, P2cImported *out, P2cValue *tensor) {
    if (!tensor) return p2c_import_memory(im);
    const char *name = out->name;
    int readers = out->readers;
    *out = (P2cImported){ .name = name,
                          .readers = readers,
                          .shape = p2c_value_shape(tensor),
                          .constant = tensor,
                          .made = true };
    im->kept_elements += (size_t)p2c_shape_count(out->shape);
    if (p2c_value_append(im->kept, tensor)) return p2c_import_memory(im);
    if (im->kept_elements > MAX_KEPT)
        return p2c_import_fail(im,
                               "the constants that the file computes have more than 2^28 elements");
    return P2C_OK;
}

void p2c_import_same(P2cImported *out, const P2cImported *in) {
    const char *name = out->name;
    int readers = out->readers;
    *out = *in;
    /* a weight keeps the name that the file knows it by */
    out->name = in->constant ? in->name : name;
    out->readers = readers;
}

/* ---- parameters ---- */

/* A name that the store can take (p2c_param's longest is 399 with its prefix) and that no other
 * parameter of this network has. */
static P2cStatus param_name(P2cImporter *im, const char *name, char out[280]) {
    enum { LONGEST = 240 };
    uint32_t hash = 2166136261u;
    if (!name || !*name) name = im->at ? im->at->name : "constant";
    for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    char first[264];
    if (strlen(name) <= LONGEST) snprintf(first, sizeof first, "%s", name);
    else snprintf(first, sizeof first, "%.*s~%08x", LONGEST, name, hash);
    snprintf(out, 280, "%s", first);
    for (int i = 2; p2c_value_get(im->params, out); i++) snprintf(out, 280, "%s'%d", first, i);
    return p2c_value_set(im->params, out, p2c_value_none()) ? p2c_import_memory(im) : P2C_OK;
}

P2cNode *p2c_import_param(P2cImporter *im, const char *name, P2cDims dims, bool frozen,
                          const float *values) {
    char own[280], full[420];
    if (!values || param_name(im, name, own)) {
        p2c_graph_fail(im->net.graph, P2C_ERR_MEMORY, "out of memory for a parameter");
        return NULL;
    }
    snprintf(full, sizeof full, "%s%s%s", im->net.prefix, *im->net.prefix ? "." : "", own);
    /* by another graph of this network: it may have been trained since */
    bool known = p2c_store_find(im->net.store, full) >= 0;
    P2cNode *node = p2c_param(im->net, own, dims, frozen ? P2C_BUFFER(0) : P2C_CONSTANT(0));
    if (!node || known) return node;
    P2cStatus status = p2c_store_write(im->net.store, p2c_store_find(im->net.store, full), values);
    if (status) p2c_graph_fail(im->net.graph, status, "%s", p2c_error(im->ctx));
    return status ? NULL : node;
}

static P2cNode *constant_node(P2cImporter *im, const P2cImported *v) {
    float value;
    if (p2c_import_check(im, v->shape, false)) {
        p2c_graph_fail(im->net.graph, P2C_ERR_SHAPE, "an operand %s is empty",
                       p2c_shape_text(v->shape).text);
        return NULL;
    }
    if (p2c_import_uniform(v, &value))
        return p2c_constant(im->net.graph, p2c_import_dims(v->shape), value);
    float *values = p2c_import_floats(v->constant);
    P2cNode *node = p2c_import_param(im, v->name, p2c_import_dims(v->shape), true, values);
    free(values);
    return node;
}

/* ---- nodes ---- */

P2cNode *p2c_import_reshape(P2cNode *x, P2cDims dims) {
    return !x || p2c_dims_equal(x->dims, dims) ? x : p2c_reshape(x, dims);
}

P2cNode *p2c_import_permute(P2cNode *x, P2cDims dims, const int order[4]) {
    P2cDims result = P2C_SCALAR;
    int last = -1;
    bool moved = false;
    if (!x) return NULL;
    result.rank = 4;
    for (int i = 0; i < 4; i++) {
        result.d[i] = dims.d[order[i]];
        if (result.d[i] == 1) continue;
        moved |= order[i] < last;
        last = order[i];
    }
    dims.rank = 4;
    return moved ? p2c_transpose(p2c_import_reshape(x, dims), order)
                 : p2c_import_reshape(x, result);
}

P2cNode *p2c_import_use_raw(P2cImporter *im, P2cImported *v) {
    if (v->node) return v->node;
    v->node = v->product  ? p2c_product_node(im, v)
              : v->blocks ? p2c_blocks_node(im, v)
                          : constant_node(im, v);
    return v->node;
}

P2cNode *p2c_import_use(P2cImporter *im, P2cImported *v) {
    static const int back[4] = { 0, 2, 3, 1 };
    P2cNode *node = p2c_import_use_raw(im, v);
    if (!node) return NULL;
    if (!v->real) v->real = v->channels_last ? p2c_import_permute(node, node->dims, back) : node;
    return p2c_import_reshape(v->real, p2c_import_dims(v->shape));
}

P2cNode *p2c_import_use_planes(P2cImporter *im, P2cImported *v, bool channels_last) {
    static const int there[4] = { 0, 3, 1, 2 };
    if (!channels_last) return p2c_import_use(im, v);
    if (v->channels_last) return p2c_import_use_raw(im, v);
    P2cNode *node = p2c_import_use(im, v);
    return node ? p2c_import_permute(node, node->dims, there) : NULL;
}

/* ---- what constants hold ---- */

bool p2c_is_integer(P2cType type) {
    return type != P2C_F32 && type != P2C_F16 && type != P2C_BF16 && type != P2C_F64;
}

static size_t element_count(const P2cValue *tensor) {
    return (size_t)p2c_shape_count(p2c_value_shape(tensor));
}

float *p2c_import_floats(const P2cValue *tensor) {
    size_t count = element_count(tensor);
    float *values = calloc(count ? count : 1, sizeof *values);
    if (values && count) p2c_value_to_float(tensor, values);
    return values;
}

/* Of floats: towards zero; what no int64 holds becomes the nearest. */
static int64_t whole(double x) {
    return x != x ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static int64_t integer_at(const P2cValue *tensor, size_t i, const float *floats) {
    const void *data = p2c_value_data(tensor);
    switch (p2c_value_type(tensor)) {
    case P2C_I64: return ((const int64_t *)data)[i];
    case P2C_I32: return ((const int32_t *)data)[i];
    case P2C_F64: return whole(((const double *)data)[i]);
    default: return whole(floats[i]); /* small integers fit a float */
    }
}

int64_t *p2c_import_integers(const P2cValue *tensor) {
    size_t count = element_count(tensor);
    int64_t *values = calloc(count ? count : 1, sizeof *values);
    float *floats = p2c_import_floats(tensor);
    for (size_t i = 0; i < count && values && floats; i++)
        values[i] = integer_at(tensor, i, floats);
    if (!floats) free(values);
    free(floats);
    return floats ? values : NULL;
}

P2cStatus p2c_import_ints(P2cImporter *im, const P2cImported *v, int most, int64_t *values,
                          int *count) {
    if (!v->constant)
        return p2c_import_fail(
            im, "'%.100s' is known only when the network runs; here it must be a constant",
            v->name ? v->name : "");
    int64_t n = p2c_shape_count(v->shape);
    if (n > most)
        return p2c_import_fail(im, "'%.100s' has %lld elements, at most %d are known here",
                               v->name ? v->name : "", (long long)n, most);
    int64_t *all = p2c_import_integers(v->constant);
    if (!all) return p2c_import_memory(im);
    *count = (int)n;
    if (n) memcpy(values, all, (size_t)n * sizeof *values);
    free(all);
    return P2C_OK;
}

P2cStatus p2c_import_scalar(P2cImporter *im, const P2cImported *v, double *value) {
    if (!v->constant || p2c_shape_count(v->shape) != 1)
        return p2c_import_fail(im,
                               "'%.100s' must be one number that is known before the network runs",
                               v->name ? v->name : "");
    float *values = p2c_import_floats(v->constant);
    if (!values) return p2c_import_memory(im);
    *value = *values;
    free(values);
    return P2C_OK;
}

bool p2c_import_uniform(const P2cImported *v, float *value) {
    if (!v->constant || p2c_shape_count(v->shape) < 1) return false;
    float *values = p2c_import_floats(v->constant);
    int64_t count = p2c_shape_count(v->shape), i = 0;
    while (values && i < count && values[i] == values[0]) i++;
    if (values) *value = values[0];
    free(values);
    return i == count;
}

/* ---- attributes ---- */

static const P2cValue *attribute(const P2cImporter *im, const char *name, P2cKind kind) {
    const P2cValue *value = p2c_value_get(im->at->attributes, name);
    return value && (p2c_value_kind(value) == kind ||
                     (kind == P2C_INT && p2c_value_kind(value) == P2C_BOOL))
               ? value
               : NULL;
}

int64_t p2c_import_int(const P2cImporter *im, const char *name, int64_t otherwise) {
    const P2cValue *value = attribute(im, name, P2C_INT);
    return value ? p2c_value_as_int(value) : otherwise;
}

double p2c_import_float(const P2cImporter *im, const char *name, double otherwise) {
    const P2cValue *value = attribute(im, name, P2C_FLOAT);
    return value ? p2c_value_as_float(value) : otherwise;
}

const char *p2c_import_text(const P2cImporter *im, const char *name, const char *otherwise) {
    const P2cValue *value = attribute(im, name, P2C_STRING);
    return value ? p2c_value_as_string(value) : otherwise;
}

int p2c_import_list(const P2cImporter *im, const char *name, int64_t values[P2C_MAX_RANK]) {
    const P2cValue *list = attribute(im, name, P2C_LIST);
    if (!list) return -1;
    int count = p2c_value_count(list) < P2C_MAX_RANK ? (int)p2c_value_count(list) : P2C_MAX_RANK;
    for (int i = 0; i < count; i++) values[i] = p2c_value_as_int(p2c_value_at(list, (size_t)i));
    return count;
}
