/* device.cu: an NVIDIA GPU as a device: memory, transfers, runs, and the faults of all of them.
 *
 * A context has one stream, in which everything happens in order. The host runs ahead of it:
 *   upload    copies into one of two pinned staging buffers and returns; the transfer waits its turn in the stream
 *   run       the first one launches kernel by kernel, which loads them; the second is captured into a CUDA graph, and from then on
 *             a run is one launch of that graph
 *   download, wait   wait for the stream
 *
 * The first error sticks: a kernel that failed leaves a context whose memory can no longer be read, so every later call says so at once. */
#include "cuda.cuh"

#include <stdio.h>
#include <string.h>

static const P2cKernel *const kernels[] = {
#define P2C_OP(name) &p2c_cuda_##name,
#include "../../lib/op_list.h"
};

enum { SLOTS = 2 };
static const size_t SLOT_BYTES = (size_t)4 << 20;

/* Pinned memory that uploads pass through, in turns. */
struct P2cStaging {
    void *slot[SLOTS];
    cudaEvent_t sent[SLOTS]; /* the transfer out of it is over */
    int next;
};

/* ---- faults ------------------------------------------------------------------------------------------------------- */

/* Reports the queue's first error, whenever it came. */
static P2cStatus check(P2cContext *ctx, cudaError_t error, const char *what) {
    P2cQueue *queue = ctx->queue;
    if (queue->fault == cudaSuccess) queue->fault = error;
    if (queue->fault == cudaSuccess) return P2C_OK;
    return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d failed in %s: %s (%s); nothing on it can be read any more", queue->index, what,
                    cudaGetErrorString(queue->fault), cudaGetErrorName(queue->fault));
}

static bool has_failed(const P2cContext *ctx) { return ctx->queue->fault != cudaSuccess; }

/* ---- memory --------------------------------------------------------------------------------------------------------- */

static void *alloc(P2cContext *ctx, size_t bytes) {
    void *memory = NULL;
    cudaSetDevice(ctx->queue->index);
    if (has_failed(ctx) || cudaMalloc(&memory, bytes) != cudaSuccess) {
        cudaGetLastError(); /* being out of memory is no fault of the queue */
        return NULL;
    }
    if (check(ctx, cudaMemsetAsync(memory, 0, bytes, ctx->queue->stream), "clearing memory") == P2C_OK) return memory;
    cudaFree(memory);
    return NULL;
}

static void release(P2cContext *ctx, void *memory) {
    if (!memory) return;
    cudaSetDevice(ctx->queue->index);
    cudaFree(memory);
}

static void *alloc_host(P2cContext *ctx, size_t bytes) {
    void *memory = NULL;
    cudaSetDevice(ctx->queue->index);
    if (cudaHostAlloc(&memory, bytes, cudaHostAllocDefault) != cudaSuccess) {
        cudaGetLastError();
        return NULL;
    }
    return memset(memory, 0, bytes);
}

static void free_host(P2cContext *ctx, void *memory) {
    (void)ctx;
    if (memory) cudaFreeHost(memory);
}

static size_t room(P2cContext *ctx) {
    size_t free_bytes = 0, total = 0;
    cudaSetDevice(ctx->queue->index);
    return cudaMemGetInfo(&free_bytes, &total) == cudaSuccess ? free_bytes : 0;
}

/* ---- transfers -------------------------------------------------------------------------------------------------------- */

/* At most SLOT_BYTES. */
static P2cStatus send(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cQueue *queue = ctx->queue;
    P2cStaging *s = queue->staging;
    int k = s->next;
    s->next = (k + 1) % SLOTS;
    P2cStatus status = check(ctx, cudaEventSynchronize(s->sent[k]), "an upload");
    if (status) return status;
    memcpy(s->slot[k], from, bytes);
    status = check(ctx, cudaMemcpyAsync(to, s->slot[k], bytes, cudaMemcpyHostToDevice, queue->stream), "an upload");
    return status ? status : check(ctx, cudaEventRecord(s->sent[k], queue->stream), "an upload");
}

static P2cStatus upload(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cStatus status = check(ctx, cudaSetDevice(ctx->queue->index), "an upload");
    for (size_t at = 0; at < bytes && !status; at += SLOT_BYTES)
        status = send(ctx, (char *)to + at, (const char *)from + at, bytes - at < SLOT_BYTES ? bytes - at : SLOT_BYTES);
    return status;
}

