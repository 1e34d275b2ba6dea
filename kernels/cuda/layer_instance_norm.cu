/* layer_instance_norm, for plane p of picture n. m, r are the plane's mean and 1/sqrt(var+eps), M,
 * R the picture's (unbiased variances):
 *   y = (rho i + (1-rho) l) gamma + beta = (x - m) A + B,  i = (x - m) r,  l = (x - M) R,
 *   A = gamma (rho r + (1-rho) R),  B = gamma (1-rho) R (m - M) + beta;
 *   max(y, 0) if a ReLU is fused.
 *
 * Backward, with g = dy (masked where the fused ReLU cut), s = sum g and t = sum g (x - m) over the
 * plane:
 *   dbeta += s    dgamma += rho r t + (1-rho) R (t + (m-M) s)
 *   drho += gamma (r t - R (t + (m-M) s))
 *   dx += A g - r (mean(di) + i sum(di i)/(hw-1)) - R (mean(dl) + l sum(dl l)/(chw-1)),
 *         di = rho gamma g, dl = (1-rho) gamma g;
 * the means and sums of dl run over the picture. saved: (mean, biased variance) of each plane,
 * unless they came with x.
 *
 * A block per piece of a plane. Each warp computes M and R, and everything else that runs over a
 * picture, itself: that takes a few loads, whereas another launch would take longer. Forward: the
 * statistics, then y. Backward: s and t of each plane, then all gradients. */
#include "norm.cuh"
#include "op/norm.h"

/* Passed to the kernels by value. Parameters are (1,c), or (n,c) if `rows`. */
struct Layer {
    const float *x, *statistics, *rho, *gamma, *beta;
    int planes, c, hw, pieces, start; /* start: the first plane of a launch */
    float eps, floor;
    bool rho_rows, gamma_rows, beta_rows;
};

static bool has_rows(const P2cNode *node, int k) { return node->x[k]->dims.d[0] > 1; }

static Layer layer_of(const P2cCall *call) {
    const P2cNode *node = call->node;
    const P2cNormAttributes a = *P2C_ATTRIBUTES(node, P2cNormAttributes);
    int hw = area_of(node->dims);
    Layer l = { call->x[0],
                call->x_statistics ? call->x_statistics : (const float *)call->saved,
                call->x[1],
                call->x[2],
                call->x[3],
                planes_of(node->dims),
                node->dims.d[1],
                hw,
                statistics_pieces(hw),
                0,
                a.eps,
                a.relu ? 0 : -INFINITY,
                has_rows(node, 1),
                has_rows(node, 2),
                has_rows(node, 3) };
    return l;
}

struct Plane {
    float m, r, M, R, rho, gamma, A, B;
};

static __device__ inline float mean_of(Layer l, int plane) { return l.statistics[2 * plane]; }
static __device__ inline float variance_of(Layer l, int plane) {
    return l.statistics[2 * plane + 1];
}
static __device__ inline int param_at(Layer l, int plane, bool rows) {
    return rows ? plane : plane % l.c;
}

/* Computes M and R of the picture whose first plane is `first`. Whole warps must call it. */
static __device__ inline void picture_of(Layer l, int first, Plane *q) {
    int lane = (int)threadIdx.x % WARP;
    float base = mean_of(l, first), off = 0, squares = 0, hw = (float)l.hw;
    for (int i = lane; i < l.c; i += WARP) off += mean_of(l, first + i) - base;
    off = warp_sum(off) / (float)l.c;
    for (int i = lane; i < l.c; i += WARP) {
        float d = mean_of(l, first + i) - base - off;
        squares += variance_of(l, first + i) + d * d;
    }
    squares = warp_sum(squares) * hw;
    q->M = base + off;
    q->R = 1 / sqrtf(squares / (hw * (float)l.c - 1) + l.eps);
}

static __device__ inline Plane plane_of(Layer l, int plane) {
    Plane q;
    picture_of(l, plane / l.c * l.c, &q);
    q.m = mean_of(l, plane);
    q.r = 1 / sqrtf(variance_of(l, plane) * ((float)l.hw / (float)(l.hw - 1)) + l.eps);
    q.rho = l.rho[param_at(l, plane, l.rho_rows)];
    q.gamma = l.gamma[param_at(l, plane, l.gamma_rows)];
    q.A = q.gamma * (q.rho * q.r + (1 - q.rho) * q.R);
    q.B = q.gamma * (1 - q.rho) * q.R * (q.m - q.M) + l.beta[param_at(l, plane, l.beta_rows)];
    return q;
}

