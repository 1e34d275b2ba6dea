/* layer_instance_norm, for plane p of picture n. m, r are the plane's mean and 1/sqrt(var+eps), M,
 * R the picture's (unbiased variances):
 *   i = (x - m) r,  l = (x - M) R,  y = (rho i + (1-rho) l) gamma + beta = (x - m) A + B,
 *   A = gamma (rho r + (1-rho) R),  B = gamma (1-rho) R (m - M) + beta;
 *   max(y, 0) if a ReLU is fused.
 *
 * Backward, with g = dy (masked where the fused ReLU cut), s = sum g and t = sum g (x - m) over the
 * plane:
 *   dbeta += s    dgamma += rho r t + (1-rho) R (t + (m-M) s)
 *   drho += gamma (r t - R (t + (m-M) s))
 *   dx += A g - r (mean(di) + i sum(di i)/(hw-1)) - R (mean(dl) + l sum(dl l)/(chw-1)),
 *         di = rho gamma g, dl = (1-rho) gamma g;
 * the means and sums of dl run over the picture.
 *
 * saved: (m, r) of each plane, then (M, R) of each picture. work: (s, t) of each plane. */
#include <math.h>

#include "cpu.h"
#include "op/norm.h"

typedef struct Plane {
    float m, r, M, R, rho, gamma, beta, A, B;
} Plane;

/* Parameters are (1,c) or (n,c). */
static size_t param_at(const P2cNode *node, int k, int p) {
    int c = node->dims.d[1];
    return (size_t)(node->x[k]->dims.d[0] == 1 ? p % c : p);
}

static Plane plane_of(const P2cCall *call, int p) {
    const P2cDims x = call->node->dims;
    const float *planes = call->saved, *picture = planes + 2 * (x.d[0] * x.d[1] + p / x.d[1]);
    Plane q = { .m = planes[2 * p], .r = planes[2 * p + 1], .M = picture[0], .R = picture[1] };
    q.rho = call->x[1][param_at(call->node, 1, p)];
    q.gamma = call->x[2][param_at(call->node, 2, p)];
    q.beta = call->x[3][param_at(call->node, 3, p)];
    q.A = q.gamma * (q.rho * q.r + (1 - q.rho) * q.R);
    q.B = q.gamma * (1 - q.rho) * q.R * (q.m - q.M) + q.beta;
    return q;
}

/* Turns each plane's mean and sum of squared deviations (in work) into (m, r) and (M, R). */
static void finish_statistics(const P2cCall *call, int n) {
    const P2cDims x = call->node->dims;
    double hw = (double)x.d[2] * x.d[3], eps = P2C_ATTRIBUTES(call->node, P2cNormAttributes)->eps,
           mean = 0, squares = 0;
    double *sums = (double *)call->work + 2 * (size_t)n * (size_t)x.d[1];
    float *planes = (float *)call->saved + 2 * n * x.d[1],
          *picture = (float *)call->saved + 2 * (x.d[0] * x.d[1] + n);
    for (int c = 0; c < x.d[1]; c++) mean += sums[2 * c] / x.d[1];
    for (int c = 0; c < x.d[1]; c++) {
        double off = sums[2 * c] - mean;
        squares += sums[2 * c + 1] + hw * off * off;
        planes[2 * c] = (float)sums[2 * c];
        planes[2 * c + 1] = (float)(1 / sqrt(sums[2 * c + 1] / (hw - 1) + eps));
    }
    picture[0] = (float)mean;
    picture[1] = (float)(1 / sqrt(squares / (hw * x.d[1] - 1) + eps));
}

static void statistics(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        const float *from = call->x[0] + (size_t)p * hw;
        double *sums = (double *)call->work + 2 * p, mean = sum_of(from, hw) / (double)hw,
               rest = mean - (float)mean;
        sums[0] = mean; /* the deviations are from the rounded mean, so its error is corrected */
        sums[1] =
            sum_of_products(from, (float)mean, from, (float)mean, hw) - rest * rest * (double)hw;
    }
    for (int n = 0; n < x.d[0]; n++) finish_statistics(call, n);
}

static void forward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    float floor = P2C_ATTRIBUTES(call->node, P2cNormAttributes)->relu ? 0 : -INFINITY;
    statistics(call);
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) {
        Plane q = plane_of(call, p);
        const float *from = call->x[0] + (size_t)p * hw;
        float *to = call->y + (size_t)p * hw;
        for (size_t i = 0; i < hw; i++) {
            float v = (from[i] - q.m) * q.A + q.B;
            to[i] = v < floor ? floor : v;
        }
    }
}

