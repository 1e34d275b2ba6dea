/* import_shape.c: operations that move elements: reshape, slice, concat, pad, expand, gather.
 * Constants are computed at import, other values become nodes. Nodes have at most four axes; larger
 * ranks are seen as (before, axis, after). */
#include <limits.h>
#include <string.h>

#include "import.h"

/* where the axes of (n,h,w,c) are in (n,c,h,w) */
static const int planes_axis[4] = { 0, 2, 3, 1 };

static int64_t product(const int64_t *sizes, int from, int to) {
    int64_t all = 1;
    for (int i = from; i < to; i++) all *= sizes[i];
    return all;
}

static P2cDims three(P2cShape shape, int axis) {
    return P2C_DIMS((int)product(shape.size, 0, axis), (int)shape.size[axis],
                    (int)product(shape.size, axis + 1, shape.rank));
}

/* ---- reshape ---- */

P2cStatus p2c_import_to_shape(P2cImporter *im, P2cImported *x, P2cShape shape, P2cImported *out) {
    P2cStatus status = p2c_import_check(im, shape, x->constant != NULL);
    if (status) return status;
    if (p2c_shape_count(shape) != p2c_shape_count(x->shape))
        return p2c_import_fail(im, "%s to %s changes the number of elements",
                               p2c_shape_text(x->shape).text, p2c_shape_text(shape).text);
    if (p2c_shape_equal(shape, x->shape)) {
        if (!x->constant) p2c_import_use_raw(im, x); /* only one value may own a product */
        p2c_import_same(out, x);
        return P2C_OK;
    }
    if (x->constant) {
        status = p2c_import_constant(
            im, out,
            p2c_value_tensor(p2c_value_type(x->constant), shape, p2c_value_data(x->constant)));
        if (!status) out->name = x->name;
        return status;
    }
    return p2c_import_node(im, out, shape,
                           p2c_import_reshape(p2c_import_use(im, x), p2c_import_dims(shape)));
}

P2cStatus p2c_import_reshaped(P2cImporter *im, P2cImported *x, const P2cImported *wanted,
                              bool zero_copies, P2cImported *out) {
    P2cShape shape;
    int open = -1;
    int64_t known = 1;
    P2cStatus status = p2c_import_ints(im, wanted, P2C_MAX_RANK, shape.size, &shape.rank);
    if (status) return status;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.size[i] == 0 && zero_copies && i < x->shape.rank)
            shape.size[i] = x->shape.size[i];
        if (shape.size[i] < -1 || shape.size[i] > INT_MAX || (shape.size[i] == -1 && open >= 0) ||
            known > INT_MAX)
            return p2c_import_fail(im, "an impossible shape %s", p2c_shape_text(shape).text);
        if (shape.size[i] == -1) open = i;
        else known *= shape.size[i];
    }
    if (open >= 0) {
        if (known < 1 || p2c_shape_count(x->shape) % known)
            return p2c_import_fail(im, "%s does not fit %s", p2c_shape_text(x->shape).text,
                                   p2c_shape_text(shape).text);
        shape.size[open] = p2c_shape_count(x->shape) / known;
    }
    return p2c_import_to_shape(im, x, shape, out);
}

P2cStatus p2c_import_squeeze(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                             P2cImported *out) {
    bool drop[P2C_MAX_RANK] = { false };
    P2cShape shape = { 0 };
    for (int i = 0; i < count; i++) {
        int axis;
        P2cStatus status = p2c_import_axis(im, axes[i], x->shape.rank, &axis);
        if (status) return status;
        if (x->shape.size[axis] != 1)
            return p2c_import_fail(im, "axis %d of %s is not 1", axis,
                                   p2c_shape_text(x->shape).text);
        drop[axis] = true;
    }
    for (int i = 0; i < x->shape.rank; i++)
        if (count ? !drop[i] : x->shape.size[i] != 1) shape.size[shape.rank++] = x->shape.size[i];
    return p2c_import_to_shape(im, x, shape, out);
}

P2cStatus p2c_import_unsqueeze(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                               P2cImported *out) {
    bool inserted[P2C_MAX_RANK] = { false };
    P2cShape shape = { .rank = x->shape.rank + count };
    if (shape.rank > P2C_MAX_RANK)
        return p2c_import_fail(im, "a result of rank %d is not supported", shape.rank);
    for (int i = 0; i < count; i++) {
        int axis;
        P2cStatus status = p2c_import_axis(im, axes[i], shape.rank, &axis);
        if (status) return status;
        if (inserted[axis]) return p2c_import_fail(im, "axis %d is given twice", axis);
        inserted[axis] = true;
    }
    for (int i = 0, k = 0; i < shape.rank; i++)
        shape.size[i] = inserted[i] ? 1 : x->shape.size[k++];
    return p2c_import_to_shape(im, x, shape, out);
}

