/* evaluate.c: see evaluate.h. */
#include "evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEFT_EYE = 36, RIGHT_EYE = 45 };
static const double LEVEL = 2 * M_PI / 180;

static void add_matte(FitFigures *f, const float *y, const float *t) {
    size_t count = fit_target_floats(FIT_MATTE), both = 0, either = 0;
    double error = 0;
    for (size_t i = 0; i < count; i++) {
        error += fabs((double)y[i] - t[i]);
        both += y[i] >= 0.5f && t[i] >= 0.5f;
        either += y[i] >= 0.5f || t[i] >= 0.5f;
    }
    f->value[FIT_ERROR] += error / (double)count;
    f->value[FIT_SCORE] += either ? (double)both / (double)either : 1;
}

static double angle_of(const float *p) {
    const float *a = p + 2 * LEFT_EYE, *b = p + 2 * RIGHT_EYE;
    return atan2((double)b[1] - a[1], (double)b[0] - a[0]);
}

static void add_landmarks(FitFigures *f, const float *y, const float *t) {
    const float *a = t + 2 * LEFT_EYE, *b = t + 2 * RIGHT_EYE;
    double error = 0, eyes = hypot((double)b[0] - a[0], (double)b[1] - a[1]),
           turn = angle_of(y) - angle_of(t);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        error += hypot((double)y[2 * i] - t[2 * i], (double)y[2 * i + 1] - t[2 * i + 1]);
    f->value[FIT_ERROR] += error / P2C_LANDMARKS / fmax(eyes, 1e-6);
    f->value[FIT_SCORE] += fabs(atan2(sin(turn), cos(turn))) <= LEVEL;
}

void fit_figures_add(FitFigures *f, FitTask task, const float *y, const float *target) {
    f->samples++;
    if (task == FIT_MATTE) add_matte(f, y, target);
    else add_landmarks(f, y, target);
}

static P2cStatus add_batch(FitNet *net, FitTask task, const float *pictures, const float *targets,
                           float *y, int count, FitFigures *f) {
    P2cStatus status = p2c_node_write(net->x, pictures);
    if (!status) status = p2c_graph_run(net->graph);
    if (!status) status = p2c_node_read(net->y, y);
    for (int i = 0; !status && i < count; i++)
        fit_figures_add(f, task, y + (size_t)i * fit_target_floats(task),
                        targets + (size_t)i * fit_target_floats(task));
    return status;
}

P2cStatus fit_evaluate(P2cContext *ctx, P2cStore *store, FitTask task, const char *name,
                       FitBatches *batches, int batch, int samples, FitFigures *f) {
    size_t n = (size_t)batch;
    float *pictures = calloc(n, fit_picture_floats(task) * sizeof *pictures),
          *targets = calloc(n, fit_target_floats(task) * sizeof *targets);
    float *y = calloc(n, fit_target_floats(task) * sizeof *y);
    FitNet net = { 0 };
    *f = (FitFigures){ 0 };
    P2cStatus status = pictures && targets && y ? fit_net_init(&net, ctx, store, task, name, batch)
                                                : P2C_ERR_MEMORY;
    for (int first = 0; !status && first < samples; first += batch) {
        fit_batches_next(batches, true, (uint64_t)first, pictures, targets);
        status = add_batch(&net, task, pictures, targets, y,
                           samples - first < batch ? samples - first : batch, f);
    }
    for (int i = 0; i < FIT_FIGURES; i++) f->value[i] = status ? NAN : f->value[i] / f->samples;
    fit_net_clear(&net);
    free(pictures);
    free(targets);
    free(y);
    return status;
}

void fit_figures_text(const FitFigures *f, FitTask task, char *text, size_t size) {
    const double *v = f->value;
    if (task == FIT_MATTE)
        snprintf(text, size, "alpha error %.4f, IoU %.4f on %d samples", v[FIT_ERROR], v[FIT_SCORE],
                 f->samples);
    else
        snprintf(text, size,
                 "points off by %.4f of the eyes' distance, %.1f %% of faces level within 2 "
                 "degrees, on %d samples",
                 v[FIT_ERROR], 100 * v[FIT_SCORE], f->samples);
}
