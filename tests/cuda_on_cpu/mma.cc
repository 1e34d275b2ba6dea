/* mma.cc: the last lane of a warp to arrive computes D += A * B for all of them; see mma.h. */
#include "mma.h"

#include <stdio.h>

/* The place in the matrix of element i of a lane's fragment. */
struct Entry {
    int row, column;
};
static Entry entry_d(int lane, int i) { return { lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2 }; }
static Entry entry_a_tf32(int lane, int i) {
    return { lane / 4 + i % 2 * 8, lane % 4 + i / 2 * 4 };
}
static Entry entry_b_tf32(int lane, int i) { return { lane % 4 + i * 4, lane / 4 }; }
static Entry entry_a_bf16(int lane, int i) {
    return { lane / 4 + i / 2 % 2 * 8, lane % 4 * 2 + i % 2 + i / 4 * 8 };
}
static Entry entry_b_bf16(int lane, int i) {
    return { lane % 4 * 2 + i % 2 + i / 2 * 8, lane / 4 };
}

static float value_tf32(const uint32_t *registers, int i) {
    return __uint_as_float(registers[i] & 0xFFFFE000u);
}
static float value_bf16(const uint32_t *registers, int i) {
    return __uint_as_float(i % 2 ? registers[i / 2] & 0xFFFF0000u : registers[i / 2] << 16);
}

/* DEPTH: columns of A, rows of B. A fragment has DEPTH / 2 elements of A and DEPTH / 4 of B. */
template <int DEPTH, class Value, class A, class B>
static void multiply(void *const lanes[32], Value value, A entry_a, B entry_b) {
    float a[16][DEPTH], b[DEPTH][8], d[16][8];
    for (int lane = 0; lane < 32; lane++) {
        const EmulatedFragments *f = (const EmulatedFragments *)lanes[lane];
        if (!f) {
            fprintf(stderr, "cuda_on_cpu: lane %d has exited, and its warp multiplies matrices\n",
                    lane);
            abort();
        }
        for (int i = 0; i < DEPTH / 2; i++)
            a[entry_a(lane, i).row][entry_a(lane, i).column] = value(f->a, i);
        for (int i = 0; i < DEPTH / 4; i++)
            b[entry_b(lane, i).row][entry_b(lane, i).column] = value(f->b, i);
        for (int i = 0; i < 4; i++) d[entry_d(lane, i).row][entry_d(lane, i).column] = f->d[i];
    }
    for (int row = 0; row < 16; row++)
        for (int k = 0; k < DEPTH; k++)
            for (int column = 0; column < 8; column++) d[row][column] += a[row][k] * b[k][column];
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++)
            ((const EmulatedFragments *)lanes[lane])->d[i] =
                d[entry_d(lane, i).row][entry_d(lane, i).column];
}

void emulated_mma_tf32(void *const lanes[32]) {
    multiply<8>(lanes, value_tf32, entry_a_tf32, entry_b_tf32);
}
void emulated_mma_bf16(void *const lanes[32]) {
    multiply<16>(lanes, value_bf16, entry_a_bf16, entry_b_bf16);
}
