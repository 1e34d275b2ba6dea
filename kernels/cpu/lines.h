/* lines.h: a tensor as lines along one axis: (outer, size, inner). Lines of consecutive elements
 * (inner is 1) are worked on one by one; else WIDTH neighbours along inner at once, so that memory
 * is read in its order. */
#ifndef P2C_CPU_LINES_H
#define P2C_CPU_LINES_H

#include "cpu.h"
#include "op/axis.h"

enum { WIDTH = 64 };

typedef struct Lines {
    size_t outer, size, inner;
} Lines;

static inline Lines lines_of(P2cDims d, int axis) {
    Lines s = { 1, (size_t)d.d[axis], 1 };
    for (int i = 0; i < axis; i++) s.outer *= (size_t)d.d[i];
    for (int i = axis + 1; i < 4; i++) s.inner *= (size_t)d.d[i];
    return s;
}

/* Neighbouring lines: where the first of them begins, and how many there are; element k of line i
 * is at + k * inner + i. line: number of the first line. */
typedef struct Block {
    size_t at, line, width;
} Block;

static inline size_t block_count(Lines s) { return s.outer * ((s.inner + WIDTH - 1) / WIDTH); }

static inline Block block_at(Lines s, size_t i) {
    size_t across = (s.inner + WIDTH - 1) / WIDTH, first = i % across * WIDTH, outer = i / across;
    return (Block){ outer * s.size * s.inner + first, outer * s.inner + first,
                    s.inner - first < WIDTH ? s.inner - first : WIDTH };
}

#endif
