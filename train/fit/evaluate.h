/* evaluate.h: measures a network on held-out samples, the same ones every time. */
#ifndef P2C_TRAIN_FIT_EVALUATE_H
#define P2C_TRAIN_FIT_EVALUATE_H

#include "batches.h"
#include "step.h"

/* Means over the samples.   MATTE: FIT_ERROR |alpha - target|, FIT_SCORE intersection over union of
 *                           both at 0.5.
 * LANDMARKS: FIT_ERROR distance of points / distance of the outer corners of the eyes, FIT_SCORE
 * share of faces whose line of the eyes is right within 2 degrees. */
enum { FIT_ERROR, FIT_SCORE, FIT_FIGURES };
typedef struct FitFigures {
    double value[FIT_FIGURES];
    int samples;
} FitFigures;

/* One sample, y: what the network says. Added to figures. */
void fit_figures_add(FitFigures *figures, FitTask task, const float *y, const float *target);
/* The network called `name` in the store on the first `samples` held-out ones, `batch` at a time as
 * `batches` were opened with. Fails as the graph does. */
P2cStatus fit_evaluate(P2cContext *ctx, P2cStore *store, FitTask task, const char *name,
                       FitBatches *batches, int batch, int samples, FitFigures *figures);
/* "alpha error 0.0123, IoU 0.9712 on 256 samples" */
void fit_figures_text(const FitFigures *figures, FitTask task, char *text, size_t size);

#endif
