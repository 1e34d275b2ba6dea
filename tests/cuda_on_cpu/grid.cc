/* grid.cc: launches: checks them, runs their blocks on OpenMP's threads, and counts them. */
#include <map>
#include <omp.h>
#include <stdio.h>
#include <string>

#include "block.h"
#include "runtime.h"

/* The stacks of a block are mappings, and the system allows a process only some ten thousands. */
enum { MOST_OS_THREADS = 8 };
enum { SHARED = 48 << 10, SHARED_OPTIN = 227 << 10 };

/* ---- order ----------------------------------------------------------------------------------- */

static int chosen_order = -1;

extern "C" void emulated_order(int order) { chosen_order = order; }

EmulatedOrder order_now() {
    if (chosen_order >= 0) return (EmulatedOrder)chosen_order;
    const char *name = getenv("P2C_EMULATED_ORDER");
    if (!name || !*name || !strcmp(name, "forward")) return EMULATED_FORWARD;
    if (!strcmp(name, "reverse")) return EMULATED_REVERSE;
    if (!strcmp(name, "shuffle")) return EMULATED_SHUFFLE;
    fprintf(stderr, "cuda_on_cpu: P2C_EMULATED_ORDER=%s: there are forward, reverse and shuffle\n",
            name);
    abort();
}

/* ---- report ---------------------------------------------------------------------------------- */

struct Count {
    unsigned long long launches, blocks, threads;
};

struct Report {
    std::map<std::pair<std::string, std::string>, Count> counts;

    ~Report() {
        const char *name = getenv("P2C_EMULATED_REPORT");
        FILE *file = name && *name ? fopen(name, "a") : NULL;
        if (!file) return;
        for (const auto &[kernel, c] : counts)
            fprintf(file, "%s\t%s\t%llu\t%llu\t%llu\n", kernel.first.c_str(), kernel.second.c_str(),
                    c.launches, c.blocks, c.threads);
        fclose(file);
    }
};
static Report report;

static void count(const EmulatedLaunch &l, size_t blocks) {
    Count &c = report.counts[{ l.kernel, l.file }];
    c.launches++;
    c.blocks += blocks;
    c.threads += blocks * l.block.x * l.block.y * l.block.z;
}

/* ---- running --------------------------------------------------------------------------------- */

static thread_local void *dynamic_shared;

void *emulated_dynamic_shared() { return dynamic_shared; }

static uint3 index_of(size_t i, dim3 grid) {
    return { (unsigned)(i % grid.x), (unsigned)(i / grid.x % grid.y),
             (unsigned)(i / grid.x / grid.y) };
}

/* Each block finds shared memory full of NaNs. It is exactly as large as requested, so that the
 * address sanitizer sees accesses beyond it. */
static void run_block(const EmulatedLaunch &l, size_t i, size_t blocks, EmulatedOrder order,
                      void *shared) {
    if (shared) memset(shared, 0xFF, l.shared);
    dynamic_shared = shared;
    block_run(&l, index_of(order_at(order, i, blocks, blocks), l.grid), order);
    dynamic_shared = NULL;
}

cudaError_t grid_run(const EmulatedLaunch &l) {
    if (is_faulty_run()) return cudaErrorIllegalAddress;
    size_t blocks = (size_t)l.grid.x * l.grid.y * l.grid.z;
    EmulatedOrder order = order_now();
    int threads = min(omp_get_max_threads(), (int)MOST_OS_THREADS);
    count(l, blocks);
#pragma omp parallel num_threads(threads) if (blocks > 1)
    {
        void *shared = l.shared ? malloc(l.shared) : NULL;
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < blocks; i++) run_block(l, i, blocks, order, shared);
        free(shared);
    }
    return cudaSuccess;
}

/* ---- launching ------------------------------------------------------------------------------- */

/* by kernel: the size that cudaFuncSetAttribute allowed */
static std::map<const void *, int> most_shared;

cudaError_t emulated_set_attribute(const void *kernel, cudaFuncAttribute attribute, int value) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || value > SHARED_OPTIN) return note(cudaErrorInvalidValue);
    most_shared[kernel] = value;
    return cudaSuccess;
}

cudaError_t emulated_get_attributes(cudaFuncAttributes *attributes, const void *kernel) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    if (fatal()) return note(fatal());
    if (fault("architecture") >= 0) return note(cudaErrorNoKernelImageForDevice);
    *attributes = { 1024, most_shared.count(kernel) ? most_shared[kernel] : SHARED, 32, 0, 0 };
    return cudaSuccess;
}

static cudaError_t check(const EmulatedLaunch &l) {
    if (fatal()) return fatal();
    if (fault("driver") >= 0) return cudaErrorInsufficientDriver;
    if (fault("none") >= 0) return cudaErrorNoDevice;
    if (fault("architecture") >= 0) return cudaErrorNoKernelImageForDevice;
    dim3 g = l.grid, b = l.block;
    size_t threads = (size_t)b.x * b.y * b.z, allowed = most_shared.count(l.function)
                                                            ? (size_t)most_shared[l.function]
                                                            : (size_t)SHARED;
    if (!threads || threads > 1024 || b.x > 1024 || b.y > 1024 || b.z > 64)
        return cudaErrorInvalidConfiguration;
    if (!g.x || !g.y || !g.z || g.x > 0x7FFFFFFFu || g.y > 65535 || g.z > 65535)
        return cudaErrorInvalidConfiguration;
    return l.shared > max(allowed, (size_t)SHARED) ? cudaErrorInvalidValue : cudaSuccess;
}

void emulated_launch(const EmulatedLaunch &launch, cudaStream_t stream) {
    std::lock_guard<std::recursive_mutex> held(runtime_lock);
    cudaError_t error = check(launch);
    if (!error) error = enqueue(stream, [launch] { return grid_run(launch); });
    note(error);
}
