/* import_host_math.c: arithmetic on constants while a network is imported, in int64 or float32, as
 * the file says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "torch/pt.h"

/* A constant's elements, in the type in which they are computed. */
typedef struct Numbers {
    float *f;
    int64_t *i;
} Numbers;

static P2cStatus numbers_of(P2cImporter *im, const P2cImported *v, bool integer, Numbers *n) {
    *n = (Numbers){ 0 };
    if (integer) n->i = p2c_import_integers(v->constant);
    else n->f = p2c_import_floats(v->constant);
    return n->i || n->f ? P2C_OK : p2c_import_memory(im);
}

static void numbers_clear(Numbers *n) {
    free(n->f);
    free(n->i);
}

static float negative(float x) { return -x; }
static float reciprocal(float x) { return 1 / x; }
static float square(float x) { return x * x; }
static float rsqrt_(float x) { return 1 / sqrtf(x); }
static float relu(float x) { return x > 0 ? x : 0; }
static float sigmoid(float x) { return 1 / (1 + expf(-x)); }
static float logical_not(float x) { return x == 0; }
static float sign(float x) { return (float)((x > 0) - (x < 0)); }

static const struct {
    const char *op;
    float (*f)(float);
    bool whole;
} unary[] = {
    { "Floor", floorf, true },
    { "Ceil", ceilf, true },
    { "Round", rintf, true },
    { "Abs", fabsf, true },
    { "Neg", negative, true },
    { "Sign", sign, true },
    { "Sqrt", sqrtf, false },
    { "Exp", expf, false },
    { "Log", logf, false },
    { "Reciprocal", reciprocal, false },
    { "Rsqrt", rsqrt_, false },
    { "Square", square, true },
    { "Relu", relu, true },
    { "Sigmoid", sigmoid, false },
    { "Tanh", tanhf, false },
    { "Not", logical_not, true },
    { "LogicalNot", logical_not, true },
    { "Inv", reciprocal, false },
};

bool p2c_host_knows(const char *op) {
    for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
        if (!strcmp(unary[i].op, op)) return true;
    return false;
}

P2cStatus p2c_host_unary(P2cImporter *im, const P2cImported *x, P2cImported *out) {
    size_t at = 0;
    while (strcmp(unary[at].op, im->at->op)) at++;
    bool integer = unary[at].whole && p2c_is_integer(p2c_value_type(x->constant));
    int64_t count = p2c_shape_count(x->shape);
    Numbers n;
    void *data;
    P2cStatus status = numbers_of(im, x, false, &n);
    if (!status) status = p2c_host_make(im, integer ? P2C_I64 : P2C_F32, x->shape, out, &data);
    for (int64_t i = 0; i < count && !status; i++) {
        float y = unary[at].f(n.f[i]);
        if (integer) ((int64_t *)data)[i] = (int64_t)fminf(fmaxf(y, -0x1p62f), 0x1p62f);
        else ((float *)data)[i] = y;
    }
    numbers_clear(&n);
    return status;
}

/* Two's complement with wrap-around, because a file may overflow on purpose. */
static int64_t integer_binary(char op, int64_t a, int64_t b) {
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (op) {
    case '+': return (int64_t)(x + y);
    case '-': return (int64_t)(x - y);
    case '*': return (int64_t)(x * y);
    case '/': return b == 0 ? 0 : b == -1 ? (int64_t)(0 - x) : a / b;
    case 'f':
        return b == 0 ? 0 : b == -1 ? (int64_t)(0 - x) : a / b - (a % b != 0 && (a < 0) != (b < 0));
    case '%': return b == 0 || b == -1 ? 0 : (a % b + b) % b;
    case 'M': return a > b ? a : b;
    case 'm': return a < b ? a : b;
    case '=': return a == b;
    case '!': return a != b;
    case '<': return a < b;
    case '>': return a > b;
    case 'l': return a <= b;
    case 'g': return a >= b;
    case '&': return a && b;
    case '|': return a || b;
    default: return (int64_t)fmin(fmax(pow((double)a, (double)b), -0x1p62), 0x1p62);
    }
}

static float float_binary(char op, float a, float b) {
    switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case 'f': return floorf(a / b);
    case '%': return a - b * floorf(a / b);
    case 'M': return a > b ? a : b;
    case 'm': return a < b ? a : b;
    case 'd': return (a - b) * (a - b);
    case '=': return a == b;
    case '!': return a != b;
    case '<': return a < b;
    case '>': return a > b;
    case 'l': return a <= b;
    case 'g': return a >= b;
    default: return powf(a, b);
    }
}