/* s = sum g, t = sum g (x - m) */
static void gradient_sums(const P2cCall *call, int p, size_t hw, float floor, double sums[2]) {
    Plane q = plane_of(call, p);
    const float *x = call->x[0] + (size_t)p * hw, *dy = call->dy + (size_t)p * hw;
    sums[0] = sums[1] = 0;
    for (size_t i = 0, end; i < hw; i = end) {
        Wide s = { 0 }, t = { 0 };
        end = sum_end(i, hw);
        for (; i + WIDE <= end; i += WIDE) {
            Wide d = *(const Wide *)(x + i) - wide(q.m),
                 g = wide_where(d * wide(q.A) + wide(q.B) > wide(floor), *(const Wide *)(dy + i));
            s += g;
            t += g * d;
        }
        sums[0] += wide_total(s);
        sums[1] += wide_total(t);
        for (; i < end; i++) {
            float d = x[i] - q.m, g = d * q.A + q.B > floor ? dy[i] : 0;
            sums[0] += g;
            sums[1] += (double)g * d;
        }
    }
}

static void parameter_gradients(const P2cCall *call, int p, const double sums[2]) {
    const P2cNode *node = call->node;
    Plane q = plane_of(call, p);
    double s = sums[0], i = q.r * sums[1], l = q.R * (sums[1] + ((double)q.m - q.M) * s);
    if (call->dx[1]) call->dx[1][param_at(node, 1, p)] += (float)(q.gamma * (i - l));
    if (call->dx[2]) call->dx[2][param_at(node, 2, p)] += (float)(q.rho * i + (1 - q.rho) * l);
    if (call->dx[3]) call->dx[3][param_at(node, 3, p)] += (float)s;
}

/* layer[0] = sum dl, layer[1] = sum dl l, over the picture */
static void input_gradient(const P2cCall *call, int p, size_t hw, float floor, const double sums[2],
                           const double layer[2]) {
    Plane q = plane_of(call, p);
    const float *x = call->x[0] + (size_t)p * hw, *dy = call->dy + (size_t)p * hw;
    float *dx = call->dx[0] + (size_t)p * hw;
    double n = (double)hw, all = n * call->node->dims.d[1], k = (double)q.rho * q.gamma;
    float c0 = (float)(q.r * k * sums[0] / n + q.R * layer[0] / all),
          ci = (float)(q.r * k * q.r * sums[1] / (n - 1)), cl = (float)(q.R * layer[1] / (all - 1));
    for (size_t i = 0; i < hw; i++) {
        float d = x[i] - q.m, g = d * q.A + q.B > floor ? dy[i] : 0;
        dx[i] += q.A * g - c0 - d * q.r * ci - (x[i] - q.M) * q.R * cl;
    }
}

static void backward(const P2cCall *call) {
    const P2cDims x = call->node->dims;
    int planes = x.d[0] * x.d[1];
    size_t hw = (size_t)x.d[2] * (size_t)x.d[3];
    double *sums = call->work, *layer = sums + 2 * planes;
    float floor = P2C_ATTRIBUTES(call->node, P2cNormAttributes)->relu ? 0 : -INFINITY;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++) gradient_sums(call, p, hw, floor, sums + 2 * p);
    for (int n = 0; n < x.d[0]; n++) layer[2 * n] = layer[2 * n + 1] = 0;
    for (int p = 0; p < planes; p++) {
        Plane q = plane_of(call, p);
        double k = (1 - (double)q.rho) * q.gamma, *to = layer + 2 * (p / x.d[1]);
        to[0] += k * sums[2 * p];
        to[1] += k * q.R * (sums[2 * p + 1] + ((double)q.m - q.M) * sums[2 * p]);
        parameter_gradients(call, p, sums + 2 * p);
    }
    if (!call->dx[0]) return;
#pragma omp parallel for num_threads(threads_for(call, p2c_dims_count(x))) schedule(static)
    for (int p = 0; p < planes; p++)
        input_gradient(call, p, hw, floor, sums + 2 * p, layer + 2 * (p / x.d[1]));
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)backward, (void)threads;
    return (size_t)node->dims.d[0] * ((size_t)node->dims.d[1] + 1) * 2 * sizeof(double);
}

const P2cKernel P2C_CPU(layer_instance_norm) = { .forward = forward,
                                                 .backward = backward,
                                                 .work = work };
