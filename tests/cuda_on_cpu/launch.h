/* launch.h: kernels/cuda/native/launch.h for machines without a GPU: the include path decides. */
#ifndef EMULATED_LAUNCH_H
#define EMULATED_LAUNCH_H

#include <functional>

#include "cuda_runtime.h"

/* A kernel with its arguments, to be run by every thread of every block of the grid. */
struct EmulatedLaunch {
    const char *kernel, *file; /* as written at the launch */
    const void *function;
    dim3 grid, block;
    size_t shared; /* dynamic, in bytes */
    std::function<void()> thread;
};

/* Puts it into the stream. An invalid launch becomes the runtime's last error. */
void emulated_launch(const EmulatedLaunch &launch, cudaStream_t stream);

/* The running block's dynamic shared memory. */
void *emulated_dynamic_shared();

/* Called with a kernel's arguments, converts them at once as a call of the kernel would, and keeps
 * them for later. */
template <class... P> struct EmulatedKernel {
    void (*kernel)(P...);
    std::function<void()> operator()(P... arguments) const {
        return [kernel = kernel, arguments...] { kernel(arguments...); };
    }
};
template <class... P> static inline EmulatedKernel<P...> emulated_kernel(void (*kernel)(P...)) {
    return { kernel };
}

#define P2C_LAUNCH(kernel, grid, block, shared, queue, ...) \
    emulated_launch({ #kernel, __FILE__, (const void *)(kernel), (grid), (block), \
                      (size_t)(shared), emulated_kernel(kernel)(__VA_ARGS__) }, \
                    (queue)->stream)

#define P2C_DYNAMIC_SHARED(type, name) type *name = static_cast<type *>(emulated_dynamic_shared())

#endif
