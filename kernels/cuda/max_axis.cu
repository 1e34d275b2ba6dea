/* max_axis: y = largest of a line;  dx += dy / (number of maxima) at each of them.  A block or a
 * thread for each line, see lines.cuh. */
#include "lines.cuh"

static Lines lines_of_call(const P2cCall *call) {
    return lines_of(call->node->x[0]->dims, P2C_ATTRIBUTES(call->node, P2cAxisAttributes)->axis);
}

static __global__ void forward_blocks(const float *x, float *y, Lines s) {
    float most = max_by_block(x, s, blockIdx.x);
    if (threadIdx.x == 0) y[blockIdx.x] = most;
}

static __global__ void forward_threads(const float *x, float *y, Lines s) {
    unsigned i = global_thread();
    if (i < s.count) y[i] = max_by_thread(x, s, i);
}

static void forward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    if (s.inner == 1)
        P2C_LAUNCH(forward_blocks, s.count, THREADS, 0, call->queue, call->x[0], call->y, s);
    else
        P2C_LAUNCH(forward_threads, blocks_for(s.count), THREADS, 0, call->queue, call->x[0],
                   call->y, s);
}

/* A NaN equals nothing, and nothing gets its share. */
static __device__ inline void put_share(float *dx, bool is_most, float share, bool overwrite) {
    if (overwrite || is_most) put(dx, is_most ? share : 0, overwrite);
}

static __global__ void backward_blocks(const float *x, const float *y, const float *dy, float *dx,
                                       Lines s, bool overwrite) {
    float most = y[blockIdx.x];
    int equal = 0;
    x += (size_t)blockIdx.x * s.size;
    dx += (size_t)blockIdx.x * s.size;
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS) equal += x[k] == most;
    float share = dy[blockIdx.x] / (float)block_sum(equal);
    for (unsigned k = threadIdx.x; k < s.size; k += THREADS)
        put_share(dx + k, x[k] == most, share, overwrite);
}

static __global__ void backward_threads(const float *x, const float *y, const float *dy, float *dx,
                                        Lines s, bool overwrite) {
    unsigned i = global_thread(), at;
    if (i >= s.count) return;
    at = begin_of(s, i);
    int equal = 0;
    for (unsigned k = 0; k < s.size; k++) equal += x[at + k * s.inner] == y[i];
    for (unsigned k = 0; k < s.size; k++)
        put_share(dx + at + k * s.inner, x[at + k * s.inner] == y[i], dy[i] / (float)equal,
                  overwrite);
}

static void backward(const P2cCall *call) {
    Lines s = lines_of_call(call);
    float *dx = call->dx[0];
    if (!dx) return;
    if (s.inner == 1)
        P2C_LAUNCH(backward_blocks, s.count, THREADS, 0, call->queue, call->x[0], call->y, call->dy,
                   dx, s, is_overwritten(call, 0));
    else
        P2C_LAUNCH(backward_threads, blocks_for(s.count), THREADS, 0, call->queue, call->x[0],
                   call->y, call->dy, dx, s, is_overwritten(call, 0));
}

const P2cKernel p2c_cuda_max_axis = { .forward = forward, .backward = backward, .overwrite = true };
