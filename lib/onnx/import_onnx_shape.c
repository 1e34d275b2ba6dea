/* import_onnx_shape.c: ONNX's operations that move elements, and those that compute with shapes.
 * Many of their arguments are attributes in old operator sets and operands in new ones. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "import_onnx.h"

P2cStatus p2c_onnx_identity(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_to_shape(im, in[0], in[0]->shape, out[0]);
}

P2cStatus p2c_onnx_reshape(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_reshaped(im, in[0], in[1], !p2c_import_int(im, "allowzero", 0), out[0]);
}

P2cStatus p2c_onnx_flatten(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axis = p2c_import_int(im, "axis", 1);
    int rank = in[0]->shape.rank;
    P2cShape shape = { 2, { 1, 1 } };
    if (axis < -rank || axis > rank)
        return p2c_import_fail(im, "axis %lld is outside a tensor of rank %d", (long long)axis,
                               rank);
    if (axis < 0) axis += rank;
    for (int i = 0; i < rank; i++) shape.size[i >= axis] *= in[0]->shape.size[i];
    return p2c_import_to_shape(im, in[0], shape, out[0]);
}

P2cStatus p2c_onnx_squeeze(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axes[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_onnx_ints(im, in, 1, "axes", axes, &count);
    return status ? status : p2c_import_squeeze(im, in[0], count < 0 ? 0 : count, axes, out[0]);
}

P2cStatus p2c_onnx_unsqueeze(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axes[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_onnx_ints(im, in, 1, "axes", axes, &count);
    if (!status && count < 1) status = p2c_import_fail(im, "the axes are missing");
    return status ? status : p2c_import_unsqueeze(im, in[0], count, axes, out[0]);
}

P2cStatus p2c_onnx_transpose(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t perm[P2C_MAX_RANK];
    int order[P2C_MAX_RANK], rank = in[0]->shape.rank, count = p2c_import_list(im, "perm", perm);
    if (count >= 0 && count != rank)
        return p2c_import_fail(im, "an order of %d axes for a tensor of %d axes", count, rank);
    for (int i = 0; i < rank; i++)
        order[i] = count < 0 ? rank - 1 - i : perm[i] >= 0 && perm[i] < rank ? (int)perm[i] : -1;
    return p2c_import_transpose(im, in[0], order, out[0]);
}

P2cStatus p2c_onnx_concat(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int axis;
    P2cStatus status = p2c_import_axis(im, p2c_import_int(im, "axis", 1), in[0]->shape.rank, &axis);
    return status ? status : p2c_import_concat(im, im->at->input_count, in, axis, out[0]);
}

P2cStatus p2c_onnx_slice(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t begin[P2C_MAX_RANK], end[P2C_MAX_RANK], axes[P2C_MAX_RANK], steps[P2C_MAX_RANK];
    int n, m, k, s;
    P2cStatus status = p2c_onnx_ints(im, in, 1, "starts", begin, &n);
    if (!status) status = p2c_onnx_ints(im, in, 2, "ends", end, &m);
    if (!status) status = p2c_onnx_ints(im, in, 3, "axes", axes, &k);
    if (!status) status = p2c_onnx_ints(im, in, 4, "steps", steps, &s);
    if (status) return status;
    if (n < 0 || m != n || (k >= 0 && k != n) || (s >= 0 && s != n) || n > in[0]->shape.rank)
        return p2c_import_fail(im, "%d begins and %d ends for %d axes", n, m, k);
    if (!in[0]->constant) p2c_import_use_raw(im, in[0]);
    P2cImported now = *in[0];
    for (int i = 0; i < n && !status; i++) {
        P2cImported next = { 0 };
        int axis;
        status = p2c_import_axis(im, k < 0 ? i : axes[i], now.shape.rank, &axis);
        if (!status)
            status =
                p2c_import_slice(im, &now, axis, begin[i], end[i], s < 0 ? 1 : steps[i], &next);
        now = next;
    }
    if (!status) p2c_import_same(out[0], &now);
    return status;
}

P2cStatus p2c_onnx_split(P2cImporter *im, P2cImported **in, P2cImported **out) {
    enum { MOST = 64 };
    int64_t sizes[MOST], listed[P2C_MAX_RANK];
    int axis, count = im->at->output_count, said = 0;
    P2cStatus status = p2c_import_axis(im, p2c_import_int(im, "axis", 0), in[0]->shape.rank, &axis);
    if (status) return status;
    if (count < 1 || count > MOST) return p2c_import_fail(im, "%d parts", count);
    if (in[1]) status = p2c_import_ints(im, in[1], MOST, sizes, &said);
    else if ((said = p2c_import_list(im, "split", listed)) > 0)
        memcpy(sizes, listed, sizeof listed);
    if (status) return status;
    /* the last may be smaller */
    int64_t each = (in[0]->shape.size[axis] + count - 1) / count, left = in[0]->shape.size[axis];
    for (int i = 0; i < count && said <= 0; i++) {
        sizes[i] = left < each ? left : each;
        left -= sizes[i];
    }
    if (said > 0 && said != count) return p2c_import_fail(im, "%d sizes for %d parts", said, count);
    return p2c_import_split(im, in[0], axis, count, sizes, out);
}

