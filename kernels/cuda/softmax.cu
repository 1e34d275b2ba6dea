/* softmax: y = exp(x - max) / sum of those, along an axis;  dx += y * (dy - sum of dy * y)
 *
 * A block or a thread computes a line, see lines.cuh. */
#include "lines.cuh"

/* y may be x, because each element is read and written by the same thread. */
static __global__ void forward_blocks(const float *x, float *y, Lines s) {
    const float *from = x + (size_t)blockIdx.x * s.size;
    float *to = y + (size_t)blockIdx.x * s.size, most = max_by_block(x, s, blockIdx.x), sum = 0;
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS) sum += to[k] = expf(from[k] - most);
    float by = 1 / block_sum(sum);
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS) to[k] *= by;
}

static __global__ void forward_threads(const float *x, float *y, Lines s) {
    unsigned i = global_thread(), at;
    if (i >= s.count) return;
    at = begin_of(s, i);
    float most = max_by_thread(x, s, i);
    double sum = 0;
    for (unsigned k = 0; k < s.size; k++)
        sum += y[at + k * s.inner] = expf(x[at + k * s.inner] - most);
    float by = (float)(1 / sum);
    for (unsigned k = 0; k < s.size; k++) y[at + k * s.inner] *= by;
}

static void forward(const P2cCall *call) {
    Lines s = lines_of(call->node->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
    if (s.inner == 1)
        P2C_LAUNCH(forward_blocks, s.count, THREADS, 0, call->queue, call->x[0], call->y, s);
    else
        P2C_LAUNCH(forward_threads, blocks_for(s.count), THREADS, 0, call->queue, call->x[0],
                   call->y, s);
}

static __global__ void backward_blocks(const float *y, const float *dy, float *dx, Lines s,
                                       bool overwrite) {
    size_t at = (size_t)blockIdx.x * s.size;
    float sum = 0;
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS) sum += dy[at + k] * y[at + k];
    sum = block_sum(sum);
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS)
        put(&dx[at + k], y[at + k] * (dy[at + k] - sum), overwrite);
}

static __global__ void backward_threads(const float *y, const float *dy, float *dx, Lines s,
                                        bool overwrite) {
    unsigned i = global_thread(), at;
    if (i >= s.count) return;
    at = begin_of(s, i);
    double sum = 0;
    for (unsigned k = 0; k < s.size; k++) sum += dy[at + k * s.inner] * y[at + k * s.inner];
    for (unsigned k = 0; k < s.size; k++)
        put(&dx[at + k * s.inner], y[at + k * s.inner] * (dy[at + k * s.inner] - (float)sum),
            overwrite);
}

static void backward(const P2cCall *call) {
    Lines s = lines_of(call->node->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
    float *dx = call->dx[0];
    if (!dx) return;
    if (s.inner == 1)
        P2C_LAUNCH(backward_blocks, s.count, THREADS, 0, call->queue, call->y, call->dy, dx, s,
                   is_overwritten(call, 0));
    else
        P2C_LAUNCH(backward_threads, blocks_for(s.count), THREADS, 0, call->queue, call->y,
                   call->dy, dx, s, is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_softmax = { .forward = forward, .backward = backward, .overwrite = true };
