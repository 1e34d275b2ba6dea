/* lanes.cu: several streams that run side by side, while a run is recorded: they become branches of one CUDA graph. Which step goes where and
 * waits for what is decided by lib/schedule.c. Outside of recordings all steps go into the first lane, in order. */
#include "queue.cuh"

/* Remembers a recording's first error. */
static void keep(P2cLanes *l, cudaError_t error) {
    if (l->error == cudaSuccess) l->error = error;
}

void lanes_use(P2cQueue *queue, int lane) {
    queue->stream = queue->lanes->streams[lane];
    queue->counters = queue->lanes->counters + lane * MOST_COUNTERS;
}

static cudaEvent_t event_of(const P2cLanes *l, int number) {
    int low = 0, high = l->count - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (l->marks[middle].number < number) low = middle + 1;
        else high = middle;
    }
    return l->marks[low].event;
}

void lanes_enter(P2cContext *ctx, int lane, const int waits[P2C_MAX_LANES]) {
    P2cLanes *l = ctx->queue->lanes;
    if (!l->recording) return;
    lanes_use(ctx->queue, lane);
    if (!l->joined[lane]) keep(l, cudaStreamWaitEvent(l->streams[lane], l->fork, 0));
    l->joined[lane] = true;
    for (int k = 0; k < P2C_MAX_LANES; k++)
        if (waits[k] >= 0 && l->count) keep(l, cudaStreamWaitEvent(l->streams[lane], event_of(l, waits[k]), 0));
}

void lanes_mark(P2cContext *ctx, int number) {
    P2cLanes *l = ctx->queue->lanes;
    if (!l->recording) return;
    if (l->count == l->room) {
        int more = l->room ? 2 * l->room : 256;
        Mark *marks = (Mark *)realloc(l->marks, (size_t)more * sizeof *marks);
        if (!marks) return keep(l, cudaErrorMemoryAllocation);
        l->marks = marks;
        l->room = more;
    }
    Mark *m = &l->marks[l->count];
    m->number = number;
    cudaError_t error = cudaEventCreateWithFlags(&m->event, cudaEventDisableTiming);
    if (!error) {
        l->count++;
        error = cudaEventRecord(m->event, ctx->queue->stream);
    }
    keep(l, error);
}

/* Lanes other than the first begin at the fork. */
void lanes_fork(P2cQueue *queue) {
    P2cLanes *l = queue->lanes;
    l->error = cudaSuccess;
    l->count = 0;
    for (int k = 0; k < P2C_MAX_LANES; k++) l->joined[k] = k == 0;
    keep(l, cudaEventRecord(l->fork, l->streams[0]));
    l->recording = true;
}

/* The first lane waits for the ends of the others. The fork's event, in each lane anew, serves for that. */
cudaError_t lanes_join(P2cQueue *queue) {
    P2cLanes *l = queue->lanes;
    lanes_use(queue, 0);
    l->recording = false;
    for (int k = 1; k < P2C_MAX_LANES; k++) {
        if (!l->joined[k]) continue;
        keep(l, cudaEventRecord(l->fork, l->streams[k]));
        keep(l, cudaStreamWaitEvent(l->streams[0], l->fork, 0));
    }
    return l->error;
}

void lanes_forget(P2cLanes *l) {
    for (int i = 0; i < l->count; i++) cudaEventDestroy(l->marks[i].event);
    l->count = 0;
}

/* ---- as part of a queue ------------------------------------------------------------------------------------------------ */

cudaError_t lanes_init(P2cLanes *l) {
    cudaError_t error = cudaMalloc((void **)&l->counters, (int)P2C_MAX_LANES * MOST_COUNTERS * sizeof *l->counters);
    for (int k = 0; k < P2C_MAX_LANES && !error; k++) error = cudaStreamCreateWithFlags(&l->streams[k], cudaStreamNonBlocking);
    return error ? error : cudaEventCreateWithFlags(&l->fork, cudaEventDisableTiming);
}

void lanes_clear(P2cLanes *l) {
    if (!l) return;
    cudaFree(l->counters);
    if (l->fork) cudaEventDestroy(l->fork);
    for (int k = 0; k < P2C_MAX_LANES; k++)
        if (l->streams[k]) cudaStreamDestroy(l->streams[k]);
    free(l->marks);
    free(l);
}