static const struct {
    const char *op;
    char letter;
} binary[] = {
    { "Add", '+' },
    { "AddV2", '+' },
    { "BiasAdd", '+' },
    { "Sum", '+' },
    { "AddN", '+' },
    { "Sub", '-' },
    { "Mul", '*' },
    { "Div", '/' },
    { "RealDiv", '/' },
    { "FloorDiv", 'f' },
    { "Mod", '%' },
    { "FloorMod", '%' },
    { "Max", 'M' },
    { "Maximum", 'M' },
    { "Min", 'm' },
    { "Minimum", 'm' },
    { "Equal", '=' },
    { "NotEqual", '!' },
    { "Less", '<' },
    { "Greater", '>' },
    { "LessOrEqual", 'l' },
    { "LessEqual", 'l' },
    { "GreaterOrEqual", 'g' },
    { "GreaterEqual", 'g' },
    { "And", '&' },
    { "LogicalAnd", '&' },
    { "Or", '|' },
    { "LogicalOr", '|' },
    { "Pow", '^' },
    { "SquaredDifference", 'd' },
};

static void compute(char letter, bool integer, bool truth, int64_t count, const Numbers *a,
                    const Numbers *b, void *data) {
    for (int64_t i = 0; i < count; i++) {
        if (integer) ((int64_t *)data)[i] = integer_binary(letter, a->i[i], b->i[i]);
        else if (truth) ((int64_t *)data)[i] = float_binary(letter, a->f[i], b->f[i]) != 0;
        else ((float *)data)[i] = float_binary(letter, a->f[i], b->f[i]);
    }
}

P2cStatus p2c_host_binary(P2cImporter *im, const char *op, const P2cImported *a,
                          const P2cImported *b, P2cImported *out) {
    size_t at = 0;
    while (at < sizeof binary / sizeof *binary && strcmp(binary[at].op, op)) at++;
    if (at == sizeof binary / sizeof *binary)
        return p2c_import_fail(im, "is not supported for constants");
    bool integer = p2c_is_integer(p2c_value_type(a->constant)) &&
                   p2c_is_integer(p2c_value_type(b->constant)) && binary[at].letter != 'd';
    bool truth = strchr("=!<>lg", binary[at].letter) != NULL;
    P2cShape shape;
    P2cImported x = { 0 }, y = { 0 };
    Numbers n = { 0 }, m = { 0 };
    void *data;
    P2cStatus status = p2c_import_broadcast(im, a->shape, b->shape, &shape);
    if (!status) status = p2c_host_spread(im, a, shape, &x);
    if (!status) status = p2c_host_spread(im, b, shape, &y);
    if (!status) status = numbers_of(im, &x, integer, &n);
    if (!status) status = numbers_of(im, &y, integer, &m);
    if (!status)
        status = p2c_host_make(im, integer || truth ? P2C_I64 : P2C_F32, shape, out, &data);
    if (!status) compute(binary[at].letter, integer, truth, p2c_shape_count(shape), &n, &m, data);
    numbers_clear(&n);
    numbers_clear(&m);
    return status;
}

P2cStatus p2c_host_where(P2cImporter *im, const P2cImported *c, const P2cImported *a,
                         const P2cImported *b, P2cImported *out) {
    bool integer =
        p2c_is_integer(p2c_value_type(a->constant)) && p2c_is_integer(p2c_value_type(b->constant));
    const P2cImported *from[3] = { c, a, b };
    P2cImported to[3] = { 0 };
    Numbers n[3] = { 0 };
    P2cShape shape;
    void *data;
    P2cStatus status = p2c_import_broadcast(im, a->shape, b->shape, &shape);
    if (!status) status = p2c_import_broadcast(im, shape, c->shape, &shape);
    for (int i = 0; i < 3 && !status; i++) {
        status = p2c_host_spread(im, from[i], shape, &to[i]);
        if (!status) status = numbers_of(im, &to[i], integer || i == 0, &n[i]);
    }
    if (!status) status = p2c_host_make(im, integer ? P2C_I64 : P2C_F32, shape, out, &data);
    for (int64_t i = 0; !status && i < p2c_shape_count(shape); i++) {
        int k = n[0].i[i] ? 1 : 2;
        if (integer) ((int64_t *)data)[i] = n[k].i[i];
        else ((float *)data)[i] = n[k].f[i];
    }
    for (int i = 0; i < 3; i++) numbers_clear(&n[i]);
    return status;
}

