/* faces.h: what embeddings of faces say about two sets of pictures. An embedding is a vector of d
 * values of length sqrt(d), so that x.y/d is the cosine of two of them. */
#ifndef P2C_TRAIN_MEASURE_FACES_H
#define P2C_TRAIN_MEASURE_FACES_H

/* Kernel inception distance (Binkowski 2018): the unbiased estimate of the squared maximum mean
 * discrepancy under the kernel (x.y/d + 1)^3, from x (nx,d) and y (ny,d). NaN when nx or ny is
 * below 2. */
double kid(const float *x, int nx, const float *y, int ny, int d);
/* The standard error of kid: its deviation over 50 random halves of both sets. (Drawn without
 * replacement, halves deviate as much as the whole estimate would over other pictures: the
 * delete-half jackknife, Shao and Wu 1989.) NaN: fewer than 4 of either, or out of memory. The same
 * every time. */
double kid_deviation(const float *x, int nx, const float *y, int ny, int d);

/* Mean cosine of x[i] and y[i], both (n,d). NaN when n is 0. */
double cosine_of_pairs(const float *x, const float *y, int n, int d);
/* Mean cosine of x[i] and y[j] over all i and j; other: only those with i != j. NaN when there are
 * none. */
double cosine_of_all(const float *x, int nx, const float *y, int ny, int d);
double cosine_of_others(const float *x, const float *y, int n, int d);

#endif