/* ---- slice ---- */

/* Slices like numpy: negative positions count from the end, and what is outside is cut off. The
 * result has *count elements, `step` apart, from *begin. */
static P2cStatus extent(P2cImporter *im, int64_t size, int64_t *begin, int64_t end, int64_t step,
                        int64_t *count) {
    if (step == 0 || step == INT64_MIN)
        return p2c_import_fail(im, "a slice with step %lld is not supported", (long long)step);
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    if (*begin < 0) *begin += size;
    if (end < 0) end += size;
    *begin = *begin < low ? low : *begin > high ? high : *begin;
    end = end < low ? low : end > high ? high : end;
    int64_t span = step > 0 ? end - *begin : *begin - end, by = step > 0 ? step : -step;
    *count = span <= 0 ? 0 : (span - 1) / by + 1;
    return P2C_OK;
}

static P2cStatus slice_constant(P2cImporter *im, P2cImported *x, int axis, int64_t begin,
                                int64_t count, int64_t step, P2cImported *out) {
    P2cShape shape = x->shape;
    int64_t stride[P2C_MAX_RANK];
    p2c_host_strides(x->shape, stride);
    int64_t start = count ? begin * stride[axis] : 0;
    shape.size[axis] = count;
    if (count > 1) stride[axis] *= step;
    return p2c_host_pick(im, x, shape, start, stride, out);
}

/* Takes every step-th element: one of each step of (before, n, step, after). If the axis is not a
 * multiple of the step, the part that starts at the first element is used. */
static P2cStatus stepped(P2cImporter *im, P2cImported *x, int axis, int64_t begin, int64_t count,
                         int64_t step, P2cImported *out) {
    P2cShape shape = x->shape;
    int64_t size = shape.size[axis], from = 0, n = size / step;
    if (size % step) {
        if (count > INT_MAX / step || begin + count * step > size)
            return p2c_import_fail(
                im,
                "a slice with step %lld, which does not divide the axis of %lld, is not supported",
                (long long)step, (long long)size);
        from = begin;
        n = count;
    }
    int before = (int)product(shape.size, 0, axis),
        after = (int)product(shape.size, axis + 1, shape.rank);
    int first = (int)((begin - from) / step), offset = (int)((begin - from) % step);
    P2cNode *node = p2c_import_reshape(p2c_import_use(im, x), three(shape, axis));
    if (node && n * step != size) node = p2c_slice(node, 1, (int)from, (int)(from + n * step));
    node = node ? p2c_slice(p2c_reshape(node, P2C_DIMS(before, (int)n, (int)step, after)), 2,
                            offset, offset + 1)
                : NULL;
    if (node && count != n) node = p2c_slice(node, 1, first, first + (int)count);
    shape.size[axis] = count;
    return p2c_import_node(im, out, shape, p2c_import_reshape(node, p2c_import_dims(shape)));
}

P2cStatus p2c_import_slice(P2cImporter *im, P2cImported *x, int axis, int64_t begin, int64_t end,
                           int64_t step, P2cImported *out) {
    int64_t count = 0, size = x->shape.size[axis];
    P2cStatus status = extent(im, size, &begin, end, step, &count);
    if (status) return status;
    if (x->constant) return slice_constant(im, x, axis, begin, count, step, out);
    if (count == size && step == 1) return p2c_import_to_shape(im, x, x->shape, out);
    if (count < 1)
        return p2c_import_fail(im, "an empty slice of %s is not supported",
                               p2c_shape_text(x->shape).text);
    if (step < 0)
        return p2c_import_fail(im, "a backward slice with step %lld is not supported",
                               (long long)step);
    P2cShape shape = x->shape;
    if (step > 1 && count > 1) return stepped(im, x, axis, begin, count, step, out);
    shape.size[axis] = count;
    int from = (int)begin, to = (int)(begin + count);
    if (x->channels_last)
        return p2c_import_planes(im, out, shape,
                                 p2c_slice(p2c_import_use_raw(im, x), planes_axis[axis], from, to),
                                 true);
    if (shape.rank <= 4)
        return p2c_import_node(im, out, shape, p2c_slice(p2c_import_use(im, x), axis, from, to));
    P2cNode *node =
        p2c_slice(p2c_import_reshape(p2c_import_use(im, x), three(x->shape, axis)), 1, from, to);
    return p2c_import_node(im, out, shape, p2c_import_reshape(node, p2c_import_dims(shape)));
}