/* A thread's elements of its block's piece: n of them, from `first`, THREADS apart. */
struct Piece {
    int plane, piece, n;
    size_t first;
};

static __device__ inline Piece piece_of(Layer l) {
    Piece p;
    p.plane = l.start + (int)(blockIdx.x / (unsigned)l.pieces);
    p.piece = (int)(blockIdx.x % (unsigned)l.pieces);
    int in_plane = p.piece * STATISTICS_PIECE + (int)threadIdx.x;
    p.first = (size_t)p.plane * l.hw + in_plane;
    p.n =
        in_plane < l.hw ? min((int)STATISTICS_COUNT, (l.hw - in_plane + THREADS - 1) / THREADS) : 0;
    return p;
}

/* The blocks of a launch from l.start on, for as many planes as is_last_block has counters. */
static unsigned grid_of(Layer l) {
    int planes = l.planes - l.start < MOST_COUNTERS ? l.planes - l.start : MOST_COUNTERS;
    return (unsigned)(planes * l.pieces);
}

/* ---- forward --------------------------------------------------------------------------------- */

static __global__ void forward_kernel(Layer l, float *y, Statistics m) {
    Piece p = piece_of(l);
    Plane q = plane_of(l, p.plane);
    float v[STATISTICS_COUNT];
    for (int i = 0; i < STATISTICS_COUNT; i++) {
        v[i] = i < p.n ? (l.x[p.first + i * THREADS] - q.m) * q.A + q.B : 0;
        v[i] = v[i] < l.floor ? l.floor : v[i];
    }
    for (int i = 0; i < STATISTICS_COUNT; i++)
        if (i < p.n) y[p.first + i * THREADS] = v[i];
    if (m.out) piece_statistics(m, p.plane - l.start, p.piece, l.hw, v, p.n);
}

static void forward(const P2cCall *call) {
    Layer l = layer_of(call);
    if (!call->x_statistics)
        p2c_cuda_plane_statistics(call, call->x[0], call->node->dims, (float *)call->saved,
                                  call->work);
    for (; l.start < l.planes; l.start += MOST_COUNTERS) {
        Statistics m = statistics_of(call, call->work, l.pieces);
        if (m.out) m.out += 2 * (size_t)l.start;
        P2C_LAUNCH(forward_kernel, grid_of(l), THREADS, 0, call->queue, l, call->y, m);
    }
}

/* ---- backward -------------------------------------------------------------------------------- */

/* sums: (s, t) of each plane; partial: of each piece. Gradients that are not wanted are NULL. */
struct Gradients {
    const float *dy;
    float2 *sums, *partial;
    float *x, *rho, *gamma, *beta;
    unsigned overwrite;
};

/* x - m, and the gradient that passes the ReLU. */
static __device__ inline float2 deviation_and_gradient(Layer l, Plane q, const float *dy,
                                                       size_t at) {
    float d = l.x[at] - q.m, g = dy[at];
    return make_float2(d, d * q.A + q.B > l.floor ? g : 0);
}

static __global__ void sums_kernel(Layer l, Gradients d, int *counters) {
    Piece p = piece_of(l);
    Plane q = plane_of(l, p.plane);
    float s = 0, t = 0;
    for (int i = 0; i < STATISTICS_COUNT; i++) {
        float2 v =
            i < p.n ? deviation_and_gradient(l, q, d.dy, p.first + i * THREADS) : make_float2(0, 0);
        s += v.y;
        t += v.y * v.x;
    }
    float2 sum = make_float2(block_sum(s), block_sum(t)),
           *partial = d.partial + (size_t)p.plane * l.pieces;
    if (threadIdx.x == 0) (l.pieces == 1 ? d.sums[p.plane] : partial[p.piece]) = sum;
    /* from here on only one warp */
    if (l.pieces == 1 || !is_last_block(counters + p.plane - l.start, l.pieces) ||
        threadIdx.x >= WARP)
        return;
    double all_s = 0, all_t = 0;
    for (int i = (int)threadIdx.x; i < l.pieces; i += WARP) {
        all_s += partial[i].x;
        all_t += partial[i].y;
    }
    all_s = warp_sum(all_s);
    all_t = warp_sum(all_t);
    if (threadIdx.x == 0) d.sums[p.plane] = make_float2((float)all_s, (float)all_t);
}

/* Of one parameter, or of all three. */
struct Changes {
    float rho, gamma, beta;
};

