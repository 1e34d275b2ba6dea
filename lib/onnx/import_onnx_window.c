/* import_onnx_window.c: ONNX's convolutions, pooling and resizing: the meaning of their
 * attributes. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import_onnx.h"

/* Reads two numbers, for h and w; both are `otherwise` if the attribute is missing. */
static P2cStatus pair(P2cImporter *im, const char *attribute, int64_t otherwise, int64_t out[2]) {
    int64_t list[P2C_MAX_RANK];
    int count = p2c_import_list(im, attribute, list);
    if (count >= 0 && count != 2)
        return p2c_import_fail(im, "%s of %d axes: only two axes are supported, those of pictures",
                               attribute, count);
    for (int i = 0; i < 2; i++) out[i] = count < 0 ? otherwise : list[i];
    return P2C_OK;
}

static P2cStatus explicit_pads(P2cImporter *im, P2cWindow *w) {
    int64_t pads[P2C_MAX_RANK];
    int count = p2c_import_list(im, "pads", pads);
    if (count >= 0 && count != 4)
        return p2c_import_fail(im, "pads of %d numbers: only four are supported, for pictures",
                               count);
    for (int i = 0; i < 2 && count >= 0; i++) {
        w->before[i] = pads[i];
        w->after[i] = pads[2 + i];
    }
    return P2C_OK;
}

/* Applies auto_pad. SAME pads until the result is ceil(in / stride); an odd row goes to the end
 * (UPPER) or the beginning (LOWER). */
static P2cStatus paddings(P2cImporter *im, const P2cImported *x, P2cWindow *w) {
    const char *mode = p2c_import_text(im, "auto_pad", "NOTSET");
    bool upper = !strcmp(mode, "SAME_UPPER"), lower = !strcmp(mode, "SAME_LOWER");
    if (!strcmp(mode, "VALID")) return P2C_OK;
    if (!upper && !lower)
        return *mode && strcmp(mode, "NOTSET") ? p2c_import_fail(im, "auto_pad '%.40s'", mode)
                                               : explicit_pads(im, w);
    for (int i = 0; i < 2; i++) {
        int64_t in = x->shape.size[2 + i], k = w->k[i], s = w->stride[i], d = w->dilation[i];
        if (k < 1 || k > 1 << 16 || s < 1 || s > 1 << 16 || d < 1 || d > 1 << 16)
            return p2c_import_fail(im, "an impossible window");
        int64_t all = ((in + s - 1) / s - 1) * s + (k - 1) * d + 1 - in;
        if (all < 0) all = 0;
        w->before[i] = upper ? all / 2 : all - all / 2;
        w->after[i] = all - w->before[i];
    }
    return P2C_OK;
}

/* k: the size of the window if the weights define it, else NULL. */
static P2cStatus window(P2cImporter *im, const P2cImported *x, const int64_t *k, P2cWindow *w) {
    *w = (P2cWindow){ 0 };
    if (x->shape.rank != 4)
        return p2c_import_fail(im, "input of shape %s: only pictures of four axes are supported",
                               p2c_shape_text(x->shape).text);
    P2cStatus status = pair(im, "kernel_shape", 0, w->k);
    if (!status) status = pair(im, "strides", 1, w->stride);
    if (!status) status = pair(im, "dilations", 1, w->dilation);
    for (int i = 0; i < 2 && k; i++)
        if (!w->k[i]) w->k[i] = k[i];
    return status ? status : paddings(im, x, w);
}

P2cStatus p2c_onnx_conv(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cConvolution c = { .groups = p2c_import_int(im, "group", 1) };
    P2cStatus status =
        window(im, in[0], in[1]->shape.rank == 4 ? in[1]->shape.size + 2 : NULL, &c.window);
    return status ? status : p2c_import_conv(im, in[0], in[1], in[2], &c, out[0]);
}

/* output_shape is the requested size of the result. The padding follows from it; an odd row goes to
 * the end only for SAME_UPPER. */
static P2cStatus wanted_output(P2cImporter *im, const P2cImported *x, const int64_t size[2],
                               P2cConvolution *c) {
    bool upper = !strcmp(p2c_import_text(im, "auto_pad", "NOTSET"), "SAME_UPPER");
    for (int i = 0; i < 2; i++) {
        P2cWindow *w = &c->window;
        int64_t all = (x->shape.size[2 + i] - 1) * w->stride[i] + c->output_padding[i] +
                      (w->k[i] - 1) * w->dilation[i] + 1 - size[i];
        /* the requested size is larger than what the windows reach */
        if (all < 0) c->output_padding[i] -= all;
        if (all < 0) all = 0;
        w->before[i] = upper ? all / 2 : all - all / 2;
        w->after[i] = all - w->before[i];
    }
    return P2C_OK;
}

