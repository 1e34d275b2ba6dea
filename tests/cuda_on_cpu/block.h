/* block.h: runs the threads of one block.
 *
 * A block runs on one thread of the operating system, its threads one after the other: each until
 * it has to wait for others. Only then does a thread need a stack of its own. So:
 *
 *     fiber A   thread 0 to its end, thread 1 to its end, thread 2 ... thread 7 waits at a barrier
 *     fiber B                                                          thread 8 waits
 *     fiber C                                                                   thread 9 waits ...
 *         the last one arrives and goes on
 *     fiber A
 *         thread 7 goes on, to its end
 *
 * and a kernel without barriers runs on a single fiber, without ever changing. Of the threads that
 * may go on, those run first that waited; threads that have not begun come after them. In which
 * order, emulated_order says: results must not depend on it.
 *
 * When no thread can go on and not all have exited, they wait for each other for ever. That ends
 * the program, with a list of who waits where. */
#ifndef EMULATED_BLOCK_H
#define EMULATED_BLOCK_H

#include "launch.h"

enum EmulatedOrder { EMULATED_FORWARD, EMULATED_REVERSE, EMULATED_SHUFFLE };

/* Runs block `index` of the launch. */
void block_run(const EmulatedLaunch *launch, uint3 index, EmulatedOrder order);

/* The `i`th of `count` in that order. The shuffle is a stride that has no factor in common with the
 * count, from some start, both drawn by `seed`; it reaches each number once. */
size_t order_at(EmulatedOrder order, size_t i, size_t count, uint64_t seed);

/* What emulated_order, or P2C_EMULATED_ORDER, says (grid.cc). */
EmulatedOrder order_now();

/* What copy.h delays, by thread. */
void emulated_copy_begin(void *to, const void *from, size_t bytes);
void emulated_copy_commit();
void emulated_copy_wait(int groups); /* until at most so many are under way */

#endif
