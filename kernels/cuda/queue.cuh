/* queue.cuh: the inside of a queue, shared by device.cu, lanes.cu and open.cu; kernels see what cuda.cuh shows of it. */
#ifndef P2C_CUDA_QUEUE_CUH
#define P2C_CUDA_QUEUE_CUH

#include "cuda.cuh"

enum { SLOTS = 2 };
static const size_t SLOT_BYTES = (size_t)4 << 20;

/* Pinned memory that uploads pass through, in turns. */
struct P2cStaging {
    void *slot[SLOTS];
    cudaEvent_t sent[SLOTS]; /* the transfer out of it is over */
    int next;
};

/* A place in a lane that others wait for. */
struct Mark {
    int number;
    cudaEvent_t event;
};

struct P2cLanes {
    cudaStream_t streams[P2C_MAX_LANES]; /* the first is the context's stream */
    int *counters;                       /* of all lanes */
    bool recording, joined[P2C_MAX_LANES];
    cudaEvent_t fork;
    Mark *marks; /* in order of their numbers */
    int count, room;
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

/* lanes.cu. A recording forks after its capture has begun, joins before it ends, and forgets afterwards. */
cudaError_t lanes_init(P2cLanes *lanes);
void lanes_clear(P2cLanes *lanes);
void lanes_use(P2cQueue *queue, int lane);
void lanes_enter(P2cContext *ctx, int lane, const int waits[P2C_MAX_LANES]);
void lanes_mark(P2cContext *ctx, int number);
void lanes_fork(P2cQueue *queue);
cudaError_t lanes_join(P2cQueue *queue);
void lanes_forget(P2cLanes *lanes);

#endif
