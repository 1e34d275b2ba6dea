/* stream.h: streams, events and captures, shared by stream.cc, where work waits, and graph.cc,
 * where it is captured. */
#ifndef EMULATED_STREAM_H
#define EMULATED_STREAM_H

#include <deque>

#include "runtime.h"

/* The work of a stream. It outlives the stream because of its events. */
struct Queue {
    std::deque<Command> waiting;
    unsigned long long given, done; /* number of commands so far */
    int device;
    bool blocking; /* takes turns with the default stream */
};

/* A captured command, and the earlier ones that it must come after. */
struct Node {
    Command command;
    std::vector<size_t> after;
};

struct Capture {
    std::vector<Node> nodes; /* in the order in which they were captured */
    cudaStream_t origin;
    /* the captured streams: the origin, and those that waited for it */
    std::vector<cudaStream_t> streams;
    cudaStreamCaptureMode mode;
    bool active, invalid;
};

struct EmulatedStream {
    std::shared_ptr<Queue> queue;
    std::shared_ptr<Capture> capture; /* NULL if not captured */
    std::vector<size_t> front;        /* the nodes that its next node must come after */
};

/* An event is a mark in the stream in which it was recorded: it has happened when the queue has
 * done so many commands. In a capture it is a set of nodes. */
struct EmulatedEvent {
    std::shared_ptr<Queue> queue; /* NULL until it is recorded */
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
