/* device_code.h: the language of kernels as plain C++: qualifiers, vector types, indices, barriers,
 * warps, atomics and arithmetic.
 *
 * A thread of a block is a fiber of one thread of the operating system (block.h), so:
 *   - threadIdx and similar variables are thread_local and change with the fiber;
 *   - shared memory is a static thread_local variable, so there is one for each running block;
 *   - a barrier, or an operation of a warp, switches to another fiber until all threads have
 *       arrived.
 *
 * Operations that wait keep the line of their caller, for the message about a deadlock. Atomics on
 * floats are missing on purpose, because their sums depend on the order of threads. */
#ifndef EMULATED_DEVICE_CODE_H
#define EMULATED_DEVICE_CODE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- qualifiers ------------------------------------------------------------------------------ */

#define __global__
#define __device__
#define __host__
#define __constant__
#define __shared__ static thread_local
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

/* ---- vectors --------------------------------------------------------------------------------- */

/* Aligned as on the GPU, so that the sanitizer sees a vector access at an address that is not a
 * multiple of its size. */
#define EMULATED_VECTORS(T, name, align2, align4) \
    struct __align__(align2) name##2 { \
        T x, y; \
    }; \
    struct name##3 { \
        T x, y, z; \
    }; \
    struct __align__(align4) name##4 { \
        T x, y, z, w; \
    }; \
    static inline constexpr name##2 make_##name##2(T x, T y) { return { x, y }; } \
    static inline constexpr name##3 make_##name##3(T x, T y, T z) { return { x, y, z }; } \
    static inline constexpr name##4 make_##name##4(T x, T y, T z, T w) { return { x, y, z, w }; }
EMULATED_VECTORS(float, float, 8, 16)
EMULATED_VECTORS(int, int, 8, 16)
EMULATED_VECTORS(unsigned, uint, 8, 16)
EMULATED_VECTORS(double, double, 16, 16)
EMULATED_VECTORS(unsigned char, uchar, 2, 4)
EMULATED_VECTORS(unsigned short, ushort, 4, 8)

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
        : x(width), y(height), z(depth) {}
    constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

extern constinit thread_local uint3 threadIdx, blockIdx;
extern constinit thread_local dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

/* ---- waiting for others ---------------------------------------------------------------------- */

/* A line of the kernel. As a default argument it is the caller's line. */
struct EmulatedPlace {
    const char *file;
    int line;
};
static constexpr EmulatedPlace emulated_here(const char *file = __builtin_FILE(),
                                             int line = __builtin_LINE()) {
    return { file, line };
}

/* Waits for all threads of the block that have not exited. Returns how many of them came with
 * `predicate`. */
int emulated_barrier(bool predicate, EmulatedPlace at);

/* An operation of a warp. Every lane of `mask` that has not exited passes a pointer to its value.
 * When the last one has arrived, `all` is called once with the pointers by lane (NULL for missing
 * lanes), and writes each lane's result after its value. */
typedef void EmulatedWarpFunction(void *const lanes[32]);
void emulated_warp(unsigned mask, EmulatedWarpFunction *all, void *mine, EmulatedPlace at);
int emulated_lane();

static inline void __syncthreads(EmulatedPlace at = emulated_here()) {
    emulated_barrier(false, at);
}
static inline int __syncthreads_count(int predicate, EmulatedPlace at = emulated_here()) {
    return emulated_barrier(predicate != 0, at);
}
static inline int __syncthreads_or(int predicate, EmulatedPlace at = emulated_here()) {
    return emulated_barrier(predicate != 0, at) > 0;
}
static inline int __syncthreads_and(int predicate, EmulatedPlace at = emulated_here()) {
    return emulated_barrier(predicate == 0, at) == 0;
}

static inline void emulated_nothing(void *const *) {}
static inline void __syncwarp(unsigned mask = 0xFFFFFFFFu, EmulatedPlace at = emulated_here()) {
    emulated_warp(mask, emulated_nothing, &at, at);
}

/* ---- shuffles -------------------------------------------------------------------------------- */

template <class T> struct EmulatedShuffle {
    T value, result;
    int from; /* lane */
};

/* The value from a missing lane is undefined: here all bits are ones, a NaN. */
template <class T> static void emulated_shuffle_all(void *const lanes[32]) {
    for (int i = 0; i < 32; i++) {
        EmulatedShuffle<T> *s = (EmulatedShuffle<T> *)lanes[i];
        if (!s) continue;
        const EmulatedShuffle<T> *from = (const EmulatedShuffle<T> *)lanes[s->from];
        if (from) s->result = from->value;
        else memset((void *)&s->result, 0xFF, sizeof s->result);
    }
}

template <class T> static T emulated_shuffle(unsigned mask, T value, int from, EmulatedPlace at) {
    static_assert(__is_trivially_copyable(T) && (sizeof(T) == 4 || sizeof(T) == 8),
                  "shuffles take 4 or 8 bytes");
    EmulatedShuffle<T> s = { value, value, from };
    emulated_warp(mask, emulated_shuffle_all<T>, &s, at);
    return s.result;
}

/* Lanes form groups of `width`. A lane that would read outside its group reads its own value. */
template <class T>
static T __shfl_sync(unsigned mask, T value, int from, int width = 32,
                     EmulatedPlace at = emulated_here()) {
    int first = emulated_lane() & ~(width - 1);
    return emulated_shuffle(mask, value, first + (from & (width - 1)), at);
}
template <class T>
static T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32,
                         EmulatedPlace at = emulated_here()) {
    int lane = emulated_lane(), last = lane | (width - 1), from = (lane ^ bits) & 31;
    return emulated_shuffle(mask, value, from > last ? lane : from, at);
}
template <class T>
static T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32,
                        EmulatedPlace at = emulated_here()) {
    int lane = emulated_lane(), first = lane & ~(width - 1), from = lane - (int)by;
    return emulated_shuffle(mask, value, from < first ? lane : from, at);
}
template <class T>
static T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32,
                          EmulatedPlace at = emulated_here()) {
    int lane = emulated_lane(), last = lane | (width - 1), from = lane + (int)by;
    return emulated_shuffle(mask, value, from > last ? lane : from, at);
}