P2cStatus p2c_onnx_conv_transpose(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cConvolution c = { .groups = p2c_import_int(im, "group", 1), .transposed = true };
    const char *mode = p2c_import_text(im, "auto_pad", "NOTSET");
    int64_t size[2];
    P2cStatus status =
        window(im, in[0], in[1]->shape.rank == 4 ? in[1]->shape.size + 2 : NULL, &c.window);
    if (!status) status = pair(im, "output_padding", 0, c.output_padding);
    if (!status) status = pair(im, "output_shape", 0, size);
    for (int i = 0; i < 2 && !status; i++) {
        P2cWindow *w = &c.window;
        bool ok = w->k[i] >= 1 && w->k[i] <= 1 << 16 && w->stride[i] >= 1 &&
                  w->stride[i] <= 1 << 16 && w->dilation[i] >= 1 && w->dilation[i] <= 1 << 16;
        if (!ok || c.output_padding[i] < 0 || c.output_padding[i] > 1 << 16 || size[i] < 0 ||
            size[i] > INT_MAX)
            status = p2c_import_fail(im, "an impossible window");
        else if (!size[i] && !strncmp(mode, "SAME", 4))
            size[i] = in[0]->shape.size[2 + i] * w->stride[i];
    }
    if (!status && size[0] && size[1]) status = wanted_output(im, in[0], size, &c);
    return status ? status : p2c_import_conv(im, in[0], in[1], in[2], &c, out[0]);
}

/* ---- pooling ---- */

P2cStatus p2c_onnx_max_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cWindow w;
    P2cStatus status = window(im, in[0], NULL, &w);
    return status ? status
                  : p2c_import_max_pool(im, in[0], w, p2c_import_int(im, "ceil_mode", 0) != 0,
                                        false, out[0]);
}

P2cStatus p2c_onnx_average_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cWindow w;
    bool ceil = p2c_import_int(im, "ceil_mode", 0) != 0,
         count = p2c_import_int(im, "count_include_pad", 0) != 0;
    P2cStatus status = window(im, in[0], NULL, &w);
    return status ? status : p2c_import_avg_pool(im, in[0], w, ceil, count, false, out[0]);
}

static P2cStatus global(P2cImporter *im, P2cImported *x, const char *op, P2cImported *out) {
    int64_t axes[P2C_MAX_RANK];
    for (int i = 2; i < x->shape.rank; i++) axes[i - 2] = i;
    if (x->shape.rank < 3) return p2c_import_fail(im, "of %s", p2c_shape_text(x->shape).text);
    return p2c_import_reduce(im, x, x->shape.rank - 2, axes, true, op, out);
}

P2cStatus p2c_onnx_global_average_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return global(im, in[0], "Mean", out[0]);
}
P2cStatus p2c_onnx_global_max_pool(P2cImporter *im, P2cImported **in, P2cImported **out) {
    return global(im, in[0], "Max", out[0]);
}

/* ---- resizing ---- */

static P2cStatus scaling_of(P2cImporter *im, P2cScaling *s) {
    static const struct {
        const char *name;
        P2cCoordinates coordinates;
        bool lone_first, shifted;
    } modes[] = {
        { "half_pixel", P2C_HALF_PIXEL, false, false },
        { "pytorch_half_pixel", P2C_HALF_PIXEL, true, false },
        { "align_corners", P2C_ALIGN_CORNERS, false, false },
        { "asymmetric", P2C_ASYMMETRIC, false, false },
        { "tf_half_pixel_for_nn", P2C_HALF_PIXEL, false, true },
    };
    static const struct {
        const char *name;
        P2cRounding rounding;
    } roundings[] = {
        { "round_prefer_floor", P2C_ROUND_HALF_DOWN },
        { "round_prefer_ceil", P2C_ROUND_HALF_UP },
        { "floor", P2C_ROUND_DOWN },
        { "ceil", P2C_ROUND_UP },
    };
    bool old = im->model->opset < 11;
    const char *mode = p2c_import_text(im, "mode", "nearest"),
               *where = p2c_import_text(im, "coordinate_transformation_mode",
                                        old ? "asymmetric" : "half_pixel");
    const char *round = p2c_import_text(im, "nearest_mode", old ? "floor" : "round_prefer_floor");
    size_t i = 0, k = 0, n = sizeof modes / sizeof *modes, m = sizeof roundings / sizeof *roundings;
    while (i < n && strcmp(modes[i].name, where)) i++;
    while (k < m && strcmp(roundings[k].name, round)) k++;
    s->linear = !strcmp(mode, "linear") || !strcmp(mode, "bilinear");
    if (!s->linear && strcmp(mode, "nearest"))
        return p2c_import_fail(im, "mode '%.40s' is not supported (only nearest and linear are)",
                               mode);
    if (i == n || k == m)
        return p2c_import_fail(im, "'%.40s', '%.40s' is not supported", where, round);
    if (p2c_import_int(im, "antialias", 0) ||
        strcmp(p2c_import_text(im, "keep_aspect_ratio_policy", "stretch"), "stretch"))
        return p2c_import_fail(im, "antialias, or keeping the aspect ratio, is not supported");
    s->coordinates = modes[i].coordinates;
    s->lone_first = modes[i].lone_first;
    /* (i+0.5)*in/out rounded down */
    s->rounding = modes[i].shifted ? P2C_ROUND_HALF_UP : roundings[k].rounding;
    return P2C_OK;
}

