/* import_reduce.c: softmax and reductions of an imported network. The axes are brought side by side
 * if needed and become the middle axis of (before, n, after). */
#include <string.h>

#include "import.h"

P2cStatus p2c_import_softmax(P2cImporter *im, P2cImported *x, int axis, bool log,
                             P2cImported *out) {
    static const int planes_axis[4] = { 0, 2, 3, 1 };
    P2cNode *node = p2c_import_use_raw(im, x);
    if (node && x->shape.rank > 4) {
        int before = 1, after = 1;
        for (int i = 0; i < x->shape.rank; i++)
            *(i < axis ? &before : &after) *= i == axis ? 1 : (int)x->shape.size[i];
        node = p2c_reshape(node, P2C_DIMS(before, (int)x->shape.size[axis], after));
        axis = 1;
    } else if (x->channels_last) axis = planes_axis[axis];
    node = node ? p2c_softmax(node, axis) : NULL;
    if (log) node = p2c_log(node);
    return p2c_import_planes(
        im, out, x->shape,
        p2c_import_reshape(node, x->channels_last ? x->node->dims : p2c_import_dims(x->shape)),
        x->channels_last);
}

/* ---- reductions ---- */

/* Reduces the middle axis of (before, n, after). Returns NULL if the operation is not supported. */
static P2cNode *reduce_middle(P2cNode *x, int before, int n, int after, const char *op) {
    if (!strcmp(op, "Min"))
        return p2c_affine(reduce_middle(p2c_affine(x, -1, 0), before, n, after, "Max"), -1, 0);
    if (!strcmp(op, "SumSquare")) return reduce_middle(p2c_mul(x, x), before, n, after, "Sum");
    if (!strcmp(op, "L2"))
        return p2c_pow(reduce_middle(p2c_mul(x, x), before, n, after, "Sum"), 0.5f);
    if (!strcmp(op, "Sum"))
        return p2c_affine(reduce_middle(x, before, n, after, "Mean"), (float)n, 0);
    x = p2c_reshape(x, P2C_DIMS(before, n, after));
    return !strcmp(op, "Max")    ? p2c_max_axis(x, 1)
           : !strcmp(op, "Mean") ? p2c_mean_axis(x, 1)
                                 : NULL;
}

static P2cShape reduced_shape(P2cShape shape, const bool axes[], bool keep) {
    P2cShape out = { 0 };
    for (int i = 0; i < shape.rank; i++)
        if (!axes[i] || keep) out.size[out.rank++] = axes[i] ? 1 : shape.size[i];
    return out;
}

/* Reduces axes that are adjacent, or are made adjacent first. */
static P2cStatus reduce_nodes(P2cImporter *im, P2cImported *x, const bool axes[], P2cShape shape,
                              const char *op, P2cImported *out) {
    int rank = x->shape.rank, order[P2C_MAX_RANK], first = rank, last = -1, n = 1, before = 1,
        after = 1, k = 0, count = 0;
    P2cImported moved = *x;
    for (int i = 0; i < rank; i++)
        if (axes[i]) {
            first = first < i ? first : i;
            last = i;
            count++;
            n *= (int)x->shape.size[i];
        }
    if (!count) return p2c_import_to_shape(im, x, x->shape, out);
    if (last - first + 1 != count) {
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < rank; i++)
                if (axes[i] == pass) order[k++] = i;
        moved = (P2cImported){ 0 };
        P2cStatus status = p2c_import_transpose(im, x, order, &moved);
        if (status) return status;
        first = rank - count;
        last = rank - 1;
    }
    for (int i = 0; i < rank; i++) {
        if (i < first) before *= (int)moved.shape.size[i];
        if (i > last) after *= (int)moved.shape.size[i];
    }
    P2cNode *node = p2c_import_use(im, &moved),
            *result = node ? reduce_middle(node, before, n, after, op) : NULL;
    if (node && !result && !p2c_graph_status(im->net.graph))
        return p2c_import_fail(
            im, "is not supported for values that are computed when the network runs");
    return p2c_import_node(im, out, shape, p2c_import_reshape(result, p2c_import_dims(shape)));
}

P2cStatus p2c_import_reduce(P2cImporter *im, P2cImported *x, int count, const int64_t axes[],
                            bool keep, const char *op, P2cImported *out) {
    bool drop[P2C_MAX_RANK] = { false };
    for (int i = 0; i < count; i++) {
        int axis;
        P2cStatus status = p2c_import_axis(im, axes[i], x->shape.rank, &axis);
        if (status) return status;
        drop[axis] = true;
    }
    for (int i = 0; i < x->shape.rank && !count; i++) drop[i] = true;
    P2cShape kept = reduced_shape(x->shape, drop, true),
             shape = reduced_shape(x->shape, drop, keep);
    if (x->constant) {
        P2cImported whole = { 0 };
        P2cStatus status = p2c_host_reduce(im, x, drop, kept, op, &whole);
        return status ? status : p2c_import_to_shape(im, &whole, shape, out);
    }
    if (x->channels_last && !drop[0] && drop[1] && drop[2] && !drop[3]) { /* over each plane */
        P2cNode *node = p2c_import_use_raw(im, x), *result = NULL;
        if (node)
            result = reduce_middle(node, node->dims.d[0] * node->dims.d[1],
                                   node->dims.d[2] * node->dims.d[3], 1, op);
        P2cDims dims = keep && result ? P2C_DIMS(node->dims.d[0], node->dims.d[1], 1, 1)
                                      : p2c_import_dims(shape);
        if (result)
            return p2c_import_planes(im, out, shape, p2c_import_reshape(result, dims), keep);
    }
    return reduce_nodes(im, x, drop, shape, op, out);
}
