/* gate.h: a number that threads wait for. Who waits spins for a moment, then sleeps. Who changes
 * the number pays for waking others only if somebody sleeps.
 *
 * All accesses are sequentially consistent. That matters in two places: gate_wait counts itself as
 * a sleeper before it looks at the value for the last time, and gate_open looks for sleepers after
 * it changed the value. So one of the two sees the other, and nobody sleeps for ever. */
#ifndef P2C_GATE_H
#define P2C_GATE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <pthread.h>
#endif

#include "clock.h"

typedef struct Gate {
    atomic_int value, sleepers;
#ifndef __linux__
    pthread_mutex_t lock;
    pthread_cond_t changed;
#endif
} Gate;

/* About as long as one thread works alone between most loops. A forward pass of the generator wakes
 * sleepers 95 times with 20 us, 37 times with 50 us; on a busy machine both take the same time. */
static const double GATE_SPIN_MS = 0.05;

#ifdef __linux__
static inline void gate_init(Gate *gate) { *gate = (Gate){ 0 }; }
static inline void gate_clear(Gate *gate) { (void)gate; }
/* Returns when somebody wakes the gate, or at once if its value is another. */
static inline void gate_sleep(Gate *gate, int value) {
    syscall(SYS_futex, &gate->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static inline void gate_wake(Gate *gate) {
    syscall(SYS_futex, &gate->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
#else
static inline void gate_init(Gate *gate) {
    *gate = (Gate){ 0 };
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
}
static inline void gate_clear(Gate *gate) {
    pthread_mutex_destroy(&gate->lock);
    pthread_cond_destroy(&gate->changed);
}
static inline void gate_sleep(Gate *gate, int value) {
    pthread_mutex_lock(&gate->lock);
    if (gate->value == value) pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}
static inline void gate_wake(Gate *gate) {
    pthread_mutex_lock(&gate->lock);
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}
#endif

/* Tells the processor that this thread spins. */
static inline void gate_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* After value was changed: wakes whoever sleeps. */
static inline void gate_open(Gate *gate) {
    if (gate->sleepers) gate_wake(gate);
}

/* Waits until the value is one that `passes`. */
static inline void gate_wait(Gate *gate, bool (*passes)(int value)) {
    if (passes(gate->value)) return;
    double end = p2c_clock_ms() + GATE_SPIN_MS;
    do
        for (int i = 0; i < 16; i++, gate_pause())
            if (passes(gate->value)) return;
    while (p2c_clock_ms() < end);
    gate->sleepers++;
    for (int value; value = gate->value, !passes(value);) gate_sleep(gate, value);
    gate->sleepers--;
}

#endif
