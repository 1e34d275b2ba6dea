/* report.c: what a failure of an operation's test says: which case, where it ran, and which element
 * of which tensor. */
#include "harness.h"

/* The name of a tensor, with its operand: "dx[1]". */
typedef struct NameText {
    char text[64];
} NameText;

static NameText name_text(OpName name) {
    NameText t;
    if (name.operand < 0) snprintf(t.text, sizeof t.text, "%s", name.text);
    else snprintf(t.text, sizeof t.text, "%s[%d]", name.text, name.operand);
    return t;
}

static void print_shapes(FILE *out, const OpCase *c) {
    for (int i = 0; i < c->count; i++)
        fprintf(out, "%sx[%d] %s", i ? ", " : "", i, p2c_dims_text(op_dims(c->x[i])).text);
    fprintf(out, " -> y %s", p2c_dims_text(op_dims(c->y)).text);
}

static void print_where(FILE *out, const OpRun *run) {
    static const char *const orders[] = { "shuffled", "in order", "in reverse order" };
    bool host = p2c_device_is_host(run->ctx->device);
    fprintf(out, "\n  %s on %s, %s", run->phase, run->ctx->device->name, run->level);
    if (host) fprintf(out, ", threads: %d", run->call.threads);
    else if (emulated_order) fprintf(out, ", blocks %s", orders[run->call.threads % 3]);
    else fprintf(out, ", run %d", run->call.threads);
}

static void print_case(FILE *out, const OpRun *run) {
    fprintf(out, "%s, case %d: ", run->node ? run->node->op->name : "operation",
            run->test->cases + 1);
    print_shapes(out, run->c);
    if (run->test->print && run->c->options) {
        fputs("\n  options: ", out);
        run->test->print(out, run->c);
    }
    if (run->phase) print_where(out, run);
    fputs("\n  ", out);
}

void op_fail(const OpRun *run, const char *format, ...) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    va_list args;
    assert_non_null(out);
    print_case(out, run);
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fclose(out);
    print_error("%s\n", text);
    free(text);
    fail();
}

/* ---- the first element that is wrong --------------------------------------------------------- */

typedef struct Comparison {
    double worst;   /* the largest difference, as a part of what is allowed */
    size_t at;      /* the first element above 1; n: none */
    double allowed; /* of that element */
} Comparison;

static double allowed_difference(double want, double mean_square, double tolerance) {
    return fmax(tolerance * fmax(fabs(want), sqrt(mean_square)), 1e-8);
}

static Comparison compare(const float *got, const double *want, size_t n, double tolerance) {
    Comparison r = { .at = n };
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += want[i] * want[i];
    for (size_t i = 0; i < n && r.at == n; i++) {
        double allowed = allowed_difference(want[i], squares / (double)n, tolerance);
        double ratio = fabs(got[i] - want[i]) / allowed;
        if (!(ratio <= 1)) r.at = i, r.allowed = allowed;
        r.worst = fmax(r.worst, ratio);
    }
    return r;
}

OpElementText op_element_text(P2cDims dims, size_t at) {
    OpElementText t;
    int used = snprintf(t.text, sizeof t.text, "element %zu of %zu, (", at, op_size(dims));
    size_t below = op_size(dims);
    for (int i = 0; i < dims.rank; i++) {
        below /= (size_t)dims.d[i];
        used += snprintf(t.text + used, sizeof t.text - (size_t)used, "%s%zu", i ? "," : "",
                         at / below % (size_t)dims.d[i]);
    }
    snprintf(t.text + used, sizeof t.text - (size_t)used, ")");
    return t;
}

typedef struct AddedText {
    char text[160];
} AddedText;

/* Of a gradient: what its memory held before, and what was added to that. */
static AddedText added_text(const OpRun *run, OpName name, double got, double want) {
    AddedText t = { "" };
    double before = run->added_to;
    if (name.text[0] != 'd' || !run->phase || strcmp(run->phase, "backward") != 0) return t;
    if (isnan(before))
        snprintf(t.text, sizeof t.text, "\n  it is to be written, not added: it held NaN before");
    else
        snprintf(t.text, sizeof t.text, "\n  it held %g before: %.9g was added, expected %.9g",
                 before, got - before, want - before);
    return t;
}

double op_run_compare(const OpRun *run, OpName name, P2cDims dims, const float *got,
                      const double *want, double tolerance) {
    size_t n = op_size(dims);
    Comparison r = compare(got, want, n, tolerance);
    if (r.at == n) return r.worst;
    double g = got[r.at], w = want[r.at];
    op_fail(run, "%s, %s: expected %.9g, got %.9g\n  the difference is %.3g, the tolerance %.3g%s",
            name_text(name).text, op_element_text(dims, r.at).text, w, g, fabs(g - w), r.allowed,
            added_text(run, name, g, w).text);
    return r.worst;
}

void op_run_same_bits(const OpRun *run, OpName name, P2cDims dims, const float *got,
                      const float *want, const char *than) {
    size_t n = op_size(dims);
    if (!memcmp(got, want, n * sizeof *got)) return;
    size_t at = 0;
    while (!memcmp(got + at, want + at, sizeof *got)) at++;
    op_fail(run, "%s, %s: %.9g, which differs from %.9g %s", name_text(name).text,
            op_element_text(dims, at).text, got[at], want[at], than);
}

double op_compare(const char *what, const float *got, const double *want, size_t n,
                  double tolerance) {
    Comparison r = compare(got, want, n, tolerance);
    if (r.at < n)
        fail_msg("%s, element %zu of %zu: expected %.9g, got %.9g, the tolerance is %.3g", what,
                 r.at, n, want[r.at], got[r.at], r.allowed);
    return r.worst;
}
