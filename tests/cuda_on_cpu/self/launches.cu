/* launches.cu: which launches are valid, and which memory kernels and copies may use. */
#include "self.h"

#include <string.h>

static __global__ void nothing_kernel() {}
static __global__ void shared_kernel(int *y) {
    P2C_DYNAMIC_SHARED(unsigned char, bytes);
    *y += bytes[0] + bytes[100000] + (int)((uintptr_t)bytes % 16);
}

static cudaError_t launched(dim3 grid, dim3 block, size_t shared) {
    Queue q = { NULL };
    P2C_LAUNCH(nothing_kernel, grid, block, shared, &q);
    cudaError_t error = cudaGetLastError();
    OK(cudaStreamSynchronize(NULL));
    return error;
}

static void test_configurations(void **) {
    OK(launched(1, 1, 0));
    OK(launched(dim3(3, 65535), 1, 0));
    OK(launched(dim3(1, 1, 65535), 1, 0));
    OK(launched(70000, 1, 0));
    OK(launched(2, dim3(32, 32), 48 << 10));
    FAILS(launched(0, 1, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1, 0, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1, 1025, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1, dim3(32, 33), 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1, dim3(1, 1, 65), 0), cudaErrorInvalidConfiguration);
    FAILS(launched(dim3(1, 65536), 1, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(dim3(1, 1, 65536), 1, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1u << 31, 1, 0), cudaErrorInvalidConfiguration);
    FAILS(launched(1, 1, (48 << 10) + 1), cudaErrorInvalidValue);
}

static void test_much_shared_memory(void **) {
    Queue q = { NULL };
    cudaFuncAttributes attributes;
    int y, *there = device_zeros<int>(1);
    P2C_LAUNCH(shared_kernel, 1, 1, 227 << 10, &q, there);
    FAILS(cudaGetLastError(), cudaErrorInvalidValue);
    FAILS(cudaFuncSetAttribute(shared_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               (227 << 10) + 1),
          cudaErrorInvalidValue);
    cudaGetLastError();
    OK(cudaFuncSetAttribute(shared_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 227 << 10));
    OK(cudaFuncGetAttributes(&attributes, shared_kernel));
    assert_int_equal(attributes.maxDynamicSharedSizeBytes, 227 << 10);
    P2C_LAUNCH(shared_kernel, 3, 1, 227 << 10, &q, there);
    take(&q, &y, there, 1);
    /* one of the 3 blocks that add without atomics; not zero, and nothing from the block before */
    assert_true(y > 0 && y % 510 == 0);
}

static void test_devices(void **) {
    cudaDeviceProp p;
    int count, index, version;
    OK(cudaGetDeviceCount(&count));
    assert_int_equal(count, 1);
    OK(cudaGetDeviceProperties(&p, 0));
    assert_string_equal(p.name, "Emulated GPU");
    assert_int_equal(p.sharedMemPerBlockOptin, 227 << 10);
    OK(cudaDriverGetVersion(&version));
    assert_int_equal(version, CUDART_VERSION);
    FAILS(cudaSetDevice(1), cudaErrorInvalidDevice);
    FAILS(cudaGetLastError(), cudaErrorInvalidDevice);
    setenv("P2C_EMULATED_DEVICES", "2", 1);
    OK(cudaSetDevice(1));
    OK(cudaGetDevice(&index));
    assert_int_equal(index, 1);
    OK(cudaSetDevice(0));
    unsetenv("P2C_EMULATED_DEVICES");
}

static void test_memory(void **) {
    size_t before, after, total;
    unsigned char *there, here[1000];
    OK(cudaMemGetInfo(&before, &total));
    OK(cudaMalloc(&there, sizeof here));
    OK(cudaMemGetInfo(&after, &total));
    assert_int_equal(before - after, sizeof here);
    assert_int_equal((uintptr_t)there % 256, 0);
    OK(cudaMemcpy(here, there, sizeof here, cudaMemcpyDeviceToHost));
    for (size_t i = 0; i < sizeof here; i++) assert_int_equal(here[i], 0xFF);
    OK(cudaMemset(there + 10, 7, 5));
    OK(cudaMemcpy(here, there + 9, 7, cudaMemcpyDefault));
    assert_memory_equal(here, "\377\7\7\7\7\7\377", 7);
    FAILS(cudaMemcpy(here, there, sizeof here, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    FAILS(cudaMemcpy(there, here, sizeof here, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue);
    FAILS(cudaMemcpy(here, there + 1, sizeof here, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
    FAILS(cudaMemset(there, 0, sizeof here + 1), cudaErrorInvalidValue);
    FAILS(cudaFreeHost(there), cudaErrorInvalidValue);
    FAILS(cudaFree(here), cudaErrorInvalidValue);
    OK(cudaFree(NULL));
    OK(cudaFree(there));
    cudaGetLastError();
    OK(cudaMalloc(&there, 0));
    assert_null(there);
}

/* A kernel whose parameters a call would convert. */
struct Pair {
    const int *from;
    int add;
};
template <int TIMES>
static __global__ void convert_kernel(int *y, Pair p, const float *nothing, double half,
                                      unsigned char small) {
    *y = TIMES * (*p.from + p.add) + (nothing ? 1000 : 0) + (int)(2 * half) + small;
}

static void test_arguments(void **) {
    Queue q = { NULL };
    int five = 5, y, *from = device_copy(&five, 1), *to = device_zeros<int>(1);
    P2C_LAUNCH((convert_kernel<3>), 1, 1, 0, &q, to, { from, 2 }, NULL, 0.5f, 'a');
    take(&q, &y, to, 1);
    assert_int_equal(y, 3 * 7 + 1 + 'a');
    OK(cudaFree(from));
}

TESTS(launches, cmocka_unit_test(test_configurations), cmocka_unit_test(test_much_shared_memory),
      cmocka_unit_test(test_devices), cmocka_unit_test(test_memory),
      cmocka_unit_test(test_arguments))
