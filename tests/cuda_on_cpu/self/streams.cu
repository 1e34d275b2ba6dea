/* streams.cu: streams do nothing until somebody waits, and then do everything in order. */
#include "self.h"

#include <string.h>

static __global__ void add_kernel(int *y, int value) { y[threadIdx.x] += value; }
static __global__ void copy_kernel(int *y, const int *x) { y[threadIdx.x] = x[threadIdx.x]; }

static void test_lazy(void **) {
    Queue q = queue_new();
    int *there = device_zeros<int>(4), here[4] = { -1, -1, -1, -1 };
    P2C_LAUNCH(add_kernel, 1, 4, 0, &q, there, 5);
    OK(cudaMemcpyAsync(here, there, sizeof here, cudaMemcpyDeviceToHost, q.stream));
    P2C_LAUNCH(add_kernel, 1, 4, 0, &q, there, 7);
    assert_int_equal(here[0], -1);
    FAILS(cudaStreamQuery(q.stream), cudaErrorNotReady);
    OK(cudaStreamQuery(q.stream));
    assert_int_equal(here[0], 5);
    OK(cudaMemcpyAsync(here, there, sizeof here, cudaMemcpyDeviceToHost, q.stream));
    assert_int_equal(here[0], 5);
    OK(cudaStreamSynchronize(q.stream));
    assert_int_equal(here[3], 12);
    OK(cudaFree(there));
    queue_free(&q);
}

/* A copy reads the host's values when it is made. */
static void test_early_change(void **) {
    Queue q = queue_new();
    int *there = device_zeros<int>(1), *pinned, here = 0;
    OK(cudaHostAlloc(&pinned, sizeof *pinned, cudaHostAllocDefault));
    *pinned = 1;
    OK(cudaMemcpyAsync(there, pinned, sizeof *pinned, cudaMemcpyHostToDevice, q.stream));
    *pinned = 2;
    OK(cudaStreamSynchronize(q.stream));
    OK(cudaMemcpy(&here, there, sizeof here, cudaMemcpyDeviceToHost));
    assert_int_equal(here, 2);
    OK(cudaFree(there));
    OK(cudaFreeHost(pinned));
    queue_free(&q);
}

/* An event stands for what was put into its stream before it, and nothing else. */
static void test_events(void **) {
    Queue a = queue_new(), b = queue_new();
    cudaEvent_t event;
    int *there = device_zeros<int>(1), *other = device_zeros<int>(1), here[3] = { -1, -1, -1 };
    OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    OK(cudaEventQuery(event));
    OK(cudaEventSynchronize(event));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &a, there, 1);
    OK(cudaMemcpyAsync(&here[0], there, sizeof(int), cudaMemcpyDeviceToHost, a.stream));
    OK(cudaEventRecord(event, a.stream));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &a, there, 10);
    OK(cudaMemcpyAsync(&here[1], there, sizeof(int), cudaMemcpyDeviceToHost, a.stream));
    OK(cudaEventSynchronize(event));
    assert_int_equal(here[0], 1);
    assert_int_equal(here[1], -1);
    OK(cudaStreamWaitEvent(b.stream, event, 0));
    P2C_LAUNCH(copy_kernel, 1, 1, 0, &b, other, there);
    OK(cudaMemcpyAsync(&here[2], other, sizeof(int), cudaMemcpyDeviceToHost, b.stream));
    OK(cudaStreamSynchronize(b.stream));
    assert_int_equal(here[1], -1);
    assert_int_equal(here[2], 1);
    OK(cudaEventQuery(event));
    OK(cudaEventRecord(event, a.stream));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &a, there, 100);
    OK(cudaStreamWaitEvent(b.stream, event, 0));
    P2C_LAUNCH(copy_kernel, 1, 1, 0, &b, other, there);
    OK(cudaMemcpyAsync(&here[2], other, sizeof(int), cudaMemcpyDeviceToHost, b.stream));
    OK(cudaStreamSynchronize(b.stream));
    assert_int_equal(here[1], 11);
    assert_int_equal(here[2], 11);
    OK(cudaStreamSynchronize(a.stream));
    OK(cudaEventRecord(event, b.stream));
    FAILS(cudaEventQuery(event), cudaErrorNotReady);
    OK(cudaEventQuery(event));
    OK(cudaEventDestroy(event));
    OK(cudaFree(there));
    OK(cudaFree(other));
    queue_free(&a);
    queue_free(&b);
}

