/* threads.cu: indices, shared memory, barriers, atomics; all in three orders. */
#include "self.h"

static __global__ void index_kernel(int *y) {
    dim3 t = threadIdx, b = blockIdx;
    unsigned block = b.x + gridDim.x * (b.y + gridDim.y * b.z),
             thread = t.x + blockDim.x * (t.y + blockDim.y * t.z);
    y[block * blockDim.x * blockDim.y * blockDim.z + thread] +=
        (int)(t.x + 10 * t.y + 100 * t.z + 1000 * b.x + 10000 * b.y + 100000 * b.z);
}

/* Every thread of every block runs once and knows its place. */
static void test_indices(void **) {
    Queue q = queue_new();
    enum { THREADS = 5 * 3 * 2, BLOCKS = 4 * 3 * 2 };
    for (int order = 0; order < 3; order++) {
        int *there = device_zeros<int>(THREADS * BLOCKS), here[THREADS * BLOCKS];
        emulated_order(order);
        P2C_LAUNCH(index_kernel, dim3(4, 3, 2), dim3(5, 3, 2), 0, &q, there);
        take(&q, here, there, THREADS * BLOCKS);
        for (int b = 0; b < BLOCKS; b++)
            for (int t = 0; t < THREADS; t++)
                assert_int_equal(here[b * THREADS + t], t % 5 + 10 * (t / 5 % 3) + 100 * (t / 15) +
                                                            1000 * (b % 4) + 10000 * (b / 4 % 3) +
                                                            100000 * (b / 12));
    }
    queue_free(&q);
}

/* A tree sum, many times, with a thread for each element. */
static __global__ void tree_kernel(const int *x, int *y, int rounds) {
    __shared__ int sums[256];
    for (int r = 0; r < rounds; r++) {
        sums[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x] + r;
        __syncthreads();
        for (unsigned step = blockDim.x / 2; step; step /= 2) {
            if (threadIdx.x < step) sums[threadIdx.x] += sums[threadIdx.x + step];
            __syncthreads();
        }
        if (threadIdx.x == 0) y[blockIdx.x * rounds + r] = sums[0];
        __syncthreads();
    }
}

static void test_tree(void **) {
    enum { BLOCKS = 9, ROUNDS = 3 };
    Queue q = queue_new();
    static int x[BLOCKS * 256];
    int y[BLOCKS * ROUNDS];
    for (int i = 0; i < BLOCKS * 256; i++) x[i] = i * 7 % 1000;
    for (int order = 0; order < 3; order++) {
        int *from = device_copy(x, BLOCKS * 256), *to = device_zeros<int>(BLOCKS * ROUNDS);
        emulated_order(order);
        P2C_LAUNCH(tree_kernel, BLOCKS, 256, 0, &q, from, to, ROUNDS);
        take(&q, y, to, BLOCKS * ROUNDS);
        OK(cudaFree(from));
        for (int b = 0; b < BLOCKS; b++) {
            int sum = 0;
            for (int i = 0; i < 256; i++) sum += x[b * 256 + i];
            for (int r = 0; r < ROUNDS; r++) assert_int_equal(y[b * ROUNDS + r], sum + 256 * r);
        }
    }
    queue_free(&q);
}

/* Reverses through dynamic shared memory. Threads beyond the end exit before the barrier, and
 * nobody waits for them. */
static __global__ void reverse_kernel(const float *x, float *y, int n) {
    P2C_DYNAMIC_SHARED(float, values);
    int i = (int)threadIdx.x;
    if (i >= n) return;
    values[i] = x[i];
    __syncthreads();
    y[i] = values[n - 1 - i];
}

static void test_dynamic_shared(void **) {
    enum { N = 1000 };
    Queue q = queue_new();
    float x[N], y[N];
    for (int i = 0; i < N; i++) x[i] = (float)i;
    for (int order = 0; order < 3; order++) {
        float *from = device_copy(x, N), *to = device_zeros<float>(N);
        emulated_order(order);
        P2C_LAUNCH(reverse_kernel, 1, 1024, N * sizeof(float), &q, from, to, N);
        take(&q, y, to, N);
        OK(cudaFree(from));
        for (int i = 0; i < N; i++) assert_float_equal(y[i], N - 1 - i, 0);
    }
    queue_free(&q);
}

