/* measures.h: how near pictures are to cartoons, and to the people that they should show. Every
 * measure stands beside two yardsticks: what real cartoons get, and what the photos get that
 * nothing was done to. */
#ifndef P2C_TRAIN_MEASURE_MEASURES_H
#define P2C_TRAIN_MEASURE_MEASURES_H

#include "face/face.h"
#include "swd.h"

typedef enum Measure {
    MEASURE_SWD,   /* mean of the levels; see swd.h */
    MEASURE_SWD_1, /* the finest level; then one each */
    MEASURE_KID = MEASURE_SWD_1 + PYRAMID_LEVELS,
    MEASURE_KID_DEVIATION,
    MEASURE_ID_SIMILARITY, /* cosine of a photo's face and its cartoon's */
    MEASURE_ID_FLOOR,      /* cosine of a cartoon's face and those of the other photos */
    MEASURE_ID_MARGIN,     /* the difference */
    MEASURE_POINTS,        /* PointsDifference */
    MEASURE_EYES,
    MEASURE_LINES, /* edge_shares */
    MEASURE_FLAT,
    MEASURE_COUNT
} Measure;
typedef struct MeasureName {
    const char *key, *title; /* in files; for people */
} MeasureName;
extern const MeasureName measure_names[MEASURE_COUNT];

/* NaN: not measured. */
typedef struct Measures {
    double value[MEASURE_COUNT];
} Measures;
Measures measures_none(void);

/* One number for choosing a checkpoint; the smaller, the better. It is the mean sliced Wasserstein
 * distance, plus SCORE_MARGIN_WEIGHT times what the identity margin lacks of SCORE_MARGIN: a
 * generator that draws the same fine cartoon for everybody is no good. A margin that was not
 * measured counts as enough. */
#define SCORE_MARGIN 0.15
#define SCORE_MARGIN_WEIGHT 500
double measures_score(const Measures *measures);

/* ---- a set of pictures, of which only what is measured is kept --------------------------------*/

typedef struct Gallery {
    int side, count;
    SwdSet patches;
    double lines, flat;                /* means */
    int d;                             /* values of an embedding; 0: no face network */
    float *embeddings;                 /* (count,d), of length sqrt(d); owned */
    P2cPoint (*points)[P2C_LANDMARKS]; /* owned */
} Gallery;

/* Room for count pictures, 1 or more; patches, stream: as for swd_init. false: out of memory. To be
 * cleared in either case. */
P2C_CHECKED bool gallery_init(Gallery *gallery, int side, int count, int patches, int stream,
                              int d);
void gallery_clear(Gallery *gallery);
/* Measures picture i, RGB of the gallery's side, a prepared portrait. landmarker: NULL: the points
 * are not needed. embedding: (d) of length 1, or NULL when d is 0. Each picture must be added
 * once. */
P2C_CHECKED P2cStatus gallery_add(Gallery *gallery, P2cContext *ctx, P2cLandmarker *landmarker,
                                  int i, const P2cImage *picture, const float *embedding);

/* Fills in SWD and KID. false: out of memory. */
P2C_CHECKED bool measures_against(Measures *measures, const Gallery *some, const Gallery *cartoons);
/* Fills in all others, for pictures that were made of these photos, one of each. */
void measures_of_made(Measures *measures, const Gallery *photos, const Gallery *made);
/* The same as yardsticks: for pictures that have nothing to do with the photos. If they are the
 * photos themselves, each is compared with those of other people. */
void measures_of_others(Measures *measures, const Gallery *photos, const Gallery *others);

#endif
