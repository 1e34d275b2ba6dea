/* copies.cu: copies to shared memory arrive when they are waited for, not earlier. */
#include "copy.h"
#include "self.h"

/* Two groups under way, one of 16 bytes and one of 4 and 8. */
static __global__ void copy_kernel(const float *x, float *y) {
    __shared__ __align__(16) float s[8];
    for (int i = 0; i < 8; i++) s[i] = -1;
    cp_async16(s, x);
    cp_async_commit();
    cp_async4(s + 4, x + 4);
    cp_async8(s + 6, x + 6, false);
    cp_async_commit();
    for (int i = 0; i < 8; i++) y[i] = s[i];
    cp_async_wait<1>();
    for (int i = 0; i < 8; i++) y[8 + i] = s[i];
    cp_async_wait<0>();
    for (int i = 0; i < 8; i++) y[16 + i] = s[i];
    cp_async4(s + 5, x + 5); /* not committed, so not waited for */
    cp_async_wait<0>();
    y[24] = s[5];
}

static void test_copies(void **) {
    const float x[8] = { 10, 11, 12, 13, 14, 15, 16, 17 };
    const float wanted[25] = { -1, -1, -1, -1, -1, -1, -1, -1, 10, 11, 12, 13, -1,
                               -1, -1, -1, 10, 11, 12, 13, 14, -1, 0,  0,  -1 };
    Queue q = { NULL };
    float y[25], *from = device_copy(x, 8), *to = device_zeros<float>(25);
    P2C_LAUNCH(copy_kernel, 1, 1, 0, &q, from, to);
    take(&q, y, to, 25);
    OK(cudaFree(from));
    for (int i = 0; i < 25; i++) assert_float_equal(y[i], wanted[i], 0);
}

/* Each thread waits only for its own copies; after the barrier all see all. */
static __global__ void share_kernel(const float *x, float *y) {
    __shared__ __align__(16) float s[2][256];
    float sum = 0;
    cp_async4(&s[0][threadIdx.x], &x[threadIdx.x]);
    cp_async_commit();
    for (int tile = 0; tile < 8; tile++) {
        if (tile < 7)
            cp_async4(&s[(tile + 1) % 2][threadIdx.x], &x[(tile + 1) * 256 + (int)threadIdx.x]);
        cp_async_commit();
        cp_async_wait<1>();
        __syncthreads();
        sum += s[tile % 2][255 - threadIdx.x];
        __syncthreads();
    }
    y[threadIdx.x] = sum;
}

static void test_pipeline(void **) {
    Queue q = { NULL };
    float x[8 * 256], y[256];
    for (int i = 0; i < 8 * 256; i++) x[i] = (float)(i * 37 % 1001);
    for (int order = 0; order < 3; order++) {
        float *from = device_copy(x, 8 * 256), *to = device_zeros<float>(256);
        emulated_order(order);
        P2C_LAUNCH(share_kernel, 1, 256, 0, &q, from, to);
        take(&q, y, to, 256);
        OK(cudaFree(from));
        for (int i = 0; i < 256; i++) {
            float sum = 0;
            for (int tile = 0; tile < 8; tile++) sum += x[tile * 256 + 255 - i];
            assert_float_equal(y[i], sum, 0);
        }
    }
    emulated_order(0);
}

TESTS(copies, cmocka_unit_test(test_copies), cmocka_unit_test(test_pipeline))
