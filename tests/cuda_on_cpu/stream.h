/* stream.h: what streams, events and captures are made of: shared by stream.cc, where work waits,
 * and graph.cc, where it is captured. */
#ifndef EMULATED_STREAM_H
#define EMULATED_STREAM_H

#include <deque>

#include "runtime.h"

/* The work of a stream. Outlives it, for the sake of events. */
struct Queue {
    std::deque<Command> waiting;
    unsigned long long given, done; /* commands, ever */
    int device;
    bool blocking; /* takes turns with the default stream */
};

/* A captured command, and those before it that it must come after. */
struct Node {
    Command command;
    std::vector<size_t> after;
};

struct Capture {
    std::vector<Node> nodes; /* in the order in which they were asked for */
    cudaStream_t origin;
    std::vector<cudaStream_t> streams; /* captured: the origin, and those that waited for it */
    cudaStreamCaptureMode mode;
    bool active, invalid;
};

struct EmulatedStream {
    std::shared_ptr<Queue> queue;
    std::shared_ptr<Capture> capture; /* NULL: not captured */
    std::vector<size_t> front;        /* the nodes that its next one must come after */
};

/* An event is a mark in the stream it was recorded in: it has happened once the queue has done so
 * many commands. In a capture it is the nodes to come after. */
struct EmulatedEvent {
    std::shared_ptr<Queue> queue; /* NULL: not recorded yet */
    unsigned long long ticket;
    std::shared_ptr<double> time; /* when it happened, in ms */
    bool timed;
    std::shared_ptr<Capture> capture;
    std::vector<size_t> front;
};

/* stream.cc */
bool is_stream(cudaStream_t stream);
std::vector<cudaStream_t> every_stream();

/* graph.cc: into a capture, instead of a queue */
cudaError_t capture_command(cudaStream_t stream, const Command &command);
cudaError_t capture_record(cudaStream_t stream, cudaEvent_t event);
cudaError_t capture_wait(cudaStream_t stream, cudaEvent_t event);

#endif
