/* tensor_cores.cu: matrix instructions against plain products, and the rounding of their operands.
 * This file fills and reads fragments by the figures of the PTX ISA, independently of mma.cc. */
#include "mma.h"
#include "self.h"

#include <math.h>
#include <stdlib.h>

/* ---- rounding -------------------------------------------------------------------------------- */

static void test_tf32(void **) {
    const uint32_t cases[][2] = {
        /* a tie goes up, */
        { 0x3F800000, 0x3F800000 },
        { 0x3F800FFF, 0x3F800000 },
        { 0x3F801000, 0x3F802000 },
        /* away from zero */
        { 0xBF801000, 0xBF802000 },
        { 0x3F803000, 0x3F804000 },
        { 0x3F803001, 0x3F804000 },
        { 0x3FFFFFFF, 0x40000000 },
        { 0x00000000, 0x00000000 },
        { 0x80000000, 0x80000000 },
        { 0x7F7FFFFF, 0x7F800000 },
        { 0x7F800000, 0x7F800000 },
        { 0xFF800000, 0xFF800000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(to_tf32(__uint_as_float(cases[i][0])), cases[i][1]);
    assert_true(isnan(__uint_as_float(to_tf32(__uint_as_float(0x7F800001)))));
}

static void test_bf16(void **) {
    const uint32_t cases[][2] = {
        /* a tie goes to the even number */
        { 0x3F800000, 0x3F80 }, { 0x3F807FFF, 0x3F80 }, { 0x3F808000, 0x3F80 },
        { 0x3F808001, 0x3F81 }, { 0x3F818000, 0x3F82 }, { 0xBF818000, 0xBF82 },
        { 0x7F7FFFFF, 0x7F80 }, { 0x7F800000, 0x7F80 }, { 0xFF800000, 0xFF80 },
        { 0x80000000, 0x8000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float x = __uint_as_float(cases[i][0]);
        assert_int_equal(pack_bf16(x, 2), 0x40000000u | cases[i][1]);
        assert_int_equal(pack_bf16(2, x), 0x4000u | cases[i][1] << 16);
    }
    assert_true(isnan(__uint_as_float(pack_bf16(0, __uint_as_float(0x7F800001)))));
    assert_true(isnan(__uint_as_float(pack_bf16(0, __uint_as_float(0xFFFFFFFF)))));
}

/* ---- products -------------------------------------------------------------------------------- */

/* a: 16 rows, b: 8 columns, both of `depth`, d: 16x8; row by row. */
static __global__ void tf32_kernel(const float *a, const float *b, float *d) {
    int lane = (int)threadIdx.x % 32, group = lane >> 2, in_group = lane & 3;
    uint32_t fa[4], fb[2];
    float fd[4];
    for (int i = 0; i < 4; i++) {
        int row = i == 0 || i == 2 ? group : group + 8, column = i < 2 ? in_group : in_group + 4;
        fa[i] = to_tf32(a[row * 8 + column]);
    }
    for (int i = 0; i < 2; i++) fb[i] = to_tf32(b[(i == 0 ? in_group : in_group + 4) * 8 + group]);
    for (int i = 0; i < 4; i++) fd[i] = d[(i < 2 ? group : group + 8) * 8 + in_group * 2 + (i & 1)];
    mma_tf32(fd, fa, fb);
    for (int i = 0; i < 4; i++) d[(i < 2 ? group : group + 8) * 8 + in_group * 2 + (i & 1)] = fd[i];
}

static __global__ void bf16_kernel(const float *a, const float *b, float *d) {
    int lane = (int)threadIdx.x % 32, group = lane >> 2, in_group = lane & 3;
    float pa[8], pb[4], fd[4];
    uint32_t fa[4], fb[2];
    for (int i = 0; i < 8; i++) {
        int row = i < 2 || (i >= 4 && i < 6) ? group : group + 8,
            column = in_group * 2 + (i & 1) + (i < 4 ? 0 : 8);
        pa[i] = a[row * 16 + column];
    }
    for (int i = 0; i < 4; i++) pb[i] = b[(in_group * 2 + (i & 1) + (i < 2 ? 0 : 8)) * 8 + group];
    for (int i = 0; i < 4; i++) fa[i] = pack_bf16(pa[2 * i], pa[2 * i + 1]);
    for (int i = 0; i < 2; i++) fb[i] = pack_bf16(pb[2 * i], pb[2 * i + 1]);
    for (int i = 0; i < 4; i++) fd[i] = d[(i < 2 ? group : group + 8) * 8 + in_group * 2 + (i & 1)];
    mma_bf16(fd, fa, fb);
    for (int i = 0; i < 4; i++) d[(i < 2 ? group : group + 8) * 8 + in_group * 2 + (i & 1)] = fd[i];
}

/* All of these formats represent small integers exactly, so the result must be exact. */
static void product_is_exact(void (*kernel)(const float *, const float *, float *), int depth) {
    Queue q = { NULL };
    float a[16 * 16], b[16 * 8], d[16 * 8], y[16 * 8];
    for (int order = 0; order < 3; order++) {
        for (int i = 0; i < 16 * depth; i++) a[i] = (float)(rand() % 101 - 50);
        for (int i = 0; i < depth * 8; i++) b[i] = (float)(rand() % 101 - 50);
        for (int i = 0; i < 16 * 8; i++) d[i] = (float)(rand() % 101 - 50);
        float *to = device_copy(d, 16 * 8), *a_there = device_copy(a, (size_t)(16 * depth)),
              *b_there = device_copy(b, (size_t)(depth * 8));
        emulated_order(order);
        P2C_LAUNCH(kernel, 1, 32, 0, &q, a_there, b_there, to);
        take(&q, y, to, 16 * 8);
        OK(cudaFree(a_there));
        OK(cudaFree(b_there));
        for (int row = 0; row < 16; row++)
            for (int column = 0; column < 8; column++) {
                float sum = d[row * 8 + column];
                for (int k = 0; k < depth; k++) sum += a[row * depth + k] * b[k * 8 + column];
                assert_float_equal(y[row * 8 + column], sum, 0);
            }
    }
    emulated_order(0);
}

static void test_mma_tf32(void **) { product_is_exact(tf32_kernel, 8); }
static void test_mma_bf16(void **) { product_is_exact(bf16_kernel, 16); }

/* A value that was not rounded to TF32 is cut off. */
static __global__ void unrounded_kernel(float *y) {
    float d[4] = { 0 };
    uint32_t a[4] = { 0, 0, 0, 0 }, b[2] = { __float_as_uint(1), 0 };
    if (threadIdx.x % 4 == 0) a[0] = 0x3F801FFF; /* nearly 1 + 2^-10 */
    mma_tf32(d, a, b);
    y[threadIdx.x] = d[0];
}

static void test_unrounded(void **) {
    Queue q = { NULL };
    float y[32], *to = device_zeros<float>(32);
    P2C_LAUNCH(unrounded_kernel, 1, 32, 0, &q, to);
    take(&q, y, to, 32);
    for (int i = 0; i < 32; i++) assert_float_equal(y[i], 1, 0);
}

TESTS(tensor_cores, cmocka_unit_test(test_tf32), cmocka_unit_test(test_bf16),
      cmocka_unit_test(test_mma_tf32), cmocka_unit_test(test_mma_bf16),
      cmocka_unit_test(test_unrounded))
