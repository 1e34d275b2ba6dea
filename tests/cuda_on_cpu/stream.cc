/* stream.cc: streams that do nothing until somebody waits, events, and graphs.
 *
 * A stream is a list of commands and a count of those done. An event, when recorded, remembers how many commands its stream had been given: it
 * has happened once that many are done, and waiting for it means doing them. A command of one stream that waits for an event of another
 * does the other's commands up to there. So work is done as late as it can be, in an order that the rules of CUDA allow.
 *
 *     stream a    copy  kernel  [record e]  kernel          cudaEventSynchronize(e): copy and kernel of a are done, no more
 *     stream b    kernel  [wait for e]  kernel              cudaStreamSynchronize(b): its kernel, then a's up to e, then its second one
 *
 * While a stream is captured, commands go into a graph instead. A stream that waits for an event of a captured stream is captured with it.
 * The order in which all of them were asked for is one that respects every wait, so the graph is a list, and running it is going through it. */
#include <chrono>
#include <deque>

#include "runtime.h"

struct EmulatedGraph {
    std::vector<Command> commands;
    cudaStream_t origin;
    cudaStreamCaptureMode mode;
    bool invalid;
    std::vector<cudaStream_t> streams; /* captured into it */
};

struct EmulatedGraphExec {
    std::shared_ptr<const std::vector<Command>> commands;
};

/* Outlives its stream, for the sake of events. */
struct Queue {
    std::deque<Command> waiting;
    unsigned long long given, done;
    int device;
    bool blocking; /* takes turns with the default stream */
};

struct EmulatedStream {
    std::shared_ptr<Queue> queue;
    EmulatedGraph *graph; /* captured into; NULL: not captured */
    unsigned long long captured; /* commands so far, */
    bool unjoined;               /* and no captured stream has waited for the last of them */
};

/* What happens when an event is recorded, kept by whoever waits for it. */
struct EmulatedEvent {
    std::shared_ptr<Queue> queue; /* NULL: not recorded yet */
    unsigned long long ticket;    /* done when the queue has done so many */
    std::shared_ptr<double> time; /* of the host, in ms, when it happened */
    EmulatedGraph *graph;         /* recorded while captured */
    cudaStream_t stream;
    bool timed;
};

static std::vector<uintptr_t> streams; /* all, inverted, as in memory.cc */
static thread_local int capturing;     /* captures of this thread that forbid waiting */

static cudaStream_t stream_at(size_t i) { return (cudaStream_t)~streams[i]; }

static bool is_stream(cudaStream_t stream) {
    for (uintptr_t s : streams)
        if (s == ~(uintptr_t)stream) return true;
    return false;
}

/* The default streams, one per device. */
static cudaStream_t default_stream() {
    static std::vector<std::unique_ptr<EmulatedStream>> defaults;
    size_t device = (size_t)current_device();
    while (defaults.size() <= device) {
        int index = (int)defaults.size();
        defaults.emplace_back(new EmulatedStream{ std::make_shared<Queue>(Queue{ {}, 0, 0, index, false }), NULL, 0, false });
    }
    return defaults[device].get();
}

/* ---- doing -------------------------------------------------------------------------------------------------------- */

/* Does a queue's commands until `ticket` are done, or one fails: then nothing is ever done again. */
static cudaError_t drain(Queue *q, unsigned long long ticket) {
    if (fatal() || q->done >= ticket) return fatal();
    device_open(q->device);
    while (q->done < ticket && !fatal()) {
        Command command = std::move(q->waiting.front());
        q->waiting.pop_front();
        cudaError_t error = command();
        if (error) set_fatal(error);
        q->done++;
    }
    device_close(q->device);
    return fatal();
}

static cudaError_t drain_stream(cudaStream_t stream) {
    std::shared_ptr<Queue> q = stream->queue;
    return drain(q.get(), q->given);
}

cudaError_t drain_all(int device) {
    cudaError_t error = drain_stream(default_stream());
    for (size_t i = 0; i < streams.size() && !error; i++)
        if (device < 0 || stream_at(i)->queue->device == device) error = drain_stream(stream_at(i));
    return error;
}

/* The default stream begins after, and ends before, all work of the streams that are not cudaStreamNonBlocking. */
static void take_turns(cudaStream_t stream) {
    cudaStream_t first = default_stream();
    if (stream != first && stream->queue->blocking) drain_stream(first);
    for (size_t i = 0; i < streams.size() && stream == first; i++)
        if (stream_at(i)->queue->blocking) drain_stream(stream_at(i));
}

static cudaError_t capture(cudaStream_t stream, const Command &command) {
    if (stream->graph->invalid) return cudaErrorStreamCaptureInvalidated;
    stream->graph->commands.push_back(command);
    stream->captured++;
    stream->unjoined = true;
    return cudaSuccess;
}

cudaError_t enqueue(cudaStream_t stream, const Command &command) {
    if (fatal()) return fatal();
    if (stream && !is_stream(stream)) return cudaErrorInvalidResourceHandle;
    if (!stream && capturing) return refuse_in_capture();
    if (!stream) stream = default_stream();
    if (stream->graph) return capture(stream, command);
    take_turns(stream);
    stream->queue->waiting.push_back(command);
    stream->queue->given++;
    return cudaSuccess;
}

/* ---- streams ------------------------------------------------------------------------------------------------------ */

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    int device;
    cudaError_t error = cudaGetDevice(&device);
    if (error) return error;
    *stream = new EmulatedStream{ std::make_shared<Queue>(Queue{ {}, 0, 0, device, flags != cudaStreamNonBlocking }), NULL, 0, false };
    streams.push_back(~(uintptr_t)*stream);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

