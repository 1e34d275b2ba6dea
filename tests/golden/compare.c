/* compare.c: compares results with a golden file; golden.h explains the tolerance. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- results ---- */

static Result *result_add(Results *r, P2cDims dims) {
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        r->items = realloc(r->items, r->room * sizeof *r->items);
        assert_non_null(r->items);
    }
    Result *result = &r->items[r->count++];
    *result = (Result){ .dims = dims, .values = malloc(p2c_dims_count(dims) * sizeof(float)) };
    assert_non_null(result->values);
    return result;
}

Result *result_new(Results *results, P2cDims dims, const char *format, ...) {
    Result *result = result_add(results, dims);
    va_list list;
    va_start(list, format);
    vsnprintf(result->name, sizeof result->name, format, list);
    va_end(list);
    return result;
}

void result_read(Results *results, const P2cNode *node, const char *format, ...) {
    assert_non_null(node);
    Result *result = result_add(results, p2c_node_dims(node));
    va_list list;
    va_start(list, format);
    vsnprintf(result->name, sizeof result->name, format, list);
    va_end(list);
    assert_int_equal(p2c_node_read(node, result->values), P2C_OK);
}

void results_clear(Results *results) {
    for (int i = 0; i < results->count; i++) free(results->items[i].values);
    free(results->items);
    *results = (Results){ 0 };
}

static const Result *find(const Results *results, const char *name) {
    for (int i = 0; i < results->count; i++)
        if (!strcmp(results->items[i].name, name)) return &results->items[i];
    return NULL;
}

/* ---- one tensor ---- */

static double number(const P2cValue *value) {
    if (p2c_value_kind(value) != P2C_TENSOR) return p2c_value_as_float(value);
    double d;
    assert_int_equal(p2c_value_type(value), P2C_F64);
    memcpy(&d, p2c_value_data(value), sizeof d);
    return d;
}

/* A digest is a list of 18 floats in the committed files, a tensor of 18 float64 in the full
 * ones. */
bool digest_read(const P2cValue *value, double digest[DIGEST]) {
    if (p2c_value_kind(value) == P2C_LIST && p2c_value_count(value) == DIGEST) {
        for (int i = 0; i < DIGEST; i++) digest[i] = p2c_value_as_float(p2c_value_at(value, i));
        return true;
    }
    if (p2c_value_kind(value) != P2C_TENSOR || p2c_value_type(value) != P2C_F64 ||
        p2c_value_shape(value).size[0] != DIGEST)
        return false;
    memcpy(digest, p2c_value_data(value), DIGEST * sizeof *digest);
    return true;
}

/* difference / allowed. If nothing is allowed, only no difference is right. NaN is wrong. */
static double ratio_of(double difference, double allowed) {
    if (difference == 0) return 0;
    double ratio = difference / allowed;
    return isnan(ratio) ? INFINITY : ratio;
}

/* Index i of 16 evenly spaced ones, as torch.linspace computes it: in float32, from the nearer end,
 * with a fused multiply-add. */
size_t digest_index(size_t n, int i) {
    float end = (float)(n - 1), step = end / 15;
    return (size_t)(i < 8 ? step * (float)i : (float)((double)end - (double)step * (15 - i)));
}

static double ratio_to_digest(const Result *ours, const double digest[DIGEST], double err) {
    size_t n = p2c_dims_count(ours->dims);
    double squares = 0, norm = sqrt(digest[1]), allowed = 8 * err + 1e-5 * norm, worst = 0;
    for (size_t i = 0; i < n; i++) squares += (double)ours->values[i] * ours->values[i];
    for (int i = 0; i < 16; i++)
        worst =
            fmax(worst, ratio_of(fabs(ours->values[digest_index(n, i)] - digest[2 + i]), allowed));
    /* The norm of pure noise (a gradient that is zero in theory) cannot agree to 1e-3; the
     * tolerance bounds it, too. */
    double by_squares = ratio_of(fabs(squares - digest[1]), 1e-3 * digest[1]),
           by_norm = ratio_of(fabs(sqrt(squares) - norm), allowed);
    return fmax(worst, fmin(by_squares, by_norm));
}

