/* self.h: what the tests of the emulation share. */
#ifndef EMULATED_SELF_H
#define EMULATED_SELF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
extern "C" {
#include <cmocka.h>
}

#include <cuda_runtime.h>

#include "launch.h"

extern "C" void emulated_order(int order); /* 0 forward, 1 reverse, 2 shuffle */

#define TESTS(name, ...) \
    extern const CMUnitTest p2c_tests_##name[] = { __VA_ARGS__ }; \
    extern const size_t p2c_tests_##name##_count = \
        sizeof p2c_tests_##name / sizeof *p2c_tests_##name;

#define OK(call) assert_string_equal(cudaGetErrorName(call), "cudaSuccess")
#define FAILS(call, error) assert_string_equal(cudaGetErrorName(call), #error)

struct Queue {
    cudaStream_t stream;
};

static inline Queue queue_new() {
    Queue q;
    OK(cudaStreamCreateWithFlags(&q.stream, cudaStreamNonBlocking));
    return q;
}

static inline void queue_free(Queue *q) { OK(cudaStreamDestroy(q->stream)); }

/* Device memory with these values, and back. */
template <class T> T *device_copy(const T *from, size_t count) {
    T *memory;
    OK(cudaMalloc(&memory, count * sizeof(T)));
    OK(cudaMemcpy(memory, from, count * sizeof(T), cudaMemcpyHostToDevice));
    return memory;
}

template <class T> T *device_zeros(size_t count) {
    T *memory;
    OK(cudaMalloc(&memory, count * sizeof(T)));
    OK(cudaMemset(memory, 0, count * sizeof(T)));
    OK(cudaStreamSynchronize(NULL));
    return memory;
}

/* Waits for the queue, and frees. */
template <class T> void take(Queue *q, T *to, T *memory, size_t count) {
    OK(cudaGetLastError());
    OK(cudaStreamSynchronize(q->stream));
    OK(cudaMemcpy(to, memory, count * sizeof(T), cudaMemcpyDeviceToHost));
    OK(cudaFree(memory));
}

#endif
