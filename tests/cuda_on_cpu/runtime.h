/* runtime.h: what the parts of the emulated runtime share. One lock guards all of it, and is held
 * while work is done. */
#ifndef EMULATED_RUNTIME_H
#define EMULATED_RUNTIME_H

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "launch.h"

extern std::recursive_mutex runtime_lock;

/* ---- errors (errors.cc) ---------------------------------------------------------------------- */

/* Keeps an error for cudaGetLastError, and returns it. */
cudaError_t note(cudaError_t error);

/* Once a kernel has touched what it must not, every call says so. */
cudaError_t fatal();
void set_fatal(cudaError_t error);

/* The number of a fault of P2C_EMULATED_FAULT, "name" or "name:number"; -1: it is not this one; 0:
 * no number. */
long long fault(const char *name);

/* Counts a kernel's run: whether it is the one that shall fail. */
bool is_faulty_run();

/* ---- memory (memory.cc) ---------------------------------------------------------------------- */

/* Between the two, memory of that device may be touched. They nest. */
void device_open(int device);
void device_close(int device);

/* The device whose memory holds these bytes; -1: the host, or not all of them lie in one
 * allocation. */
int device_of(const void *memory, size_t bytes);

int current_device();

/* ---- streams (stream.cc) --------------------------------------------------------------------- */

typedef std::function<cudaError_t()> Command;

/* Puts work into a stream, or into the graph that it is captured into. */
cudaError_t enqueue(cudaStream_t stream, const Command &command);

/* Does all work of all streams of a device (-1: of all). */
cudaError_t drain_all(int device);

/* An error if this thread is capturing, when waiting or allocating is not allowed; the captures are
 * then invalid. */
cudaError_t refuse_in_capture();

/* ---- launches (grid.cc) ---------------------------------------------------------------------- */

cudaError_t grid_run(const EmulatedLaunch &launch);

#endif
