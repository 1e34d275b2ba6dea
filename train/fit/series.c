/* series.c: see series.h. */
#include "series.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

enum { PANEL_LOSS, PANEL_ERROR, PANEL_SCORE, PANEL_GRADIENT, PANEL_LR, PANEL_MS, PANELS };

/* After the terms of the loss. */
#define MORE \
    { "gradient", NULL, PANEL_GRADIENT }, { "lr", NULL, PANEL_LR }, { "ms", NULL, PANEL_MS }
#define LAST_PANELS \
    [PANEL_GRADIENT] = { "Gradient norm", \
                         "How hard the network is pulled. Healthy: level, or falling; single " \
                         "spikes do no harm.", \
                         .log = true }, \
    [PANEL_LR] = { "Learning rate", NULL }, [PANEL_MS] = { "Milliseconds a step", NULL }

static const char *const reading[] = {
    "Every sample is new: a portrait before another background, in another light and of another "
    "size. So the loss of training and the error on held-out samples stay near each other; "
    "nothing is learned from held-out people and backgrounds. The weights that are measured and "
    "kept "
    "are averages over the last steps.",
    "A line is the mean over neighbouring steps, the light band around it their least and greatest "
    "values.",
    NULL
};

/* ---- matte ---- */

static const Panel matte_panels[PANELS] = {
    [PANEL_LOSS] = { "Loss, and its parts",
                     "bce: cross entropy, alpha: mean difference of opacity, edge: of its slope. "
                     "loss is their sum. Healthy: falls fast for some hundred steps, then slowly "
                     "on.",
                     .log = true },
    [PANEL_ERROR] = { "Held-out samples: alpha error",
                      "Mean difference of opacity, 0 to 1. Less is better: the best is kept.",
                      .log = true },
    [PANEL_SCORE] = { "Held-out samples: intersection over union",
                      "Of the pixels that are more head than background, in the answer and in "
                      "truth; 1 is perfect." },
    LAST_PANELS,
};
static const Series matte_steps[] = { { "loss", NULL, PANEL_LOSS },
                                      { "bce", NULL, PANEL_LOSS },
                                      { "alpha", NULL, PANEL_LOSS },
                                      { "edge", NULL, PANEL_LOSS },
                                      MORE };
static const Series matte_evaluations[] = { { "alpha_error", NULL, PANEL_ERROR },
                                            { "iou", "IoU", PANEL_SCORE } };
static const ReportHint matte_hints[] = {
    { "alpha error", "Mean difference of opacity on held-out samples.",
      "Below 0.03. If it stays level for long, more steps bring little." },
    { "IoU", "How much of the head, and of nothing else, is found.", "Above 0.95." },
    { "gradient norm", "How hard the network is pulled.",
      "Level. Steps skipped again and again: a lower learning rate helps." },
};
static const char *const matte_rows[] = { "sample", "truth", "answer", "cut out", NULL };

/* ---- landmarks ---- */

static const Panel landmark_panels[PANELS] = {
    [PANEL_LOSS] = { "Loss",
                     "Mean difference of coordinates, in parts of the distance of the eyes; points "
                     "of the eyes count three times.",
                     .log = true },
    [PANEL_ERROR] = { "Held-out samples: error",
                      "Mean distance of points, in parts of the distance of the outer corners of "
                      "the eyes. Less is better: the best is kept.",
                      .log = true },
    [PANEL_SCORE] = { "Held-out samples: level faces",
                      "Share of faces whose line of the eyes is right within 2 degrees." },
    LAST_PANELS,
};
static const Series landmark_steps[] = { { "loss", NULL, PANEL_LOSS }, MORE };
static const Series landmark_evaluations[] = { { "point_error", "error", PANEL_ERROR },
                                               { "level", NULL, PANEL_SCORE } };
static const ReportHint landmark_hints[] = {
    { "error",
      "Distance of the points from the teacher's, on held-out samples; the distance of the eyes is "
      "1.",
      "Below 0.06." },
    { "level", "Share of faces that would be turned upright within 2 degrees.", "Above 0.9." },
    { "gradient norm", "How hard the network is pulled.",
      "Level. Steps skipped again and again: a lower learning rate helps." },
};
static const char *const landmark_rows[] = { "teacher", "answer", NULL };

#define METRICS(steps, evaluations, panels) \
    { steps, COUNT_OF(steps), evaluations, COUNT_OF(evaluations), panels, PANELS }

const FitSeriesTables fit_series[] = {
    [FIT_MATTE] = { METRICS(matte_steps, matte_evaluations, matte_panels),
                    "tells which part of a picture is the head", reading, matte_hints,
                    COUNT_OF(matte_hints),
                    "Held-out samples, always the same. Truth and answer: white is the head. Cut "
                    "out: the sample with the answer as its opacity, on green.",
                    matte_rows },
    [FIT_LANDMARKS] = { METRICS(landmark_steps, landmark_evaluations, landmark_panels),
                        "68 points of a face", reading, landmark_hints, COUNT_OF(landmark_hints),
                        "Held-out samples, always the same.", landmark_rows },
};
_Static_assert(COUNT_OF(matte_steps) == FIT_TERMS + FIT_SERIES_MORE &&
                   COUNT_OF(landmark_steps) == 1 + FIT_SERIES_MORE,
               "a series for each term");
