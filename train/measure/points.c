/* points.c: see points.h. A similarity transform of the plane is z -> scale*z + shift in complex
 * numbers; with both sets about their means the shift is 0. */
#include "points.h"

#include <complex.h>
#include <math.h>

enum { LEFT_EYE = 36, RIGHT_EYE = 42, EYE_POINTS = 6, LEFT_CORNER = 36, RIGHT_CORNER = 45 };

static void about_mean(const P2cPoint points[P2C_LANDMARKS], double complex z[P2C_LANDMARKS]) {
    double complex mean = 0;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        z[i] = points[i].x + I * points[i].y;
        mean += z[i] / P2C_LANDMARKS;
    }
    for (int i = 0; i < P2C_LANDMARKS; i++) z[i] -= mean;
}

/* Of a polygon, by the shoelace formula. */
static double area(const double complex z[EYE_POINTS]) {
    double twice = 0;
    for (int i = 0; i < EYE_POINTS; i++) twice += cimag(conj(z[i]) * z[(i + 1) % EYE_POINTS]);
    return fabs(twice) / 2;
}

static double area_of_eyes(const double complex z[P2C_LANDMARKS]) {
    return area(z + LEFT_EYE) + area(z + RIGHT_EYE);
}

PointsDifference points_compare(const P2cPoint a[P2C_LANDMARKS], const P2cPoint b[P2C_LANDMARKS]) {
    double complex u[P2C_LANDMARKS], v[P2C_LANDMARKS], product = 0;
    double square = 0, distance = 0;
    about_mean(a, u);
    about_mean(b, v);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        product += conj(v[i]) * u[i];
        square += creal(conj(v[i]) * v[i]);
    }
    double corners = cabs(u[RIGHT_CORNER] - u[LEFT_CORNER]);
    if (!(square > 0 && corners > 0)) return (PointsDifference){ NAN, NAN };
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        v[i] *= product / square;
        distance += cabs(u[i] - v[i]) / P2C_LANDMARKS;
    }
    return (PointsDifference){ distance / corners, area_of_eyes(v) / area_of_eyes(u) };
}