static __device__ inline Changes changes_of(Plane q, float2 sum) {
    float i = q.r * sum.y, l = q.R * (sum.y + (q.m - q.M) * sum.x);
    Changes c = { q.gamma * (i - l), q.rho * i + (1 - q.rho) * l, sum.x };
    return c;
}

static __device__ inline void put_change(float *to, Layer l, int plane, bool rows, float own,
                                         float all, bool overwrite) {
    if (to && (rows || plane < l.c)) put(&to[plane], rows ? own : all, overwrite);
}

/* Called by the block of the plane's first piece. Sums over pictures are computed by the first
 * picture's block. */
static __device__ inline void parameter_gradients(Layer l, Gradients d, int plane, Plane q) {
    Changes own = changes_of(q, d.sums[plane]), all = own;
    for (int k = plane + l.c; plane < l.c && k < l.planes; k += l.c) {
        Changes other = changes_of(plane_of(l, k), d.sums[k]);
        all.rho += other.rho;
        all.gamma += other.gamma;
        all.beta += other.beta;
    }
    if (threadIdx.x) return;
    put_change(d.rho, l, plane, l.rho_rows, own.rho, all.rho, d.overwrite >> 1 & 1);
    put_change(d.gamma, l, plane, l.gamma_rows, own.gamma, all.gamma, d.overwrite >> 2 & 1);
    put_change(d.beta, l, plane, l.beta_rows, own.beta, all.beta, d.overwrite >> 3 & 1);
}

/* (sum dl, sum dl l) over the picture. Whole warps must call it. */
static __device__ inline float2 picture_sums(Layer l, Gradients d, int plane, Plane q) {
    int first = plane / l.c * l.c;
    float sum = 0, sum_l = 0;
    for (int k = first + (int)threadIdx.x % WARP; k < first + l.c; k += WARP) {
        float by = (1 - l.rho[param_at(l, k, l.rho_rows)]) * l.gamma[param_at(l, k, l.gamma_rows)];
        sum += by * d.sums[k].x;
        sum_l += by * (d.sums[k].y + (mean_of(l, k) - q.M) * d.sums[k].x);
    }
    return make_float2(warp_sum(sum), warp_sum(sum_l) * q.R);
}

static __device__ inline void input_gradient(Layer l, Gradients d, Piece p, Plane q) {
    float2 plane = d.sums[p.plane], picture = picture_sums(l, d, p.plane, q);
    float n = (float)l.hw, all = n * (float)l.c, by = q.rho * q.gamma * q.r;
    float c0 = by * plane.x / n + q.R * picture.x / all, ci = by * q.r * plane.y / (n - 1),
          cl = q.R * picture.y / (all - 1);
    for (int i = 0; i < STATISTICS_COUNT; i++) {
        size_t at = p.first + i * THREADS;
        if (i >= p.n) break;
        float2 v = deviation_and_gradient(l, q, d.dy, at);
        put(&d.x[at], q.A * v.y - c0 - v.x * q.r * ci - (v.x + (q.m - q.M)) * q.R * cl,
            d.overwrite & 1);
    }
}

static __global__ void gradient_kernel(Layer l, Gradients d) {
    Piece p = piece_of(l);
    Plane q = plane_of(l, p.plane);
    if (d.x) input_gradient(l, d, p, q);
    if (p.piece == 0 && (d.rho || d.gamma || d.beta)) parameter_gradients(l, d, p.plane, q);
}

static void backward(const P2cCall *call) {
    Layer l = layer_of(call);
    float2 *sums = (float2 *)call->work;
    Gradients d = { call->dy,    sums,        sums + l.planes, call->dx[0],
                    call->dx[1], call->dx[2], call->dx[3],     call->overwrite };
    if (!d.x && !d.rho && !d.gamma && !d.beta) return;
    for (; l.start < l.planes; l.start += MOST_COUNTERS)
        P2C_LAUNCH(sums_kernel, grid_of(l), THREADS, 0, call->queue, l, d, call->queue->counters);
    l.start = 0;
    if (!d.x) l.pieces = 1;
    P2C_LAUNCH(gradient_kernel, (unsigned)(l.planes * l.pieces), THREADS, 0, call->queue, l, d);
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    int planes = planes_of(node->dims);
    size_t pieces = statistics_bytes(planes, statistics_pieces(area_of(node->dims))),
           statistics = p2c_cuda_plane_statistics_work(node->dims);
    return backward              ? pieces + (size_t)planes * sizeof(float2)
           : pieces > statistics ? pieces
                                 : statistics;
}

const P2cKernel p2c_cuda_layer_instance_norm = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true, .statistics = true
};
