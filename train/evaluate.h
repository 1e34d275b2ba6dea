/* evaluate.h: measures the generators on the test pictures, so that the best checkpoint can be
 * chosen. */
#ifndef P2C_TRAIN_EVALUATE_H
#define P2C_TRAIN_EVALUATE_H

#include "p2cnn.h"

typedef struct EvaluateOptions {
    int size, ch;
    int ch_b2a;     /* channels of genB2A; 0: ch */
    bool full, ema; /* the large generators; the averaged ones, genA2B_ema and genB2A_ema */
    bool face;      /* a face network's parameters are in the store, under "face" */
    P2cFaceKind kind;
    char *const *a;
    int count_a; /* paths of photos */
    char *const *b;
    int count_b; /* paths of cartoons */
} EvaluateOptions;

typedef struct Evaluation {
    /* of the photos' cartoons against the cartoons: 0 when their faces are alike; an estimate,
     * which may be slightly negative */
    double kid;
    double id_similarity; /* of a photo's face and its cartoon's, mean cosine */
    double cycle_l1;      /* mean |genB2A(genA2B(a)) - a|, pixels in [-1,1] */
    int photos, cartoons; /* how many were measured; cartoons only with a face network */
} Evaluation;

/* Values that cannot be computed are NaN: kid and id_similarity without a face network, means of no
 * pictures, kid of fewer than two of either kind. The generators' parameters must be in the store.
 * The graphs take one picture at a time and are freed before it returns. Returns 0, or the exit
 * code of a failure, which has been reported unless it is EXIT_DEVICE (see p2c_error); *out must
 * not be used then. */
int evaluate(P2cContext *ctx, P2cStore *store, const EvaluateOptions *options, Evaluation *out);

/* Kernel inception distance (Binkowski 2018): the unbiased estimate of the squared maximum mean
 * discrepancy under the kernel (x.y/d + 1)^3, from x (nx,d) and y (ny,d). NaN when nx or ny is
 * below 2. */
double kid(const float *x, int nx, const float *y, int ny, int d);

#endif