static char reduction(const char *op) {
    if (!strcmp(op, "Sum") || !strcmp(op, "Mean")) return '+';
    if (!strcmp(op, "Prod")) return '*';
    if (!strcmp(op, "Max")) return 'M';
    return strcmp(op, "Min") ? 0 : 'm';
}

/* shape: still has the reduced axes, with size 1. */
P2cStatus p2c_host_reduce(P2cImporter *im, const P2cImported *x, const bool axes[], P2cShape shape,
                          const char *op, P2cImported *out) {
    bool integer = p2c_is_integer(p2c_value_type(x->constant));
    char letter = reduction(op);
    int64_t stride[P2C_MAX_RANK], index[P2C_MAX_RANK] = { 0 }, count = p2c_shape_count(x->shape),
                                  results = p2c_shape_count(shape);
    if (!letter || !results || !count)
        return p2c_import_fail(im, "is not supported for this kind of constants");
    Numbers n;
    void *data;
    P2cStatus status = numbers_of(im, x, integer, &n);
    if (!status) status = p2c_host_make(im, integer ? P2C_I64 : P2C_F32, shape, out, &data);
    p2c_host_strides(shape, stride);
    for (int64_t k = 0; k < count && !status; k++) {
        int64_t at = 0;
        bool first = true;
        for (int i = 0; i < shape.rank; i++) {
            if (!axes[i]) at += index[i] * stride[i];
            else first &= index[i] == 0;
        }
        if (integer)
            ((int64_t *)data)[at] =
                first ? n.i[k] : integer_binary(letter, ((int64_t *)data)[at], n.i[k]);
        else
            ((float *)data)[at] =
                first ? n.f[k] : float_binary(letter, ((float *)data)[at], n.f[k]);
        for (int i = shape.rank - 1; i >= 0 && ++index[i] == x->shape.size[i]; i--) index[i] = 0;
    }
    for (int64_t k = 0; k < results && !status && !strcmp(op, "Mean"); k++) {
        if (integer) ((int64_t *)data)[k] /= count / results;
        else ((float *)data)[k] /= (float)(count / results);
    }
    numbers_clear(&n);
    return status;
}

P2cStatus p2c_host_cast(P2cImporter *im, const P2cImported *x, P2cType type, P2cImported *out) {
    bool integer = p2c_is_integer(type);
    size_t count = (size_t)p2c_shape_count(x->shape);
    Numbers n;
    void *data;
    P2cStatus status = numbers_of(im, x, integer && type != P2C_TYPE_BOOL, &n);
    if (!status) status = p2c_host_make(im, integer ? P2C_I64 : P2C_F32, x->shape, out, &data);
    if (!status && type == P2C_TYPE_BOOL)
        for (size_t i = 0; i < count; i++) ((int64_t *)data)[i] = n.f[i] != 0;
    else if (!status && count)
        memcpy(data, integer ? (void *)n.i : (void *)n.f,
               count * (integer ? sizeof *n.i : sizeof *n.f));
    numbers_clear(&n);
    return status;
}

P2cStatus p2c_host_range(P2cImporter *im, const P2cImported *from, const P2cImported *to,
                         const P2cImported *step, P2cImported *out) {
    const P2cImported *parts[3] = { from, to, step };
    double v[3], count;
    bool integer = true;
    void *data;
    P2cStatus status = P2C_OK;
    for (int i = 0; i < 3 && !status; i++) {
        status = p2c_import_scalar(im, parts[i], &v[i]);
        integer &= !status && p2c_is_integer(p2c_value_type(parts[i]->constant));
    }
    if (status) return status;
    count = ceil((v[1] - v[0]) / v[2]);
    if (!(count <= P2C_HOST_ELEMENTS)) return p2c_import_fail(im, "a range of %g numbers", count);
    P2cShape shape = { 1, { count > 0 ? (int64_t)count : 0 } };
    status = p2c_host_make(im, integer ? P2C_I64 : P2C_F32, shape, out, &data);
    for (int64_t i = 0; i < shape.size[0] && !status; i++) {
        if (integer) ((int64_t *)data)[i] = (int64_t)v[0] + i * (int64_t)v[2];
        else ((float *)data)[i] = (float)(v[0] + (double)i * v[2]);
    }
    return status;
}