struct EmulatedVote {
    bool predicate;
    unsigned result;
};
void emulated_vote_all(void *const lanes[32]);

static inline unsigned __ballot_sync(unsigned mask, int predicate,
                                     EmulatedPlace at = emulated_here()) {
    EmulatedVote v = { predicate != 0, 0 };
    emulated_warp(mask, emulated_vote_all, &v, at);
    return v.result;
}
static inline int __any_sync(unsigned mask, int predicate, EmulatedPlace at = emulated_here()) {
    return __ballot_sync(mask, predicate, at) != 0;
}
static inline int __all_sync(unsigned mask, int predicate, EmulatedPlace at = emulated_here()) {
    return __ballot_sync(mask, !predicate, at) == 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Blocks run on several threads of the operating system, so these must be real atomics. Each
 * returns the old value. */
#define EMULATED_ATOMICS(T) \
    static inline T atomicAdd(T *at, T value) { \
        return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); \
    } \
    static inline T atomicExch(T *at, T value) { \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); \
    } \
    static inline T atomicCAS(T *at, T expected, T value) { \
        __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, \
                                    __ATOMIC_SEQ_CST); \
        return expected; \
    } \
    static inline T atomicMax(T *at, T value) { \
        T old = __atomic_load_n(at, __ATOMIC_SEQ_CST); \
        while (old < value && !__atomic_compare_exchange_n(at, &old, value, false, \
                                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) \
            continue; \
        return old; \
    } \
    static inline T atomicMin(T *at, T value) { \
        T old = __atomic_load_n(at, __ATOMIC_SEQ_CST); \
        while (value < old && !__atomic_compare_exchange_n(at, &old, value, false, \
                                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) \
            continue; \
        return old; \
    }
EMULATED_ATOMICS(int)
EMULATED_ATOMICS(unsigned)
EMULATED_ATOMICS(unsigned long long)
static inline int atomicOr(int *at, int value) {
    return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
}
static inline unsigned atomicOr(unsigned *at, unsigned value) {
    return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
}
static inline unsigned atomicInc(unsigned *at, unsigned most) {
    unsigned old = __atomic_load_n(at, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n(at, &old, old >= most ? 0 : old + 1, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        continue;
    return old;
}

/* Loads and stores with cache hints. */
template <class T> static T __ldg(const T *at) { return *at; }
template <class T> static T __ldca(const T *at) { return *at; }
template <class T> static T __ldcg(const T *at) { return *at; }
template <class T> static T __ldcs(const T *at) { return *at; }
template <class T> static void __stcg(T *at, T value) { *at = value; }
template <class T> static void __stcs(T *at, T value) { *at = value; }

[[noreturn]] static inline void __trap() { abort(); }

/* ---- arithmetic ------------------------------------------------------------------------------ */

#define EMULATED_MIN_MAX(R, A, B) \
    static inline constexpr R min(A a, B b) { return (R)a < (R)b ? (R)a : (R)b; } \
    static inline constexpr R max(A a, B b) { return (R)a > (R)b ? (R)a : (R)b; }
EMULATED_MIN_MAX(int, int, int)
EMULATED_MIN_MAX(unsigned, unsigned, unsigned)
EMULATED_MIN_MAX(unsigned, int, unsigned)
EMULATED_MIN_MAX(unsigned, unsigned, int)
EMULATED_MIN_MAX(long, long, long)
EMULATED_MIN_MAX(unsigned long, unsigned long, unsigned long)
EMULATED_MIN_MAX(long long, long long, long long)
EMULATED_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
#undef EMULATED_MIN_MAX
/* If one argument is a NaN, the result is the other, as on the GPU. */
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

/* The approximate functions are exact here. Names with two underscores belong to the C library. */
static inline float emulated_rsqrtf(float x) { return 1 / sqrtf(x); }
static inline double emulated_rsqrt(double x) { return 1 / sqrt(x); }
#define rsqrtf emulated_rsqrtf
#define rsqrt emulated_rsqrt
#define __expf expf
#define __logf logf
#define __log2f log2f
#define __powf powf
#define __sinf sinf
#define __cosf cosf
static inline float __fdividef(float a, float b) { return a / b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static inline float __saturatef(float x) { return x > 0 ? min(x, 1.0f) : 0.0f; }

static inline int __float2int_rn(float x) { return (int)rintf(x); }
static inline int __float2int_rz(float x) { return (int)x; }
static inline int __float2int_rd(float x) { return (int)floorf(x); }
static inline int __float2int_ru(float x) { return (int)ceilf(x); }
static inline float __int2float_rn(int x) { return (float)x; }
static inline float __uint2float_rn(unsigned x) { return (float)x; }

/* Bits of one type as another. */
template <class To, class From> static To emulated_bits(From from) {
    To to;
    static_assert(sizeof to == sizeof from);
    memcpy(&to, &from, sizeof to);
    return to;
}
static inline int __float_as_int(float x) { return emulated_bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return emulated_bits<unsigned>(x); }
static inline float __int_as_float(int x) { return emulated_bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return emulated_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return emulated_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return emulated_bits<double>(x); }

static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline unsigned __umulhi(unsigned a, unsigned b) {
    return (unsigned)((uint64_t)a * b >> 32);
}

#endif
