/* upsample.h: the gradient of repeated pixels, for upsample_nearest and the operations it is fused
 * into. */
#ifndef P2C_CPU_UPSAMPLE_H
#define P2C_CPU_UPSAMPLE_H

#include "cpu.h"

ALWAYS_INLINE void add_copies_of(const float *dy, int w, int f, float *dx) {
    size_t row = (size_t)w * (size_t)f;
    for (int j = 0; j < w; j++) {
        float sum = 0;
        for (int k = 0; k < f; k++)
            for (int l = 0; l < f; l++) sum += dy[(size_t)k * row + (size_t)(j * f + l)];
        dx[j] += sum;
    }
}

/* For a row of w pixels: dx[j] += the sum of the f x f copies of pixel j in dy, f rows of w*f. */
static inline void add_copies(const float *dy, int w, int f, float *dx) {
    if (f == 2) add_copies_of(dy, w, 2, dx);
    else add_copies_of(dy, w, f, dx);
}

#endif
