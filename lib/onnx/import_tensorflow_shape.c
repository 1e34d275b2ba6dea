/* import_tensorflow_shape.c: TensorFlow's operations that move elements, and those that compute
 * with shapes. */
#include <limits.h>
#include <string.h>

#include "import_tensorflow.h"

P2cStatus p2c_tf_identity(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_to_shape(im, in[0], in[0]->shape, out[0]);
}
P2cStatus p2c_tf_reshape(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_import_reshaped(im, in[0], in[1], false, out[0]);
}

P2cStatus p2c_tf_squeeze(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axes[P2C_MAX_RANK];
    int count = p2c_import_list(im, "squeeze_dims", axes);
    return p2c_import_squeeze(im, in[0], count < 0 ? 0 : count, axes, out[0]);
}

P2cStatus p2c_tf_expand_dims(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t axis;
    int count;
    P2cStatus status = p2c_import_ints(im, in[1], 1, &axis, &count);
    return status ? status : p2c_import_unsqueeze(im, in[0], count, &axis, out[0]);
}

P2cStatus p2c_tf_transpose(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t perm[P2C_MAX_RANK];
    int order[P2C_MAX_RANK], count, rank = in[0]->shape.rank;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, perm, &count);
    if (!status && count != rank)
        status = p2c_import_fail(im, "an order of %d axes for a tensor of %d axes", count, rank);
    for (int i = 0; i < rank && !status; i++)
        order[i] =
            perm[i] >= -rank && perm[i] < rank ? (int)(perm[i] < 0 ? perm[i] + rank : perm[i]) : -1;
    return status ? status : p2c_import_transpose(im, in[0], order, out[0]);
}

/* Reads an axis that is an operand. */
static P2cStatus axis_of(P2cImporter *im, const P2cImported *v, int rank, int *axis) {
    int64_t value = 0;
    int count;
    P2cStatus status = p2c_import_ints(im, v, 1, &value, &count);
    return status ? status : p2c_import_axis(im, value, rank, axis);
}

P2cStatus p2c_tf_concat(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int axis, count = im->at->input_count - 1;
    P2cStatus status = axis_of(im, in[count], in[0]->shape.rank, &axis);
    return status ? status : p2c_import_concat(im, count, in, axis, out[0]);
}

P2cStatus p2c_tf_pack(P2cImporter *im, P2cImported **in, P2cImported **out) {
    enum { MOST = 64 };
    P2cImported parts[MOST] = { 0 }, *list[MOST];
    int count = im->at->input_count, at;
    if (count > MOST)
        return p2c_import_fail(im, "%d operands; at most %d are supported", count, MOST);
    int64_t axis = p2c_import_int(im, "axis", 0);
    P2cStatus status = P2C_OK;
    for (int i = 0; i < count && !status; i++) {
        list[i] = &parts[i];
        status = p2c_import_unsqueeze(im, in[i], 1, &axis, &parts[i]);
    }
    if (!status) status = p2c_import_axis(im, axis, parts[0].shape.rank, &at);
    return status ? status : p2c_import_concat(im, count, list, at, out[0]);
}

P2cStatus p2c_tf_unpack(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int axis;
    P2cStatus status = p2c_import_axis(im, p2c_import_int(im, "axis", 0), in[0]->shape.rank, &axis);
    if (!status && in[0]->shape.size[axis] != im->at->output_count)
        status = p2c_import_fail(im, "%d parts of %s", im->at->output_count,
                                 p2c_shape_text(in[0]->shape).text);
    for (int i = 0; i < im->at->output_count && !status; i++) {
        P2cImported part = { 0 };
        status = p2c_import_slice(im, in[0], axis, i, i + 1, 1, &part);
        if (!status) status = p2c_import_squeeze(im, &part, 1, (int64_t[]){ axis }, out[i]);
    }
    return status;
}

/* ---- slices ---- */

