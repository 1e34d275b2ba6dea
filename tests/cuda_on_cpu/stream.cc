/* stream.cc: streams that do nothing until somebody waits, and events.
 *
 * A stream is a list of commands and a count of those done. When an event is recorded, it notes how
 * many commands its stream had; it has happened when that many are done, and waiting for it means
 * doing them. A command that waits for an event of another stream does that stream's commands up to
 * the event. So work is done as late as possible, in an order that CUDA's rules allow.
 *
 *     stream a    copy  kernel  [record e]  kernel          cudaEventSynchronize(e): does copy and
 *                                                           kernel of a, nothing else
 *     stream b    kernel  [wait for e]  kernel              cudaStreamSynchronize(b): does its
 *                                                           kernel, then a's up to e, then its
 *                                                           second one
 *
 * Copies are as lazy as kernels, even those from and to memory that is not pinned, for which CUDA
 * promises less. */
#include "stream.h"

#include <algorithm>
#include <chrono>

/* all streams that were created, inverted, as in memory.cc */
static std::vector<uintptr_t> streams;

bool is_stream(cudaStream_t stream) {
    return std::find(streams.begin(), streams.end(), ~(uintptr_t)stream) != streams.end();
}

static cudaStream_t stream_new(int device, bool blocking) {
    return new EmulatedStream{ std::make_shared<Queue>(Queue{ {}, 0, 0, device, blocking }),
                               NULL,
                               {} };
}

/* The default streams, one per device. */
static std::vector<std::unique_ptr<EmulatedStream>> defaults;

static cudaStream_t default_stream() {
    size_t device = (size_t)current_device();
    while (defaults.size() <= device)
        defaults.emplace_back(stream_new((int)defaults.size(), false));
    return defaults[device].get();
}

std::vector<cudaStream_t> every_stream() {
    std::vector<cudaStream_t> all;
    for (const auto &s : defaults) all.push_back(s.get());
    for (uintptr_t s : streams) all.push_back((cudaStream_t)~s);
    return all;
}

/* ---- doing ----------------------------------------------------------------------------------- */

/* After a fault, waiting work is never done, even if the device is repaired. */
static void drop_all() {
    for (cudaStream_t s : every_stream()) {
        s->queue->waiting.clear();
        s->queue->done = s->queue->given;
    }
}

/* Does a queue's commands until `ticket` are done or one fails. */
static cudaError_t drain(Queue *q, unsigned long long ticket) {
    if (fatal() || q->done >= ticket) return fatal();
    device_open(q->device);
    while (q->done < ticket && !fatal()) {
        Command command = std::move(q->waiting.front());
        q->waiting.pop_front();
        cudaError_t error = command();
        q->done++;
        if (!error) continue;
        set_fatal(error);
        drop_all();
    }
    device_close(q->device);
    return fatal();
}

static cudaError_t drain_stream(cudaStream_t stream) {
    std::shared_ptr<Queue> q = stream->queue;
    return drain(q.get(), q->given);
}

cudaError_t drain_all(int device) {
    cudaError_t error = fatal();
    for (cudaStream_t s : every_stream())
        if (!error && (device < 0 || s->queue->device == device)) error = drain_stream(s);
    return error;
}

/* The default stream begins after, and ends before, all work of the streams that are not
 * cudaStreamNonBlocking. */
static void take_turns(cudaStream_t stream) {
    cudaStream_t first = default_stream();
    if (stream != first && stream->queue->blocking) drain_stream(first);
    for (cudaStream_t s : every_stream())
        if (stream == first && s->queue->blocking) drain_stream(s);
}

static void push(cudaStream_t stream, const Command &command) {
    take_turns(stream);
    stream->queue->waiting.push_back(command);
    stream->queue->given++;
}

/* NULL becomes the default stream. */
static cudaError_t resolve(cudaStream_t *stream) {
    if (fatal()) return fatal();
    if (*stream && !is_stream(*stream)) return cudaErrorInvalidResourceHandle;
    if (*stream) return cudaSuccess;
    *stream = default_stream();
    return refuse_in_capture();
}

cudaError_t enqueue(cudaStream_t stream, const Command &command) {
    cudaError_t error = resolve(&stream);
    if (error) return error;
    if (stream->capture) return capture_command(stream, command);
    return push(stream, command), cudaSuccess;
}

/* ---- streams --------------------------------------------------------------------------------- */

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    int device;
    cudaError_t error = cudaGetDevice(&device);
    if (error) return error;
    *stream = stream_new(device, flags != cudaStreamNonBlocking);
    streams.push_back(~(uintptr_t)*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) {
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

/* Does the stream's work, as the real one, which only returns earlier. */
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (!is_stream(stream)) return note(cudaErrorInvalidResourceHandle);
    if (stream->capture) return note(cudaErrorStreamCaptureUnsupported);
    cudaError_t error = drain_stream(stream);
    std::erase(streams, ~(uintptr_t)stream);
    delete stream;
    return note(error);
}

/* Accepts a stream that can be waited for; a captured one cannot. */
static cudaError_t waitable(cudaStream_t *stream) {
    cudaError_t error = resolve(stream);
    if (error || !(*stream)->capture) return error;
    (*stream)->capture->invalid = true;
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = waitable(&stream);
    return note(error ? error : drain_stream(stream));
}

/* The first query answers "not yet", the second finds the work done. */
cudaError_t cudaStreamQuery(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = waitable(&stream);
    if (error || stream->queue->waiting.empty()) return note(error);
    error = drain_stream(stream);
    return note(error ? error : cudaErrorNotReady);
}

/* ---- events ---------------------------------------------------------------------------------- */

static double now() {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    *event = new EmulatedEvent{ NULL, 0, NULL, !(flags & cudaEventDisableTiming), NULL, {} };
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    delete event;
    return note(fatal());
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = resolve(&stream);
    if (error) return note(error);
    if (stream->capture) return note(capture_record(stream, event));
    std::shared_ptr<double> time = std::make_shared<double>(0);
    push(stream, [time] { return *time = now(), cudaSuccess; });
    event->queue = stream->queue;
    event->ticket = stream->queue->given;
    event->time = time;
    event->capture = NULL;
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
    (void)flags;
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = resolve(&stream);
    if (error) return note(error);
    if (stream->capture || event->capture) return note(capture_wait(stream, event));
    std::shared_ptr<Queue> other = event->queue;
    unsigned long long ticket = event->ticket;
    if (other) push(stream, [other, ticket] { return drain(other.get(), ticket); });
    return cudaSuccess;
}

static bool has_happened(cudaEvent_t event) {
    return !event->queue || event->queue->done >= event->ticket;
}

static cudaError_t check(cudaEvent_t event) {
    return fatal() ? fatal() : event->capture ? cudaErrorCapturedEvent : cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = check(event);
    return note(error || has_happened(event) ? error : drain(event->queue.get(), event->ticket));
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = check(event);
    if (error || has_happened(event)) return note(error);
    error = drain(event->queue.get(), event->ticket);
    return note(error ? error : cudaErrorNotReady);
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (!start->timed || !end->timed || !start->queue || !end->queue)
        return note(cudaErrorInvalidResourceHandle);
    if (!has_happened(start) || !has_happened(end)) return note(cudaErrorNotReady);
    *ms = (float)(*end->time - *start->time);
    return cudaSuccess;
}
