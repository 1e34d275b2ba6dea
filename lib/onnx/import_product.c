/* import_product.c: convolutions and matrix products of an imported network. They wait before they
 * become nodes: if a batch norm, a bias or a factor per channel comes next, and nobody else reads
 * the result, it is folded into the weights:
 *
 *     (w x + b) * s + t = (s w) x + (s b + t)
 *     batch norm: s = weight / sqrt(var + eps), t = bias - mean s */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

typedef enum Kind { CONV, TRANSPOSED, LINEAR } Kind;

struct P2cProduct {
    P2cProduct *next;
    Kind kind;
    P2cNode *x, *node;    /* node: NULL until it is made */
    float *w, *b;         /* b may be NULL */
    P2cDims w_dims, dims; /* dims: those of the result */
    const char *w_name, *b_name;
    int channels;
    bool channels_last;
    P2cConv2d options;
    int output_padding;
};

/* ---- products that wait ---- */

static P2cProduct *product_new(P2cImporter *im, Kind kind, P2cNode *x, const P2cImported *w,
                               P2cDims w_dims, int channels) {
    P2cProduct *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    *p = (P2cProduct){ .next = im->products,
                       .kind = kind,
                       .x = x,
                       .w_dims = w_dims,
                       .w_name = w->name,
                       .channels = channels,
                       .w = p2c_import_floats(w->constant) };
    im->products = p;
    return p->w ? p : NULL;
}

void p2c_products_free(P2cImporter *im) {
    for (P2cProduct *p = im->products, *next; p; p = next) {
        next = p->next;
        free(p->w);
        free(p->b);
        free(p);
    }
    im->products = NULL;
}

P2cNode *p2c_product_node(P2cImporter *im, P2cImported *v) {
    P2cProduct *p = v->product;
    if (p->node) return p->node;
    P2cNode *w = p2c_import_param(im, p->w_name, p->w_dims, false, p->w), *b = NULL, *y = NULL;
    if (p->b)
        b = p2c_import_param(im, p->b_name ? p->b_name : p->w_name, P2C_DIMS(p->channels), false,
                             p->b);
    if (w && (b || !p->b)) {
        if (p->kind == CONV) y = p2c_conv2d(p->x, w, b, p->options);
        else if (p->kind == TRANSPOSED)
            y = p2c_conv_transpose2d(p->x, w, b, p->options, p->output_padding);
        else y = p2c_linear(p->x, w, b);
    }
    free(p->w);
    free(p->b);
    p->w = p->b = NULL;
    return p->node = p2c_import_reshape(y, p->dims);
}

int p2c_product_channels(const P2cImported *x, int *axis) {
    const P2cProduct *p = x->product;
    *axis = x->shape.rank - 1;
    if (!p || p->node || x->node) return 0;
    if (p->kind != LINEAR && !p->channels_last) *axis = 1;
    return p->channels;
}

/* Finds the elements of a weight that belong to output channel i: `rows` stretches of `length`
 * elements, `stride` apart, from *first on. */
static void channel_of(const P2cProduct *p, int i, size_t *first, size_t *rows, size_t *length,
                       size_t *stride) {
    const int *d = p->w_dims.d;
    if (p->kind != TRANSPOSED) {
        *rows = 1;
        *stride = *length = p2c_dims_count(p->w_dims) / (size_t)d[0];
        *first = (size_t)i * *length;
        return;
    }
    /* w (cin, cout/groups, kh, kw): only the rows of the channel's group */
    size_t group = (size_t)i / (size_t)d[1];
    *length = (size_t)d[2] * (size_t)d[3];
    *stride = (size_t)d[1] * *length;
    *rows = (size_t)(d[0] / p->options.groups);
    *first = group * *rows * *stride + (size_t)i % (size_t)d[1] * *length;
}

