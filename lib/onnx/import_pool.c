/* import_pool.c: pooling and resizing of an imported network.
 *
 * Averages of overlapping windows are a depthwise convolution by 1/(kh*kw). If padding does not
 * count, the result is multiplied by a map that corrects the number of elements in each window.
 * Sizes that are rounded up get padding at the end. It is never chosen by max pooling, and makes no
 * difference to averages; otherwise the network is refused. */
#include <float.h>
#include <stdlib.h>

#include "import.h"

static P2cShape sizes_of(const P2cImported *x, int64_t height, int64_t width, bool channels_last) {
    P2cShape shape = x->shape;
    shape.size[channels_last ? 1 : 2] = height;
    shape.size[channels_last ? 2 : 3] = width;
    return shape;
}

static P2cStatus start(P2cImporter *im, P2cImported *x, bool channels_last, P2cNode **planes) {
    if (x->shape.rank != 4)
        return p2c_import_fail(im, "input of shape %s: only pictures of four axes are supported",
                               p2c_shape_text(x->shape).text);
    *planes = p2c_import_use_planes(im, x, channels_last);
    return *planes ? P2C_OK : p2c_import_memory(im);
}

/* If sizes are rounded up, a last window counts when it begins inside, that is, not in the padding
 * at the end. Adds the padding that this window needs. */
static void round_up(P2cWindow *w, const P2cNode *x) {
    for (int i = 0; i < 2; i++) {
        int64_t in = x->dims.d[2 + i],
                free = in + w->before[i] + w->after[i] - (w->k[i] - 1) * w->dilation[i] - 1;
        int64_t last = (free + w->stride[i] - 1) / w->stride[i] * w->stride[i];
        if (free >= 0 && last > free && last < in + w->before[i]) w->after[i] += last - free;
    }
}

P2cStatus p2c_import_max_pool(P2cImporter *im, P2cImported *x, P2cWindow w, bool ceil,
                              bool channels_last, P2cImported *out) {
    P2cNode *planes;
    int64_t size[2];
    int pad;
    P2cStatus status = start(im, x, channels_last, &planes);
    if (!status) status = p2c_import_window(im, &w, planes, size);
    if (status) return status;
    if (ceil) round_up(&w, planes);
    if ((status = p2c_import_window(im, &w, planes, size))) return status;
    if (w.dilation[0] != 1 || w.dilation[1] != 1)
        return p2c_import_fail(im, "a dilated window is not supported");
    if (w.stride[0] != w.stride[1])
        return p2c_import_fail(im, "strides %lld and %lld: only equal strides are supported",
                               (long long)w.stride[0], (long long)w.stride[1]);
    bool even = w.before[0] == w.after[0] && w.before[0] == w.before[1] &&
                w.before[0] == w.after[1] && w.before[0] < w.k[0] && w.before[0] < w.k[1];
    if (even) pad = (int)w.before[0];
    else {
        P2cPad p = { (int)w.before[0], (int)w.after[0],  (int)w.before[1],
                     (int)w.after[1],  P2C_PAD_CONSTANT, -FLT_MAX };
        planes = p2c_pad(planes, p);
        pad = 0;
    }
    P2cNode *y =
        p2c_max_pool2d(planes, (P2cPool2d){ (int)w.k[0], (int)w.k[1], (int)w.stride[0], pad });
    return p2c_import_planes(im, out, sizes_of(x, size[0], size[1], channels_last), y,
                             channels_last);
}

/* ---- averages ---- */

/* How many of a window's positions are inside the plane. */
static int64_t inside(const P2cWindow *w, int axis, int64_t at, int64_t in) {
    int64_t from = at * w->stride[axis] - w->before[axis], to = from + w->k[axis];
    return (to < in ? to : in) - (from > 0 ? from : 0);
}

static P2cNode *correction(P2cImporter *im, const P2cWindow *w, const P2cNode *x,
                           const int64_t size[2]) {
    float *map = calloc((size_t)(size[0] * size[1]), sizeof *map);
    for (int64_t i = 0; i < size[0] && map; i++)
        for (int64_t j = 0; j < size[1]; j++) {
            int64_t count = inside(w, 0, i, x->dims.d[2]) * inside(w, 1, j, x->dims.d[3]);
            map[i * size[1] + j] =
                (float)((double)(w->k[0] * w->k[1]) / (double)(count > 0 ? count : 1));
        }
    P2cNode *node =
        p2c_import_param(im, im->at->name, P2C_DIMS(1, 1, (int)size[0], (int)size[1]), true, map);
    free(map);
    return node;
}

