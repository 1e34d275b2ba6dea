/* edges.h: how much of a picture is line, and how much is flat. Cartoons have strong lines and flat
 * colours; photos have neither. */
#ifndef P2C_TRAIN_MEASURE_EDGES_H
#define P2C_TRAIN_MEASURE_EDGES_H

/* Shares of the pixels, 0 to 1. The gradient is that of the mean of the channels, of differences to
 * the next pixel on the right and below, per pixel, where black to white is 1. Lines: above 0.25;
 * flat: below 0.01. Both depend on the picture's size: only pictures of one size can be compared.
 * planes (3,side,side) in [-1,1]. */
void edge_shares(const float *planes, int side, double *lines, double *flat);

#endif
