/* probe.c: gradients against central differences of an operation's reference. */
#include "check.h"

static double loss(const Check *k, double *const x[], double *y) {
    double sum = 0;
    (k->t->gradient_of ? k->t->gradient_of : k->t->reference)(k->c, x, y);
    for (size_t e = 0; e < k->ny; e++)
        sum +=
            (k->t->activation_slope ? k->t->activation_slope(k->c, k->y[e]) : 1) * k->dy[e] * y[e];
    return sum;
}

static double difference(const Check *k, const Probe *p) {
    size_t n = k->n[p->operand];
    double h = 1e-5 * (k->c->range > 0 ? k->c->range : 1), f[2], *x[P2C_MAX_OPERANDS],
           *y = op_memory(k->ny, sizeof(double));
    memcpy(x, k->xd, sizeof x);
    x[p->operand] = op_memory(n, sizeof(double));
    for (int side = 0; side < 2; side++) {
        uint64_t seed = p->seed;
        double step = side ? h : -h;
        memcpy(x[p->operand], k->xd[p->operand], n * sizeof(double));
        if (p->element >= 0) x[p->operand][p->element] += step;
        else
            for (size_t e = 0; e < n; e++) x[p->operand][e] += step * op_uniform(&seed);
        f[side] = loss(k, x, y);
    }
    free(x[p->operand]);
    free(y);
    return (f[1] - f[0]) / (2 * h);
}

static void add_probe(Check *k, int operand, long element, uint64_t seed) {
    Probe p = { .operand = operand, .element = element, .seed = seed };
    assert_true(k->probe_count < MOST_PROBES);
    p.want = difference(k, &p);
    k->probes[k->probe_count++] = p;
}

/* All elements of small operands, a few of large ones, for which the reference takes long; the
 * directions see the rest. */
void op_make_probes(Check *k) {
    uint64_t state = 77;
    size_t total = k->ny;
    for (int i = 0; i < k->c->count; i++) total += k->n[i];
    for (int i = 0; i < k->c->count; i++) {
        size_t picks = total < 400 ? 40 : total < 20000 ? 6 : total < 100000 ? 2 : 1;
        if (k->t->frozen >> i & 1) continue;
        for (size_t e = 0; e < picks && e < k->n[i]; e++) {
            double at = (op_uniform(&state) + 1) / 2 * (double)k->n[i];
            add_probe(k, i, k->n[i] <= picks ? (long)e : (long)at, 0);
        }
        for (int d = 0; d < (total < 20000 ? 2 : 1); d++) add_probe(k, i, -1, 1000 + (uint64_t)d);
    }
}

static void probe_failed(const Check *k, const Probe *p, double got, double allowed) {
    OpElementText where = { "along a random direction" };
    if (p->element >= 0) where = op_element_text(k->c->x[p->operand], (size_t)p->element);
    op_fail(&k->run,
            "dx[%d], %s: differences of the reference give %.9g, got %.9g\n"
            "  the difference is %.3g, the tolerance %.3g; dx[%d] held 0 before",
            p->operand, where.text, p->want, got, fabs(got - p->want), allowed, p->operand);
}

static double probe_ratio(const Check *k, const Probe *p) {
    const float *dx = k->first_dx[p->operand];
    size_t n = k->n[p->operand];
    uint64_t seed = p->seed;
    double got = 0, squares = 0, allowed;
    for (size_t e = 0; e < n; e++) {
        double term = p->element < 0 ? dx[e] * op_uniform(&seed) : dx[e];
        got += term;
        squares += term * term;
    }
    if (p->element < 0) {
        allowed = k->tolerance * fmax(sqrt(squares), k->c->terms[p->operand] * sqrt((double)n));
    } else {
        got = dx[p->element];
        allowed = k->tolerance *
                  fmax(fmax(fabs(p->want), sqrt(squares / (double)n)), k->c->terms[p->operand]);
    }
    allowed = fmax(allowed, 1e-8);
    double ratio = fabs(got - p->want) / allowed;
    if (!(ratio <= 1)) probe_failed(k, p, got, allowed);
    return ratio;
}

void op_check_probes(Check *k) {
    for (int p = 0; p < k->probe_count; p++)
        k->t->worst_dx = fmax(k->t->worst_dx, probe_ratio(k, &k->probes[p]));
}
