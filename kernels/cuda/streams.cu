/* streams.cu: the streams that run side by side while a run is recorded; they become branches of
 * one CUDA graph. lib/graph/schedule.c decides which step goes into which stream and what it waits
 * for. Outside of recordings all steps go into the first stream, in order. */
#include "queue.cuh"

/* Keeps a recording's first error. */
static void keep(P2cStreams *l, cudaError_t error) {
    if (l->error == cudaSuccess) l->error = error;
}

void streams_use(P2cQueue *queue, int stream) {
    queue->stream = queue->streams->handles[stream];
    queue->counters = queue->streams->counters + stream * MOST_COUNTERS;
}

static cudaEvent_t event_of(const P2cStreams *l, int number) {
    int low = 0, high = l->count - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (l->events[middle].number < number) low = middle + 1;
        else high = middle;
    }
    return l->events[low].event;
}

void streams_enter(P2cContext *ctx, int stream, const int waits[P2C_MAX_STREAMS]) {
    P2cStreams *l = ctx->queue->streams;
    if (!l->recording) return;
    streams_use(ctx->queue, stream);
    if (!l->joined[stream]) keep(l, cudaStreamWaitEvent(l->handles[stream], l->fork, 0));
    l->joined[stream] = true;
    for (int k = 0; k < P2C_MAX_STREAMS; k++)
        if (waits[k] >= 0 && l->count)
            keep(l, cudaStreamWaitEvent(l->handles[stream], event_of(l, waits[k]), 0));
}

void streams_record_event(P2cContext *ctx, int number) {
    P2cStreams *l = ctx->queue->streams;
    if (!l->recording) return;
    if (l->count == l->capacity) {
        int more = l->capacity ? 2 * l->capacity : 256;
        Event *events = (Event *)realloc(l->events, (size_t)more * sizeof *events);
        if (!events) return keep(l, cudaErrorMemoryAllocation);
        l->events = events;
        l->capacity = more;
    }
    Event *m = &l->events[l->count];
    m->number = number;
    cudaError_t error = cudaEventCreateWithFlags(&m->event, cudaEventDisableTiming);
    if (!error) {
        l->count++;
        error = cudaEventRecord(m->event, ctx->queue->stream);
    }
    keep(l, error);
}

/* All streams except the first begin at the fork. */
void streams_fork(P2cQueue *queue) {
    P2cStreams *l = queue->streams;
    l->error = cudaSuccess;
    l->count = 0;
    for (int k = 0; k < P2C_MAX_STREAMS; k++) l->joined[k] = k == 0;
    keep(l, cudaEventRecord(l->fork, l->handles[0]));
    l->recording = true;
}

/* The first stream waits for the ends of the others. The fork's event is recorded again in each
 * stream for this. */
cudaError_t streams_join(P2cQueue *queue) {
    P2cStreams *l = queue->streams;
    streams_use(queue, 0);
    l->recording = false;
    for (int k = 1; k < P2C_MAX_STREAMS; k++) {
        if (!l->joined[k]) continue;
        keep(l, cudaEventRecord(l->fork, l->handles[k]));
        keep(l, cudaStreamWaitEvent(l->handles[0], l->fork, 0));
    }
    return l->error;
}

void streams_reset(P2cStreams *l) {
    for (int i = 0; i < l->count; i++) cudaEventDestroy(l->events[i].event);
    l->count = 0;
}

/* ---- as part of a queue ---------------------------------------------------------------------- */

cudaError_t streams_init(P2cStreams *l) {
    cudaError_t error = cudaMalloc((void **)&l->counters,
                                   (int)P2C_MAX_STREAMS * MOST_COUNTERS * sizeof *l->counters);
    for (int k = 0; k < P2C_MAX_STREAMS && !error; k++)
        error = cudaStreamCreateWithFlags(&l->handles[k], cudaStreamNonBlocking);
    return error ? error : cudaEventCreateWithFlags(&l->fork, cudaEventDisableTiming);
}

void streams_clear(P2cStreams *l) {
    if (!l) return;
    cudaFree(l->counters);
    if (l->fork) cudaEventDestroy(l->fork);
    for (int k = 0; k < P2C_MAX_STREAMS; k++)
        if (l->handles[k]) cudaStreamDestroy(l->handles[k]);
    free(l->events);
    free(l);
}
