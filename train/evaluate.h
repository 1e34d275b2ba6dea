/* evaluate.h: measures the generators on the test pictures, so that the best checkpoint can be
 * chosen. */
#ifndef P2C_TRAIN_EVALUATE_H
#define P2C_TRAIN_EVALUATE_H

#include "measure/measures.h"

/* At most so many cartoons are compared with, evenly spaced over the list: more would change little
 * and take long. */
enum { EVALUATE_CARTOONS = 500 };

typedef struct EvaluateOptions {
    int size, ch;
    int ch_b2a;     /* channels of genB2A; 0: ch */
    bool full, ema; /* the large generators; the averaged ones, genA2B_ema and genB2A_ema */
    bool face;      /* a face network's parameters are in the store, under "face" */
    P2cFaceKind kind;
    char *const *a;
    int count_a; /* paths of photos, which the networks have not learnt from */
    char *const *b;
    int count_b; /* paths of cartoons to compare with, any */
    /* paths of count_a pictures that others have made of the photos; NULL: the generators do it */
    char *const *made;
} EvaluateOptions;

typedef struct Evaluation {
    Measures made; /* of the photos' cartoons */
    /* Yardsticks. Of cartoons: some of them, as many as there are photos, but at most half, against
     * all others. */
    Measures of_cartoons, of_photos;
    double cycle_l1;      /* mean |genB2A(genA2B(a)) - a|, pixels in [-1,1] */
    double score;         /* measures_score */
    int photos, cartoons; /* how many were measured; as many pictures were made as photos */
} Evaluation;

/* What stays the same from one evaluation to the next, computed once: the photos, the cartoons and
 * the yardsticks. */
typedef struct Evaluator Evaluator;

/* Options, paths and store are borrowed. Functions that return int return 0, or the exit code of a
 * failure, which has been reported unless it is EXIT_DEVICE (see p2c_error). *out is NULL then. */
int evaluator_open(Evaluator **out, P2cContext *ctx, P2cStore *store,
                   const EvaluateOptions *options);
void evaluator_close(Evaluator **evaluator);
/* Values that cannot be computed are NaN: those of faces without a face network, means of no
 * pictures, what compares with cartoons when there are none, KID of fewer than two of either kind,
 * yardsticks of fewer than two cartoons. The generators' parameters must be in the store. Graphs
 * take one picture at a time and are freed before it returns. *out must not be used after a
 * failure. */
int evaluator_run(Evaluator *evaluator, Evaluation *out);

/* A table for people, on stdout; and the same as an object of JSON, written as a file. */
void evaluation_print(const Evaluation *evaluation);
int evaluation_write(P2cContext *ctx, const char *path, const Evaluation *evaluation);

#endif