bool p2c_product_absorb(P2cImported *x, const float *scale, const float *shift, P2cImported *out) {
    P2cProduct *p = x->product;
    if (!p->b && shift && !(p->b = calloc((size_t)p->channels, sizeof *p->b))) return false;
    for (int i = 0; i < p->channels; i++) {
        size_t at, rows, length, stride;
        channel_of(p, i, &at, &rows, &length, &stride);
        for (size_t r = 0; r < rows && scale; r++, at += stride)
            for (size_t k = 0; k < length; k++) p->w[at + k] *= scale[i];
        if (p->b)
            p->b[i] = (float)((double)p->b[i] * (scale ? scale[i] : 1) + (shift ? shift[i] : 0));
    }
    P2cImported was = *x;
    x->made = true; /* nobody else reads the product */
    const char *name = out->name;
    int readers = out->readers;
    *out = was;
    out->name = name;
    out->readers = readers;
    return true;
}

/* ---- windows ---- */

P2cStatus p2c_import_window(P2cImporter *im, const P2cWindow *w, const P2cNode *x,
                            int64_t size[2]) {
    enum { MOST = 1 << 16 };
    for (int i = 0; i < 2; i++) {
        bool ok = w->k[i] >= 1 && w->k[i] <= MOST && w->stride[i] >= 1 && w->stride[i] <= MOST &&
                  w->dilation[i] >= 1 && w->dilation[i] <= MOST;
        if (!ok || w->before[i] < 0 || w->after[i] < 0 || w->before[i] > MOST || w->after[i] > MOST)
            return p2c_import_fail(im,
                                   "a window of %lld, stride %lld, dilation %lld, padding %lld and "
                                   "%lld is not supported",
                                   (long long)w->k[i], (long long)w->stride[i],
                                   (long long)w->dilation[i], (long long)w->before[i],
                                   (long long)w->after[i]);
        int64_t free =
            x->dims.d[2 + i] + w->before[i] + w->after[i] - (w->k[i] - 1) * w->dilation[i] - 1;
        if (free < 0)
            return p2c_import_fail(im, "a window of %lld is larger than its padded input, %d",
                                   (long long)w->k[i], x->dims.d[2 + i]);
        size[i] = free / w->stride[i] + 1;
    }
    return P2C_OK;
}

P2cNode *p2c_import_padded(P2cNode *x, const P2cWindow *w, float value, int *pad) {
    int least = INT_MAX;
    for (int i = 0; i < 2; i++) {
        least = w->before[i] < least ? (int)w->before[i] : least;
        least = w->after[i] < least ? (int)w->after[i] : least;
    }
    P2cPad p = { (int)w->before[0] - least, (int)w->after[0] - least, (int)w->before[1] - least,
                 (int)w->after[1] - least,  P2C_PAD_CONSTANT,         value };
    *pad = least;
    return p.top || p.bottom || p.left || p.right ? p2c_pad(x, p) : x;
}

/* Finds one number for both axes. Along an axis with a window of size 1 the dilation makes no
 * difference. */
static P2cStatus one_for_both(P2cImporter *im, const P2cWindow *w, int *stride, int *dilation) {
    bool any = w->k[1] == 1;
    *stride = (int)w->stride[0];
    *dilation = (int)w->dilation[w->k[0] == 1];
    if (w->stride[0] != w->stride[1])
        return p2c_import_fail(im, "strides %lld and %lld: only equal strides are supported",
                               (long long)w->stride[0], (long long)w->stride[1]);
    if (any || w->k[0] == 1 || w->dilation[0] == w->dilation[1]) {
        if (any && w->k[0] != 1) *dilation = (int)w->dilation[0];
        return P2C_OK;
    }
    return p2c_import_fail(im, "dilations %lld and %lld: only equal dilations are supported",
                           (long long)w->dilation[0], (long long)w->dilation[1]);
}

/* ---- convolutions ---- */

