/* guard.h: decides what to do when a run goes wrong. A step whose losses or gradients are not
 * finite is skipped. Several such steps soon after each other mean that the weights are bad
 * already: the run goes back to its newest checkpoint. When that happens again, it stops. */
#ifndef P2C_TRAIN_GUARD_H
#define P2C_TRAIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_SKIPS = 3, GUARD_WINDOW = 100 /* steps */, GUARD_ROLL_BACKS = 2 };

typedef enum GuardVerdict {
    GUARD_GO,
    GUARD_SKIPPED,   /* this step did nothing */
    GUARD_ROLL_BACK, /* go back to the last good checkpoint */
    GUARD_STOP,      /* go back, and stop there */
} GuardVerdict;

typedef struct Guard {
    int64_t skipped[GUARD_SKIPS]; /* the newest skipped steps, oldest first; 0: none */
    int64_t skips;                /* in the whole run */
    int roll_backs;               /* of this process: a run that is resumed may go back again */
} Guard;

/* After step `step` (from 1); finite: it was done. */
GuardVerdict guard_step(Guard *guard, int64_t step, bool finite);
/* To be called after going back. Earlier skipped steps stay in the total, but no longer lead
 * back. */
void guard_rolled_back(Guard *guard);
/* No step of the last GUARD_WINDOW was skipped: what is saved now is good to go back to. */
bool guard_is_calm(const Guard *guard, int64_t step);

#endif
