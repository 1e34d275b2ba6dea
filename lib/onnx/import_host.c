/* import_host.c: moves, picks and repeats elements of constants while a network is imported.
 * Constants are mostly the shapes that exporters make a network compute from its own input. They
 * are never weights so large that speed would matter. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "torch/pt.h"

P2cStatus p2c_host_make(P2cImporter *im, P2cType type, P2cShape shape, P2cImported *out,
                        void **data) {
    P2cStatus status = p2c_import_check(im, shape, true);
    if (status) return status;
    if (p2c_shape_count(shape) > P2C_HOST_ELEMENTS)
        return p2c_import_fail(im, "a constant %s is too large to be computed at import",
                               p2c_shape_text(shape).text);
    P2cValue *tensor = p2c_value_tensor(type, shape, NULL);
    if (tensor) *data = p2c_value_mutable_data(tensor);
    return p2c_import_constant(im, out, tensor);
}

/* ---- moving elements ---- */

void p2c_host_strides(P2cShape shape, int64_t stride[]) {
    int64_t step = 1;
    for (int i = shape.rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape.size[i];
    }
}

P2cStatus p2c_host_pick(P2cImporter *im, const P2cImported *x, P2cShape shape, int64_t start,
                        const int64_t stride[], P2cImported *out) {
    const P2cValue *tensor = x->constant;
    void *data;
    P2cStatus status = p2c_host_make(im, p2c_value_type(tensor), shape, out, &data);
    if (status) return status;
    size_t each = p2c_type_bytes(p2c_value_type(tensor));
    const char *from = p2c_value_data(tensor);
    char *to = data;
    int64_t index[P2C_MAX_RANK] = { 0 }, at = start;
    for (int64_t k = p2c_shape_count(shape); k > 0; k--, to += each) {
        memcpy(to, from + (size_t)at * each, each);
        for (int i = shape.rank - 1; i >= 0; i--) {
            at += stride[i];
            if (++index[i] < shape.size[i]) break;
            at -= index[i] * stride[i];
            index[i] = 0;
        }
    }
    return P2C_OK;
}

P2cStatus p2c_host_gather(P2cImporter *im, const P2cImported *x, const P2cImported *indices,
                          int axis, P2cImported *out) {
    int64_t before = 1, after = 1, n = p2c_shape_count(indices->shape), size = x->shape.size[axis];
    P2cShape shape = { .rank = x->shape.rank - 1 + indices->shape.rank };
    if (shape.rank > P2C_MAX_RANK)
        return p2c_import_fail(im, "a result of rank %d is not supported", shape.rank);
    for (int i = 0; i < shape.rank; i++)
        shape.size[i] = i < axis ? x->shape.size[i]
                        : i < axis + indices->shape.rank
                            ? indices->shape.size[i - axis]
                            : x->shape.size[i + 1 - indices->shape.rank];
    for (int i = 0; i < axis; i++) before *= x->shape.size[i];
    for (int i = axis + 1; i < x->shape.rank; i++) after *= x->shape.size[i];
    void *data;
    size_t each = p2c_type_bytes(p2c_value_type(x->constant));
    const char *from = p2c_value_data(x->constant);
    P2cStatus status = p2c_host_make(im, p2c_value_type(x->constant), shape, out, &data);
    int64_t *all = status ? NULL : p2c_import_integers(indices->constant);
    if (!status && !all) status = p2c_import_memory(im);
    char *to = data;
    size_t bytes = (size_t)after * each;
    for (int64_t i = 0; i < n && !status; i++) {
        int64_t k = all[i] < 0 ? all[i] + size : all[i];
        if (k < 0 || k >= size)
            status = p2c_import_fail(im, "index %lld is outside an axis of %lld", (long long)all[i],
                                     (long long)size);
        for (int64_t b = 0; b < before && !status && bytes; b++)
            memcpy(to + (size_t)(b * n + i) * bytes, from + (size_t)(b * size + k) * bytes, bytes);
    }
    free(all);
    return status;
}

P2cStatus p2c_host_concat(P2cImporter *im, int count, P2cImported **x, int axis, P2cShape shape,
                          P2cImported *out) {
    P2cType type = p2c_value_type(x[0]->constant);
    void *data;
    P2cStatus status = p2c_host_make(im, type, shape, out, &data);
    if (status) return status;
    size_t each = p2c_type_bytes(type), row = each;
    int64_t before = 1;
    for (int i = 0; i < axis; i++) before *= shape.size[i];
    for (int i = axis; i < shape.rank; i++) row *= (size_t)shape.size[i];
    char *to = data;
    for (int i = 0; i < count; i++) {
        size_t part = each;
        if (p2c_value_type(x[i]->constant) != type)
            return p2c_import_fail(im, "operands of different types");
        for (int k = axis; k < shape.rank; k++) part *= (size_t)x[i]->shape.size[k];
        const char *from = p2c_value_data(x[i]->constant);
        for (int64_t b = 0; b < before && part; b++)
            memcpy(to + (size_t)b * row, from + (size_t)b * part, part);
        to += part;
    }
    return P2C_OK;
}

P2cStatus p2c_host_ints(P2cImporter *im, P2cShape shape, const int64_t *values, P2cImported *out) {
    void *data;
    P2cStatus status = p2c_host_make(im, P2C_I64, shape, out, &data);
    if (!status && p2c_shape_count(shape))
        memcpy(data, values, (size_t)p2c_shape_count(shape) * sizeof *values);
    return status;
}

/* ---- broadcasting ---- */

P2cStatus p2c_import_broadcast(P2cImporter *im, P2cShape a, P2cShape b, P2cShape *out) {
    out->rank = a.rank > b.rank ? a.rank : b.rank;
    for (int i = 1; i <= out->rank; i++) {
        int64_t x = i <= a.rank ? a.size[a.rank - i] : 1, y = i <= b.rank ? b.size[b.rank - i] : 1;
        if (x != y && x != 1 && y != 1)
            return p2c_import_fail(im, "shapes %s and %s neither agree nor broadcast",
                                   p2c_shape_text(a).text, p2c_shape_text(b).text);
        out->size[out->rank - i] = x == 1 ? y : x;
    }
    return P2C_OK;
}

/* Computes the strides of v in the axes of the result: 0 where v is repeated. */
static void broadcast_strides(P2cShape v, P2cShape result, int64_t stride[]) {
    int64_t own[P2C_MAX_RANK];
    p2c_host_strides(v, own);
    for (int i = 0; i < result.rank; i++) {
        int k = i - (result.rank - v.rank);
        stride[i] = k < 0 || v.size[k] == 1 ? 0 : own[k];
    }
}

P2cStatus p2c_host_spread(P2cImporter *im, const P2cImported *v, P2cShape shape, P2cImported *out) {
    int64_t stride[P2C_MAX_RANK];
    broadcast_strides(v->shape, shape, stride);
    return p2c_host_pick(im, v, shape, 0, stride, out);
}
