/* import_transpose.c: the order of axes. The library's transpose has at most four axes. So axes
 * that stay together are joined. If more than four remain, neighbouring blocks are exchanged,
 * (before, a, b, after), one pair at a time. A transpose to (n,h,w,c) and back only changes a mark
 * on the value, and copies nothing. */
#include <string.h>

#include "import.h"

static int64_t product(const int64_t *sizes, int from, int to) {
    int64_t all = 1;
    for (int i = from; i < to; i++) all *= sizes[i];
    return all;
}

typedef struct Order {
    int count;
    int64_t size[P2C_MAX_RANK];
    int order[P2C_MAX_RANK];
} Order;

/* Removes axes of size 1, and joins axes that stay together. */
static void simplify(Order *o) {
    Order s = { 0 };
    /* place: of an axis, its index without axes of size 1; from: of such an index, its axis */
    int place[P2C_MAX_RANK], from[P2C_MAX_RANK];
    int n = 0, m = 0, sequence[P2C_MAX_RANK], head[P2C_MAX_RANK];
    for (int i = 0; i < o->count; i++)
        if (o->size[i] != 1) {
            place[i] = n;
            from[n++] = i;
        }
    for (int i = 0; i < o->count; i++)
        if (o->size[o->order[i]] != 1) sequence[m++] = place[o->order[i]];
    bool joined[P2C_MAX_RANK] = { false }; /* the axis is joined to the one before it */
    for (int i = 1; i < n; i++) joined[sequence[i]] = sequence[i] == sequence[i - 1] + 1;
    for (int k = 0; k < n; k++) {
        if (k && joined[k]) s.size[s.count - 1] *= o->size[from[k]];
        else s.size[s.count++] = o->size[from[k]];
        head[k] = s.count - 1;
    }
    for (int i = 0, k = 0; i < n; i++)
        if (!(sequence[i] && joined[sequence[i]])) s.order[k++] = head[sequence[i]];
    *o = s;
}

static P2cNode *reorder(P2cNode *x, Order o) {
    for (simplify(&o); o.count > 4 && x; simplify(&o)) {
        int i = 0;
        while (o.order[i] == i) i++;
        int a = o.order[i];
        P2cDims dims = P2C_DIMS((int)product(o.size, 0, i), (int)product(o.size, i, a),
                                (int)o.size[a], (int)product(o.size, a + 1, o.count));
        x = p2c_transpose(p2c_reshape(x, dims), (int[4]){ 0, 2, 1, 3 });
        int64_t size = o.size[a];
        for (int k = a; k > i; k--) o.size[k] = o.size[k - 1];
        o.size[i] = size;
        for (int k = 0; k < o.count; k++)
            o.order[k] = o.order[k] == a                     ? i
                         : o.order[k] >= i && o.order[k] < a ? o.order[k] + 1
                                                             : o.order[k];
    }
    if (o.count < 2 || !x) return x;
    P2cDims dims = P2C_SCALAR;
    dims.rank = o.count;
    for (int i = 0; i < o.count; i++) dims.d[i] = (int)o.size[i];
    for (int i = o.count; i < 4; i++) o.order[i] = i;
    return p2c_transpose(p2c_import_reshape(x, dims), o.order);
}

static bool orders_equal(const int a[], const int b[4]) { return !memcmp(a, b, 4 * sizeof *a); }

static P2cStatus transpose_constant(P2cImporter *im, P2cImported *x, P2cShape shape,
                                    const int order[], P2cImported *out) {
    int64_t own[P2C_MAX_RANK], stride[P2C_MAX_RANK];
    p2c_host_strides(x->shape, own);
    for (int i = 0; i < shape.rank; i++) stride[i] = own[order[i]];
    P2cStatus status = p2c_host_pick(im, x, shape, 0, stride, out);
    if (!status) out->name = x->name;
    return status;
}

P2cStatus p2c_import_transpose(P2cImporter *im, P2cImported *x, const int order[],
                               P2cImported *out) {
    static const int to_last[4] = { 0, 2, 3, 1 }, from_last[4] = { 0, 3, 1, 2 };
    P2cShape shape = { .rank = x->shape.rank };
    bool seen[P2C_MAX_RANK] = { false };
    for (int i = 0; i < shape.rank; i++) {
        if (order[i] < 0 || order[i] >= shape.rank || seen[order[i]])
            return p2c_import_fail(im, "is not an order of %d axes", shape.rank);
        seen[order[i]] = true;
        shape.size[i] = x->shape.size[order[i]];
    }
    if (x->constant) return transpose_constant(im, x, shape, order, out);
    if (shape.rank == 4 && x->channels_last && orders_equal(order, from_last))
        return p2c_import_node(im, out, shape, p2c_import_use_raw(im, x));
    if (shape.rank == 4 && !x->channels_last && orders_equal(order, to_last))
        return p2c_import_planes(im, out, shape, p2c_import_use(im, x), true);
    P2cNode *node = p2c_import_use_raw(im, x);
    Order o = { .count = shape.rank };
    for (int i = 0; i < shape.rank; i++) {
        o.order[i] = x->channels_last ? to_last[order[i]] : order[i];
        o.size[i] = x->channels_last && node ? node->dims.d[i] : x->shape.size[i];
    }
    return p2c_import_node(
        im, out, shape, node ? p2c_import_reshape(reorder(node, o), p2c_import_dims(shape)) : NULL);
}

P2cStatus p2c_import_rearrange(P2cImporter *im, P2cImported *x, P2cShape six, const int order[6],
                               P2cShape shape, P2cImported *out) {
    P2cImported apart = { 0 }, turned = { 0 };
    P2cStatus status = p2c_import_to_shape(im, x, six, &apart);
    if (!status) status = p2c_import_transpose(im, &apart, order, &turned);
    return status ? status : p2c_import_to_shape(im, &turned, shape, out);
}
