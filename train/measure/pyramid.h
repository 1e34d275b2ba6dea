/* pyramid.h: Laplacian pyramid of a picture (Burt and Adelson 1983): each level holds what the next
 * smaller one lacks, so the finest has lines, the coarsest the layout of colours. */
#ifndef P2C_TRAIN_MEASURE_PYRAMID_H
#define P2C_TRAIN_MEASURE_PYRAMID_H

#include <stddef.h>

enum { PYRAMID_LEVELS = 6, PYRAMID_SMALLEST = 16 };

/* How many levels a picture of this side has. A side is halved while it is even and its half is not
 * below PYRAMID_SMALLEST, and while there are fewer than PYRAMID_LEVELS. */
int pyramid_levels(int side);

/* Floats of scratch that pyramid_split needs. */
size_t pyramid_scratch(int side);
/* One level down. picture (3,side,side), of an even side of at least 8, becomes what is left
 * without smaller. smaller (3,side/2,side/2): the picture blurred by (1 4 6 4 1)/16 each way, every
 * second pixel. */
void pyramid_split(float *picture, int side, float *smaller, float *scratch);

#endif
