/* upsample.cuh: gradients of tensors that are read repeated f x f: for upsample_nearest, and for
 * add of one. */
#ifndef P2C_CUDA_UPSAMPLE_CUH
#define P2C_CUDA_UPSAMPLE_CUH

#include "elementwise.cuh"
#include "walk.cuh"

/* Passed to the kernel by value; gradients that are not wanted are NULL. */
struct Upsampled {
    float *small;  /* (planes,h,w): += sums of dy (planes,h*f,w*f) over f x f */
    float *beside; /* same shape as dy: += dy */
    bool small_fresh, beside_fresh;
    Divisor w;
    unsigned n; /* planes*h*w */
    int f;
};

/* A thread for each f x f elements of dy. F: f, or 0 for any f. */
template <int F>
static __global__ void upsampled_kernel(const float *__restrict__ dy, Upsampled u) {
    int f = F ? F : u.f;
    unsigned i = global_thread(), row = quotient(i, u.w), width = u.w.by * f,
             at = row * f * width + (i - row * u.w.by) * f;
    if (i >= u.n) return;
    float sum = 0;
    for (int y = 0; y < f; y++)
        for (int x = 0; x < f; x++) {
            float v = dy[at + y * width + x];
            sum += v;
            if (u.beside) put(u.beside + at + y * width + x, v, u.beside_fresh);
        }
    if (u.small) put(u.small + i, sum, u.small_fresh);
}

/* Operand k is read repeated. beside: the gradient of operand 0, to which dy is added as it is, or
 * NULL. */
static void put_upsampled(const P2cCall *call, int k, int f, float *beside) {
    const P2cNode *x = call->node->x[k];
    unsigned n = (unsigned)count_of(x);
    Upsampled u = { call->dx[k],
                    beside,
                    is_overwritten(call, k),
                    is_overwritten(call, 0),
                    divisor_at(x->dims, 3),
                    n,
                    f };
    if (!u.small && !beside) return;
    if (f == 2)
        P2C_LAUNCH(upsampled_kernel<2>, blocks_for(n), THREADS, 0, call->queue, call->dy, u);
    else P2C_LAUNCH(upsampled_kernel<0>, blocks_for(n), THREADS, 0, call->queue, call->dy, u);
}

#endif