static P2cStatus check_conv(P2cImporter *im, const P2cImported *x, const P2cImported *w,
                            const P2cConvolution *c, int64_t *cin, int64_t *cout) {
    if (x->shape.rank != 4 || w->shape.rank != 4)
        return p2c_import_fail(im,
                               "%s by %s: only convolutions of pictures (four axes) are supported",
                               p2c_shape_text(x->shape).text, p2c_shape_text(w->shape).text);
    *cin = x->shape.size[c->channels_last ? 3 : 1];
    const int64_t *s = w->shape.size;
    bool fits = c->groups >= 1 && c->groups <= *cin && *cin % c->groups == 0;
    if (fits)
        fits = c->transposed ? s[0] == *cin : s[1] == *cin / c->groups && s[0] % c->groups == 0;
    P2cStatus status = p2c_import_check(im, w->shape, false);
    if (status) return status;
    *cout = c->transposed ? s[1] * c->groups : s[0];
    if (!fits || *cout > INT_MAX || s[2] != c->window.k[0] || s[3] != c->window.k[1])
        return p2c_import_fail(
            im, "input %s and weight %s do not fit with %lld groups and a window of %lld x %lld",
            p2c_shape_text(x->shape).text, p2c_shape_text(w->shape).text, (long long)c->groups,
            (long long)c->window.k[0], (long long)c->window.k[1]);
    return P2C_OK;
}

static P2cShape map_shape(int64_t n, int64_t c, int64_t h, int64_t w, bool channels_last) {
    return channels_last ? (P2cShape){ 4, { n, h, w, c } } : (P2cShape){ 4, { n, c, h, w } };
}

static P2cStatus bias_values(P2cImporter *im, P2cProduct *p, const P2cImported *b) {
    if (p2c_shape_count(b->shape) != p->channels)
        return p2c_import_fail(im, "bias %s for %d channels", p2c_shape_text(b->shape).text,
                               p->channels);
    p->b = p2c_import_floats(b->constant);
    p->b_name = b->name;
    return p->b ? P2C_OK : p2c_import_memory(im);
}

/* Stores a convolution with constant weights as a waiting product. */
static P2cStatus wait(P2cImporter *im, P2cProduct *p, P2cImported *b, P2cShape shape, P2cDims dims,
                      bool channels_last, P2cImported *out) {
    if (!p) return p2c_import_memory(im);
    P2cStatus status = p2c_import_check(im, shape, false);
    if (!status && b) status = bias_values(im, p, b);
    if (status) return status;
    p->dims = dims;
    p->channels_last = channels_last;
    const char *name = out->name;
    int readers = out->readers;
    *out = (P2cImported){ .name = name,
                          .readers = readers,
                          .shape = shape,
                          .product = p,
                          .channels_last = channels_last,
                          .made = true };
    return P2C_OK;
}

static P2cStatus conv(P2cImporter *im, P2cImported *x, P2cImported *w, P2cImported *b,
                      const P2cConvolution *c, int64_t cout, P2cImported *out) {
    P2cConv2d options = { .groups = (int)c->groups };
    P2cNode *planes = p2c_import_use_planes(im, x, c->channels_last);
    int64_t size[2];
    if (!planes) return p2c_import_memory(im);
    P2cStatus status = p2c_import_window(im, &c->window, planes, size);
    if (!status) status = one_for_both(im, &c->window, &options.stride, &options.dilation);
    if (status) return status;
    P2cShape shape = map_shape(planes->dims.d[0], cout, size[0], size[1], c->channels_last);
    planes = p2c_import_padded(planes, &c->window, 0, &options.pad);
    if (!w->constant || (b && !b->constant)) {
        P2cNode *weight = p2c_import_use(im, w), *bias = b ? p2c_import_use(im, b) : NULL;
        return p2c_import_planes(
            im, out, shape,
            planes && weight && (bias || !b) ? p2c_conv2d(planes, weight, bias, options) : NULL,
            c->channels_last);
    }
    P2cProduct *p =
        planes ? product_new(im, CONV, planes, w, p2c_import_dims(w->shape), (int)cout) : NULL;
    if (!p) return p2c_import_memory(im);
    p->options = options;
    return wait(im, p, b, shape, P2C_DIMS(planes->dims.d[0], (int)cout, (int)size[0], (int)size[1]),
                c->channels_last, out);
}

/* Computes the sizes of everything that a transposed convolution makes and of the part that is
 * kept, and how many extra rows are needed (of the whole, if it is cut). */