P2cStatus p2c_tf_slice(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t begin[P2C_MAX_RANK], size[P2C_MAX_RANK];
    int n, m;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, begin, &n);
    if (!status) status = p2c_import_ints(im, in[2], P2C_MAX_RANK, size, &m);
    if (!status && (n != in[0]->shape.rank || m != n))
        status = p2c_import_fail(im, "%d begins for %d sizes", n, m);
    if (!status && !in[0]->constant) p2c_import_use_raw(im, in[0]);
    P2cImported now = *in[0];
    for (int i = 0; i < in[0]->shape.rank && !status; i++) {
        P2cImported next = { 0 };
        int64_t whole = now.shape.size[i],
                end = size[i] == -1 ? whole : begin[i] + (size[i] > INT_MAX ? INT_MAX : size[i]);
        if (begin[i] < 0 || begin[i] > whole || size[i] < -1 || end > whole)
            return p2c_import_fail(im, "a slice outside %s", p2c_shape_text(in[0]->shape).text);
        status = p2c_import_slice(im, &now, i, begin[i], end, 1, &next);
        now = next;
    }
    if (!status) p2c_import_same(out[0], &now);
    return status;
}

/* Applies one entry of a strided slice. `drop`: the axis is removed. */
static P2cStatus strided(P2cImporter *im, P2cImported *now, int axis, int64_t begin, int64_t end,
                         int64_t step, bool drop) {
    P2cImported next = { 0 };
    int64_t size = now->shape.size[axis];
    if (drop) {
        begin = begin < 0 ? begin + size : begin;
        if (begin < 0 || begin >= size)
            return p2c_import_fail(im, "element %lld is outside an axis of %lld", (long long)begin,
                                   (long long)size);
        end = begin + 1;
        step = 1;
    }
    P2cStatus status = p2c_import_slice(im, now, axis, begin, end, step, &next);
    *now = next;
    next = (P2cImported){ 0 };
    if (status || !drop) return status;
    status = p2c_import_squeeze(im, now, 1, (int64_t[]){ axis }, &next);
    *now = next;
    return status;
}

P2cStatus p2c_tf_strided_slice(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t begin[P2C_MAX_RANK], end[P2C_MAX_RANK], step[P2C_MAX_RANK];
    int64_t from_start = p2c_import_int(im, "begin_mask", 0),
            to_end = p2c_import_int(im, "end_mask", 0),
            drop = p2c_import_int(im, "shrink_axis_mask", 0);
    int64_t new_axes = p2c_import_int(im, "new_axis_mask", 0),
            dots = p2c_import_int(im, "ellipsis_mask", 0);
    int n, m, k, axis = 0;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, begin, &n);
    if (!status) status = p2c_import_ints(im, in[2], P2C_MAX_RANK, end, &m);
    if (!status) status = p2c_import_ints(im, in[3], P2C_MAX_RANK, step, &k);
    if (!status && (n != m || n != k))
        status = p2c_import_fail(im, "%d begins, %d ends, %d steps", n, m, k);
    if (status) return status;
    if (!in[0]->constant) p2c_import_use_raw(im, in[0]);
    P2cImported now = *in[0];
    for (int i = 0; i < n && !status; i++) {
        int64_t bit = (int64_t)1 << i;
        if (dots & bit) { /* as many axes as the other entries leave */
            int others = 0;
            for (int j = i + 1; j < n; j++) others += !(new_axes >> j & 1);
            axis = now.shape.rank - others;
            if (axis < 0) return p2c_import_fail(im, "more axes than there are");
        } else if (new_axes & bit) {
            P2cImported next = { 0 };
            status = p2c_import_unsqueeze(im, &now, 1, (int64_t[]){ axis++ }, &next);
            now = next;
        } else {
            if (axis >= now.shape.rank) return p2c_import_fail(im, "more axes than there are");
            bool backwards = step[i] < 0;
            int64_t first = backwards ? INT64_MAX : 0, last = backwards ? INT64_MIN : INT64_MAX;
            status = strided(im, &now, axis, from_start & bit ? first : begin[i],
                             to_end & bit ? last : end[i], step[i], drop & bit);
            axis += !(drop & bit);
        }
    }
    if (!status) p2c_import_same(out[0], &now);
    return status;
}

