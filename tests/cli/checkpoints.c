/* checkpoints.c: compares and checks checkpoints, for the tests:
 *
 *     checkpoints same A.pt B.pt         every tensor and value has the same bits, except
 *                                        p2cnn.seconds and how often things are written;
 *                                        prints the first difference
 *     checkpoints networks A.pt B.pt     the networks of A are in B, too, bit for bit
 *     checkpoints starts A.pt B.pt       the same, but of a generator of which B has the average,
 *                                        A has that
 *     checkpoints whole FILE.pt...       each can be read, and its checksums are right; prints
 *                                        those for which this is not so
 *
 * The exit status is 1 if the check fails. */
#include <stdio.h>
#include <string.h>

#include "p2cnn.h"

enum { PATH = 400 };

static size_t element_bytes(P2cType type) {
    switch (type) {
    case P2C_F64:
    case P2C_I64: return 8;
    case P2C_F32:
    case P2C_I32: return 4;
    case P2C_F16:
    case P2C_BF16:
    case P2C_I16: return 2;
    case P2C_U8:
    case P2C_I8:
    case P2C_TYPE_BOOL: return 1;
    }
    return 0;
}

static bool differ(const char *path, const char *what) {
    printf("%s: %s\n", *path ? path : "the file", what);
    return false;
}

static bool same_tensor(const P2cValue *a, const P2cValue *b, const char *path) {
    P2cShape x = p2c_value_shape(a), y = p2c_value_shape(b);
    size_t bytes = element_bytes(p2c_value_type(a)), size = bytes;
    if (p2c_value_type(a) != p2c_value_type(b)) return differ(path, "another type");
    if (x.rank != y.rank || memcmp(x.size, y.size, (size_t)x.rank * sizeof *x.size))
        return differ(path, "another shape");
    for (int i = 0; i < x.rank; i++) size *= (size_t)x.size[i];
    const char *p = p2c_value_data(a), *q = p2c_value_data(b);
    for (size_t i = 0; i < size; i++) {
        if (p[i] == q[i]) continue;
        printf("%s: element %zu of %zu differs\n", path, i / bytes, size / bytes);
        return false;
    }
    return true;
}

static bool same(const P2cValue *a, const P2cValue *b, const char *path);

static bool may_differ(const char *path) {
    static const char *const free_ones[] = { "p2cnn.seconds",
                                             "p2cnn.options.print_freq",
                                             "p2cnn.options.save_freq",
                                             "p2cnn.options.keep",
                                             "p2cnn.options.milestone",
                                             "p2cnn.options.eval_freq",
                                             "p2cnn.options.tensorboard" };
    for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++)
        if (!strcmp(path, free_ones[i])) return true;
    return false;
}

/* In the same order. */
static bool same_entries(const P2cValue *a, const P2cValue *b, const char *path) {
    bool dict = p2c_value_kind(a) == P2C_DICT;
    char below[PATH];
    if (p2c_value_count(a) != p2c_value_count(b)) return differ(path, "more or fewer entries");
    for (size_t i = 0; i < p2c_value_count(a); i++) {
        if (dict && strcmp(p2c_value_key(a, i), p2c_value_key(b, i)))
            return differ(path, "other keys");
        if (dict)
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", p2c_value_key(a, i));
        else snprintf(below, sizeof below, "%s[%zu]", path, i);
        if (!may_differ(below) && !same(p2c_value_at(a, i), p2c_value_at(b, i), below))
            return false;
    }
    return true;
}

static bool same(const P2cValue *a, const P2cValue *b, const char *path) {
    P2cKind kind = p2c_value_kind(a);
    double x = p2c_value_as_float(a), y = p2c_value_as_float(b);
    if (kind != p2c_value_kind(b)) return differ(path, "another kind of value");
    switch (kind) {
    case P2C_NONE: return true;
    case P2C_BOOL:
    case P2C_INT:
        return p2c_value_as_int(a) == p2c_value_as_int(b) || differ(path, "another number");
    case P2C_FLOAT: return !memcmp(&x, &y, sizeof x) || differ(path, "another number");
    case P2C_STRING:
        return !strcmp(p2c_value_as_string(a), p2c_value_as_string(b)) ||
               differ(path, "another text");
    case P2C_LIST:
    case P2C_DICT: return same_entries(a, b, path);
    case P2C_TENSOR: return same_tensor(a, b, path);
    }
    return false;
}

static bool same_networks(const P2cValue *a, const P2cValue *b, bool averages) {
    bool equal = true;
    for (size_t i = 0; equal && i < p2c_value_count(a); i++) {
        char average[PATH];
        const char *name = p2c_value_key(a, i);
        snprintf(average, sizeof average, "%s_ema", name);
        const P2cValue *theirs = averages ? p2c_value_get(b, average) : NULL;
        if (!theirs) theirs = p2c_value_get(b, name);
        if (strcmp(name, "p2cnn"))
            equal = theirs ? same(p2c_value_at(a, i), theirs, name) : differ(name, "missing");
    }
    return equal;
}

static bool compare(P2cContext *ctx, char **files, const char *mode) {
    P2cValue *a = NULL, *b = NULL;
    bool equal = false;
    if (p2c_pt_read(ctx, files[0], &a) || p2c_pt_read(ctx, files[1], &b))
        printf("%s\n", p2c_error(ctx));
    else
        equal =
            strcmp(mode, "same") ? same_networks(a, b, !strcmp(mode, "starts")) : same(a, b, "");
    p2c_value_free(&a);
    p2c_value_free(&b);
    return equal;
}

static bool whole(P2cContext *ctx, const char *file) {
    P2cValue *value = NULL;
    P2cStatus status = p2c_pt_verify(ctx, file);
    if (!status) status = p2c_pt_read(ctx, file, &value);
    if (status) printf("%s\n", p2c_error(ctx));
    p2c_value_free(&value);
    return !status;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    const char *mode = argc > 2 ? argv[1] : "";
    bool two = !strcmp(mode, "same") || !strcmp(mode, "networks") || !strcmp(mode, "starts"),
         good = true;
    if (!(argc == 4 && two) && strcmp(mode, "whole")) {
        fprintf(
            stderr,
            "usage: checkpoints same|networks|starts A.pt B.pt, or checkpoints whole FILE.pt...\n");
        return 2;
    }
    if (p2c_context_new(&ctx, "cpu", 1)) return 2;
    if (two) good = compare(ctx, argv + 2, mode);
    else
        for (int i = 2; i < argc; i++) good &= whole(ctx, argv[i]);
    p2c_context_free(&ctx);
    return !good;
}
