/* resize.h: the position of element i of a resized axis in the source, for resize_bilinear and
 * resize_nearest.
 *
 * It is (slope*i + offset) / unit, clamped to the first and the last element. The arithmetic uses
 * integers, so that ties and neighbours do not depend on how an instruction set rounds. They fit 64
 * bits, because sizes are below 2^31. */
#ifndef P2C_CPU_RESIZE_H
#define P2C_CPU_RESIZE_H

#include "cpu.h"
#include "op/resize.h"

typedef struct Axis {
    int in, out;
    int64_t slope, offset, unit;
} Axis;

static inline Axis axis_of(int in, int out, P2cCoordinates coordinates) {
    if (coordinates == P2C_ALIGN_CORNERS)
        return (Axis){ in, out, in - 1, 0, out > 1 ? out - 1 : 1 };
    if (coordinates == P2C_ASYMMETRIC) return (Axis){ in, out, in, 0, out };
    return (Axis){ in, out, 2 * (int64_t)in, (int64_t)in - out, 2 * (int64_t)out };
}

/* k: 2 for rows, 3 for columns. */
static inline Axis axis_at(const P2cNode *node, int k) {
    return axis_of(node->x[0]->dims.d[k], node->dims.d[k],
                   P2C_ATTRIBUTES(node, P2cResizeAttributes)->coordinates);
}

/* low + rest / unit, 0 <= rest < unit. */
typedef struct Place {
    int low;
    int64_t rest;
} Place;

static inline Place place_at(Axis a, int i) {
    int64_t at = a.slope * i + a.offset, last = (a.in - 1) * a.unit;
    at = at < 0 ? 0 : at > last ? last : at;
    return (Place){ (int)(at / a.unit), at % a.unit };
}

#endif