static void test_times(void **) {
    Queue q = queue_new();
    cudaEvent_t start, end;
    float ms = -1;
    int *there = device_zeros<int>(1024);
    OK(cudaEventCreate(&start));
    OK(cudaEventCreate(&end));
    OK(cudaEventRecord(start, q.stream));
    P2C_LAUNCH(add_kernel, 1, 1024, 0, &q, there, 1);
    OK(cudaEventRecord(end, q.stream));
    FAILS(cudaEventElapsedTime(&ms, start, end), cudaErrorNotReady);
    OK(cudaEventSynchronize(end));
    OK(cudaEventElapsedTime(&ms, start, end));
    assert_true(ms > 0 && ms < 60000);
    OK(cudaEventDestroy(start));
    OK(cudaEventDestroy(end));
    OK(cudaFree(there));
    queue_free(&q);
}

/* The default stream takes turns with streams that are not cudaStreamNonBlocking, and waits for no
 * other stream. */
static void test_default_stream(void **) {
    Queue with = { NULL }, without = queue_new(), first = { NULL };
    int *there = device_zeros<int>(2), here[2];
    OK(cudaStreamCreate(&with.stream));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &with, there, 3);
    P2C_LAUNCH(add_kernel, 1, 1, 0, &without, there + 1, 3);
    P2C_LAUNCH(add_kernel, 1, 2, 0, &first, there, 10);
    OK(cudaMemcpy(here, there, sizeof here, cudaMemcpyDeviceToHost));
    assert_int_equal(here[0], 13);
    assert_int_equal(here[1], 10);
    OK(cudaDeviceSynchronize());
    OK(cudaMemcpy(here, there, sizeof here, cudaMemcpyDeviceToHost));
    assert_int_equal(here[1], 13);
    OK(cudaFree(there));
    queue_free(&with);
    queue_free(&without);
}

/* Streams that were destroyed, and their events. */
static void test_ends(void **) {
    Queue q = queue_new();
    cudaEvent_t event;
    int *there = device_zeros<int>(1), here = -1;
    OK(cudaEventCreate(&event));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 4);
    OK(cudaMemcpyAsync(&here, there, sizeof here, cudaMemcpyDeviceToHost, q.stream));
    OK(cudaEventRecord(event, q.stream));
    cudaStream_t gone = q.stream;
    queue_free(&q);
    assert_int_equal(here, 4);
    OK(cudaEventSynchronize(event));
    FAILS(cudaStreamSynchronize(gone), cudaErrorInvalidResourceHandle);
    FAILS(cudaGetLastError(), cudaErrorInvalidResourceHandle);
    OK(cudaGetLastError());
    OK(cudaEventDestroy(event));
    OK(cudaFree(there));
}

/* cudaFree waits for what may still use the memory. */
static void test_freeing(void **) {
    Queue q = queue_new();
    int *there = device_zeros<int>(1), here = -1;
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 4);
    OK(cudaMemcpyAsync(&here, there, sizeof here, cudaMemcpyDeviceToHost, q.stream));
    OK(cudaFree(there));
    assert_int_equal(here, 4);
    queue_free(&q);
}

TESTS(streams, cmocka_unit_test(test_lazy), cmocka_unit_test(test_early_change),
      cmocka_unit_test(test_events), cmocka_unit_test(test_times),
      cmocka_unit_test(test_default_stream), cmocka_unit_test(test_ends),
      cmocka_unit_test(test_freeing))
