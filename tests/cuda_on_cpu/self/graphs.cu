/* graphs.cu: captured work is not done at once, but whenever its graph is launched, in any order
 * that its events allow. */
#include "self.h"

static __global__ void add_kernel(int *y, int value) { *y += value; }
static __global__ void double_kernel(int *y) { *y *= 2; }

static cudaGraphExec_t end_capture(Queue *q) {
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    OK(cudaGetLastError());
    OK(cudaStreamEndCapture(q->stream, &graph));
    OK(cudaGraphInstantiate(&exec, graph, 0));
    OK(cudaGraphDestroy(graph));
    return exec;
}

static void test_replay(void **) {
    Queue q = queue_new();
    int *there = device_zeros<int>(1), *in, *out;
    OK(cudaMallocHost(&in, sizeof *in));
    OK(cudaMallocHost(&out, sizeof *out));
    *in = 5;
    *out = -1;
    OK(cudaStreamBeginCapture(q.stream, cudaStreamCaptureModeThreadLocal));
    OK(cudaMemcpyAsync(there, in, sizeof *in, cudaMemcpyHostToDevice, q.stream));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 3);
    P2C_LAUNCH(double_kernel, 1, 1, 0, &q, there);
    OK(cudaMemcpyAsync(out, there, sizeof *out, cudaMemcpyDeviceToHost, q.stream));
    cudaGraphExec_t exec = end_capture(&q);
    OK(cudaStreamSynchronize(q.stream));
    assert_int_equal(*out, -1);
    for (int i = 0; i < 3; i++) {
        *in = i;
        OK(cudaGraphLaunch(exec, q.stream));
        assert_int_equal(*out, i ? 2 * (i - 1 + 3) : -1);
        OK(cudaStreamSynchronize(q.stream));
        assert_int_equal(*out, 2 * (i + 3));
    }
    OK(cudaGraphLaunch(exec, q.stream));
    OK(cudaGraphExecDestroy(exec)); /* the launch is not done yet */
    *in = 20;
    OK(cudaStreamSynchronize(q.stream));
    assert_int_equal(*out, 46);
    OK(cudaFree(there));
    OK(cudaFreeHost(in));
    OK(cudaFreeHost(out));
    queue_free(&q);
}

/* y = (0 + 1) * 2 + 1, by two streams. Without the wait for `forked`, or for `joined`, other orders
 * give other results. */
static int forked(int order, bool waits) {
    Queue a = queue_new(), b = queue_new();
    cudaEvent_t begin, forked, joined;
    int *there = device_zeros<int>(1), here;
    OK(cudaEventCreate(&begin));
    OK(cudaEventCreate(&forked));
    OK(cudaEventCreate(&joined));
    OK(cudaStreamBeginCapture(a.stream, cudaStreamCaptureModeThreadLocal));
    OK(cudaEventRecord(begin, a.stream));
    OK(cudaStreamWaitEvent(b.stream, begin, 0));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &a, there, 1);
    OK(cudaEventRecord(forked, a.stream));
    if (waits) OK(cudaStreamWaitEvent(b.stream, forked, 0));
    P2C_LAUNCH(double_kernel, 1, 1, 0, &b, there);
    OK(cudaEventRecord(joined, b.stream));
    OK(cudaStreamWaitEvent(a.stream, joined, 0));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &a, there, 1);
    cudaGraphExec_t exec = end_capture(&a);
    FAILS(cudaEventSynchronize(joined), cudaErrorCapturedEvent);
    FAILS(cudaStreamWaitEvent(b.stream, joined, 0), cudaErrorCapturedEvent);
    cudaGetLastError();
    emulated_order(order);
    OK(cudaGraphLaunch(exec, a.stream));
    OK(cudaStreamSynchronize(a.stream));
    OK(cudaMemcpy(&here, there, sizeof here, cudaMemcpyDeviceToHost));
    OK(cudaGraphExecDestroy(exec));
    OK(cudaEventDestroy(begin));
    OK(cudaEventDestroy(forked));
    OK(cudaEventDestroy(joined));
    OK(cudaFree(there));
    queue_free(&a);
    queue_free(&b);
    emulated_order(0);
    return here;
}

static void test_branches(void **) {
    for (int order = 0; order < 3; order++) assert_int_equal(forked(order, true), 3);
    assert_int_equal(forked(0, false), 3);
    assert_int_equal(forked(1, false), 2);
}

/* Work of another stream for which the capture's own stream never waits. */
static void test_unjoined(void **) {
    Queue a = queue_new(), b = queue_new();
    cudaEvent_t event;
    cudaGraph_t graph;
    int *there = device_zeros<int>(1);
    OK(cudaEventCreate(&event));
    OK(cudaStreamBeginCapture(a.stream, cudaStreamCaptureModeThreadLocal));
    OK(cudaEventRecord(event, a.stream));
    OK(cudaStreamWaitEvent(b.stream, event, 0));
    P2C_LAUNCH(add_kernel, 1, 1, 0, &b, there, 1);
    FAILS(cudaStreamEndCapture(b.stream, &graph), cudaErrorStreamCaptureUnmatched);
    FAILS(cudaStreamEndCapture(a.stream, &graph), cudaErrorStreamCaptureUnjoined);
    assert_null(graph);
    cudaGetLastError();
    OK(cudaEventDestroy(event));
    OK(cudaFree(there));
    queue_free(&a);
    queue_free(&b);
}

static void test_not_while_capturing(void **) {
    Queue q = queue_new(), other = queue_new();
    cudaStreamCaptureStatus status;
    cudaEvent_t event;
    cudaGraph_t graph;
    void *memory;
    int *there = device_zeros<int>(1), here;
    OK(cudaEventCreate(&event));
    OK(cudaEventRecord(event, other.stream));
    for (int what = 0; what < 6; what++) {
        OK(cudaStreamBeginCapture(q.stream, cudaStreamCaptureModeThreadLocal));
        if (what == 0) FAILS(cudaStreamSynchronize(q.stream), cudaErrorStreamCaptureUnsupported);
        if (what == 1) FAILS(cudaMalloc(&memory, 1), cudaErrorStreamCaptureUnsupported);
        if (what == 2) FAILS(cudaFree(there), cudaErrorStreamCaptureUnsupported);
        if (what == 3)
            FAILS(cudaMemcpy(&here, there, sizeof here, cudaMemcpyDeviceToHost),
                  cudaErrorStreamCaptureUnsupported);
        if (what == 4)
            FAILS(cudaStreamWaitEvent(q.stream, event, 0), cudaErrorStreamCaptureIsolation);
        if (what == 5) FAILS(cudaDeviceSynchronize(), cudaErrorStreamCaptureUnsupported);
        OK(cudaStreamIsCapturing(q.stream, &status));
        assert_int_equal(status, cudaStreamCaptureStatusInvalidated);
        P2C_LAUNCH(add_kernel, 1, 1, 0, &q, there, 1);
        FAILS(cudaGetLastError(), cudaErrorStreamCaptureInvalidated);
        FAILS(cudaStreamEndCapture(q.stream, &graph), cudaErrorStreamCaptureInvalidated);
    }
    cudaGetLastError();
    OK(cudaStreamIsCapturing(q.stream, &status));
    assert_int_equal(status, cudaStreamCaptureStatusNone);
    OK(cudaEventDestroy(event));
    OK(cudaFree(there));
    queue_free(&q);
    queue_free(&other);
}

TESTS(graphs, cmocka_unit_test(test_replay), cmocka_unit_test(test_branches),
      cmocka_unit_test(test_unjoined), cmocka_unit_test(test_not_while_capturing))