P2cStatus p2c_import_split(P2cImporter *im, P2cImported *x, int axis, int count,
                           const int64_t sizes[], P2cImported **out) {
    int64_t at = 0;
    P2cStatus status = P2C_OK;
    for (int i = 0; i < count && !status; i++) {
        if (sizes[i] < 0 || sizes[i] > x->shape.size[axis] - at)
            return p2c_import_fail(im, "parts that do not add up to %lld",
                                   (long long)x->shape.size[axis]);
        if (out[i]) status = p2c_import_slice(im, x, axis, at, at + sizes[i], 1, out[i]);
        at += sizes[i];
    }
    if (!status && at != x->shape.size[axis])
        return p2c_import_fail(im, "parts that do not add up to %lld",
                               (long long)x->shape.size[axis]);
    return status;
}

P2cStatus p2c_import_gather(P2cImporter *im, P2cImported *x, P2cImported *indices, int axis,
                            P2cImported *out) {
    enum { MOST = 64 };
    int64_t at[MOST];
    int count;
    if (x->constant && indices->constant) return p2c_host_gather(im, x, indices, axis, out);
    P2cStatus status = p2c_import_ints(im, indices, MOST, at, &count);
    if (status) return status;
    if (indices->shape.rank > 1 || count < 1)
        return p2c_import_fail(im, "indices of shape %s are not supported",
                               p2c_shape_text(indices->shape).text);
    P2cImported parts[MOST] = { 0 }, *list[MOST], joined = { 0 };
    for (int i = 0; i < count && !status; i++) {
        list[i] = &parts[i];
        int64_t k = at[i] < 0 ? at[i] + x->shape.size[axis] : at[i];
        if (k < 0 || k >= x->shape.size[axis])
            return p2c_import_fail(im, "index %lld is outside an axis of %lld", (long long)at[i],
                                   (long long)x->shape.size[axis]);
        status = p2c_import_slice(im, x, axis, k, k + 1, 1, &parts[i]);
    }
    if (status) return status;
    if (indices->shape.rank == 1) return p2c_import_concat(im, count, list, axis, out);
    joined = parts[0];
    return p2c_import_squeeze(im, &joined, 1, (int64_t[]){ axis }, out);
}

/* ---- concat ---- */

/* Joins any number of nodes, at most eight at a time. */
static P2cNode *concat_nodes(int count, P2cNode **x, int axis) {
    while (count > 1) {
        int made = 0;
        for (int i = 0; i < count; i += P2C_MAX_OPERANDS, made++) {
            int n = count - i < P2C_MAX_OPERANDS ? count - i : P2C_MAX_OPERANDS;
            x[made] = n > 1 ? p2c_concat(n, x + i, axis) : x[i];
            if (!x[made]) return NULL;
        }
        count = made;
    }
    return x[0];
}

static P2cStatus concat_shape(P2cImporter *im, int count, P2cImported **x, int axis,
                              P2cShape *shape, bool *constant, bool *channels_last) {
    *shape = x[0]->shape;
    *constant = true;
    *channels_last = false;
    shape->size[axis] = 0;
    for (int i = 0; i < count; i++) {
        P2cShape other = x[i]->shape;
        if (other.rank == shape->rank) {
            shape->size[axis] += other.size[axis];
            other.size[axis] = shape->size[axis];
        }
        if (!p2c_shape_equal(other, *shape))
            return p2c_import_fail(im, "operands %s and %s do not fit",
                                   p2c_shape_text(x[0]->shape).text,
                                   p2c_shape_text(x[i]->shape).text);
        *constant &= x[i]->constant != NULL;
        *channels_last |= x[i]->channels_last;
    }
    return p2c_import_check(im, *shape, *constant);
}

P2cStatus p2c_import_concat(P2cImporter *im, int count, P2cImported **x, int axis,
                            P2cImported *out) {
    enum { MOST = 1024 };
    P2cShape shape;
    bool constant, last;
    P2cNode *nodes[MOST];
    int used = 0;
    if (count < 1 || count > MOST) return p2c_import_fail(im, "%d operands are too many", count);
    P2cStatus status = concat_shape(im, count, x, axis, &shape, &constant, &last);
    if (status) return status;
    if (constant) return p2c_host_concat(im, count, x, axis, shape, out);
    for (int i = 0; i < count; i++) {
        if (x[i]->shape.size[axis] == 0) continue;
        P2cNode *node = p2c_import_use_planes(im, x[i], last);
        nodes[used++] = shape.rank > 4 ? p2c_import_reshape(node, three(x[i]->shape, axis)) : node;
    }
    P2cNode *node = concat_nodes(used, nodes, last ? planes_axis[axis] : shape.rank > 4 ? 1 : axis);
    return p2c_import_planes(
        im, out, shape, last || !node ? node : p2c_import_reshape(node, p2c_import_dims(shape)),
        last);
}

/* ---- repeat ---- */