P2cStatus p2c_tf_split(P2cImporter *im, P2cImported **in, P2cImported **out) {
    enum { MOST = 64 };
    bool sized = !strcmp(im->at->op, "SplitV");
    P2cImported *x = sized ? in[0] : in[1], *at = sized ? in[2] : in[0];
    int64_t sizes[MOST];
    int axis, count = im->at->output_count, said;
    if (!at) return p2c_import_fail(im, "the axis is missing");
    P2cStatus status = axis_of(im, at, x->shape.rank, &axis);
    if (status) return status;
    if (count > MOST || (!sized && x->shape.size[axis] % count))
        return p2c_import_fail(im, "%d parts of %s", count, p2c_shape_text(x->shape).text);
    for (int i = 0; i < count; i++) sizes[i] = x->shape.size[axis] / count;
    if (sized) {
        int64_t rest = x->shape.size[axis], open = -1;
        status = p2c_import_ints(im, in[1], MOST, sizes, &said);
        if (!status && said != count)
            status = p2c_import_fail(im, "%d sizes for %d parts", said, count);
        for (int i = 0; i < count && !status; i++) {
            if (sizes[i] == -1) open = i;
            else if (sizes[i] < 0 || sizes[i] > rest)
                status = p2c_import_fail(im, "parts that do not add up");
            else rest -= sizes[i];
        }
        if (open >= 0) sizes[open] = rest;
    }
    return status ? status : p2c_import_split(im, x, axis, count, sizes, out);
}

P2cStatus p2c_tf_gather(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int axis = 0;
    P2cStatus status = in[2] ? axis_of(im, in[2], in[0]->shape.rank, &axis)
                             : p2c_import_axis(im, 0, in[0]->shape.rank, &axis);
    if (!status && p2c_import_int(im, "batch_dims", 0))
        status = p2c_import_fail(im, "batch_dims are not supported");
    return status ? status : p2c_import_gather(im, in[0], in[1], axis, out[0]);
}

/* ---- repeat and pad ---- */

P2cStatus p2c_tf_tile(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t repeats[P2C_MAX_RANK];
    int count;
    P2cStatus status = p2c_import_ints(im, in[1], P2C_MAX_RANK, repeats, &count);
    if (!status && count != in[0]->shape.rank)
        status =
            p2c_import_fail(im, "%d repetitions for a tensor of %d axes", count, in[0]->shape.rank);
    return status ? status : p2c_import_tile(im, in[0], repeats, out[0]);
}

P2cStatus p2c_tf_fill(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cShape shape;
    P2cStatus status = p2c_import_ints(im, in[0], P2C_MAX_RANK, shape.size, &shape.rank);
    if (!status) status = p2c_import_check(im, shape, true);
    if (!status && (!in[1]->constant || p2c_shape_count(in[1]->shape) != 1))
        status = p2c_import_fail(im, "the value is not a number");
    return status ? status
                  : p2c_host_pick(im, in[1], shape, 0, (int64_t[P2C_MAX_RANK]){ 0 }, out[0]);
}

P2cStatus p2c_tf_pairs(P2cImporter *im, const P2cImported *v, int count, int64_t before[],
                       int64_t after[]) {
    int64_t all[2 * P2C_MAX_RANK];
    int n;
    P2cStatus status = p2c_import_ints(im, v, 2 * P2C_MAX_RANK, all, &n);
    if (!status && n != 2 * count) status = p2c_import_fail(im, "%d numbers for %d axes", n, count);
    for (int i = 0; i < count && !status; i++) {
        before[i] = all[2 * i];
        after[i] = all[2 * i + 1];
    }
    return status;
}

P2cStatus p2c_tf_pad(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t before[P2C_MAX_RANK], after[P2C_MAX_RANK];
    double value = 0;
    P2cStatus status = p2c_tf_pairs(im, in[1], in[0]->shape.rank, before, after);
    if (!status && in[2]) status = p2c_import_scalar(im, in[2], &value);
    return status
               ? status
               : p2c_import_pad(im, in[0], before, after, P2C_PAD_CONSTANT, (float)value, out[0]);
}