/* Computes sizes from scales. A scale that is not a ratio of whole sizes would move every element a
 * little, so it is refused. */
static P2cStatus scaled(P2cImporter *im, const P2cImported *x, const P2cImported *scales,
                        const int64_t *axes, int count, int64_t size[]) {
    float *f = scales->constant ? p2c_import_floats(scales->constant) : NULL;
    P2cStatus status = P2C_OK;
    if (!f || p2c_shape_count(scales->shape) != count)
        status =
            p2c_import_fail(im, "its scales must be %d numbers that are known at import", count);
    for (int i = 0; i < count && !status; i++) {
        double in = (double)x->shape.size[axes[i]], to = in * f[i], whole = floor(to + 1e-4);
        if (!(whole >= 1 && whole <= INT_MAX)) status = p2c_import_fail(im, "a scale of %g", f[i]);
        else if (fabs(whole - to) > 1e-4 * to && fabs(to - whole) > 1e-6)
            status = p2c_import_fail(im, "a scale of %g does not make %g a whole size", f[i], in);
        else size[axes[i]] = (int64_t)whole;
    }
    free(f);
    return status;
}

static P2cStatus resize(P2cImporter *im, P2cImported *x, P2cImported *scales, P2cImported *sizes,
                        P2cImported *out) {
    P2cShape shape = x->shape;
    P2cScaling s = { 0 };
    int64_t axes[P2C_MAX_RANK], to[P2C_MAX_RANK];
    int count = p2c_import_list(im, "axes", axes), n = 0, axis;
    P2cStatus status = scaling_of(im, &s);
    if (status) return status;
    if (count < 0)
        for (count = 0; count < shape.rank; count++) axes[count] = count;
    for (int i = 0; i < count; i++) {
        if ((status = p2c_import_axis(im, axes[i], shape.rank, &axis))) return status;
        axes[i] = axis;
    }
    if (sizes && p2c_shape_count(sizes->shape)) {
        status = p2c_import_ints(im, sizes, P2C_MAX_RANK, to, &n);
        if (!status && n != count) status = p2c_import_fail(im, "%d sizes for %d axes", n, count);
        for (int i = 0; i < n && !status; i++) shape.size[axes[i]] = to[i];
    } else if (scales) status = scaled(im, x, scales, axes, count, shape.size);
    else status = p2c_import_fail(im, "neither scales nor sizes are given");
    if (status) return status;
    if (shape.rank != 4 || shape.size[0] != x->shape.size[0] || shape.size[1] != x->shape.size[1])
        return p2c_import_fail(im, "%s to %s: only pictures are supported",
                               p2c_shape_text(x->shape).text, p2c_shape_text(shape).text);
    return p2c_import_resize(im, x, shape.size[2], shape.size[3], s, false, out);
}

P2cStatus p2c_onnx_resize(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (im->model->opset < 11) return resize(im, in[0], in[1], NULL, out[0]);
    P2cImported *scales = in[2] && p2c_shape_count(in[2]->shape) ? in[2] : NULL;
    return resize(im, in[0], scales, in[3], out[0]);
}

/* Scales are an attribute in old operator sets. */
P2cStatus p2c_onnx_upsample(P2cImporter *im, P2cImported **in, P2cImported **out) {
    const P2cValue *list = p2c_value_get(im->at->attributes, "scales");
    P2cImported scales = { 0 };
    float f[P2C_MAX_RANK] = { 0 };
    if (in[1]) return resize(im, in[0], in[1], NULL, out[0]);
    if (!list || p2c_value_kind(list) != P2C_LIST || p2c_value_count(list) > P2C_MAX_RANK)
        return p2c_import_fail(im, "the scales are missing");
    for (size_t i = 0; i < p2c_value_count(list); i++)
        f[i] = (float)p2c_value_as_float(p2c_value_at(list, i));
    P2cStatus status = p2c_import_constant(
        im, &scales,
        p2c_value_tensor(P2C_F32, (P2cShape){ 1, { (int64_t)p2c_value_count(list) } }, f));
    return status ? status : resize(im, in[0], &scales, NULL, out[0]);
}
