/* instance_norm: y = (x - mean) * r, r = 1/sqrt(var + eps), for each plane; max(y, 0) if a ReLU is
 * fused;
 *   dx += r * (g - mean(g) - y * mean(g * y)),   g = dy, masked by y > 0 if a ReLU is fused.
 * saved: (mean, var) of each plane, unless they came with x.
 *
 * For planes of up to LARGE elements, a team, which is a warp or a block, holds a plane in
 * registers and does everything in one launch. Larger planes are cut into pieces, one block each:
 * one launch for the sums (statistics.cuh), one to apply them. */
#include "norm.cuh"
#include "op/norm.h"

static const int EACH = STATISTICS_COUNT, MOST_THREADS = 1024, LARGE = MOST_THREADS * EACH;

static inline int pieces_of(int hw) { return hw > LARGE ? statistics_pieces(hw) : 0; }

size_t p2c_cuda_plane_statistics_work(P2cDims dims) {
    return statistics_bytes(planes_of(dims), pieces_of(area_of(dims)));
}

/* ---- teams ----------------------------------------------------------------------------------- */

/* The position of a thread among the TEAM threads of a plane: its element i is element t + i * TEAM
 * of the plane's hw. */
struct Place {
    int plane, t, hw; /* hw is 0 if there is no plane left for this team */
};

template <int TEAM> static __device__ inline Place place_of(int planes, int hw) {
    int plane = (int)(global_thread() / TEAM);
    Place at = { min(plane, planes - 1), (int)(threadIdx.x % TEAM), plane < planes ? hw : 0 };
    return at;
}

template <int TEAM> static __device__ inline bool has(Place at, int i) {
    return at.t + i * TEAM < at.hw;
}

template <int TEAM> static __device__ inline float team_sum(float value) {
    if constexpr (TEAM == WARP) return warp_sum(value);
    else return block_sum(value);
}

/* (mean, biased variance) of v, where missing elements are 0 */
template <int TEAM>
static __device__ inline float2 team_statistics(const float v[EACH], Place at, int hw) {
    float sum = 0, squares = 0;
    for (int i = 0; i < EACH; i++) sum += v[i];
    float mean = team_sum<TEAM>(sum) / (float)hw;
    for (int i = 0; i < EACH; i++) squares += has<TEAM>(at, i) ? (v[i] - mean) * (v[i] - mean) : 0;
    return make_float2(mean, team_sum<TEAM>(squares) / (float)hw);
}

/* Missing pointers are NULL. */
struct Forward {
    const float *x, *given; /* the input; statistics of it that came with it */
    float *kept, *y, *out;  /* statistics computed here; the result; its statistics */
    int planes, hw;
    float eps;
    bool relu;
};

static __device__ inline void put_pair(float *statistics, int plane, float2 m) {
    statistics[2 * plane] = m.x;
    statistics[2 * plane + 1] = m.y;
}

template <int TEAM> static __global__ void team_forward_kernel(Forward f) {
    Place at = place_of<TEAM>(f.planes, f.hw);
    const size_t start = (size_t)at.plane * f.hw + at.t;
    float v[EACH];
    bool leads = at.t == 0 && at.hw;
    for (int i = 0; i < EACH; i++) v[i] = has<TEAM>(at, i) ? f.x[start + i * TEAM] : 0;
    float2 m = f.given ? make_float2(f.given[2 * at.plane], f.given[2 * at.plane + 1])
                       : team_statistics<TEAM>(v, at, f.hw);
    if (f.kept && leads) put_pair(f.kept, at.plane, m);
    if (!f.y) return; /* the same in all threads */
    Norm norm = norm_of_pair(m.x, m.y, f.eps, f.relu);
    for (int i = 0; i < EACH; i++) {
        v[i] = has<TEAM>(at, i) ? normalised(v[i], norm) : 0;
        if (has<TEAM>(at, i)) f.y[start + i * TEAM] = v[i];
    }
    if (!f.out) return;
    m = team_statistics<TEAM>(v, at, f.hw);
    if (leads) put_pair(f.out, at.plane, m);
}

static void team_forward(const P2cCall *call, Forward f) {
    if (f.hw <= WARP * EACH)
        P2C_LAUNCH(team_forward_kernel<WARP>, blocks_for((size_t)f.planes * WARP), THREADS, 0,
                   call->queue, f);
    else if (f.hw <= THREADS * EACH)
        P2C_LAUNCH(team_forward_kernel<THREADS>, (unsigned)f.planes, THREADS, 0, call->queue, f);
    else
        P2C_LAUNCH(team_forward_kernel<MOST_THREADS>, (unsigned)f.planes, MOST_THREADS, 0,
                   call->queue, f);
}

