/* import_math.c: elementwise operations of an imported network, composed of this library's
 * operations.
 *
 *   max(a,b) = a + relu(b-a)
 *   softplus(x) = relu(x) + log(1 + exp(-|x|))
 *   mish(x) = x * tanh(softplus(x))
 *   elu(x) = relu(x) + alpha*(exp(min(x,0)) - 1)
 *
 * Files align shapes from the right when they broadcast, this library aligns them from the left. So
 * both operands are extended to four axes, with ones in front. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "torch/pt.h"

/* ---- one operand ---- */

P2cStatus p2c_import_map(P2cImporter *im, P2cImported *x,
                         P2cNode *(*f)(P2cNode *x, const float *numbers), const float *numbers,
                         P2cImported *out) {
    P2cNode *node = p2c_import_use_raw(im, x);
    return p2c_import_planes(im, out, x->shape, node ? f(node, numbers) : NULL, x->channels_last);
}

P2cNode *p2c_import_clamp(P2cNode *x, const float range[]) {
    return p2c_clamp(x, range[0], range[1]);
}
P2cNode *p2c_import_affine(P2cNode *x, const float s[]) {
    return s[0] == 1 && s[1] == 0 ? x : p2c_affine(x, s[0], s[1]);
}

static P2cNode *positive(P2cNode *x) { return p2c_relu(x); }
/* max(-x, 0) */
static P2cNode *negative_part(P2cNode *x) { return p2c_relu(p2c_affine(x, -1, 0)); }

P2cNode *p2c_import_leaky(P2cNode *x, const float slope[]) {
    if (slope[0] >= 0) return p2c_leaky_relu(x, slope[0]);
    return p2c_add(positive(x), p2c_affine(negative_part(x), -slope[0], 0));
}

P2cNode *p2c_import_elu(P2cNode *x, const float alpha[]) {
    return p2c_add(positive(x),
                   p2c_affine(p2c_exp(p2c_clamp(x, -INFINITY, 0)), alpha[0], -alpha[0]));
}

static P2cNode *softplus(P2cNode *x) {
    return p2c_add(positive(x), p2c_log(p2c_affine(p2c_exp(p2c_affine(p2c_abs(x), -1, 0)), 1, 1)));
}
static P2cNode *mish(P2cNode *x) { return p2c_mul(x, p2c_tanh(softplus(x))); }
static P2cNode *hard_swish(P2cNode *x) {
    return p2c_mul(x, p2c_clamp(p2c_affine(x, 1.0f / 6, 0.5f), 0, 1));
}
static P2cNode *square_root(P2cNode *x) { return p2c_pow(x, 0.5f); }
static P2cNode *reciprocal_root(P2cNode *x) { return p2c_pow(x, -0.5f); }
static P2cNode *reciprocal(P2cNode *x) { return p2c_pow(x, -1); }
static P2cNode *square(P2cNode *x) { return p2c_mul(x, x); }
static P2cNode *negative(P2cNode *x) { return p2c_affine(x, -1, 0); }
static P2cNode *relu6(P2cNode *x) { return p2c_clamp(x, 0, 6); }
static P2cNode *softsign(P2cNode *x) { return p2c_div(x, p2c_affine(p2c_abs(x), 1, 1)); }
static P2cNode *swish(P2cNode *x) { return p2c_mul(x, p2c_sigmoid(x)); }

static const struct {
    const char *op;
    P2cNode *(*f)(P2cNode *x);
} unary[] = {
    { "Relu", p2c_relu },    { "Relu6", relu6 },           { "Sigmoid", p2c_sigmoid },
    { "Tanh", p2c_tanh },    { "Exp", p2c_exp },           { "Log", p2c_log },
    { "Sqrt", square_root }, { "Rsqrt", reciprocal_root }, { "Reciprocal", reciprocal },
    { "Inv", reciprocal },   { "Square", square },         { "Neg", negative },
    { "Abs", p2c_abs },      { "Softplus", softplus },     { "Softsign", softsign },
    { "Mish", mish },        { "HardSwish", hard_swish },  { "Swish", swish },
};

P2cStatus p2c_import_unary(P2cImporter *im, P2cImported **in, P2cImported **out) {
    if (in[0]->constant && p2c_host_knows(im->at->op)) return p2c_host_unary(im, in[0], out[0]);
    for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
        if (!strcmp(unary[i].op, im->at->op)) {
            P2cNode *node = p2c_import_use_raw(im, in[0]);
            return p2c_import_planes(im, out[0], in[0]->shape, node ? unary[i].f(node) : NULL,
                                     in[0]->channels_last);
        }
    return p2c_import_fail(im, "is supported only for constants");
}

/* ---- two operands ---- */

static P2cNode *larger(P2cNode *a, P2cNode *b) { return p2c_add(a, p2c_relu(p2c_sub(b, a))); }
static P2cNode *smaller(P2cNode *a, P2cNode *b) { return p2c_sub(a, p2c_relu(p2c_sub(a, b))); }
static P2cNode *squared_difference(P2cNode *a, P2cNode *b) { return square(p2c_sub(a, b)); }

