/* queue.cuh: the fields of a queue, shared by device.cu, streams.cu and open.cu. Kernels use only
 * those in cuda.cuh. */
#ifndef P2C_CUDA_QUEUE_CUH
#define P2C_CUDA_QUEUE_CUH

#include "cuda.cuh"

enum { SLOTS = 2 };
static const size_t SLOT_BYTES = (size_t)4 << 20;

/* Pinned buffers through which uploads pass, in turns. */
struct P2cStaging {
    void *slot[SLOTS];
    cudaEvent_t sent[SLOTS]; /* recorded when the transfer from the buffer is finished */
    int next;
};

/* A point in a stream that other streams wait for. */
struct Event {
    int number;
    cudaEvent_t event;
};

struct P2cStreams {
    cudaStream_t handles[P2C_MAX_STREAMS]; /* the first is the context's stream */
    int *counters;                         /* counters for all streams */
    bool recording, joined[P2C_MAX_STREAMS];
    cudaEvent_t fork;
    Event *events; /* by their numbers */
    int count, capacity;
    cudaError_t error;
};

/* device.cu. queue_check reports the queue's first error, whenever it came. */
P2cStatus queue_check(P2cContext *ctx, cudaError_t error, const char *what);
void *queue_alloc_host(P2cContext *ctx, size_t bytes);
void queue_free_host(P2cContext *ctx, void *memory);
void queue_fill(P2cContext *ctx, float *to, size_t count, float value);

/* open.cu */
P2cStatus queue_open(P2cContext *ctx, int index);
void queue_close(P2cContext *ctx);

/* streams.cu. In a recording, the streams fork after the capture has begun, join before it ends,
 * and are reset afterwards. */
cudaError_t streams_init(P2cStreams *streams);
void streams_clear(P2cStreams *streams);
void streams_use(P2cQueue *queue, int stream);
void streams_enter(P2cContext *ctx, int stream, const int waits[P2C_MAX_STREAMS]);
void streams_record_event(P2cContext *ctx, int number);
void streams_fork(P2cQueue *queue);
cudaError_t streams_join(P2cQueue *queue);
void streams_reset(P2cStreams *streams);

#endif