static P2cStatus reach(P2cImporter *im, const P2cConvolution *c, const P2cNode *x, bool even,
                       int64_t whole[2], int64_t size[2], int64_t *more) {
    const P2cWindow *v = &c->window;
    P2cWindow open = *v;
    /* the size of the window is no limit here */
    for (int i = 0; i < 2; i++) open.before[i] = open.after[i] = 1 << 16;
    P2cStatus status = p2c_import_window(im, &open, x, size);
    for (int i = 0; i < 2 && !status; i++) {
        if (v->before[i] < 0 || v->after[i] < 0 || c->output_padding[i] < 0 ||
            c->output_padding[i] > 1 << 16)
            return p2c_import_fail(im, "padding that is not supported");
        whole[i] = (x->dims.d[2 + i] - 1) * v->stride[i] + (v->k[i] - 1) * v->dilation[i] + 1;
        size[i] = whole[i] - v->before[i] - v->after[i] + c->output_padding[i];
        int64_t beyond = even ? c->output_padding[i] : c->output_padding[i] - v->after[i];
        *more = beyond > *more ? beyond : *more;
        if (size[i] < 1) return p2c_import_fail(im, "padding leaves nothing");
    }
    if (!status && *more >= v->stride[0])
        return p2c_import_fail(im, "%lld rows beyond what is reached, with stride %lld",
                               (long long)*more, (long long)v->stride[0]);
    return status;
}

/* The padding of a transposed convolution cuts off the border of its result. If it is not the same
 * on all sides, the whole result is made and then cut. */
static P2cStatus conv_transposed(P2cImporter *im, P2cImported *x, P2cImported *w, P2cImported *b,
                                 const P2cConvolution *c, int64_t cout, P2cImported *out) {
    const P2cWindow *v = &c->window;
    P2cConv2d options = { .groups = (int)c->groups };
    P2cNode *planes = p2c_import_use_planes(im, x, c->channels_last);
    int64_t size[2], whole[2], more = 0;
    bool even = v->before[0] == v->after[0] && v->before[0] == v->before[1] &&
                v->before[0] == v->after[1] && c->output_padding[0] == c->output_padding[1];
    if (!planes) return p2c_import_memory(im);
    if (!w->constant || (b && !b->constant))
        return p2c_import_fail(im, "its weights must be known at import");
    P2cStatus status = reach(im, c, planes, even, whole, size, &more);
    if (!status) status = one_for_both(im, v, &options.stride, &options.dilation);
    if (status) return status;
    P2cShape shape = map_shape(planes->dims.d[0], cout, size[0], size[1], c->channels_last);
    P2cProduct *p = product_new(im, TRANSPOSED, planes, w, p2c_import_dims(w->shape), (int)cout);
    if (!p) return p2c_import_memory(im);
    options.pad = even ? (int)v->before[0] : 0;
    p->options = options;
    p->output_padding = (int)more;
    if (even)
        return wait(im, p, b, shape,
                    P2C_DIMS(planes->dims.d[0], (int)cout, (int)size[0], (int)size[1]),
                    c->channels_last, out);
    P2cImported full = { 0 };
    P2cDims dims =
        P2C_DIMS(planes->dims.d[0], (int)cout, (int)(whole[0] + more), (int)(whole[1] + more));
    status = wait(im, p, b, (P2cShape){ 4, { dims.d[0], dims.d[1], dims.d[2], dims.d[3] } }, dims,
                  false, &full);
    P2cNode *y = status ? NULL : p2c_product_node(im, &full);
    for (int i = 0; i < 2 && y; i++)
        y = p2c_slice(y, 2 + i, (int)v->before[i], (int)(v->before[i] + size[i]));
    return status ? status : p2c_import_planes(im, out, shape, y, c->channels_last);
}

P2cStatus p2c_import_conv(P2cImporter *im, P2cImported *x, P2cImported *w, P2cImported *b,
                          const P2cConvolution *c, P2cImported *out) {
    int64_t cin, cout;
    P2cStatus status = check_conv(im, x, w, c, &cin, &cout);
    if (status) return status;
    return c->transposed ? conv_transposed(im, x, w, b, c, cout, out)
                         : conv(im, x, w, b, c, cout, out);
}