/* Its work is done, as by the real one, which only returns earlier. */
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (!is_stream(stream)) return note(cudaErrorInvalidResourceHandle);
    if (stream->graph) return note(cudaErrorStreamCaptureUnsupported);
    cudaError_t error = drain_stream(stream);
    for (size_t i = 0; i < streams.size(); i++)
        if (stream_at(i) == stream) streams.erase(streams.begin() + (ptrdiff_t)i--);
    stream->queue->waiting.clear(); /* they may hold the queue itself */
    delete stream;
    return note(error);
}

/* A stream to wait for; refuses those that are captured. */
static cudaError_t waitable(cudaStream_t *stream) {
    if (fatal()) return fatal();
    if (*stream && !is_stream(*stream)) return cudaErrorInvalidResourceHandle;
    if (!*stream) *stream = default_stream();
    if (!(*stream)->graph) return cudaSuccess;
    (*stream)->graph->invalid = true;
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = waitable(&stream);
    return note(error ? error : drain_stream(stream));
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = waitable(&stream);
    if (error || stream->queue->waiting.empty()) return note(error);
    error = drain_stream(stream);
    return note(error ? error : cudaErrorNotReady);
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

static double now() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    *event = new EmulatedEvent{ NULL, 0, NULL, NULL, NULL, !(flags & cudaEventDisableTiming) };
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    delete event;
    return note(fatal());
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    std::shared_ptr<double> time = std::make_shared<double>(-1);
    cudaError_t error = enqueue(stream, [time] { return *time = now(), cudaSuccess; });
    if (error) return note(error);
    if (!stream) stream = default_stream();
    event->graph = stream->graph;
    event->stream = stream;
    event->ticket = stream->graph ? stream->captured : stream->queue->given;
    if (!stream->graph) event->queue = stream->queue, event->time = time;
    return cudaSuccess;
}

/* The event's stream is being captured: this one is now, too. */
static cudaError_t join(cudaStream_t stream, cudaEvent_t event) {
    if (stream->graph && stream->graph != event->graph) return cudaErrorStreamCaptureIsolation;
    if (!stream->graph) {
        stream->graph = event->graph;
        stream->captured = 0;
        stream->unjoined = false;
        event->graph->streams.push_back(stream);
    }
    if (stream != event->stream && event->ticket == event->stream->captured) event->stream->unjoined = false;
    if (stream != event->graph->origin) stream->unjoined = true;
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
    (void)flags;
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (stream && !is_stream(stream)) return note(cudaErrorInvalidResourceHandle);
    if (event->graph && stream) return note(join(stream, event));
    if (stream && stream->graph) {
        stream->graph->invalid = true;
        return note(cudaErrorStreamCaptureIsolation);
    }
    if (!event->queue) return cudaSuccess;
    std::shared_ptr<Queue> other = event->queue;
    unsigned long long ticket = event->ticket;
    return note(enqueue(stream, [other, ticket] { return drain(other.get(), ticket); }));
}

static bool has_happened(cudaEvent_t event) { return !event->queue || event->queue->done >= event->ticket; }

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (event->graph) return note(cudaErrorStreamCaptureUnsupported);
    return note(has_happened(event) ? cudaSuccess : drain(event->queue.get(), event->ticket));
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal() || has_happened(event)) return note(fatal());
    cudaError_t error = drain(event->queue.get(), event->ticket);
    return note(error ? error : cudaErrorNotReady);
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (!start->timed || !end->timed || !start->queue || !end->queue) return note(cudaErrorInvalidResourceHandle);
    if (!has_happened(start) || !has_happened(end)) return note(cudaErrorNotReady);
    *ms = (float)(*end->time - *start->time);
    return cudaSuccess;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------- */

cudaError_t refuse_in_capture() {
    if (!capturing) return cudaSuccess;
    for (size_t i = 0; i < streams.size(); i++)
        if (stream_at(i)->graph) stream_at(i)->graph->invalid = true;
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (!stream) return note(cudaErrorStreamCaptureUnsupported); /* the default stream cannot be captured */
    if (!is_stream(stream)) return note(cudaErrorInvalidResourceHandle);
    if (stream->graph) return note(cudaErrorInvalidValue);
    stream->graph = new EmulatedGraph{ {}, stream, mode, false, { stream } };
    capturing += mode != cudaStreamCaptureModeRelaxed;
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    bool active = stream && is_stream(stream) && stream->graph;
    *status = !active ? cudaStreamCaptureStatusNone : stream->graph->invalid ? cudaStreamCaptureStatusInvalidated : cudaStreamCaptureStatusActive;
    return note(fatal());
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    *graph = NULL;
    if (!stream || !is_stream(stream) || !stream->graph) return note(cudaErrorInvalidValue);
    EmulatedGraph *g = stream->graph;
    if (g->origin != stream) return note(cudaErrorStreamCaptureUnmatched);
    cudaError_t error = g->invalid ? cudaErrorStreamCaptureInvalidated : fatal();
    for (cudaStream_t s : g->streams) {
        if (!error && s != stream && s->unjoined) error = cudaErrorStreamCaptureUnjoined;
        s->graph = NULL;
    }
    capturing -= g->mode != cudaStreamCaptureModeRelaxed;
    if (error) delete g;
    else *graph = g;
    return note(error);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags) {
    (void)flags;
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    *exec = new EmulatedGraphExec{ std::make_shared<const std::vector<Command>>(graph->commands) };
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    std::shared_ptr<const std::vector<Command>> commands = exec->commands;
    return note(enqueue(stream, [commands] {
        cudaError_t error = cudaSuccess;
        for (size_t i = 0; i < commands->size() && !error; i++) error = (*commands)[i]();
        return error;
    }));
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    delete exec;
    return note(fatal());
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    delete graph;
    return note(fatal());
}
