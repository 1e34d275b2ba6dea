/* graph.cc: captures work instead of doing it, and launches graphs, which do it again.
 *
 * A captured command becomes a node of a graph. The node comes after the last one of its stream,
 * and after the events that its stream has waited for. A stream that waits for an event of a
 * captured stream is captured, too. Nothing else orders nodes, because on a GPU nodes that need not
 * wait run at the same time. So emulated_order (grid.cc) decides which of the possible nodes runs
 * next.
 *
 *     stream a    n0 [record e]  n1           [wait for f]  n4        forward: 0 1 2 3 4
 *     stream b          [wait for e]  n2  n3  [record f]              reverse: 0 2 3 1 4
 *
 * If stream b did not wait for e, n2 could run first. */
#include <algorithm>
#include <set>

#include "block.h"
#include "stream.h"

struct EmulatedGraph {
    std::vector<Node> nodes;
};

/* The graph, and for each node the nodes that wait for it. */
struct Plan {
    std::vector<Node> nodes;
    std::vector<std::vector<size_t>> next;
};

struct EmulatedGraphExec {
    std::shared_ptr<const Plan> plan; /* shared with launches that are not finished */
};

static thread_local int capturing; /* captures of this thread that forbid waiting and allocating */

/* ---- capturing ------------------------------------------------------------------------------- */

cudaError_t refuse_in_capture() {
    if (!capturing) return cudaSuccess;
    for (cudaStream_t s : every_stream())
        if (s->capture) s->capture->invalid = true;
    return cudaErrorStreamCaptureUnsupported;
}

cudaError_t capture_command(cudaStream_t stream, const Command &command) {
    Capture *c = stream->capture.get();
    if (c->invalid) return cudaErrorStreamCaptureInvalidated;
    c->nodes.push_back({ command, stream->front });
    stream->front = { c->nodes.size() - 1 };
    return cudaSuccess;
}

cudaError_t capture_record(cudaStream_t stream, cudaEvent_t event) {
    event->capture = stream->capture;
    event->front = stream->front;
    return cudaSuccess;
}

cudaError_t capture_wait(cudaStream_t stream, cudaEvent_t event) {
    if (!event->capture && !event->queue) return cudaSuccess;
    if (event->capture && !event->capture->active) return cudaErrorCapturedEvent;
    if (stream->capture && stream->capture != event->capture) {
        stream->capture->invalid = true;
        return event->capture ? cudaErrorStreamCaptureMerge : cudaErrorStreamCaptureIsolation;
    }
    if (!stream->capture) {
        stream->capture = event->capture;
        stream->capture->streams.push_back(stream);
    }
    for (size_t node : event->front)
        if (std::find(stream->front.begin(), stream->front.end(), node) == stream->front.end())
            stream->front.push_back(node);
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    /* the default stream cannot be captured */
    if (!stream) return note(cudaErrorStreamCaptureUnsupported);
    if (!is_stream(stream)) return note(cudaErrorInvalidResourceHandle);
    if (stream->capture) return note(cudaErrorInvalidValue);
    stream->capture =
        std::make_shared<Capture>(Capture{ {}, stream, { stream }, mode, true, false });
    capturing += mode != cudaStreamCaptureModeRelaxed;
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    bool active = stream && is_stream(stream) && stream->capture;
    *status = !active                    ? cudaStreamCaptureStatusNone
              : stream->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                         : cudaStreamCaptureStatusActive;
    return note(fatal());
}

/* True if the origin has waited for every node, directly or not. Nodes only come after older
 * ones. */
static bool is_joined(const Capture *c) {
    std::vector<bool> waited(c->nodes.size());
    for (size_t node : c->origin->front) waited[node] = true;
    for (size_t i = c->nodes.size(); i-- > 0;) {
        if (!waited[i]) return false;
        for (size_t node : c->nodes[i].after) waited[node] = true;
    }
    return true;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    *graph = NULL;
    if (!stream || !is_stream(stream) || !stream->capture) return note(cudaErrorInvalidValue);
    std::shared_ptr<Capture> c = stream->capture;
    if (c->origin != stream) return note(cudaErrorStreamCaptureUnmatched);
    cudaError_t error = c->invalid            ? cudaErrorStreamCaptureInvalidated
                        : !is_joined(c.get()) ? cudaErrorStreamCaptureUnjoined
                                              : fatal();
    for (cudaStream_t s : c->streams) {
        s->capture = NULL;
        s->front.clear();
    }
    c->active = false;
    capturing -= c->mode != cudaStreamCaptureModeRelaxed;
    if (!error) *graph = new EmulatedGraph{ std::move(c->nodes) };
    return note(error);
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static Plan plan_of(const std::vector<Node> &nodes) {
    Plan p = { nodes, std::vector<std::vector<size_t>>(nodes.size()) };
    for (size_t i = 0; i < nodes.size(); i++)
        for (size_t before : nodes[i].after) p.next[before].push_back(i);
    return p;
}

static cudaError_t run(const Plan &plan, EmulatedOrder order) {
    static uint64_t seed;
    std::vector<size_t> waits(plan.nodes.size());
    std::set<size_t> ready;
    for (size_t i = 0; i < waits.size(); i++)
        if (!(waits[i] = plan.nodes[i].after.size())) ready.insert(i);
    while (!ready.empty()) {
        size_t node =
            *std::next(ready.begin(), (ptrdiff_t)order_at(order, 0, ready.size(), seed++));
        cudaError_t error = plan.nodes[node].command();
        if (error) return error;
        ready.erase(node);
        for (size_t i : plan.next[node])
            if (!--waits[i]) ready.insert(i);
    }
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph,
                                 unsigned long long flags) {
    (void)flags;
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (fault("recording") >= 0) return note(cudaErrorMemoryAllocation);
    *exec = new EmulatedGraphExec{ std::make_shared<const Plan>(plan_of(graph->nodes)) };
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    std::shared_ptr<const Plan> plan = exec->plan;
    return note(enqueue(stream, [plan] { return run(*plan, order_now()); }));
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