/* ---- matrices ---- */

static P2cStatus linear(P2cImporter *im, P2cImported *x, P2cImported *w, bool turned, float scale,
                        P2cImported *b, P2cImported *out) {
    P2cShape shape = x->shape;
    int64_t in = w->shape.size[turned], n = w->shape.size[!turned],
            rows = p2c_shape_count(x->shape) / x->shape.size[shape.rank - 1];
    P2cImported matrix = *w;
    P2cNode *node = p2c_import_use(im, x);
    P2cStatus status = p2c_import_check(im, w->shape, false);
    if (status) return status;
    if (x->shape.size[shape.rank - 1] != in)
        return p2c_import_fail(im, "%s by %s", p2c_shape_text(x->shape).text,
                               p2c_shape_text(w->shape).text);
    shape.size[shape.rank - 1] = n;
    if (!turned) {
        matrix = (P2cImported){ 0 };
        status = p2c_import_transpose(im, w, (int[]){ 1, 0 }, &matrix);
        if (status) return status;
    }
    P2cProduct *p = product_new(im, LINEAR, p2c_import_reshape(node, P2C_DIMS((int)rows, (int)in)),
                                &matrix, P2C_DIMS((int)n, (int)in), (int)n);
    for (int64_t i = 0; p && scale != 1 && i < n * in; i++) p->w[i] *= scale;
    return wait(im, p, b, shape, p2c_import_dims(shape), false, out);
}

/* b: a constant (n), or anything that broadcasts. */
P2cStatus p2c_import_linear(P2cImporter *im, P2cImported *x, P2cImported *w, bool turned,
                            float scale, P2cImported *b, P2cImported *out) {
    bool folded =
        b && b->constant && w->constant && p2c_shape_count(b->shape) == w->shape.size[!turned];
    P2cImported product = { 0 }, matrix = { 0 }, scaled = { 0 };
    P2cStatus status;
    if (x->shape.rank < 1 || w->shape.rank != 2)
        return p2c_import_fail(im, "%s by %s", p2c_shape_text(x->shape).text,
                               p2c_shape_text(w->shape).text);
    if (w->constant)
        status = linear(im, x, w, turned, scale, folded ? b : NULL, b && !folded ? &product : out);
    else {
        status = turned ? p2c_import_transpose(im, w, (int[]){ 1, 0 }, &matrix)
                        : p2c_import_to_shape(im, w, w->shape, &matrix);
        if (!status) status = p2c_import_matmul(im, x, &matrix, &scaled);
        if (!status)
            status = p2c_import_map(im, &scaled, p2c_import_affine, (float[]){ scale, 0 },
                                    b ? &product : out);
        folded = false;
    }
    return status || !b || folded ? status : p2c_import_arithmetic(im, "Add", &product, b, out);
}

/* Multiplies the last two axes; those before are broadcast. A vector is a row on the left and a
 * column on the right. */
P2cStatus p2c_import_matmul(P2cImporter *im, P2cImported *a, P2cImported *b, P2cImported *out) {
    if (b->constant && b->shape.rank == 2 && a->shape.rank >= 1 && !a->constant)
        return linear(im, a, b, false, 1, NULL, out);
    P2cShape shape;
    int ra = a->shape.rank, rb = b->shape.rank;
    if (ra < 2 || rb < 2 || ra > 4 || rb > 4)
        return p2c_import_fail(im, "%s by %s", p2c_shape_text(a->shape).text,
                               p2c_shape_text(b->shape).text);
    P2cShape left = p2c_shape(ra - 2, a->shape.size), right = p2c_shape(rb - 2, b->shape.size);
    P2cStatus status = p2c_import_broadcast(im, left, right, &shape);
    if (status) return status;
    if (a->shape.size[ra - 1] != b->shape.size[rb - 2])
        return p2c_import_fail(im, "%s by %s", p2c_shape_text(a->shape).text,
                               p2c_shape_text(b->shape).text);
    shape.size[shape.rank++] = a->shape.size[ra - 2];
    shape.size[shape.rank++] = b->shape.size[rb - 1];
    P2cNode *x = p2c_import_use(im, a), *y = p2c_import_use(im, b);
    if (shape.rank > 2 && x && y) {
        P2cDims four[2] = { P2C_SCALAR, P2C_SCALAR };
        for (int i = 1; i <= 4; i++) {
            if (i <= ra) four[0].d[4 - i] = (int)a->shape.size[ra - i];
            if (i <= rb) four[1].d[4 - i] = (int)b->shape.size[rb - i];
        }
        four[0].rank = four[1].rank = 4;
        x = p2c_import_reshape(x, four[0]);
        y = p2c_import_reshape(y, four[1]);
    }
    P2cNode *z = x && y ? p2c_matmul(x, y) : NULL;
    return p2c_import_node(im, out, shape, p2c_import_reshape(z, p2c_import_dims(shape)));
}

