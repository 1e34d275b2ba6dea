/* warps.cu: shuffles, votes, and incomplete warps. */
#include "self.h"

enum { N = 96 };

/* One shuffle after the other, with known values for each lane. */
static __global__ void shuffle_kernel(int *y) {
    int i = (int)threadIdx.x, n = (int)blockDim.x;
    y[i] = __shfl_sync(0xFFFFFFFFu, i, 5);
    y[n + i] = __shfl_xor_sync(0xFFFFFFFFu, i, 3);
    y[2 * n + i] = __shfl_up_sync(0xFFFFFFFFu, i, 2);
    y[3 * n + i] = __shfl_down_sync(0xFFFFFFFFu, i, 7);
    y[4 * n + i] = __shfl_sync(0xFFFFFFFFu, i, 9, 8);
    y[5 * n + i] = __shfl_down_sync(0xFFFFFFFFu, i, 3, 8);
    y[6 * n + i] = __shfl_up_sync(0xFFFFFFFFu, i, 3, 8);
    y[7 * n + i] = __shfl_xor_sync(0xFFFFFFFFu, i, 12, 8);
    y[8 * n + i] = (int)(__shfl_xor_sync(0xFFFFFFFFu, 1e10 * i, 16) / 1e10 + 0.5);
}

static void test_shuffles(void **) {
    Queue q = { NULL };
    for (int order = 0; order < 3; order++) {
        int y[9 * N], *to = device_zeros<int>(9 * N);
        emulated_order(order);
        P2C_LAUNCH(shuffle_kernel, 1, N, 0, &q, to);
        take(&q, y, to, 9 * N);
        for (int i = 0; i < N; i++) {
            int lane = i % 32, first = i - lane, group = i - i % 8;
            assert_int_equal(y[i], first + 5);
            assert_int_equal(y[N + i], i ^ 3);
            assert_int_equal(y[2 * N + i], lane < 2 ? i : i - 2);
            assert_int_equal(y[3 * N + i], lane + 7 > 31 ? i : i + 7);
            assert_int_equal(y[4 * N + i], group + 1);
            assert_int_equal(y[5 * N + i], i % 8 + 3 > 7 ? i : i + 3);
            assert_int_equal(y[6 * N + i], i % 8 < 3 ? i : i - 3);
            assert_int_equal(y[7 * N + i], (lane ^ 12) > (lane | 7) ? i : i ^ 12);
            assert_int_equal(y[8 * N + i], i ^ 16);
        }
    }
}

static __global__ void vote_kernel(unsigned *y) {
    unsigned i = threadIdx.x, bits = __ballot_sync(0xFFFFFFFFu, i % 5 == 0);
    int any = __any_sync(0xFFFFFFFFu, i == 40), all = __all_sync(0xFFFFFFFFu, i < 64),
        others = __any_sync(0xFFFFFFFFu, i == 200);
    y[i] = bits;
    y[N + i] = (unsigned)(any * 100 + all * 10 + others);
}

static void test_votes(void **) {
    Queue q = { NULL };
    unsigned y[2 * N], *to = device_zeros<unsigned>(2 * N);
    P2C_LAUNCH(vote_kernel, 1, N, 0, &q, to);
    take(&q, y, to, 2 * N);
    for (int i = 0; i < N; i++) {
        unsigned bits = 0;
        for (int lane = 0; lane < 32; lane++)
            bits |= (unsigned)((i / 32 * 32 + lane) % 5 == 0) << lane;
        assert_int_equal(y[i], bits);
        assert_int_equal(y[N + i], (i / 32 == 1) * 100 + (i < 64) * 10);
    }
}

/* The halves of a warp diverge, each with its mask; then some threads exit. */
static __global__ void split_kernel(int *y) {
    int i = (int)threadIdx.x, sum = i;
    if (i < 16)
        for (int step = 8; step; step /= 2) sum += __shfl_xor_sync(0x0000FFFFu, sum, step);
    else
        for (int step = 1; step < 4; step *= 2) sum -= __shfl_xor_sync(0xFFFF0000u, sum, step);
    __syncwarp();
    y[i] = sum;
    if (i >= 20) return;
    y[i] += 1000 * __popc(__ballot_sync(0x000FFFFFu, 1));
    y[i] += 100000 * __popc(__ballot_sync(0xFFFFFFFFu, 1));
}

static void test_split_warps(void **) {
    Queue q = { NULL };
    for (int order = 0; order < 3; order++) {
        int y[32], *to = device_zeros<int>(32);
        emulated_order(order);
        P2C_LAUNCH(split_kernel, 1, 32, 0, &q, to);
        take(&q, y, to, 32);
        for (int i = 0; i < 32; i++) {
            int pair = i - (i ^ 1), other = (i ^ 2) - (i ^ 3); /* what the second step subtracts */
            assert_int_equal(y[i], (i < 16 ? 120 : pair - other) + (i < 20 ? 2020000 : 0));
        }
    }
}

/* The other lanes wait for a lane that exits. */
static __global__ void exit_kernel(unsigned *y, unsigned lane) {
    if (threadIdx.x == lane) return;
    y[threadIdx.x] = __ballot_sync(0xFFFFFFFFu, 1);
}

static void test_exits(void **) {
    Queue q = { NULL };
    for (unsigned lane = 0; lane < 32; lane += 31) {
        unsigned y[32], *to = device_zeros<unsigned>(32);
        P2C_LAUNCH(exit_kernel, 1, 32, 0, &q, to, lane);
        take(&q, y, to, 32);
        for (unsigned i = 0; i < 32; i++) assert_int_equal(y[i], i == lane ? 0 : ~(1u << lane));
    }
}

/* 40 threads: the second warp has 8 lanes, and values of other lanes are undefined. */
static __global__ void part_kernel(float *y) {
    y[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFFu, (float)threadIdx.x, 8);
}

static void test_absent_lanes(void **) {
    Queue q = { NULL };
    float y[40], *to = device_zeros<float>(40);
    P2C_LAUNCH(part_kernel, 1, 40, 0, &q, to);
    take(&q, y, to, 40);
    for (int i = 0; i < 32; i++) assert_float_equal(y[i], (i ^ 8), 0);
    for (int i = 32; i < 40; i++) assert_true(isnan(y[i]));
}

/* Warps that reach the barrier after different numbers of shuffles. */
static __global__ void uneven_kernel(int *y) {
    __shared__ int sums[8];
    int warp = (int)threadIdx.x / 32, sum = 1;
    for (int r = 0; r <= warp; r++) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, 1 << r % 5);
    if (threadIdx.x % 32 == 7) sums[warp] = sum;
    __syncthreads();
    for (int i = 0; i < 8; i++) atomicAdd(&y[threadIdx.x], sums[i]);
}

static void test_uneven_warps(void **) {
    Queue q = { NULL };
    for (int order = 0; order < 3; order++) {
        int y[256], *to = device_zeros<int>(256);
        emulated_order(order);
        P2C_LAUNCH(uneven_kernel, 1, 256, 0, &q, to);
        take(&q, y, to, 256);
        for (int i = 0; i < 256; i++) assert_int_equal(y[i], 510);
    }
}

static int back_to_forward(void **) { return emulated_order(0), 0; }

TESTS(warps, cmocka_unit_test_teardown(test_shuffles, back_to_forward),
      cmocka_unit_test(test_votes), cmocka_unit_test_teardown(test_split_warps, back_to_forward),
      cmocka_unit_test(test_exits), cmocka_unit_test(test_absent_lanes),
      cmocka_unit_test_teardown(test_uneven_warps, back_to_forward))