static const struct {
    const char *op;
    P2cNode *(*f)(P2cNode *a, P2cNode *b);
} binary[] = {
    { "Add", p2c_add },     { "AddV2", p2c_add },
    { "BiasAdd", p2c_add }, { "Sum", p2c_add },
    { "AddN", p2c_add },    { "Sub", p2c_sub },
    { "Mul", p2c_mul },     { "Div", p2c_div },
    { "RealDiv", p2c_div }, { "Max", larger },
    { "Maximum", larger },  { "Min", smaller },
    { "Minimum", smaller }, { "SquaredDifference", squared_difference },
};

static bool is(const char *op, const char *a, const char *b) {
    return !strcmp(op, a) || !strcmp(op, b);
}
static bool adds(const char *op) {
    return is(op, "Add", "AddV2") || is(op, "BiasAdd", "Sum") || !strcmp(op, "AddN");
}

/* x and one number on its right, or (turned) on its left, without a second tensor. Returns NULL if
 * the operation is not one of these. */
static P2cNode *with_number(const char *op, P2cNode *x, float c, bool turned) {
    if (adds(op)) return p2c_affine(x, 1, c);
    if (!strcmp(op, "Sub")) return turned ? p2c_affine(x, -1, c) : p2c_affine(x, 1, -c);
    if (!strcmp(op, "Mul")) return p2c_affine(x, c, 0);
    if (is(op, "Div", "RealDiv"))
        return turned ? p2c_affine(reciprocal(x), c, 0) : p2c_affine(x, 1 / c, 0);
    if (is(op, "Max", "Maximum")) return p2c_clamp(x, c, INFINITY);
    if (is(op, "Min", "Minimum")) return p2c_clamp(x, -INFINITY, c);
    if (!strcmp(op, "Pow") && !turned) return c == 2 ? square(x) : c == 1 ? x : p2c_pow(x, c);
    return NULL;
}

/* Folds a constant with one number per channel into the weights of a product that only this
 * operation reads. */
static bool absorb(const char *op, P2cImported *x, const P2cImported *c, P2cShape shape,
                   P2cImported *out) {
    int axis, channels = p2c_product_channels(x, &axis);
    bool by = !strcmp(op, "Mul"), to = adds(op);
    if (!channels || (!by && !to) || x->readers != 1 || !p2c_shape_equal(shape, x->shape))
        return false;
    for (int i = 1; i <= c->shape.rank; i++)
        if (c->shape.size[c->shape.rank - i] != (shape.rank - i == axis ? channels : 1))
            return false;
    if (p2c_shape_count(c->shape) != channels) return false;
    float *values = p2c_import_floats(c->constant);
    bool done = values && p2c_product_absorb(x, by ? values : NULL, to ? values : NULL, out);
    free(values);
    return done;
}

/* The axes of a result of any rank, joined to at most four. Along all axes that are joined, each
 * operand is either repeated or not. */
typedef struct Joined {
    int count;
    int64_t a[P2C_MAX_RANK], b[P2C_MAX_RANK];
} Joined;

static Joined join(P2cShape a, P2cShape b, P2cShape shape) {
    Joined j = { 0 };
    int last = -1;
    for (int i = 0; i < shape.rank; i++) {
        int p = i - (shape.rank - a.rank), q = i - (shape.rank - b.rank);
        int64_t x = p < 0 ? 1 : a.size[p], y = q < 0 ? 1 : b.size[q];
        int kind = (x > 1) | (y > 1) << 1;
        if (!kind) continue;
        if (kind != last) {
            j.a[j.count] = j.b[j.count] = 1;
            j.count++;
        }
        j.a[j.count - 1] *= x;
        j.b[j.count - 1] *= y;
        last = kind;
    }
    return j;
}

static P2cDims dims_of(int count, const int64_t sizes[]) {
    P2cDims dims = P2C_SCALAR;
    dims.rank = 4;
    for (int i = 0; i < count; i++) dims.d[4 - count + i] = (int)sizes[i];
    return dims;
}

static P2cDims four(P2cShape shape) { return dims_of(shape.rank, shape.size); }

/* Turns an operand of at most four axes that is broadcast against (n,h,w,c) into planes
 * (n,c,h,w). */
static P2cNode *as_planes(P2cImporter *im, P2cImported *v) {
    if (v->channels_last) return p2c_import_use_raw(im, v);
    P2cNode *node = p2c_import_use(im, v);
    return node ? p2c_import_permute(node, four(v->shape), (int[4]){ 0, 3, 1, 2 }) : NULL;
}

