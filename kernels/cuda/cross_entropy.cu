/* cross_entropy: y = mean over positions of sum_k t_k * (log(sum_j exp(x_j)) - x_k);
 * dx_k += dy / positions * (softmax(x)_k * sum_j t_j - t_k);  none to t.
 * A block or a thread for each position, see lines.cuh; then the sum over them.
 * saved: of each position the largest x, the sum of exp(x - largest), the sum of t; NaN for a class
 * that is not there. work: the loss of each position, then what the sum needs. */
#include "elementwise.cuh"
#include "lines.cuh"
#include "pieces.cuh"

struct Saved {
    float most, sum, total;
};

/* By value to the kernels. */
struct Logits {
    const float *x, *t;
    Lines lines;
    bool classes; /* t is the number of a class */
};

static Logits logits_of(const P2cCall *call) {
    Logits l = { call->x[0], call->x[1], lines_of(call->node->x[0]->dims, 1),
                 call->node->x[1]->dims.d[1] == 1 };
    return l;
}

/* Of element k of the line `line`, which begins at `at`. */
static __device__ inline float target_of(const Logits &l, unsigned line, unsigned at, unsigned k) {
    return l.classes ? l.t[line] == (float)k : l.t[at + k * l.lines.inner];
}

/* What a thread that takes every `step`th class from `first` on adds to the sums of a position. */
struct Part {
    float sum, total, loss; /* loss: of t * (most - x) */
};

static __device__ inline Part part_of(const Logits &l, unsigned line, float most, unsigned first,
                                      unsigned step) {
    unsigned at = begin_of(l.lines, line);
    Part p = { 0, 0, 0 };
    for (unsigned k = first; k < l.lines.size; k += step) {
        float x = l.x[at + k * l.lines.inner], t = target_of(l, line, at, k);
        p.sum += expf(x - most);
        p.total += t;
        /* with classes 0 * infinity is no NaN: the others do not count */
        if (!l.classes || t > 0) p.loss += t * (most - x);
    }
    return p;
}

static __device__ inline void keep(const Logits &l, unsigned line, float most, Part p, Saved *saved,
                                   float *losses) {
    if (l.classes && p.total == 0) p.total = NAN;
    Saved s = { most, p.sum, p.total };
    saved[line] = s;
    losses[line] = p.total * logf(p.sum) + p.loss;
}

static __global__ void position_blocks(Logits l, Saved *saved, float *losses) {
    float most = max_by_block(l.x, l.lines, blockIdx.x);
    Part p = part_of(l, blockIdx.x, most, threadIdx.x, THREADS);
    p.sum = block_sum(p.sum);
    p.total = block_sum(p.total);
    p.loss = block_sum(p.loss);
    if (threadIdx.x == 0) keep(l, blockIdx.x, most, p, saved, losses);
}

static __global__ void position_threads(Logits l, Saved *saved, float *losses) {
    unsigned i = global_thread();
    if (i >= l.lines.count) return;
    float most = max_by_thread(l.x, l.lines, i);
    keep(l, i, most, part_of(l, i, most, 0, 1), saved, losses);
}

static __global__ void mean_kernel(const float *losses, float *y, Pieces p) {
    float sum = 0;
    double total;
    for (unsigned i = first_of(p); i < end_of(p); i += THREADS) sum += losses[i];
    if (total_of(p, sum, &total) && threadIdx.x == 0) *y = (float)(total / p.n);
}

static void forward(const P2cCall *call) {
    Logits l = logits_of(call);
    Saved *saved = (Saved *)call->saved;
    float *losses = (float *)call->work;
    Pieces p = pieces_of(call, l.lines.count);
    p.sums = losses + l.lines.count;
    if (l.lines.inner == 1)
        P2C_LAUNCH(position_blocks, l.lines.count, THREADS, 0, call->queue, l, saved, losses);
    else
        P2C_LAUNCH(position_threads, blocks_for(l.lines.count), THREADS, 0, call->queue, l, saved,
                   losses);
    P2C_LAUNCH(mean_kernel, (unsigned)p.count, THREADS, 0, call->queue, losses, call->y, p);
}

struct CrossEntropyGradient {
    Logits l;
    const Saved *saved;
    const float *dy;
    __device__ float operator()(unsigned i) const {
        unsigned inner = l.lines.inner, line = i / (l.lines.size * inner) * inner + i % inner,
                 at = begin_of(l.lines, line);
        Saved s = saved[line];
        float t = target_of(l, line, at, (i - at) / inner);
        return *dy / (float)l.lines.count * (expf(l.x[i] - s.most) * (s.total / s.sum) - t);
    }
};

struct Nothing {
    __device__ float operator()(unsigned) const { return 0; }
};

static void backward(const P2cCall *call) {
    put_gradient(call, 0,
                 CrossEntropyGradient{ logits_of(call), (const Saved *)call->saved, call->dy });
    put_gradient(call, 1, Nothing{});
}

static size_t work(const P2cNode *node, bool backward, int threads) {
    (void)threads;
    unsigned positions = lines_of(node->x[0]->dims, 1).count;
    return backward ? 0 : positions * sizeof(float) + pieces_bytes(positions);
}

const P2cKernel p2c_cuda_cross_entropy = {
    .forward = forward, .backward = backward, .work = work, .overwrite = true
};