P2cStatus p2c_tf_mirror_pad(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t before[P2C_MAX_RANK], after[P2C_MAX_RANK];
    P2cStatus status = p2c_tf_pairs(im, in[1], in[0]->shape.rank, before, after);
    const char *mode = p2c_import_text(im, "mode", "");
    if (!status && strcmp(mode, "REFLECT"))
        status = p2c_import_fail(im, "mode '%.40s' is not supported (only REFLECT is)", mode);
    return status ? status : p2c_import_pad(im, in[0], before, after, P2C_PAD_REFLECT, 0, out[0]);
}

/* ---- blocks ---- */

static P2cStatus depth(P2cImporter *im, P2cImported *x, bool to_space, P2cImported *out) {
    const int64_t *s = x->shape.size, b = p2c_import_int(im, "block_size", 0);
    bool last = !strcmp(p2c_import_text(im, "data_format", "NHWC"), "NHWC");
    if (x->shape.rank != 4 || !last || b < 1 || b > 1 << 10 ||
        (to_space ? s[3] % (b * b) : s[1] % b || s[2] % b))
        return p2c_import_fail(im, "blocks of %lld of %s", (long long)b,
                               p2c_shape_text(x->shape).text);
    if (to_space) {
        P2cShape six = { 6, { s[0], s[1], s[2], b, b, s[3] / (b * b) } },
                 shape = { 4, { s[0], s[1] * b, s[2] * b, s[3] / (b * b) } };
        return p2c_import_rearrange(im, x, six, (int[]){ 0, 1, 3, 2, 4, 5 }, shape, out);
    }
    P2cShape six = { 6, { s[0], s[1] / b, b, s[2] / b, b, s[3] } },
             shape = { 4, { s[0], s[1] / b, s[2] / b, s[3] * b * b } };
    return p2c_import_rearrange(im, x, six, (int[]){ 0, 1, 3, 2, 4, 5 }, shape, out);
}

P2cStatus p2c_tf_depth_to_space(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return depth(im, in[0], true, out[0]);
}
P2cStatus p2c_tf_space_to_depth(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return depth(im, in[0], false, out[0]);
}

/* ---- values known before anything runs ---- */

P2cStatus p2c_tf_shape(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_ints(im, (P2cShape){ 1, { in[0]->shape.rank } }, in[0]->shape.size, out[0]);
}

P2cStatus p2c_tf_size(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_ints(im, (P2cShape){ 0 }, (int64_t[]){ p2c_shape_count(in[0]->shape) }, out[0]);
}

P2cStatus p2c_tf_rank(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_ints(im, (P2cShape){ 0 }, (int64_t[]){ in[0]->shape.rank }, out[0]);
}

P2cStatus p2c_tf_range(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return p2c_host_range(im, in[0], in[1], in[2], out[0]);
}

P2cStatus p2c_tf_select(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (!in[0]->constant || !in[1]->constant || !in[2]->constant)
        return p2c_import_fail(im, "is supported only for constants");
    return p2c_host_where(im, in[0], in[1], in[2], out[0]);
}

/* TensorFlow's type numbers: 1, 2, 14, 19 are float types, 10 is bool. */
P2cStatus p2c_tf_cast(P2cImporter *im, P2cImported **in, P2cImported **out) {
    int64_t to = p2c_import_int(im, "DstT", 1);
    bool real = to == 1 || to == 2 || to == 14 || to == 19;
    if (in[0]->constant)
        return p2c_host_cast(im, in[0],
                             real       ? P2C_F32
                             : to == 10 ? P2C_TYPE_BOOL
                                        : P2C_I64,
                             out[0]);
    return real ? p2c_tf_identity(im, in, out)
                : p2c_import_fail(im, "to type %lld, which is not a float type", (long long)to);
}