P2cStatus p2c_import_expand(P2cImporter *im, P2cImported *x, P2cShape wanted, P2cImported *out) {
    P2cShape shape, ones;
    P2cStatus status = p2c_import_broadcast(im, x->shape, wanted, &shape);
    if (!status) status = p2c_import_check(im, shape, x->constant != NULL);
    if (status) return status;
    if (p2c_shape_equal(shape, x->shape)) return p2c_import_to_shape(im, x, shape, out);
    int64_t stride[P2C_MAX_RANK], own[P2C_MAX_RANK];
    p2c_host_strides(x->shape, own);
    ones = shape;
    for (int i = 0; i < shape.rank; i++) {
        int k = i - (shape.rank - x->shape.rank);
        bool repeated = k < 0 || x->shape.size[k] == 1;
        stride[i] = repeated ? 0 : own[k];
        if (!repeated) ones.size[i] = 1;
    }
    if (x->constant) return p2c_host_pick(im, x, shape, 0, stride, out);
    P2cImported one = { 0 }, factor = { 0 };
    status =
        p2c_import_constant(im, &one, p2c_value_tensor(P2C_F32, (P2cShape){ 0 }, &(float){ 1 }));
    if (!status) status = p2c_host_pick(im, &one, ones, 0, (int64_t[P2C_MAX_RANK]){ 0 }, &factor);
    return status ? status : p2c_import_arithmetic(im, "Mul", x, &factor, out);
}

P2cStatus p2c_import_tile(P2cImporter *im, P2cImported *x, const int64_t repeats[],
                          P2cImported *out) {
    enum { MOST = 64 };
    P2cImported now = *x, next;
    P2cStatus status = P2C_OK;
    if (!x->constant) p2c_import_use_raw(im, x);
    now = *x;
    for (int i = 0; i < x->shape.rank && !status; i++) {
        if (repeats[i] == 1) continue;
        if (repeats[i] < 1 || repeats[i] > INT_MAX)
            return p2c_import_fail(im, "%lld repetitions are not possible", (long long)repeats[i]);
        next = (P2cImported){ 0 };
        if (now.shape.size[i] == 1) {
            P2cShape shape = now.shape;
            shape.size[i] = repeats[i];
            status = p2c_import_expand(im, &now, shape, &next);
        } else {
            P2cImported *same[MOST];
            if (repeats[i] > MOST)
                return p2c_import_fail(im, "%lld repetitions; at most %d are supported",
                                       (long long)repeats[i], MOST);
            for (int k = 0; k < repeats[i]; k++) same[k] = &now;
            status = p2c_import_concat(im, (int)repeats[i], same, i, &next);
        }
        now = next;
    }
    if (!status) p2c_import_same(out, &now);
    return status;
}

/* ---- pad ---- */

/* Pads one axis at a time, as the rows of (1, before, axis, after). */
static P2cNode *pad_axis(P2cNode *x, P2cShape *shape, int axis, int64_t before, int64_t after,
                         P2cPadMode mode, float value) {
    P2cDims dims = three(*shape, axis);
    P2cPad pad = { .top = (int)before, .bottom = (int)after, .mode = mode, .value = value };
    shape->size[axis] += before + after;
    return x ? p2c_pad(p2c_import_reshape(x, P2C_DIMS(1, dims.d[0], dims.d[1], dims.d[2])), pad)
             : NULL;
}

P2cStatus p2c_import_pad(P2cImporter *im, P2cImported *x, const int64_t before[],
                         const int64_t after[], P2cPadMode mode, float value, P2cImported *out) {
    P2cShape shape = x->shape, end = x->shape;
    bool none = true, planes = shape.rank == 4;
    int h = x->channels_last ? 1 : 2;
    for (int i = 0; i < shape.rank; i++) {
        if (before[i] < 0 || after[i] < 0 || before[i] > INT_MAX / 4 || after[i] > INT_MAX / 4)
            return p2c_import_fail(im, "padding of %lld and %lld is not supported",
                                   (long long)before[i], (long long)after[i]);
        end.size[i] += before[i] + after[i];
        none &= !before[i] && !after[i];
        planes &= i == h || i == h + 1 || (!before[i] && !after[i]);
    }
    if (none) return p2c_import_to_shape(im, x, shape, out);
    P2cStatus status = p2c_import_check(im, end, false);
    if (status) return status;
    if (planes) {
        P2cPad pad = { (int)before[h],    (int)after[h], (int)before[h + 1],
                       (int)after[h + 1], mode,          value };
        return p2c_import_planes(im, out, end, p2c_pad(p2c_import_use_raw(im, x), pad),
                                 x->channels_last);
    }
    P2cNode *node = p2c_import_use(im, x);
    for (int i = 0; i < shape.rank; i++)
        if (before[i] || after[i])
            node = pad_axis(node, &shape, i, before[i], after[i], mode, value);
    return p2c_import_node(im, out, end, p2c_import_reshape(node, p2c_import_dims(end)));
}
