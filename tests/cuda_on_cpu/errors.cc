/* errors.cc: errors and their names, injected faults, and the list of devices. */
#include <stdio.h>

#include "runtime.h"

std::recursive_mutex runtime_lock;

static const struct {
    cudaError_t error;
    const char *name, *text;
} errors[] = {
    { cudaSuccess, "cudaSuccess", "no error" },
    { cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument" },
    { cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory" },
    { cudaErrorInitializationError, "cudaErrorInitializationError", "initialization error" },
    { cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration",
      "invalid configuration argument" },
    { cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
      "CUDA driver version is insufficient for CUDA runtime version" },
    { cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected" },
    { cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal" },
    { cudaErrorNoKernelImageForDevice, "cudaErrorNoKernelImageForDevice",
      "no kernel image is available for execution on the device" },
    { cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle" },
    { cudaErrorNotReady, "cudaErrorNotReady", "device not ready" },
    { cudaErrorIllegalAddress, "cudaErrorIllegalAddress",
      "an illegal memory access was encountered" },
    { cudaErrorLaunchOutOfResources, "cudaErrorLaunchOutOfResources",
      "too many resources requested for launch" },
    { cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure" },
    { cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported" },
    { cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
      "operation not permitted when stream is capturing" },
    { cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
      "operation failed due to a previous error during capture" },
    { cudaErrorStreamCaptureMerge, "cudaErrorStreamCaptureMerge",
      "dependency between two captures" },
    { cudaErrorStreamCaptureUnmatched, "cudaErrorStreamCaptureUnmatched",
      "capture was not started in this stream" },
    { cudaErrorStreamCaptureUnjoined, "cudaErrorStreamCaptureUnjoined",
      "capturing stream has unjoined work" },
    { cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation",
      "dependency created on uncaptured work in another stream" },
    { cudaErrorCapturedEvent, "cudaErrorCapturedEvent",
      "operation not permitted on an event last recorded in a capturing stream" },
    { cudaErrorUnknown, "cudaErrorUnknown", "unknown error" },
};

static size_t place_of(cudaError_t error) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error) return i;
    return SIZE_MAX;
}

const char *cudaGetErrorName(cudaError_t error) {
    return place_of(error) == SIZE_MAX ? "unrecognized error code" : errors[place_of(error)].name;
}
const char *cudaGetErrorString(cudaError_t error) {
    return place_of(error) == SIZE_MAX ? "unrecognized error code" : errors[place_of(error)].text;
}

/* ---- what happened --------------------------------------------------------------------------- */

static thread_local cudaError_t last;
static cudaError_t fatal_error;
static std::string fault_seen;
static long long runs; /* number of kernels that ran under this fault */

cudaError_t note(cudaError_t error) {
    if (error && error != cudaErrorNotReady) last = error;
    return error;
}

/* The fault in the environment. If it has changed, the device is repaired. */
static const char *fault_now() {
    const char *now = getenv("P2C_EMULATED_FAULT");
    if (!now) now = "";
    if (fault_seen != now) {
        fault_seen = now;
        fatal_error = cudaSuccess;
        runs = 0;
    }
    return now;
}

cudaError_t fatal() { return fault_now(), fatal_error; }
void set_fatal(cudaError_t error) { fatal_error = error; }

long long fault(const char *name) {
    const char *now = fault_now();
    size_t n = strlen(name);
    if (strncmp(now, name, n) || (now[n] && now[n] != ':')) return -1;
    return now[n] ? strtoll(now + n + 1, NULL, 10) : 0;
}

bool is_faulty_run() {
    long long faulty = fault("launch");
    return ++runs == faulty;
}

cudaError_t cudaPeekAtLastError() {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    return fatal() ? fatal() : last;
}

cudaError_t cudaGetLastError() {
    cudaError_t error = cudaPeekAtLastError();
    last = cudaSuccess;
    return error;
}

/* ---- devices --------------------------------------------------------------------------------- */

enum { OLDEST_DRIVER = 12000 };

static thread_local int device;

int current_device() { return device; }

static int device_count() {
    const char *count = getenv("P2C_EMULATED_DEVICES");
    return count && *count ? atoi(count) : 1;
}

/* Checks that there are a driver and a device, and that the device still works. */
static cudaError_t present() {
    if (fault("driver") >= 0) return cudaErrorInsufficientDriver;
    return fault("none") >= 0 || device_count() < 1 ? cudaErrorNoDevice : fatal();
}

cudaError_t cudaGetDeviceCount(int *count) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = present();
    *count = error ? 0 : device_count();
    return note(error);
}

cudaError_t cudaSetDevice(int index) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = present();
    if (!error && (index < 0 || index >= device_count())) error = cudaErrorInvalidDevice;
    if (!error) device = index;
    return note(error);
}

cudaError_t cudaGetDevice(int *index) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    *index = device;
    return note(present());
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int index) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = present();
    if (!error && (index < 0 || index >= device_count())) error = cudaErrorInvalidDevice;
    if (error) return note(error);
    size_t free_bytes;
    *p = {};
    snprintf(p->name, sizeof p->name, "Emulated GPU");
    p->sharedMemPerBlock = 48 << 10;
    p->sharedMemPerBlockOptin = 227 << 10;
    p->sharedMemPerMultiprocessor = 228 << 10;
    p->major = 9;
    p->multiProcessorCount = 4;
    p->warpSize = 32;
    p->maxThreadsPerBlock = 1024;
    p->l2CacheSize = 1 << 20;
    return cudaMemGetInfo(&free_bytes, &p->totalGlobalMem);
}

cudaError_t cudaDriverGetVersion(int *version) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    long long old = fault("driver");
    *version = old >= 0 ? (int)old : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) { return *version = CUDART_VERSION, cudaSuccess; }

cudaError_t cudaDeviceSynchronize() {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = present();
    if (!error) error = refuse_in_capture();
    return note(error ? error : drain_all(device));
}
