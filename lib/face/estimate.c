/* estimate.c: 68 points without a network: the points of an average upright face, put into the
 * detector's box.
 *
 * The table is the median of the points that PFLD gives (landmarks.c) in the boxes of dlib's
 * detector, as fractions of the box, over 294 portraits that look ahead (nose within 0.35 to 0.65
 * of the way between the eyes' outer corners), made symmetric. Put back into those boxes, the
 * points are off by 12 % of the distance of the eyes' outer corners on average. That is good enough
 * for a square around the head, but not for levelling a tilted one. */
#include "face.h"

static const double average[P2C_LANDMARKS][2] = {
    { 0.027, 0.308 }, { 0.026, 0.432 }, { 0.037, 0.560 }, { 0.061, 0.687 }, { 0.102, 0.804 },
    { 0.172, 0.909 }, { 0.268, 0.995 }, { 0.377, 1.062 }, { 0.500, 1.083 }, { 0.623, 1.062 },
    { 0.732, 0.995 }, { 0.828, 0.909 }, { 0.898, 0.804 }, { 0.939, 0.687 }, { 0.963, 0.560 },
    { 0.974, 0.432 }, { 0.973, 0.308 }, { 0.112, 0.191 }, { 0.170, 0.145 }, { 0.248, 0.133 },
    { 0.328, 0.147 }, { 0.399, 0.176 }, { 0.601, 0.176 }, { 0.672, 0.147 }, { 0.752, 0.133 },
    { 0.830, 0.145 }, { 0.888, 0.191 }, { 0.500, 0.282 }, { 0.500, 0.363 }, { 0.500, 0.441 },
    { 0.500, 0.517 }, { 0.396, 0.590 }, { 0.445, 0.606 }, { 0.500, 0.619 }, { 0.555, 0.606 },
    { 0.604, 0.590 }, { 0.194, 0.301 }, { 0.252, 0.267 }, { 0.315, 0.269 }, { 0.372, 0.313 },
    { 0.312, 0.324 }, { 0.250, 0.324 }, { 0.628, 0.313 }, { 0.685, 0.269 }, { 0.748, 0.267 },
    { 0.806, 0.301 }, { 0.750, 0.324 }, { 0.688, 0.324 }, { 0.299, 0.740 }, { 0.372, 0.709 },
    { 0.447, 0.689 }, { 0.500, 0.702 }, { 0.553, 0.689 }, { 0.628, 0.709 }, { 0.701, 0.740 },
    { 0.636, 0.814 }, { 0.561, 0.852 }, { 0.500, 0.860 }, { 0.439, 0.852 }, { 0.364, 0.814 },
    { 0.322, 0.746 }, { 0.445, 0.735 }, { 0.500, 0.741 }, { 0.555, 0.735 }, { 0.678, 0.746 },
    { 0.558, 0.784 }, { 0.500, 0.790 }, { 0.442, 0.784 },
};

void p2c_estimate_landmarks(P2cBox box, P2cPoint points[P2C_LANDMARKS]) {
    double w = box.right - box.left, h = box.bottom - box.top;
    for (int i = 0; i < P2C_LANDMARKS; i++)
        points[i] = (P2cPoint){ box.left + average[i][0] * w, box.top + average[i][1] * h };
}