static P2cStatus wait(P2cContext *ctx) {
    P2cStatus status = check(ctx, cudaSetDevice(ctx->queue->index), "waiting");
    return status ? status : check(ctx, cudaStreamSynchronize(ctx->queue->stream), "a run");
}

static P2cStatus download(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cStatus status = check(ctx, cudaSetDevice(ctx->queue->index), "a download");
    if (!status) status = check(ctx, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, ctx->queue->stream), "a download");
    return status ? status : wait(ctx);
}

static __global__ void fill_kernel(float *to, unsigned count, float value) {
    unsigned i = global_thread();
    if (i < count) to[i] = value;
}

static void fill(P2cContext *ctx, float *to, size_t count, float value) {
    if (value == 0) cudaMemsetAsync(to, 0, count * sizeof *to, ctx->queue->stream);
    else P2C_LAUNCH(fill_kernel, blocks_for(count), THREADS, 0, ctx->queue, to, (unsigned)count, value);
}

/* ---- runs ----------------------------------------------------------------------------------------------------------------- */

static cudaError_t carry(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    return bytes ? cudaMemcpyAsync(to, from, bytes, kind, stream) : cudaSuccess;
}

static cudaError_t issue(P2cContext *ctx, P2cTape *tape) {
    cudaStream_t stream = ctx->queue->stream;
    cudaError_t error = carry(tape->there, tape->here, tape->to, cudaMemcpyHostToDevice, stream);
    if (error) return error;
    tape->issue(tape->of);
    error = cudaGetLastError(); /* of any launch */
    return error ? error : carry(tape->here, tape->there, tape->bytes, cudaMemcpyDeviceToHost, stream);
}

static cudaError_t record(P2cContext *ctx, P2cTape *tape) {
    cudaGraph_t graph = NULL;
    cudaError_t error = cudaStreamBeginCapture(ctx->queue->stream, cudaStreamCaptureModeThreadLocal);
    if (error) return error;
    error = issue(ctx, tape);
    cudaError_t end = cudaStreamEndCapture(ctx->queue->stream, &graph);
    if (!error) error = end;
    if (!error) error = cudaGraphInstantiate((cudaGraphExec_t *)&tape->recording, graph, 0);
    if (graph) cudaGraphDestroy(graph);
    return error;
}

static P2cStatus run(P2cContext *ctx, P2cTape *tape) {
    P2cStatus status = check(ctx, cudaSetDevice(ctx->queue->index), "a run");
    if (status) return status;
    if (!tape->runs++) return check(ctx, issue(ctx, tape), "the first run");
    if (!tape->recording) status = check(ctx, record(ctx, tape), "recording a run");
    return status ? status : check(ctx, cudaGraphLaunch((cudaGraphExec_t)tape->recording, ctx->queue->stream), "a run");
}