static bool is_output(const char *name) {
    static const char *const names[] = { "y", "cam", "heatmap", "crop", "embedding", "distance" };
    const char *dot = strchr(name, '.'), *leaf = name;
    /* "0.y", "eval.y", but not "tap.cam" */
    if (dot && (dot - name == 1 || !strncmp(name, "eval.", 5))) leaf = dot + 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(leaf, names[i])) return true;
    return false;
}

/* Also returns the largest difference of an element. */
static double ratio_to_tensor(const Result *ours, const P2cValue *golden, double err,
                              double *largest) {
    size_t n = p2c_dims_count(ours->dims);
    P2cShape shape = p2c_value_shape(golden);
    assert_int_equal(p2c_value_kind(golden), P2C_TENSOR);
    assert_int_equal(shape.rank, ours->dims.rank);
    for (int i = 0; i < shape.rank; i++) assert_int_equal(shape.size[i], ours->dims.d[i]);
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    p2c_value_to_float(golden, values);

    double squares = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)ours->values[i] - values[i];
        squares += d * d;
        norm += (double)values[i] * values[i];
        if (!(fabs(d) <= *largest)) *largest = fabs(d);
    }
    free(values);
    return ratio_of(sqrt(squares), 8 * err + 1e-5 * sqrt(norm));
}

/* ---- a file ---- */

typedef struct Verdict {
    int count, wrong;
    /* the worst ratio to the tolerance; the largest difference of an output's element */
    double worst, output;
    char where[128];
} Verdict;

static void complain(Verdict *v, const char *format, const char *name, double ratio) {
    if (v->wrong++ < 3) print_message(format, name, ratio);
}

static void judge(Verdict *v, const Results *results, const P2cValue *file, const char *name,
                  const P2cValue *value) {
    char err[144];
    const Result *ours = find(results, name);
    snprintf(err, sizeof err, "err.%s", name);
    assert_non_null(p2c_value_get(file, err));
    v->count++;
    if (!ours) {
        complain(v, "    %s: golden, but not made here\n", name, 0);
        return;
    }
    double digest[DIGEST], largest = 0, e = number(p2c_value_get(file, err));
    double ratio = digest_read(value, digest) ? ratio_to_digest(ours, digest, e)
                                              : ratio_to_tensor(ours, value, e, &largest);
    if (ratio > v->worst) {
        v->worst = ratio;
        snprintf(v->where, sizeof v->where, "%s", name);
    }
    if (!(ratio <= 1)) complain(v, "    %s: %.3g times the yardstick\n", name, ratio);
    if (is_output(name)) v->output = fmax(v->output, largest);
    if (is_output(name) && !(largest <= 1e-4))
        complain(v, "    %s: differs by %.3g, allowed is 1e-4\n", name, largest);
    /* an ulp of 1 */
    if (ours->input && !(largest <= 1.2e-7))
        complain(v, "    %s: the picture differs by %.3g\n", name, largest);
}

static bool compare_file(P2cContext *ctx, const Results *results, const char *path) {
    P2cValue *file = NULL;
    Verdict v = { 0 };
    must(ctx, p2c_pt_read(ctx, path, &file));
    for (size_t i = 0; i < p2c_value_count(file); i++) {
        const char *name = p2c_value_key(file, i);
        if (strncmp(name, "err.", 4)) judge(&v, results, file, name, p2c_value_at(file, i));
    }
    for (int i = 0; i < results->count; i++) {
        const Result *r = &results->items[i];
        if (!r->input && !p2c_value_get(file, r->name))
            complain(&v, "    %s: made here, but not golden\n", r->name, 0);
    }
    p2c_value_free(&file);
    print_message("    %s: %d tensors, worst %.3f of the yardstick, at %s; outputs within %.1e\n",
                  path, v.count, v.worst, v.where, v.output);
    if (v.wrong) print_message("    %d tensors are beyond it\n", v.wrong);
    assert_true(v.count > 0);
    return !v.wrong;
}

bool results_agree(P2cContext *ctx, const Results *results, const char *file) {
    char path[256];
    snprintf(path, sizeof path, "tests/golden/data/%s.pt", file);
    bool agree = compare_file(ctx, results, path);
    snprintf(path, sizeof path, "../shared/golden/%s.pt", file);
    if (access(path, R_OK)) print_message("    no %s: the full golden values are skipped\n", path);
    else agree = compare_file(ctx, results, path) && agree;
    return agree;
}