static P2cStatus two_nodes(P2cImporter *im, P2cNode *(*f)(P2cNode *a, P2cNode *b), P2cImported *a,
                           P2cImported *b, P2cShape shape, P2cImported *out) {
    bool last = (a->channels_last || b->channels_last) && shape.rank == 4;
    if (last) {
        P2cNode *x = as_planes(im, a), *y = as_planes(im, b);
        return p2c_import_planes(im, out, shape, x && y ? f(x, y) : NULL, true);
    }
    P2cNode *x = p2c_import_use(im, a), *y = p2c_import_use(im, b);
    if (!x || !y) return p2c_import_node(im, out, shape, NULL);
    if (p2c_shape_equal(a->shape, b->shape)) return p2c_import_node(im, out, shape, f(x, y));
    if (shape.rank <= 4) {
        P2cNode *node =
            f(p2c_import_reshape(x, four(a->shape)), p2c_import_reshape(y, four(b->shape)));
        return p2c_import_node(im, out, shape, p2c_import_reshape(node, p2c_import_dims(shape)));
    }
    Joined j = join(a->shape, b->shape, shape);
    if (j.count > 4)
        return p2c_import_fail(
            im, "broadcasting %s and %s needs more than four axes, which is not supported",
            p2c_shape_text(a->shape).text, p2c_shape_text(b->shape).text);
    P2cNode *node = f(p2c_import_reshape(x, dims_of(j.count, j.a)),
                      p2c_import_reshape(y, dims_of(j.count, j.b)));
    return p2c_import_node(im, out, shape, p2c_import_reshape(node, p2c_import_dims(shape)));
}

P2cStatus p2c_import_arithmetic(P2cImporter *im, const char *op, P2cImported *a, P2cImported *b,
                                P2cImported *out) {
    P2cShape shape;
    float c;
    if (a->constant && b->constant) return p2c_host_binary(im, op, a, b, out);
    P2cStatus status = p2c_import_broadcast(im, a->shape, b->shape, &shape);
    if (!status) status = p2c_import_check(im, shape, false);
    if (status) return status;
    P2cImported *x = a->constant ? b : a, *other = a->constant ? a : b;
    if (other->constant && absorb(op, x, other, shape, out)) return P2C_OK;
    if (other->constant && p2c_shape_equal(shape, x->shape) && p2c_import_uniform(other, &c)) {
        P2cNode *raw = p2c_import_use_raw(im, x),
                *node = raw ? with_number(op, raw, c, a->constant != NULL) : NULL;
        if (node || !raw) return p2c_import_planes(im, out, shape, node, x->channels_last);
    }
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        if (!strcmp(binary[i].op, op)) return two_nodes(im, binary[i].f, a, b, shape, out);
    return p2c_import_fail(im, "is not supported for these operands");
}

/* Combines two or more operands, one after the other. */
P2cStatus p2c_import_binary(P2cImporter *im, P2cImported **in, P2cImported **out) {
    P2cImported now = *in[0], next = { 0 };
    int count = im->at->input_count;
    while (!in[count - 1]) count--;
    if (count == 1) return p2c_import_to_shape(im, in[0], in[0]->shape, out[0]);
    if (count == 2) return p2c_import_arithmetic(im, im->at->op, in[0], in[1], out[0]);
    P2cStatus status = P2C_OK;
    if (!now.constant) p2c_import_use_raw(im, in[0]);
    now = *in[0];
    for (int i = 1; i < count && !status; i++) {
        next = (P2cImported){ 0 };
        status = p2c_import_arithmetic(im, im->at->op, &now, in[i], &next);
        now = next;
    }
    if (!status) p2c_import_same(out[0], &now);
    return status;
}

/* ---- PReLU ---- */

P2cStatus p2c_import_prelu(P2cImporter *im, P2cImported *x, P2cImported *slope, P2cImported *out) {
    int axis = x->channels_last ? x->shape.rank - 1 : 1,
        channels = x->shape.rank > 1 ? (int)x->shape.size[axis] : 0;
    float value;
    if (p2c_import_uniform(slope, &value) && p2c_shape_count(slope->shape) == 1)
        return p2c_import_map(im, x, p2c_import_leaky, &value, out);
    bool per_channel =
        slope->constant && p2c_shape_count(slope->shape) == channels && (x->shape.rank <= 4);
    for (int i = 1; i <= slope->shape.rank && per_channel; i++)
        per_channel =
            slope->shape.size[slope->shape.rank - i] == (x->shape.rank - i == axis ? channels : 1);
    if (per_channel) {
        float *values = p2c_import_floats(slope->constant);
        P2cNode *w = p2c_import_param(im, slope->name, P2C_DIMS(channels), false, values);
        free(values);
        P2cNode *node = p2c_import_use_raw(im, x);
        return p2c_import_planes(im, out, x->shape, node && w ? p2c_prelu(node, w) : NULL,
                                 x->channels_last);
    }
    P2cImported above = { 0 }, below = { 0 }, scaled = { 0 };
    P2cNode *node = p2c_import_use_raw(im, x);
    P2cStatus status =
        p2c_import_planes(im, &above, x->shape, node ? positive(node) : NULL, x->channels_last);
    if (!status)
        status = p2c_import_planes(im, &below, x->shape, negative_part(node), x->channels_last);
    if (!status) status = p2c_import_arithmetic(im, "Mul", &below, slope, &scaled);
    return status ? status : p2c_import_arithmetic(im, "Sub", &above, &scaled, out);
}