static void forget(P2cContext *ctx, P2cTape *tape) {
    cudaSetDevice(ctx->queue->index);
    if (tape->recording) cudaGraphExecDestroy((cudaGraphExec_t)tape->recording);
    tape->recording = NULL;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------- */

static void close_queue(P2cContext *ctx) {
    P2cQueue *queue = ctx->queue;
    if (!queue) return;
    cudaSetDevice(queue->index);
    if (queue->stream) cudaStreamSynchronize(queue->stream);
    for (int k = 0; k < SLOTS && queue->staging; k++) {
        if (queue->staging->sent[k]) cudaEventDestroy(queue->staging->sent[k]);
        free_host(ctx, queue->staging->slot[k]);
    }
    free(queue->staging);
    cudaFree(queue->counters);
    if (queue->stream) cudaStreamDestroy(queue->stream);
    free(queue);
    ctx->queue = NULL;
}

static cudaError_t staging_init(P2cContext *ctx, P2cStaging *s) {
    for (int k = 0; k < SLOTS; k++) {
        if (!(s->slot[k] = alloc_host(ctx, SLOT_BYTES))) return cudaErrorMemoryAllocation;
        cudaError_t error = cudaEventCreateWithFlags(&s->sent[k], cudaEventDisableTiming);
        if (error) return error;
    }
    return cudaSuccess;
}

/* Ends with a kernel, which tells whether this build has code for the GPU. */
static cudaError_t queue_init(P2cContext *ctx, P2cQueue *queue) {
    cudaError_t error = cudaSetDevice(queue->index);
    if (!error) error = cudaStreamCreateWithFlags(&queue->stream, cudaStreamNonBlocking);
    if (!error) error = staging_init(ctx, queue->staging);
    if (!error) error = cudaMalloc((void **)&queue->counters, MOST_COUNTERS * sizeof *queue->counters);
    if (error) return error;
    fill(ctx, (float *)queue->counters, MOST_COUNTERS, 1);
    error = cudaGetLastError();
    fill(ctx, (float *)queue->counters, MOST_COUNTERS, 0);
    return error ? error : cudaStreamSynchronize(queue->stream);
}

/* How many GPUs there are; else why there is none. */
static P2cStatus count_devices(P2cContext *ctx, int *count) {
    int driver = 0;
    cudaError_t error = cudaGetDeviceCount(count);
    if (error == cudaSuccess && *count > 0) return P2C_OK;
    cudaGetLastError();
    cudaDriverGetVersion(&driver);
    if (error == cudaErrorInsufficientDriver && !driver) return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: there is no NVIDIA driver on this machine");
    if (error == cudaErrorInsufficientDriver)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: the NVIDIA driver knows CUDA up to %d.%d, this build needs %d.%d; update the driver", driver / 1000,
                        driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
    if (error == cudaErrorNoDevice || error == cudaSuccess)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: there is no NVIDIA GPU on this machine, or CUDA_VISIBLE_DEVICES hides it");
    return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: %s (%s)", cudaGetErrorString(error), cudaGetErrorName(error));
}

static P2cStatus fail_open(P2cContext *ctx, cudaError_t error, int index, const cudaDeviceProp *p) {
    close_queue(ctx);
    if (error == cudaErrorNoKernelImageForDevice)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d (%s) is of architecture %d.%d, for which this build has no code; build it with: make CUDA=1 SMS=%d%d",
                        index, p->name, p->major, p->minor, p->major, p->minor);
    if (error == cudaErrorMemoryAllocation) return p2c_fail(ctx, P2C_ERR_MEMORY, "out of memory: cuda:%d (%s) cannot be opened", index, p->name);
    return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d (%s) cannot be opened: %s (%s)", index, p->name, cudaGetErrorString(error), cudaGetErrorName(error));
}

static P2cStatus open_queue(P2cContext *ctx, int index) {
    int count = 0;
    cudaDeviceProp p;
    P2cStatus status = count_devices(ctx, &count);
    if (status) return status;
    if (index >= count) return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d: there %s, from cuda:0 on", index, count == 1 ? "is 1 GPU" : "are fewer GPUs");
    cudaError_t error = cudaGetDeviceProperties(&p, index);
    if (error) return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d: %s (%s)", index, cudaGetErrorString(error), cudaGetErrorName(error));
    P2cQueue *queue = ctx->queue = (P2cQueue *)calloc(1, sizeof *queue);
    if (queue) queue->staging = (P2cStaging *)calloc(1, sizeof *queue->staging);
    if (!queue || !queue->staging) return fail_open(ctx, cudaErrorMemoryAllocation, index, &p);
    queue->ctx = ctx;
    queue->index = index;
    if ((error = queue_init(ctx, queue))) return fail_open(ctx, error, index, &p);
    ctx->precision = P2C_PRECISION_TF32;
    snprintf(ctx->device_name, sizeof ctx->device_name, "cuda:%d, %.99s, architecture %d.%d, %.1f GiB", index, p.name, p.major, p.minor,
             (double)p.totalGlobalMem / (1 << 30));
    return P2C_OK;
}

extern "C" int p2c_cuda_device_count(void) {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : (cudaGetLastError(), 0);
}

extern "C" const P2cDevice p2c_cuda_device = {
    .name = "cuda",
    .detail = "CUDA",
    .open = open_queue,
    .close = close_queue,
    .alloc = alloc,
    .free = release,
    .alloc_host = alloc_host,
    .free_host = free_host,
    .room = room,
    .upload = upload,
    .download = download,
    .fill = fill,
    .run = run,
    .wait = wait,
    .forget = forget,
    .kernels = kernels,
};
