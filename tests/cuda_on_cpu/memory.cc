/* memory.cc: the memory of devices, and pinned memory of the host.
 *
 * The table of allocations keeps addresses inverted. So the leak sanitizer, which looks for
 * pointers, does not find them there and reports memory to which nobody else has a pointer. */
#include <stdio.h>

#include "runtime.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

enum { ALIGN = 256 };
static const size_t TOTAL = (size_t)16 << 30;
/* poisoning larger ones every time would take too long */
static const size_t MOST_POISONED = (size_t)64 << 20;

struct Allocation {
    uintptr_t inverted;
    size_t bytes;
    int device; /* -1: pinned memory of the host */
};
static std::vector<Allocation> allocations;
static std::vector<int> open_count;

static char *address(const Allocation &a) { return (char *)~a.inverted; }

/* ---- touching -------------------------------------------------------------------------------- */

static bool is_open(int device) {
    return device < (int)open_count.size() && open_count[(size_t)device];
}

static void poison(const Allocation &a, bool closed) {
    if (a.bytes > MOST_POISONED) return;
    if (closed) ASAN_POISON_MEMORY_REGION(address(a), a.bytes);
    else ASAN_UNPOISON_MEMORY_REGION(address(a), a.bytes);
}

static void poison_all(int device, bool closed) {
    for (const Allocation &a : allocations)
        if (a.device == device) poison(a, closed);
}

void device_open(int device) {
    if (device >= (int)open_count.size()) open_count.resize((size_t)device + 1);
    if (!open_count[(size_t)device]++) poison_all(device, false);
}

void device_close(int device) {
    if (!--open_count[(size_t)device]) poison_all(device, true);
}

int device_of(const void *memory, size_t bytes) {
    const char *at = (const char *)memory;
    for (const Allocation &a : allocations)
        if (at >= address(a) && at < address(a) + a.bytes &&
            bytes <= (size_t)(address(a) + a.bytes - at))
            return a.device;
    return -1;
}

/* ---- allocating ------------------------------------------------------------------------------ */

static size_t total() {
    long long bytes = fault("memory");
    return bytes >= 0 ? (size_t)bytes : TOTAL;
}

static size_t used(int device) {
    size_t sum = 0;
    for (const Allocation &a : allocations)
        if (a.device == device) sum += a.bytes;
    return sum;
}

static cudaError_t usable() {
    int count;
    cudaError_t error = cudaGetDeviceCount(&count);
    return error ? error : refuse_in_capture();
}

static cudaError_t allocate(void **memory, size_t bytes, int device) {
    *memory = NULL;
    if (!bytes) return cudaSuccess;
    if (posix_memalign(memory, ALIGN, bytes)) return cudaErrorMemoryAllocation;
    memset(*memory, 0xFF, bytes);
    allocations.push_back({ ~(uintptr_t)*memory, bytes, device });
    if (device >= 0 && !is_open(device)) poison(allocations.back(), true);
    return cudaSuccess;
}

/* Even a device that no longer works frees memory, because otherwise it would look like a leak. */
static cudaError_t release(void *memory, bool host) {
    for (size_t i = 0; i < allocations.size(); i++) {
        Allocation a = allocations[i];
        if (address(a) != memory || (a.device < 0) != host) continue;
        poison(a, false);
        allocations.erase(allocations.begin() + (ptrdiff_t)i);
        free(memory);
        return cudaSuccess;
    }
    return cudaErrorInvalidValue;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    int count;
    cudaError_t error = cudaGetDeviceCount(&count);
    size_t now = used(current_device());
    *all = total();
    *free_bytes = now < *all ? *all - now : 0;
    return error;
}

cudaError_t cudaMalloc(void **memory, size_t bytes) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = usable();
    size_t now = used(current_device());
    if (!error && (now > total() || bytes > total() - now)) error = cudaErrorMemoryAllocation;
    return note(error ? error : allocate(memory, bytes, current_device()));
}

/* Waits for work that may still use the memory, as the real one does. */
cudaError_t cudaFree(void *memory) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (!memory) return note(fatal());
    cudaError_t error = usable();
    if (error == cudaErrorStreamCaptureUnsupported) return note(error);
    if (!error) error = drain_all(-1);
    cudaError_t released = release(memory, false);
    return note(error ? error : released);
}

cudaError_t cudaHostAlloc(void **memory, size_t bytes, unsigned flags) {
    (void)flags;
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = usable();
    return note(error ? error : allocate(memory, bytes, -1));
}

cudaError_t cudaFreeHost(void *memory) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (!memory) return note(fatal());
    cudaError_t error = usable();
    if (error == cudaErrorStreamCaptureUnsupported) return note(error);
    if (!error) error = drain_all(-1);
    cudaError_t released = release(memory, true);
    return note(error ? error : released);
}

/* ---- transfers ------------------------------------------------------------------------------- */

/* Both addresses must be in the memory that the kind says. */
static cudaError_t check(const void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    bool to_device = device_of(to, bytes) >= 0, from_device = device_of(from, bytes) >= 0;
    if (fatal()) return fatal();
    if (kind == cudaMemcpyDefault) return cudaSuccess;
    bool wants_to = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool wants_from = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    return to_device == wants_to && from_device == wants_from ? cudaSuccess : cudaErrorInvalidValue;
}

static cudaError_t copy(void *to, const void *from, size_t bytes) {
    int device = device_of(from, bytes); /* this may be another device than the stream's */
    if (device >= 0) device_open(device);
    memcpy(to, from, bytes);
    if (device >= 0) device_close(device);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = bytes ? check(to, from, bytes, kind) : fatal();
    if (error || !bytes) return note(error);
    return note(enqueue(stream, [=] { return copy(to, from, bytes); }));
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = refuse_in_capture();
    if (!error) error = cudaMemcpyAsync(to, from, bytes, kind, NULL);
    return error ? note(error) : cudaStreamSynchronize(NULL);
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (!bytes) return cudaSuccess;
    if (device_of(to, bytes) < 0) return note(cudaErrorInvalidValue);
    return note(enqueue(stream, [=] { return memset(to, value, bytes), cudaSuccess; }));
}

cudaError_t cudaMemset(void *to, int value, size_t bytes) {
    return cudaMemsetAsync(to, value, bytes, NULL);
}