/* ---- batch norm ---- */

/* weight, bias, mean, var -> scale and shift, which replace the first two. */
static void fold_norm(int channels, float *const s[4], float eps) {
    for (int i = 0; i < channels; i++) {
        double scale = s[0][i] / sqrt((double)s[3][i] + eps);
        s[1][i] = (float)(s[1][i] - s[2][i] * scale);
        s[0][i] = (float)scale;
    }
}

static P2cNode *norm_node(P2cImporter *im, P2cNode *x, P2cImported *const stats[4],
                          float *const s[4], float eps) {
    P2cNode *p[4];
    for (int i = 0; i < 4; i++)
        if (!(p[i] = p2c_import_param(im, stats[i]->name, P2C_DIMS(x->dims.d[1]), i > 1, s[i])))
            return NULL;
    return p2c_batch_norm(x, p[0], p[1], p[2], p[3], eps);
}

static P2cStatus norm(P2cImporter *im, P2cImported *x, P2cImported *const stats[4],
                      float *const s[4], float eps, bool channels_last, P2cImported *out) {
    P2cShape shape = x->shape;
    int axis, channels = p2c_product_channels(x, &axis);
    if (channels && x->readers == 1 && axis == (channels_last ? shape.rank - 1 : 1)) {
        fold_norm(channels, s, eps);
        return p2c_product_absorb(x, s[0], s[1], out) ? P2C_OK : p2c_import_memory(im);
    }
    P2cNode *node =
        shape.rank == 4 ? p2c_import_use_planes(im, x, channels_last) : p2c_import_use(im, x);
    if (shape.rank == 3)
        node = p2c_import_reshape(
            node, P2C_DIMS((int)shape.size[0], (int)shape.size[1], (int)shape.size[2], 1));
    P2cNode *y = node ? norm_node(im, node, stats, s, eps) : NULL;
    return p2c_import_planes(im, out, shape,
                             shape.rank == 4 ? y : p2c_import_reshape(y, p2c_import_dims(shape)),
                             shape.rank == 4 && channels_last);
}

P2cStatus p2c_import_batch_norm(P2cImporter *im, P2cImported *x, P2cImported *const stats[4],
                                float eps, bool channels_last, P2cImported *out) {
    int rank = x->shape.rank;
    float *s[4] = { 0 };
    P2cStatus status = P2C_OK;
    if (rank < 2 || rank > 4 || (channels_last && rank != 4))
        return p2c_import_fail(im, "of %s", p2c_shape_text(x->shape).text);
    for (int i = 0; i < 4 && !status; i++) {
        if (!stats[i]->constant)
            status = p2c_import_fail(im, "its statistics must be known at import");
        else if (p2c_shape_count(stats[i]->shape) != x->shape.size[channels_last ? rank - 1 : 1])
            status = p2c_import_fail(im, "statistics of %s for an input of %s",
                                     p2c_shape_text(stats[i]->shape).text,
                                     p2c_shape_text(x->shape).text);
        else if (!(s[i] = p2c_import_floats(stats[i]->constant))) status = p2c_import_memory(im);
    }
    if (!status) status = norm(im, x, stats, s, eps, channels_last, out);
    for (int i = 0; i < 4; i++) free(s[i]);
    return status;
}
