/* runtime.h: what the parts of the emulated runtime share. One lock guards all of it and is held
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

/* After a kernel has accessed invalid memory, every call returns this error. */
cudaError_t fatal();
void set_fatal(cudaError_t error);

/* The number of a fault in P2C_EMULATED_FAULT, "name" or "name:number"; -1 if it is another fault,
 * 0 if it has no number. */
long long fault(const char *name);

/* Counts a run of a kernel. Returns true if it is the one that shall fail. */
bool is_faulty_run();

/* ---- memory (memory.cc) ---------------------------------------------------------------------- */

/* Between the two calls, memory of that device may be touched. They nest. */
void device_open(int device);
void device_close(int device);

/* The device that has these bytes; -1 for the host, or if they are not all in one allocation. */
int device_of(const void *memory, size_t bytes);

int current_device();

/* ---- streams (stream.cc) --------------------------------------------------------------------- */

typedef std::function<cudaError_t()> Command;

/* Puts work into a stream, or into the graph into which it is captured. */
cudaError_t enqueue(cudaStream_t stream, const Command &command);

/* Does all work of all streams of a device (-1: of all). */
cudaError_t drain_all(int device);

/* Returns an error if this thread is capturing, when waiting and allocating are forbidden; the
 * captures are then invalid. */
cudaError_t refuse_in_capture();

/* ---- launches (grid.cc) ---------------------------------------------------------------------- */

cudaError_t grid_run(const EmulatedLaunch &launch);

#endif
