/* open.cu: opens a GPU for a context, or reports in one clear line why it cannot; and closes it. */
#include "queue.cuh"

#include <stdio.h>
#include <stdlib.h>

void queue_close(P2cContext *ctx) {
    P2cQueue *queue = ctx->queue;
    if (!queue) return;
    cudaSetDevice(queue->index);
    if (queue->stream) cudaStreamSynchronize(queue->stream);
    for (int k = 0; k < SLOTS && queue->staging; k++) {
        if (queue->staging->sent[k]) cudaEventDestroy(queue->staging->sent[k]);
        queue_free_host(ctx, queue->staging->slot[k]);
    }
    free(queue->staging);
    streams_clear(queue->streams);
    free(queue);
    ctx->queue = NULL;
}

static cudaError_t staging_init(P2cContext *ctx, P2cStaging *s) {
    for (int k = 0; k < SLOTS; k++) {
        if (!(s->slot[k] = queue_alloc_host(ctx, SLOT_BYTES))) return cudaErrorMemoryAllocation;
        cudaError_t error = cudaEventCreateWithFlags(&s->sent[k], cudaEventDisableTiming);
        if (error) return error;
    }
    return cudaSuccess;
}

/* Ends with a kernel, which shows whether this build has code for the GPU. */
static cudaError_t queue_init(P2cContext *ctx, P2cQueue *queue) {
    cudaError_t error = cudaSetDevice(queue->index);
    if (!error) error = streams_init(queue->streams);
    if (!error) error = staging_init(ctx, queue->staging);
    if (error) return error;
    streams_use(queue, 0);
    queue_fill(ctx, (float *)queue->counters, (int)P2C_MAX_STREAMS * MOST_COUNTERS, 1);
    error = cudaGetLastError();
    queue_fill(ctx, (float *)queue->counters, (int)P2C_MAX_STREAMS * MOST_COUNTERS, 0);
    return error ? error : cudaStreamSynchronize(queue->stream);
}

/* Counts the GPUs, or reports why there is none. */
static P2cStatus count_devices(P2cContext *ctx, int *count) {
    int driver = 0;
    cudaError_t error = cudaGetDeviceCount(count);
    if (error == cudaSuccess && *count > 0) return P2C_OK;
    cudaGetLastError();
    cudaDriverGetVersion(&driver);
    if (error == cudaErrorInsufficientDriver && !driver)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: there is no NVIDIA driver on this machine");
    if (error == cudaErrorInsufficientDriver)
        return p2c_fail(ctx, P2C_ERR_DEVICE,
                        "cuda: the NVIDIA driver supports CUDA up to %d.%d, but this build needs "
                        "%d.%d; update the driver",
                        driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000,
                        CUDART_VERSION % 1000 / 10);
    if (error == cudaErrorNoDevice || error == cudaSuccess)
        return p2c_fail(
            ctx, P2C_ERR_DEVICE,
            "cuda: there is no NVIDIA GPU on this machine, or CUDA_VISIBLE_DEVICES hides it");
    return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda: %s (%s)", cudaGetErrorString(error),
                    cudaGetErrorName(error));
}

static P2cStatus fail_open(P2cContext *ctx, cudaError_t error, int index, const cudaDeviceProp *p) {
    queue_close(ctx);
    if (error == cudaErrorNoKernelImageForDevice)
        return p2c_fail(ctx, P2C_ERR_DEVICE,
                        "cuda:%d (%s) is of architecture %d.%d, for which this build has no code; "
                        "build it with: make CUDA=1 SMS=%d%d",
                        index, p->name, p->major, p->minor, p->major, p->minor);
    if (error == cudaErrorMemoryAllocation)
        return p2c_fail(ctx, P2C_ERR_MEMORY, "out of memory: cuda:%d (%s) cannot be opened", index,
                        p->name);
    return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d (%s) cannot be opened: %s (%s)", index, p->name,
                    cudaGetErrorString(error), cudaGetErrorName(error));
}

P2cStatus queue_open(P2cContext *ctx, int index) {
    int count = 0;
    cudaDeviceProp p;
    P2cStatus status = count_devices(ctx, &count);
    if (status) return status;
    if (index >= count)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d: there %s, from cuda:0 on", index,
                        count == 1 ? "is 1 GPU" : "are fewer GPUs");
    cudaError_t error = cudaGetDeviceProperties(&p, index);
    if (error)
        return p2c_fail(ctx, P2C_ERR_DEVICE, "cuda:%d: %s (%s)", index, cudaGetErrorString(error),
                        cudaGetErrorName(error));
    P2cQueue *queue = ctx->queue = (P2cQueue *)calloc(1, sizeof *queue);
    if (queue) queue->staging = (P2cStaging *)calloc(1, sizeof *queue->staging);
    if (queue) queue->streams = (P2cStreams *)calloc(1, sizeof *queue->streams);
    if (!queue || !queue->staging || !queue->streams)
        return fail_open(ctx, cudaErrorMemoryAllocation, index, &p);
    queue->ctx = ctx;
    queue->index = index;
    if ((error = queue_init(ctx, queue))) return fail_open(ctx, error, index, &p);
    ctx->precision = P2C_PRECISION_TF32;
    snprintf(ctx->device_name, sizeof ctx->device_name,
             "cuda:%d, %.99s, architecture %d.%d, %.1f GiB", index, p.name, p.major, p.minor,
             (double)p.totalGlobalMem / (1 << 30));
    return P2C_OK;
}

extern "C" int p2c_cuda_device_count(void) {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : (cudaGetLastError(), 0);
}
