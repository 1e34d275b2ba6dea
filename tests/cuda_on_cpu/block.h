/* block.h: runs the threads of one block.
 *
 * A block runs on one thread of the operating system. Its threads run one after the other, each
 * until it has to wait for others. Only then does a thread need its own stack. So:
 *
 *     fiber A   thread 0 to its end, thread 1 to its end, ... thread 7 waits at a barrier
 *     fiber B   thread 8 waits
 *     fiber C   thread 9 waits ... the last one arrives and goes on
 *     fiber A   thread 7 goes on, to its end
 *
 * and a kernel without barriers runs on a single fiber, without any switch. Among the threads that
 * can go on, those that waited run first, and those that have not begun come last. emulated_order
 * decides the order within these groups, because results must not depend on it.
 *
 * If no thread can go on and not all have exited, there is a deadlock. The program then ends with a
 * list of the threads that wait and where. */
#ifndef EMULATED_BLOCK_H
#define EMULATED_BLOCK_H

#include "launch.h"

enum EmulatedOrder { EMULATED_FORWARD, EMULATED_REVERSE, EMULATED_SHUFFLE };

/* Runs block `index` of the launch. */
void block_run(const EmulatedLaunch *launch, uint3 index, EmulatedOrder order);

/* The `i`th of `count` in that order. The shuffle starts at some number and uses a stride that has
 * no factor in common with the count, both drawn from `seed`, so it reaches each number once. */
size_t order_at(EmulatedOrder order, size_t i, size_t count, uint64_t seed);

/* The order set by emulated_order or P2C_EMULATED_ORDER (grid.cc). */
EmulatedOrder order_now();

/* The copies that copy.h delays, per thread. */
void emulated_copy_begin(void *to, const void *from, size_t bytes);
void emulated_copy_commit();
void emulated_copy_wait(int groups); /* waits until at most so many are under way */

#endif