static P2cNode *by_convolution(P2cImporter *im, P2cNode *x, const P2cWindow *w,
                               const int64_t size[2], bool count_pad) {
    P2cConv2d options = { .stride = (int)w->stride[0], .groups = x->dims.d[1] };
    bool padded = w->before[0] || w->before[1] || w->after[0] || w->after[1];
    P2cNode *weight =
        p2c_constant(im->net.graph, P2C_DIMS(x->dims.d[1], 1, (int)w->k[0], (int)w->k[1]),
                     1.0f / (float)(w->k[0] * w->k[1]));
    P2cNode *y = p2c_conv2d(p2c_import_padded(x, w, 0, &options.pad), weight, NULL, options);
    if (count_pad || !padded) return y;
    P2cNode *map = correction(im, w, x, size);
    return y && map ? p2c_mul(y, map) : NULL;
}

P2cStatus p2c_import_avg_pool(P2cImporter *im, P2cImported *x, P2cWindow w, bool ceil,
                              bool count_pad, bool channels_last, P2cImported *out) {
    P2cNode *planes, *y;
    int64_t size[2];
    P2cStatus status = start(im, x, channels_last, &planes);
    if (!status) status = p2c_import_window(im, &w, planes, size);
    if (status) return status;
    P2cWindow up = w;
    if (ceil) round_up(&up, planes);
    if (up.after[0] != w.after[0] || up.after[1] != w.after[1])
        return p2c_import_fail(im, "sizes that are rounded up are not supported");
    if (w.dilation[0] != 1 || w.dilation[1] != 1)
        return p2c_import_fail(im, "a dilated window is not supported");
    bool padded = w.before[0] || w.before[1] || w.after[0] || w.after[1], whole = !padded;
    for (int i = 0; i < 2; i++) whole &= w.k[i] == planes->dims.d[2 + i];
    P2cShape shape = sizes_of(x, size[0], size[1], channels_last);
    if (whole)
        y = p2c_import_reshape(p2c_global_avg_pool(planes),
                               P2C_DIMS(planes->dims.d[0], planes->dims.d[1], 1, 1));
    else if (w.stride[0] != w.stride[1])
        return p2c_import_fail(im, "strides %lld and %lld: only equal strides are supported",
                               (long long)w.stride[0], (long long)w.stride[1]);
    else if (!padded && w.k[0] == w.stride[0] && w.k[1] == w.stride[0])
        y = p2c_avg_pool2d(planes, (int)w.k[0]);
    else y = by_convolution(im, planes, &w, size, count_pad);
    return p2c_import_planes(im, out, shape, y, channels_last);
}

/* ---- resizing ---- */

static P2cNode *resize(P2cNode *x, int height, int width, P2cScaling s) {
    if (!x || (height == x->dims.d[2] && width == x->dims.d[3])) return x;
    if (s.linear) return p2c_resize_bilinear(x, height, width, s.coordinates);
    int f = height / x->dims.d[2];
    /* each element is repeated f times: rounded down, or from the middle without a tie */
    bool repeats = height == f * x->dims.d[2] && width == f * x->dims.d[3];
    bool down = s.coordinates == P2C_ASYMMETRIC && s.rounding == P2C_ROUND_DOWN;
    bool middle = s.coordinates == P2C_HALF_PIXEL && s.rounding >= P2C_ROUND_HALF_DOWN && f % 2;
    if (repeats && (down || middle)) return p2c_upsample_nearest(x, f);
    return p2c_resize_nearest(x, height, width, s.coordinates, s.rounding);
}

P2cStatus p2c_import_resize(P2cImporter *im, P2cImported *x, int64_t height, int64_t width,
                            P2cScaling s, bool channels_last, P2cImported *out) {
    P2cNode *planes;
    P2cStatus status = start(im, x, channels_last, &planes);
    P2cShape shape = sizes_of(x, height, width, channels_last);
    if (!status) status = p2c_import_check(im, shape, false);
    if (status) return status;
    int h = (int)height, w = (int)width;
    if (s.lone_first && (h == 1) != (w == 1)) { /* each axis follows its own rule */
        P2cScaling lone = s, other = s;
        lone.coordinates = P2C_ASYMMETRIC;
        bool tall = h == 1;
        planes = resize(planes, h, planes->dims.d[3], tall ? lone : other);
        planes = planes ? resize(planes, h, w, tall ? other : lone) : NULL;
    } else {
        if (s.lone_first && h == 1) s.coordinates = P2C_ASYMMETRIC;
        planes = resize(planes, h, w, s);
    }
    return p2c_import_planes(im, out, shape, planes, channels_last);
}