/* ---- large planes ---------------------------------------------------------------------------- */

/* The piece of a plane that a block has. A thread's element i is first + i * THREADS; there are n
 * of them. */
struct Piece {
    int plane, piece, n;
    size_t first;
};

static __device__ inline Piece piece_of(int pieces, int hw) {
    Piece p;
    p.plane = (int)(blockIdx.x / (unsigned)pieces);
    p.piece = (int)(blockIdx.x % (unsigned)pieces);
    int in_plane = p.piece * STATISTICS_PIECE + (int)threadIdx.x;
    p.first = (size_t)p.plane * hw + in_plane;
    p.n = in_plane < hw ? min(EACH, (hw - in_plane + THREADS - 1) / THREADS) : 0;
    return p;
}

static __global__ void piece_statistics_kernel(const float *x, Statistics m, int hw) {
    Piece p = piece_of(m.pieces, hw);
    float v[EACH];
    for (int i = 0; i < EACH; i++) v[i] = i < p.n ? x[p.first + i * THREADS] : 0;
    piece_statistics(m, p.plane, p.piece, hw, v, p.n);
}

static __global__ void piece_forward_kernel(Forward f, Statistics m) {
    Piece p = piece_of(m.pieces, f.hw);
    Norm norm = norm_of(f.given, p.plane, f.eps, f.relu);
    float v[EACH];
    for (int i = 0; i < EACH; i++)
        v[i] = i < p.n ? normalised(f.x[p.first + i * THREADS], norm) : 0;
    for (int i = 0; i < EACH; i++)
        if (i < p.n) f.y[p.first + i * THREADS] = v[i];
    if (m.out) piece_statistics(m, p.plane, p.piece, f.hw, v, p.n);
}

/* Forward pass for at most MOST_COUNTERS planes. */
static void large_forward(const P2cCall *call, Forward f, void *work) {
    Statistics m = { f.kept, (float2 *)work, call->queue->counters, pieces_of(f.hw) };
    unsigned grid = (unsigned)(f.planes * m.pieces);
    if (!f.given) P2C_LAUNCH(piece_statistics_kernel, grid, THREADS, 0, call->queue, f.x, m, f.hw);
    if (!f.given) f.given = f.kept;
    m.out = f.out;
    if (f.y) P2C_LAUNCH(piece_forward_kernel, grid, THREADS, 0, call->queue, f, m);
}

/* The same for the planes from `first` on. */
static Forward from_plane(Forward f, int first) {
    size_t at = (size_t)first * f.hw, pair = 2 * (size_t)first;
    f.planes = f.planes - first < MOST_COUNTERS ? f.planes - first : MOST_COUNTERS;
    f.x += at;
    f.y = f.y ? f.y + at : NULL;
    f.given = f.given ? f.given + pair : NULL;
    f.kept = f.kept ? f.kept + pair : NULL;
    f.out = f.out ? f.out + pair : NULL;
    return f;
}

static void any_forward(const P2cCall *call, Forward f, void *work) {
    if (f.hw <= LARGE) team_forward(call, f);
    else
        for (int first = 0; first < f.planes; first += MOST_COUNTERS)
            large_forward(call, from_plane(f, first), work);
}

void p2c_cuda_plane_statistics(const P2cCall *call, const float *x, P2cDims dims, float *statistics,
                               void *work) {
    Forward f = { x, NULL, statistics, NULL, NULL, planes_of(dims), area_of(dims), 0, false };
    any_forward(call, f, work);
}

static void forward(const P2cCall *call) {
    const P2cDims dims = call->node->dims;
    const P2cNormAttributes a = *P2C_ATTRIBUTES(call->node, P2cNormAttributes);
    Forward f = { call->x[0],
                  call->x_statistics,
                  call->x_statistics ? NULL : (float *)call->saved,
                  call->y,
                  call->statistics,
                  planes_of(dims),
                  area_of(dims),
                  a.eps,
                  a.relu };
    any_forward(call, f, call->work);
}

/* ---- gradients ------------------------------------------------------------------------------- */

struct Backward {
    const float *x, *g, *statistics;
    float *dx;
    int planes, hw;
    float eps;
    bool relu, overwrite;
};

/* The result y for a value of x, and the gradient that passes there. */
static __device__ inline float2 value_and_gradient(Backward b, size_t at, Norm norm) {
    float y = (b.x[at] - norm.mean) * norm.r, g = b.g[at];
    return make_float2(y, y > norm.floor ? g : 0);
}

static __device__ inline float gradient(float2 v, Norm norm, float mean_g, float mean_gy) {
    return norm.r * (v.y - mean_g - v.x * mean_gy);
}

