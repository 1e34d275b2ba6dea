/* device.cu: an NVIDIA GPU as a device: memory, transfers, runs, and the errors of all of them.
 *
 * A context has one stream, in which everything happens in order. The host runs ahead of it:
 *   upload    copies into one of two pinned staging buffers and returns; the transfer waits for its
 *             turn in the stream
 *   run       the first run launches kernel by kernel, which loads them; the second is captured
 *             into a CUDA graph; from then on a run is one launch of that graph
 *   download, wait   wait for the stream
 *
 * During capture, steps go into several streams (lib/graph/schedule.c), which become branches of
 * the graph.
 *
 * The first error sticks: a kernel that failed leaves a context whose memory can no longer be read,
 * so every later call reports it at once. */
#include "queue.cuh"

#include <string.h>

static const P2cKernel *const kernels[] = {
#define P2C_OP(name) &p2c_cuda_##name,
#include "op/op_list.h"
};

/* ---- errors ---------------------------------------------------------------------------------- */

/* Reports the queue's first error, whenever it came. */
P2cStatus queue_check(P2cContext *ctx, cudaError_t error, const char *what) {
    P2cQueue *queue = ctx->queue;
    if (queue->fault == cudaSuccess) queue->fault = error;
    if (queue->fault == cudaSuccess) return P2C_OK;
    return p2c_fail(
        ctx, P2C_ERR_DEVICE, "cuda:%d failed in %s: %s (%s); nothing on it can be read any more",
        queue->index, what, cudaGetErrorString(queue->fault), cudaGetErrorName(queue->fault));
}

static bool has_failed(const P2cContext *ctx) { return ctx->queue->fault != cudaSuccess; }

/* ---- memory ---------------------------------------------------------------------------------- */

static void *alloc(P2cContext *ctx, size_t bytes) {
    void *memory = NULL;
    cudaSetDevice(ctx->queue->index);
    if (has_failed(ctx) || cudaMalloc(&memory, bytes) != cudaSuccess) {
        cudaGetLastError(); /* running out of memory is no fault of the queue */
        return NULL;
    }
    if (queue_check(ctx, cudaMemsetAsync(memory, 0, bytes, ctx->queue->stream),
                    "clearing memory") == P2C_OK)
        return memory;
    cudaFree(memory);
    return NULL;
}

static void release(P2cContext *ctx, void *memory) {
    if (!memory) return;
    cudaSetDevice(ctx->queue->index);
    cudaFree(memory);
}

void *queue_alloc_host(P2cContext *ctx, size_t bytes) {
    void *memory = NULL;
    cudaSetDevice(ctx->queue->index);
    if (cudaHostAlloc(&memory, bytes, cudaHostAllocDefault) != cudaSuccess) {
        cudaGetLastError();
        return NULL;
    }
    return memset(memory, 0, bytes);
}

void queue_free_host(P2cContext *ctx, void *memory) {
    (void)ctx;
    if (memory) cudaFreeHost(memory);
}

static size_t free_bytes(P2cContext *ctx) {
    size_t free_bytes = 0, total = 0;
    cudaSetDevice(ctx->queue->index);
    return cudaMemGetInfo(&free_bytes, &total) == cudaSuccess ? free_bytes : 0;
}

/* ---- transfers ------------------------------------------------------------------------------- */

/* At most SLOT_BYTES. */
static P2cStatus send(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cQueue *queue = ctx->queue;
    P2cStaging *s = queue->staging;
    int k = s->next;
    s->next = (k + 1) % SLOTS;
    P2cStatus status = queue_check(ctx, cudaEventSynchronize(s->sent[k]), "an upload");
    if (status) return status;
    memcpy(s->slot[k], from, bytes);
    status = queue_check(
        ctx, cudaMemcpyAsync(to, s->slot[k], bytes, cudaMemcpyHostToDevice, queue->stream),
        "an upload");
    return status ? status
                  : queue_check(ctx, cudaEventRecord(s->sent[k], queue->stream), "an upload");
}

static P2cStatus upload(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cStatus status = queue_check(ctx, cudaSetDevice(ctx->queue->index), "an upload");
    for (size_t at = 0; at < bytes && !status; at += SLOT_BYTES)
        status = send(ctx, (char *)to + at, (const char *)from + at,
                      bytes - at < SLOT_BYTES ? bytes - at : SLOT_BYTES);
    return status;
}

static P2cStatus wait(P2cContext *ctx) {
    P2cStatus status = queue_check(ctx, cudaSetDevice(ctx->queue->index), "waiting");
    return status ? status : queue_check(ctx, cudaStreamSynchronize(ctx->queue->stream), "a run");
}

static P2cStatus download(P2cContext *ctx, void *to, const void *from, size_t bytes) {
    P2cStatus status = queue_check(ctx, cudaSetDevice(ctx->queue->index), "a download");
    if (!status)
        status = queue_check(
            ctx, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, ctx->queue->stream),
            "a download");
    return status ? status : wait(ctx);
}

static __global__ void fill_kernel(float *to, unsigned count, float value) {
    unsigned i = global_thread();
    if (i < count) to[i] = value;
}

