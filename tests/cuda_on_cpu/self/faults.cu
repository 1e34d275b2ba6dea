/* faults.cu: P2C_EMULATED_FAULT. */
#include "self.h"

static __global__ void add_kernel(int *y, int value) { *y += value; }

static void set_fault(const char *fault) { setenv("P2C_EMULATED_FAULT", fault, 1); }

static void test_no_driver(void **) {
    int count, version;
    void *memory;
    set_fault("driver");
    FAILS(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
    assert_int_equal(count, 0);
    OK(cudaDriverGetVersion(&version));
    assert_int_equal(version, 0);
    FAILS(cudaMalloc(&memory, 4), cudaErrorInsufficientDriver);
    set_fault("driver:11020");
    FAILS(cudaSetDevice(0), cudaErrorInsufficientDriver);
    OK(cudaDriverGetVersion(&version));
    assert_int_equal(version, 11020);
    set_fault("none");
    FAILS(cudaGetDeviceCount(&count), cudaErrorNoDevice);
    FAILS(cudaMalloc(&memory, 4), cudaErrorNoDevice);
}

static void test_no_code(void **) {
    Queue q = queue_new();
    cudaFuncAttributes attributes;
    int *there = device_zeros<int>(1);
    set_fault("architecture");
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
    FAILS(cudaPeekAtLastError(), cudaErrorNoKernelImageForDevice);
    FAILS(cudaGetLastError(), cudaErrorNoKernelImageForDevice);
    OK(cudaGetLastError());
    FAILS(cudaFuncGetAttributes(&attributes, add_kernel), cudaErrorNoKernelImageForDevice);
    cudaGetLastError();
    OK(cudaFree(there));
    queue_free(&q);
}

static void test_little_memory(void **) {
    size_t free_bytes, total;
    void *first, *second, *host;
    set_fault("memory:1000");
    OK(cudaMalloc(&first, 600));
    FAILS(cudaMalloc(&second, 401), cudaErrorMemoryAllocation);
    FAILS(cudaGetLastError(), cudaErrorMemoryAllocation);
    OK(cudaMemGetInfo(&free_bytes, &total));
    assert_int_equal(free_bytes, 400);
    assert_int_equal(total, 1000);
    OK(cudaMalloc(&second, 400));
    OK(cudaHostAlloc(&host, 5000, cudaHostAllocDefault));
    OK(cudaFree(first));
    OK(cudaFree(second));
    OK(cudaFreeHost(host));
}

/* Work that waits when the fault happens is never done. */
static void test_waiting_work(void **) {
    Queue q = queue_new(), other = queue_new();
    int *there = device_zeros<int>(2), here[2];
    set_fault("launch:1");
    for (int i = 0; i < 2; i++) P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
    P2C_LAUNCH(add_kernel, 1, 1, 0, &other, there + 1, 1);
    FAILS(cudaStreamSynchronize(q.stream), cudaErrorIllegalAddress);
    set_fault("");
    cudaGetLastError();
    OK(cudaDeviceSynchronize());
    OK(cudaMemcpy(here, there, sizeof here, cudaMemcpyDeviceToHost));
    assert_int_equal(here[0], 0);
    assert_int_equal(here[1], 0);
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
    OK(cudaStreamSynchronize(q.stream));
    OK(cudaFree(there));
    queue_free(&q);
    queue_free(&other);
}

/* The third kernel fails when it runs, not when it is launched; then nothing works, but memory can
 * be freed. */
static void test_illegal_address(void **) {
    Queue q = queue_new();
    cudaEvent_t event;
    int *there = device_zeros<int>(1), here = -1, count;
    void *memory;
    OK(cudaEventCreate(&event));
    set_fault("launch:3");
    for (int i = 0; i < 4; i++) P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
    OK(cudaGetLastError());
    OK(cudaMemcpyAsync(&here, there, sizeof here, cudaMemcpyDeviceToHost, q.stream));
    FAILS(cudaStreamSynchronize(q.stream), cudaErrorIllegalAddress);
    assert_int_equal(here, -1);
    FAILS(cudaGetLastError(), cudaErrorIllegalAddress);
    FAILS(cudaGetLastError(), cudaErrorIllegalAddress);
    FAILS(cudaStreamSynchronize(q.stream), cudaErrorIllegalAddress);
    FAILS(cudaMalloc(&memory, 4), cudaErrorIllegalAddress);
    FAILS(cudaGetDeviceCount(&count), cudaErrorIllegalAddress);
    FAILS(cudaEventRecord(event, q.stream), cudaErrorIllegalAddress);
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
    FAILS(cudaMemcpy(&here, there, sizeof here, cudaMemcpyDeviceToHost), cudaErrorIllegalAddress);
    FAILS(cudaFree(there), cudaErrorIllegalAddress);
    FAILS(cudaEventDestroy(event), cudaErrorIllegalAddress);
    FAILS(cudaStreamDestroy(q.stream), cudaErrorIllegalAddress);
    set_fault("");
    OK(cudaGetDeviceCount(&count));
}

static int mend(void **) { return unsetenv("P2C_EMULATED_FAULT"), cudaGetLastError(), 0; }

TESTS(faults, cmocka_unit_test_teardown(test_no_driver, mend),
      cmocka_unit_test_teardown(test_no_code, mend),
      cmocka_unit_test_teardown(test_little_memory, mend),
      cmocka_unit_test_teardown(test_illegal_address, mend),
      cmocka_unit_test_teardown(test_waiting_work, mend))
