/* guard.h: when a run goes wrong. A step whose losses or gradients are not finite is skipped;
 * several of them soon after each other mean that the weights are bad already, and the run goes
 * back to its last good checkpoint; when that happens again, it stops. */
#ifndef P2C_TRAIN_GUARD_H
#define P2C_TRAIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GUARD_SKIPS = 3,
    GUARD_WINDOW = 100 /* steps */,
    GUARD_ROLL_BACKS = 2,
    GUARD_WON = 1000 /* steps */
};
/* of d, which is 2 to 2.5 in a healthy run, and 0 when the discriminators tell everything apart */
#define GUARD_WON_BELOW 0.05

typedef enum GuardVerdict {
    GUARD_GO,
    GUARD_SKIPPED,   /* this step did nothing */
    GUARD_ROLL_BACK, /* go back to the last good checkpoint */
    GUARD_STOP,      /* go back, and stop there */
} GuardVerdict;

typedef struct Guard {
    int64_t skipped[GUARD_SKIPS]; /* the newest skipped steps, oldest first; 0: none */
    int64_t skips;                /* in the whole run */
    int roll_backs;               /* of this process: who resumes has decided to try again */
    int64_t won;                  /* steps in a row with d below GUARD_WON_BELOW */
} Guard;

/* What a checkpoint keeps of the guard of a State, as lines of its table of fields. */
#define GUARD_FIELDS(State) \
    { "skipped_steps", FIELD_WHOLE, offsetof(State, guard.skips) }, \
        { "skipped_1", FIELD_WHOLE, offsetof(State, guard.skipped) }, \
        { "skipped_2", FIELD_WHOLE, offsetof(State, guard.skipped) + sizeof(int64_t) }, { \
        "skipped_3", FIELD_WHOLE, offsetof(State, guard.skipped) + 2 * sizeof(int64_t) \
    }
_Static_assert(GUARD_SKIPS == 3, "one field each");

/* After step `step` (from 1); finite: it was done. */
GuardVerdict guard_step(Guard *guard, int64_t step, bool finite);
/* Call after going back: what happened since then is forgotten, but counted. */
void guard_rolled_back(Guard *guard);
/* No step of the last GUARD_WINDOW was skipped: what is saved now is good to go back to. */
bool guard_is_calm(const Guard *guard, int64_t step);
/* True once, when d has been below GUARD_WON_BELOW for GUARD_WON steps in a row; and again after it
 * has recovered. */
bool guard_discriminators_won(Guard *guard, double d);

#endif
