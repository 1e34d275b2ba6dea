/* copy.h: kernels/cuda/native/copy.h for machines without a GPU, with the same contract. A copy is
 * made as late as allowed, when it is waited for. So a kernel that forgets to wait reads the old
 * contents of shared memory. */
#ifndef EMULATED_COPY_H
#define EMULATED_COPY_H

#include "device_code.h"

/* from NULL: writes zeros */
void emulated_copy_begin(void *to, const void *from, size_t bytes);
void emulated_copy_commit();
void emulated_copy_wait(int groups);

static inline void cp_async4(void *shared, const void *global, bool present = true) {
    emulated_copy_begin(shared, present ? global : NULL, 4);
}
static inline void cp_async8(void *shared, const void *global, bool present = true) {
    emulated_copy_begin(shared, present ? global : NULL, 8);
}
static inline void cp_async16(void *shared, const void *global, bool present = true) {
    emulated_copy_begin(shared, present ? global : NULL, 16);
}
static inline void cp_async_commit() { emulated_copy_commit(); }
template <int N> void cp_async_wait() { emulated_copy_wait(N); }

#endif
