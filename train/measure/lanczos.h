/* lanczos.h: scales pictures that are to be measured. Training scales by a triangle, which blurs
 * lines: measured so, cartoons of 400 pixels would have three quarters of the lines that they have
 * at 256 pixels by this filter, and a generator that draws too faintly would look right. */
#ifndef P2C_TRAIN_MEASURE_LANCZOS_H
#define P2C_TRAIN_MEASURE_LANCZOS_H

#include "p2cnn.h"

/* Reads a picture's file over white and scales it to side x side: Pillow's LANCZOS, which is
 * Duchon's filter of three lobes (1979), as wide as the shrinking asks for. *out: a new RGB
 * picture; { 0 } on failure. */
P2C_CHECKED P2cStatus lanczos_read(P2cContext *ctx, const char *path, int side, P2cImage *out);

#endif