P2cStatus p2c_onnx_gather(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int axis;
    P2cStatus status = p2c_import_axis(im, p2c_import_int(im, "axis", 0), in[0]->shape.rank, &axis);
    return status ? status : p2c_import_gather(im, in[0], in[1], axis, out[0]);
}

/* ---- repeat and pad ---- */

P2cStatus p2c_onnx_expand(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cShape shape;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, shape.size, &shape.rank);
    if (!status) status = p2c_import_check(im, shape, in[0]->constant != NULL);
    return status ? status : p2c_import_expand(im, in[0], shape, out[0]);
}

P2cStatus p2c_onnx_tile(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t repeats[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, repeats, &count);
    if (!status && count != in[0]->shape.rank)
        status =
            p2c_import_fail(im, "%d repetitions for a tensor of %d axes", count, in[0]->shape.rank);
    return status ? status : p2c_import_tile(im, in[0], repeats, out[0]);
}

static P2cStatus pad_mode(P2cImporter *im, P2cPadMode *mode) {
    const char *text = p2c_import_text(im, "mode", "constant");
    *mode = !strcmp(text, "reflect") ? P2C_PAD_REFLECT
            : !strcmp(text, "edge")  ? P2C_PAD_EDGE
                                     : P2C_PAD_CONSTANT;
    return *mode != P2C_PAD_CONSTANT || !strcmp(text, "constant")
               ? P2C_OK
               : p2c_import_fail(im, "mode '%.40s'", text);
}

P2cStatus p2c_onnx_pad(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t pads[2 * P2C_MAX_RANK], listed[P2C_MAX_RANK], axes[P2C_MAX_RANK],
        before[P2C_MAX_RANK] = { 0 }, after[P2C_MAX_RANK] = { 0 };
    int count, named = in[0]->shape.rank, axis;
    double value = p2c_import_float(im, "value", 0);
    P2cPadMode mode;
    P2cStatus status = pad_mode(im, &mode);
    if (status) return status;
    if (in[1]) status = p2c_import_ints(im, in[1], 2 * P2C_MAX_RANK, pads, &count);
    else if ((count = p2c_import_list(im, "pads", listed)) >= 0)
        memcpy(pads, listed, sizeof listed);
    if (!status && in[2] && p2c_shape_count(in[2]->shape))
        status = p2c_import_scalar(im, in[2], &value);
    for (int i = 0; i < P2C_MAX_RANK; i++) axes[i] = i;
    if (!status && in[3]) status = p2c_import_ints(im, in[3], P2C_MAX_RANK, axes, &named);
    if (status) return status;
    if (count != 2 * named)
        return p2c_import_fail(im, "%d paddings for a tensor of %d axes", count, named);
    for (int i = 0; i < named; i++) {
        if ((status = p2c_import_axis(im, axes[i], in[0]->shape.rank, &axis))) return status;
        before[axis] = pads[i];
        after[axis] = pads[named + i];
    }
    return p2c_import_pad(im, in[0], before, after, mode, (float)value, out[0]);
}

/* ---- blocks to and from channels ---- */

P2cStatus p2c_onnx_depth_to_space(P2cImporter *im, P2cImported **in, P2cImported **out) {
    const int64_t *s = in[0]->shape.size, b = p2c_import_int(im, "blocksize", 0);
    bool crd = !strcmp(p2c_import_text(im, "mode", "DCR"), "CRD");
    if (in[0]->shape.rank != 4 || b < 1 || b > 1 << 10 || s[1] % (b * b))
        return p2c_import_fail(im, "blocks of %lld do not fit input %s", (long long)b,
                               p2c_shape_text(in[0]->shape).text);
    int64_t c = s[1] / (b * b);
    P2cShape shape = { 4, { s[0], c, s[2] * b, s[3] * b } };
    P2cShape dcr_six = { 6, { s[0], b, b, c, s[2], s[3] } },
             crd_six = { 6, { s[0], c, b, b, s[2], s[3] } };
    return p2c_import_rearrange(im, in[0], crd ? crd_six : dcr_six,
                                crd ? (int[]){ 0, 1, 4, 2, 5, 3 } : (int[]){ 0, 3, 4, 1, 5, 2 },
                                shape, out[0]);
}

P2cStatus p2c_onnx_space_to_depth(P2cImporter *im, P2cImported **in, P2cImported **out) {
    const int64_t *s = in[0]->shape.size, b = p2c_import_int(im, "blocksize", 0);
    if (in[0]->shape.rank != 4 || b < 1 || b > 1 << 10 || s[2] % b || s[3] % b)
        return p2c_import_fail(im, "blocks of %lld do not fit input %s", (long long)b,
                               p2c_shape_text(in[0]->shape).text);
    P2cShape shape = { 4, { s[0], s[1] * b * b, s[2] / b, s[3] / b } },
             six = { 6, { s[0], s[1], s[2] / b, b, s[3] / b, b } };
    return p2c_import_rearrange(im, in[0], six, (int[]){ 0, 3, 5, 1, 2, 4 }, shape, out[0]);
}