static __global__ void vote_kernel(int *y) {
    int i = (int)threadIdx.x;
    int count = __syncthreads_count(i % 3 == 0), any = __syncthreads_or(i == 77),
        none = __syncthreads_or(i > 1000);
    int all = __syncthreads_and(i < 100), some = __syncthreads_and(i < 99);
    y[i] = count * 10000 + any * 1000 + none * 100 + all * 10 + some;
}

static void test_votes(void **) {
    Queue q = queue_new();
    int y[100], *to = device_zeros<int>(100);
    P2C_LAUNCH(vote_kernel, 1, 100, 0, &q, to);
    take(&q, y, to, 100);
    for (int i = 0; i < 100; i++) assert_int_equal(y[i], 34 * 10000 + 1000 + 10);
    queue_free(&q);
}

/* The last block to arrive adds up the partial sums of all; the result must not depend on which one
 * it is. */
static __global__ void last_block_kernel(int *partial, int *counter, int *y) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = (int)(blockIdx.x * blockIdx.x);
        __threadfence();
        last = atomicAdd(counter, 1) == (int)gridDim.x - 1;
    }
    __syncthreads();
    if (!last || threadIdx.x) return;
    for (unsigned i = 0; i < gridDim.x; i++) *y += partial[i];
    y[1] = atomicMax(&y[2], 5) + 10 * atomicExch(&y[2], 3) + 100 * atomicCAS(&y[2], 3, 8) +
           1000 * atomicCAS(&y[2], 3, 9);
}

static void test_last_block(void **) {
    Queue q = queue_new();
    for (int order = 0; order < 3; order++) {
        int y[3], *to = device_zeros<int>(3), *partial = device_zeros<int>(500),
                  *counter = device_zeros<int>(1);
        emulated_order(order);
        P2C_LAUNCH(last_block_kernel, 500, 64, 0, &q, partial, counter, to);
        take(&q, y, to, 3);
        assert_int_equal(y[0], 499 * 500 * 999 / 6);
        assert_int_equal(y[1], 0 + 10 * 5 + 100 * 3 + 1000 * 8);
        assert_int_equal(y[2], 8);
        OK(cudaFree(partial));
        OK(cudaFree(counter));
    }
    queue_free(&q);
}

/* If a barrier is missing, a rotation gives different results in different orders, so comparing
 * orders finds it. */
static __global__ void racing_kernel(int *y, int by) {
    __shared__ int values[64];
    values[threadIdx.x] = -1;
    __syncthreads();
    values[threadIdx.x] = (int)threadIdx.x; /* a barrier is missing here */
    y[threadIdx.x] = values[(threadIdx.x + by) % 64];
}

static void test_races_show(void **) {
    Queue q = queue_new();
    for (int by = 1; by < 64; by += 62) {
        int y[3][64];
        for (int order = 0; order < 3; order++) {
            int *to = device_zeros<int>(64);
            emulated_order(order);
            P2C_LAUNCH(racing_kernel, 1, 64, 0, &q, to, by);
            take(&q, y[order], to, 64);
        }
        assert_memory_not_equal(y[0], y[1], sizeof y[0]);
        assert_memory_not_equal(y[0], y[2], sizeof y[0]);
    }
    queue_free(&q);
}

static int back_to_forward(void **) { return emulated_order(0), 0; }

TESTS(threads, cmocka_unit_test_teardown(test_indices, back_to_forward),
      cmocka_unit_test_teardown(test_tree, back_to_forward),
      cmocka_unit_test_teardown(test_dynamic_shared, back_to_forward), cmocka_unit_test(test_votes),
      cmocka_unit_test_teardown(test_last_block, back_to_forward),
      cmocka_unit_test_teardown(test_races_show, back_to_forward))