void queue_fill(P2cContext *ctx, float *to, size_t count, float value) {
    if (value == 0) cudaMemsetAsync(to, 0, count * sizeof *to, ctx->queue->stream);
    else
        P2C_LAUNCH(fill_kernel, blocks_for(count), THREADS, 0, ctx->queue, to, (unsigned)count,
                   value);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static cudaError_t carry(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                         cudaStream_t stream) {
    return bytes ? cudaMemcpyAsync(to, from, bytes, kind, stream) : cudaSuccess;
}

static cudaError_t issue(P2cContext *ctx, P2cRecording *recording, bool capturing) {
    cudaStream_t stream = ctx->queue->stream;
    cudaError_t error = carry(recording->there, recording->here, recording->to,
                              cudaMemcpyHostToDevice, stream),
                end = cudaSuccess;
    if (error) return error;
    if (capturing) streams_fork(ctx->queue);
    recording->issue(recording->of);
    if (capturing) end = streams_join(ctx->queue);
    error = cudaGetLastError(); /* the error of any launch */
    if (!error) error = end;
    return error ? error
                 : carry(recording->here, recording->there, recording->bytes,
                         cudaMemcpyDeviceToHost, stream);
}

/* Captures what `issue` puts into the stream as a graph. *exec stays NULL on failure. */
static cudaError_t record(cudaStream_t stream, cudaError_t (*issue)(void *of), void *of,
                          cudaGraphExec_t *exec) {
    cudaGraph_t graph = NULL;
    cudaError_t error = cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
    if (error) return error;
    error = issue(of);
    cudaError_t end = cudaStreamEndCapture(stream, &graph);
    if (!error) error = end;
    if (!error) error = cudaGraphInstantiate(exec, graph, 0);
    if (graph) cudaGraphDestroy(graph);
    return error;
}

typedef struct RecordingOf {
    P2cContext *ctx;
    P2cRecording *recording;
} RecordingOf;

static cudaError_t issue_recording(void *of) {
    const RecordingOf *t = (const RecordingOf *)of;
    return issue(t->ctx, t->recording, true);
}

/* A graph takes memory of the GPU, too. If there is none left, nothing has run or failed, and the
 * next run tries again. */
static P2cStatus capture(P2cContext *ctx, P2cRecording *recording) {
    RecordingOf of = { ctx, recording };
    cudaError_t error =
        record(ctx->queue->stream, issue_recording, &of, (cudaGraphExec_t *)&recording->captured);
    streams_reset(ctx->queue->streams);
    if (error != cudaErrorMemoryAllocation || has_failed(ctx))
        return queue_check(ctx, error, "recording a run");
    cudaGetLastError();
    return p2c_fail(ctx, P2C_ERR_MEMORY,
                    "out of memory: cuda:%d has no room for the recording of a run; try a smaller "
                    "picture or batch",
                    ctx->queue->index);
}

static P2cStatus run(P2cContext *ctx, P2cRecording *recording) {
    P2cStatus status = queue_check(ctx, cudaSetDevice(ctx->queue->index), "a run");
    if (status) return status;
    if (!recording->runs++) return queue_check(ctx, issue(ctx, recording, false), "the first run");
    if (!recording->captured) status = capture(ctx, recording);
    return status
               ? status
               : queue_check(
                     ctx, cudaGraphLaunch((cudaGraphExec_t)recording->captured, ctx->queue->stream),
                     "a run");
}

static void destroy_recording(P2cContext *ctx, P2cRecording *recording) {
    cudaSetDevice(ctx->queue->index);
    if (recording->captured) cudaGraphExecDestroy((cudaGraphExec_t)recording->captured);
    recording->captured = NULL;
}

/* ---- timing ---------------------------------------------------------------------------------- */

/* `count` issues of one kernel, recorded so that the time of launching does not count. */
typedef struct Repeats {
    void (*issue)(void *of);
    void *of;
    int count;
} Repeats;

static cudaError_t issue_repeats(void *of) {
    const Repeats *r = (const Repeats *)of;
    for (int i = 0; i < r->count; i++) r->issue(r->of);
    return cudaGetLastError();
}

/* Times the second of two runs. */
static cudaError_t time_graph(cudaStream_t stream, cudaGraphExec_t exec, const cudaEvent_t event[2],
                              float *ms) {
    cudaError_t error = cudaGraphLaunch(exec, stream);
    if (!error) error = cudaEventRecord(event[0], stream);
    if (!error) error = cudaGraphLaunch(exec, stream);
    if (!error) error = cudaEventRecord(event[1], stream);
    if (!error) error = cudaEventSynchronize(event[1]);
    return error ? error : cudaEventElapsedTime(ms, event[0], event[1]);
}

static P2cStatus time_issues(P2cContext *ctx, void (*issue)(void *of), void *of, int repeats,
                             double *ms) {
    Repeats all_of = { issue, of, repeats };
    cudaGraphExec_t exec = NULL;
    cudaEvent_t event[2] = { NULL, NULL };
    float all = 0;
    cudaError_t error = cudaSetDevice(ctx->queue->index);
    for (int k = 0; k < 2 && !error; k++) error = cudaEventCreate(&event[k]);
    if (!error) error = record(ctx->queue->stream, issue_repeats, &all_of, &exec);
    if (!error) error = time_graph(ctx->queue->stream, exec, event, &all);
    for (int k = 0; k < 2; k++)
        if (event[k]) cudaEventDestroy(event[k]);
    if (exec) cudaGraphExecDestroy(exec);
    *ms = (double)all / repeats;
    return queue_check(ctx, error, "timing a kernel");
}

extern "C" const P2cDevice p2c_cuda_device = {
    .name = "cuda",
    .detail = "CUDA",
    .open = queue_open,
    .close = queue_close,
    .alloc = alloc,
    .free = release,
    .alloc_host = queue_alloc_host,
    .free_host = queue_free_host,
    .free_bytes = free_bytes,
    .upload = upload,
    .download = download,
    .fill = queue_fill,
    .run = run,
    .wait = wait,
    .streams = P2C_MAX_STREAMS,
    .enter_stream = streams_enter,
    .record_event = streams_record_event,
    .destroy_recording = destroy_recording,
    .time = time_issues,
    .kernels = kernels,
};