/* ---- values known before anything runs ---- */

P2cStatus p2c_onnx_shape(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t rank = in[0]->shape.rank, begin = p2c_import_int(im, "start", 0),
            end = p2c_import_int(im, "end", rank);
    begin = begin < -rank ? 0 : begin < 0 ? begin + rank : begin > rank ? rank : begin;
    end = end < -rank ? 0 : end < 0 ? end + rank : end > rank ? rank : end;
    return p2c_host_ints(im, (P2cShape){ 1, { end > begin ? end - begin : 0 } },
                         in[0]->shape.size + begin, out[0]);
}

P2cStatus p2c_onnx_size(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_ints(im, (P2cShape){ 0 }, (int64_t[]){ p2c_shape_count(in[0]->shape) }, out[0]);
}

P2cStatus p2c_onnx_constant(P2cImporter *im, P2cImported **in, P2cImported **out) {
    const P2cValue *a = im->at->attributes, *tensor = p2c_value_get(a, "value"),
                   *real = p2c_value_get(a, "value_float"), *whole = p2c_value_get(a, "value_int");
    const P2cValue *list = p2c_value_get(a, "value_ints");
    (void)in;
    if (tensor && p2c_value_kind(tensor) == P2C_TENSOR)
        return p2c_import_constant(im, out[0],
                                   p2c_value_tensor(p2c_value_type(tensor), p2c_value_shape(tensor),
                                                    p2c_value_data(tensor)));
    if (whole)
        return p2c_host_ints(im, (P2cShape){ 0 }, (int64_t[]){ p2c_value_as_int(whole) }, out[0]);
    if (real)
        return p2c_import_constant(im, out[0],
                                   p2c_value_tensor(P2C_F32, (P2cShape){ 0 },
                                                    &(float){ (float)p2c_value_as_float(real) }));
    if (!list || p2c_value_kind(list) != P2C_LIST) list = p2c_value_get(a, "value_floats");
    if (!list || p2c_value_kind(list) != P2C_LIST)
        return p2c_import_fail(im, "its value has a type that is not supported");
    bool integer = p2c_value_get(a, "value_ints") == list;
    P2cShape shape = { 1, { (int64_t)p2c_value_count(list) } };
    int64_t *ints = calloc((size_t)shape.size[0] + 1, sizeof *ints);
    float *floats = calloc((size_t)shape.size[0] + 1, sizeof *floats);
    for (int64_t i = 0; i < shape.size[0] && ints && floats; i++) {
        ints[i] = p2c_value_as_int(p2c_value_at(list, (size_t)i));
        floats[i] = (float)p2c_value_as_float(p2c_value_at(list, (size_t)i));
    }
    P2cStatus status = P2C_OK;
    if (!ints || !floats) status = p2c_import_memory(im);
    else
        status = p2c_import_constant(im, out[0],
                                     p2c_value_tensor(integer ? P2C_I64 : P2C_F32, shape,
                                                      integer ? (void *)ints : (void *)floats));
    free(ints);
    free(floats);
    return status;
}

P2cStatus p2c_onnx_constant_of_shape(P2cImporter *im, P2cImported **in, P2cImported **out) {
    const P2cValue *value = p2c_value_get(im->at->attributes, "value");
    P2cShape shape, one = { 0 };
    P2cImported scalar = { 0 };
    P2cStatus status = p2c_import_ints(im, in[0], P2C_MAX_RANK, shape.size, &shape.rank);
    if (status) return status;
    bool given = value && p2c_value_kind(value) == P2C_TENSOR &&
                 p2c_shape_count(p2c_value_shape(value)) == 1;
    status = p2c_import_constant(im, &scalar,
                                 p2c_value_tensor(given ? p2c_value_type(value) : P2C_F32, one,
                                                  given ? p2c_value_data(value) : NULL));
    if (!status) status = p2c_import_check(im, shape, true);
    return status ? status
                  : p2c_host_pick(im, &scalar, shape, 0, (int64_t[P2C_MAX_RANK]){ 0 }, out[0]);
}

P2cStatus p2c_onnx_range(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_range(im, in[0], in[1], in[2], out[0]);
}

P2cStatus p2c_onnx_where(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (!in[0]->constant || !in[1]->constant || !in[2]->constant)
        return p2c_import_fail(im, "is supported only for constants");
    return p2c_host_where(im, in[0], in[1], in[2], out[0]);
}

/* All values that a network computes are float32 here, whichever float type the file asks for. */
P2cStatus p2c_onnx_cast(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t to = p2c_import_int(im, "to", 1);
    bool real = to == 1 || to == 10 || to == 11 || to == 16;
    if (in[0]->constant)
        return p2c_host_cast(im, in[0], real ? P2C_F32 : to == 9 ? P2C_TYPE_BOOL : P2C_I64, out[0]);
    return real ? p2c_onnx_identity(im, in, out)
                : p2c_import_fail(im, "to type %lld, which is not a float type", (long long)to);
}
