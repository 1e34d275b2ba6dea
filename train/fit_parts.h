/* fit_parts.h: what the files fit_*.c share: a portrait, a warp, a scene that is being made.
 *
 * Pictures of a scene are floats in [0,1], three to a pixel, rows top down; a portrait is 8-bit RGBA, its colours free of the white that they lay on.
 */
#ifndef P2C_TRAIN_FIT_PARTS_H
#define P2C_TRAIN_FIT_PARTS_H

#include "fit_data.h"
#include "order.h"

enum { FIT_SIDE = 256, FIT_PIXELS = FIT_SIDE * FIT_SIDE }; /* of a portrait in memory */

typedef enum FitVerdict { FIT_GOOD, FIT_UNREADABLE, FIT_EMPTY, FIT_FULL, FIT_FLOATING, FIT_CUT, FIT_SMUDGED, FIT_SCATTERED, FIT_VERDICTS } FitVerdict;

typedef struct FitMeasures {
    double coverage; /* mean of alpha */
    double foot;     /* mean of alpha in the lowest rows: a body reaches them */
    double straight; /* pixels of the outline on one straight line: the photo's edge, not a matte's */
    double width;    /* of the soft edge: pixels that are neither in nor out for each of the outline */
    double specks;   /* alpha away from the largest piece, in parts of that piece's */
} FitMeasures;

typedef struct FitPortrait {
    uint8_t *rgba;        /* FIT_SIDE squared; NULL: unreadable */
    FitVerdict verdict;   /* as a matte */
    FitMeasures measures;
    uint64_t print;       /* dHash */
    bool held_out;
    bool has_points;
    double spread;                   /* of the teacher's readings, in parts of the box */
    P2cBox box;                      /* a detector's, pixels of the portrait */
    P2cPoint points[P2C_LANDMARKS];  /* pixels of the portrait */
} FitPortrait;

/* ---- draws ---- */
double fit_uniform(Draws *draws, double low, double high);
bool fit_chance(Draws *draws, double probability);
int fit_choice(Draws *draws, int n);
double fit_bell(Draws *draws); /* about normal, mean 0, deviation 1, within 3.5 */

/* ---- fit_portrait.c, fit_quality.c ---- */
/* A portrait on white -> colours and alpha, measures, verdict. Unreadable is a verdict, out of memory a status. */
P2cStatus fit_portrait_read(P2cContext *ctx, const char *path, FitPortrait *portrait);
P2cStatus fit_portrait_make(P2cContext *ctx, const P2cImage *on_white, FitPortrait *portrait);
const char *fit_verdict_text(FitVerdict verdict);
/* Cleans alpha of specks. false: out of memory. */
P2C_CHECKED bool fit_measure(float alpha[FIT_PIXELS], FitMeasures *measures);
FitVerdict fit_judge(const FitMeasures *measures);

#endif
