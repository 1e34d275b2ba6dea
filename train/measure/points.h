/* points.h: how far the features of a face are from those of another, by their 68 points. */
#ifndef P2C_TRAIN_MEASURE_POINTS_H
#define P2C_TRAIN_MEASURE_POINTS_H

#include "p2cnn.h"

typedef struct PointsDifference {
    /* mean distance of a point of b, moved, turned and scaled for the least squares, from its
     * counterpart in a, relative to the distance of a's outer corners of the eyes (Umeyama 1991) */
    double distance;
    double eyes; /* area of both eyes of b, scaled so, relative to that of a's */
} PointsDifference;
/* NaN where a face has no extent. */
PointsDifference points_compare(const P2cPoint a[P2C_LANDMARKS], const P2cPoint b[P2C_LANDMARKS]);

#endif
