/* guard.c: counting what went wrong; see guard.h for what follows from it. */
#include "guard.h"

#include <string.h>

GuardVerdict guard_step(Guard *guard, int64_t step, bool finite) {
    if (finite) return GUARD_GO;
    guard->skips++;
    memmove(guard->skipped, guard->skipped + 1, (GUARD_SKIPS - 1) * sizeof *guard->skipped);
    guard->skipped[GUARD_SKIPS - 1] = step;
    if (!guard->skipped[0] || step - guard->skipped[0] >= GUARD_WINDOW) return GUARD_SKIPPED;
    return guard->roll_backs + 1 < GUARD_ROLL_BACKS ? GUARD_ROLL_BACK : GUARD_STOP;
}

void guard_rolled_back(Guard *guard) {
    memset(guard->skipped, 0, sizeof guard->skipped);
    guard->roll_backs++;
}

bool guard_is_calm(const Guard *guard, int64_t step) {
    int64_t newest = guard->skipped[GUARD_SKIPS - 1];
    return !newest || step - newest >= GUARD_WINDOW;
}