template <int TEAM> static __global__ void team_backward_kernel(Backward b) {
    Place at = place_of<TEAM>(b.planes, b.hw);
    const size_t start = (size_t)at.plane * b.hw + at.t;
    Norm norm = norm_of(b.statistics, at.plane, b.eps, b.relu);
    float2 v[EACH];
    float sum = 0, sum_y = 0;
    for (int i = 0; i < EACH; i++) {
        v[i] = has<TEAM>(at, i) ? value_and_gradient(b, start + i * TEAM, norm) : make_float2(0, 0);
        sum += v[i].y;
        sum_y += v[i].y * v[i].x;
    }
    sum = team_sum<TEAM>(sum) / (float)b.hw;
    sum_y = team_sum<TEAM>(sum_y) / (float)b.hw;
    for (int i = 0; i < EACH; i++)
        if (has<TEAM>(at, i))
            put(&b.dx[start + i * TEAM], gradient(v[i], norm, sum, sum_y), b.overwrite);
}

static void team_backward(const P2cCall *call, Backward b) {
    if (b.hw <= WARP * EACH)
        P2C_LAUNCH(team_backward_kernel<WARP>, blocks_for((size_t)b.planes * WARP), THREADS, 0,
                   call->queue, b);
    else if (b.hw <= THREADS * EACH)
        P2C_LAUNCH(team_backward_kernel<THREADS>, (unsigned)b.planes, THREADS, 0, call->queue, b);
    else
        P2C_LAUNCH(team_backward_kernel<MOST_THREADS>, (unsigned)b.planes, MOST_THREADS, 0,
                   call->queue, b);
}

/* partial: [plane][piece] sums of g and of g * y */
static __global__ void piece_sums_kernel(Backward b, float2 *partial, int pieces) {
    Piece p = piece_of(pieces, b.hw);
    Norm norm = norm_of(b.statistics, p.plane, b.eps, b.relu);
    float sum = 0, sum_y = 0;
    for (int i = 0; i < EACH; i++) {
        float2 v = i < p.n ? value_and_gradient(b, p.first + i * THREADS, norm) : make_float2(0, 0);
        sum += v.y;
        sum_y += v.y * v.x;
    }
    sum = block_sum(sum);
    sum_y = block_sum(sum_y);
    if (threadIdx.x == 0) partial[blockIdx.x] = make_float2(sum, sum_y);
}

/* Every warp adds up the plane's partial sums itself. */
static __global__ void piece_backward_kernel(Backward b, const float2 *partial, int pieces) {
    Piece p = piece_of(pieces, b.hw);
    Norm norm = norm_of(b.statistics, p.plane, b.eps, b.relu);
    float sum = 0, sum_y = 0;
    for (int i = (int)threadIdx.x % WARP; i < pieces; i += WARP) {
        float2 part = partial[(size_t)p.plane * pieces + i];
        sum += part.x;
        sum_y += part.y;
    }
    sum = warp_sum(sum) / (float)b.hw;
    sum_y = warp_sum(sum_y) / (float)b.hw;
    for (int i = 0; i < EACH; i++)
        if (i < p.n)
            put(&b.dx[p.first + i * THREADS],
                gradient(value_and_gradient(b, p.first + i * THREADS, norm), norm, sum, sum_y),
                b.overwrite);
}

void p2c_cuda_norm_gradient(const P2cCall *call, const float *x, const float *g, float *dx,
                            P2cDims dims, bool relu, float eps, const float *statistics, void *work,
                            bool overwrite) {
    Backward b = { x, g, statistics, dx, planes_of(dims), area_of(dims), eps, relu, overwrite };
    int pieces = pieces_of(b.hw);
    unsigned grid = (unsigned)(b.planes * pieces);
    if (!pieces) {
        team_backward(call, b);
        return;
    }
    P2C_LAUNCH(piece_sums_kernel, grid, THREADS, 0, call->queue, b, (float2 *)work, pieces);
    P2C_LAUNCH(piece_backward_kernel, grid, THREADS, 0, call->queue, b, (const float2 *)work,
               pieces);
}

static void backward(const P2cCall *call) {
    const P2cNormAttributes a = *P2C_ATTRIBUTES(call->node, P2cNormAttributes);
    const float *statistics = call->x_statistics ? call->x_statistics : (const float *)call->saved;
    if (!call->dx[0]) return;
    p2c_cuda_norm_gradient(call, call->x[0], call->dy, call->dx[0], call->node->dims, a.relu, a.eps,
                           statistics, call->work, is_overwritten(call, 0));
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)backward, (void)threads;
    return p2c_cuda_plane_statistics_work(node->dims);
}

const P2cKernel p2c_cuda_instance_norm = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true, .statistics = true
};
