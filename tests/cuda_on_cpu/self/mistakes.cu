/* mistakes.cu: forbidden actions of kernels and hosts end the program, with a message that says
 * where. */
#include "copy.h"
#include "mma.h"
#include "self.h"

#include <omp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static Queue queue; /* the default stream */

static void go() {
    OK(cudaGetLastError());
    OK(cudaStreamSynchronize(NULL));
}

/* Runs body in a separate process, which must fail and print `text`. */
static void assert_dies(void (*body)(), const char *text) {
    char said[1 << 16] = "";
    size_t n = 0;
    ssize_t got;
    int pipes[2], status;
    assert_int_equal(pipe(pipes), 0);
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        dup2(pipes[1], 2);
        omp_set_num_threads(1);   /* the threads of OpenMP do not exist in the child process */
        signal(SIGSEGV, SIG_DFL); /* otherwise cmocka would catch it and go on */
        body();
        _exit(0);
    }
    close(pipes[1]);
    while (n + 1 < sizeof said && (got = read(pipes[0], said + n, sizeof said - 1 - n)) > 0)
        n += (size_t)got;
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    said[n] = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) fail_msg("ended well");
    if (!strstr(said, text)) fail_msg("said not '%s', but '%s'", text, said);
}

/* ---- waiting for ever ------------------------------------------------------------------------ */

/* Half of the warps wait at a barrier; one lane of each other warp waits in an operation that the
 * rest of its warp never reaches. */
static __global__ void stuck_kernel() {
    if (threadIdx.x < 32) __syncthreads();
    else if (threadIdx.x == 40) __shfl_sync(0xFFFFFFFFu, 1, 0);
    else __syncthreads_or(0);
}
static void stuck() { P2C_LAUNCH(stuck_kernel, 1, 64, 0, &queue), go(); }

static const int half_line = __LINE__ + 2;
static __global__ void half_kernel() {
    if (threadIdx.x % 2) __syncwarp();
    else __syncthreads();
}
static void half() { P2C_LAUNCH(half_kernel, dim3(1, 3), 64, 0, &queue), go(); }

static __global__ void two_barriers_kernel() {
    if (threadIdx.x < 32) __syncthreads();
    else __syncthreads_count(1);
}
static void two_barriers() { P2C_LAUNCH(two_barriers_kernel, 1, 64, 0, &queue), go(); }

static __global__ void two_shuffles_kernel(int *y) {
    if (threadIdx.x < 16) *y = __shfl_sync(0xFFFFFFFFu, 1, 0);
    else *y = __shfl_xor_sync(0xFFFFFFFFu, 1, 0);
}
static void two_shuffles() {
    P2C_LAUNCH(two_shuffles_kernel, 1, 32, 0, &queue, device_zeros<int>(1)), go();
}

static __global__ void not_in_mask_kernel() { __syncwarp(0xFFu); }
static void not_in_mask() { P2C_LAUNCH(not_in_mask_kernel, 1, 32, 0, &queue), go(); }

static __global__ void no_warp_kernel() {
    float d[4] = { 0 };
    uint32_t a[4] = { 0 }, b[2] = { 0 };
    mma_bf16(d, a, b);
}
static void no_warp() { P2C_LAUNCH(no_warp_kernel, 1, 16, 0, &queue), go(); }

static void test_waiting_for_ever(void **) {
    char line[200];
    assert_dies(stuck, "kernel stuck_kernel");
    assert_dies(stuck, "threads of one block wait at different barriers");
    assert_dies(half,
                "kernel half_kernel (" __FILE__
                "), block (0, 0, 0), thread (63, 0, 0): threads wait for each other for ever");
    snprintf(
        line, sizeof line,
        "  32 of 64 threads wait in an operation of the warp, %s:%d; the first is thread (1, 0, 0)",
        __FILE__, half_line);
    assert_dies(half, line);
    assert_dies(two_barriers, "different barriers");
    assert_dies(two_shuffles, "lanes of one warp wait in different operations");
    assert_dies(not_in_mask, "bit in the mask is 0");
    assert_dies(no_warp, "its warp multiplies matrices");
}

/* ---- memory ---------------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__

static __global__ void beyond_kernel(float *y) { y[threadIdx.x + 1] = 1; }
static void beyond() { P2C_LAUNCH(beyond_kernel, 1, 64, 0, &queue, device_zeros<float>(64)), go(); }

static __global__ void beyond_shared_kernel(float *y) {
    P2C_DYNAMIC_SHARED(float, s);
    s[threadIdx.x + 1] = 1;
    __syncthreads();
    *y = s[0];
}
static void beyond_shared() {
    P2C_LAUNCH(beyond_shared_kernel, 1, 64, 64 * sizeof(float), &queue, device_zeros<float>(1)),
        go();
}

static __global__ void beyond_array_kernel(float *y) {
    __shared__ float s[64];
    s[threadIdx.x + 1] = 1;
    __syncthreads();
    *y = s[0];
}
static void beyond_array() {
    P2C_LAUNCH(beyond_array_kernel, 1, 64, 0, &queue, device_zeros<float>(1)), go();
}

static __global__ void crooked_kernel(float *y) { *(float4 *)(y + 1) = make_float4(1, 2, 3, 4); }
static void crooked() {
    P2C_LAUNCH(crooked_kernel, 1, 1, 0, &queue, device_zeros<float>(64)), go();
}

static __global__ void crooked_copy_kernel(const float *x) {
    __shared__ __align__(16) float s[8];
    cp_async8(s, x + 1);
}
static void crooked_copy() {
    P2C_LAUNCH(crooked_copy_kernel, 1, 1, 0, &queue, device_zeros<float>(64)), go();
}

/* Uses more stack than there is. */
static __global__ void deep_kernel(float *y) {
    volatile float array[1 << 16];
    for (int i = 0; i < 1 << 16; i++) array[i] = (float)i;
    *y = array[77];
}
static void deep() { P2C_LAUNCH(deep_kernel, 1, 1, 0, &queue, device_zeros<float>(1)), go(); }

static void touches() { *(volatile float *)device_zeros<float>(64) = 1; }

static void touches_new() {
    float *there;
    OK(cudaMalloc(&there, 4));
    *(volatile float *)there = 1;
}

/* The host frees memory that a copy has not read yet. */
static void too_early() {
    float *there = device_zeros<float>(64), *here = (float *)calloc(64, sizeof *here);
    OK(cudaMemcpyAsync(there, here, 64 * sizeof *here, cudaMemcpyHostToDevice, NULL));
    free(here);
    go();
}

static void test_memory(void **) {
    assert_dies(beyond, "heap-buffer-overflow");
    assert_dies(beyond, "beyond_kernel"); /* found in the stack that the sanitizer prints */
    assert_dies(beyond_shared, "heap-buffer-overflow");
    assert_dies(crooked, "misaligned address");
    assert_dies(crooked_copy, "not a multiple of its size");
    assert_dies(beyond_array, "out of bounds");
    assert_dies(deep, "");
    assert_dies(touches, "use-after-poison");
    assert_dies(touches_new, "use-after-poison");
    assert_dies(too_early, "heap-use-after-free");
}

#else
static void test_memory(void **) { skip(); }
#endif

TESTS(mistakes, cmocka_unit_test(test_waiting_for_ever), cmocka_unit_test(test_memory))
