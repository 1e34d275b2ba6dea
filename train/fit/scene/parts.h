/* parts.h: what the files here share: a portrait, a warp, a scene that is being made.
 *
 * Pictures of a scene are floats in [0,1], three to a pixel, rows top down; a portrait is 8-bit
 * RGBA, its colours free of the white that they lay on.
 */
#ifndef P2C_TRAIN_FIT_PARTS_H
#define P2C_TRAIN_FIT_PARTS_H

#include "../../run/order.h"
#include "data.h"

enum { FIT_SIDE = 256, FIT_PIXELS = FIT_SIDE * FIT_SIDE }; /* of a portrait in memory */

typedef enum FitVerdict {
    FIT_GOOD,
    FIT_UNREADABLE,
    FIT_EMPTY,
    FIT_FULL,
    FIT_FLOATING,
    FIT_CUT,
    FIT_SMUDGED,
    FIT_SCATTERED,
    FIT_VERDICTS
} FitVerdict;

typedef struct FitMeasures {
    double coverage; /* mean of alpha */
    double foot;     /* mean of alpha in the lowest rows: a body reaches them */
    double crown;    /* the same of the uppermost: hair that is cut off there */
    /* pixels of the outline on one straight line: the photo's edge, not a matte's */
    double straight;
    /* of the soft edge: pixels that are neither in nor out for each of the outline */
    double width;
    double specks; /* alpha away from the largest piece, in parts of that piece's */
} FitMeasures;

typedef struct FitPortrait {
    uint8_t *rgba;      /* FIT_SIDE squared; NULL: unreadable */
    FitVerdict verdict; /* as a matte */
    FitMeasures measures;
    uint64_t print[4]; /* dHash of 16 x 16 */
    bool held_out;
    bool has_points;
    double spread;                  /* of the teacher's readings, in parts of the box */
    P2cBox box;                     /* a detector's, pixels of the portrait */
    P2cPoint points[P2C_LANDMARKS]; /* pixels of the portrait */
} FitPortrait;

/* ---- draws ---- */
double fit_uniform(Draws *draws, double low, double high);
bool fit_chance(Draws *draws, double probability);
int fit_choice(Draws *draws, int n);
double fit_bell(Draws *draws); /* about normal, mean 0, deviation 1, within 3.5 */

/* ---- portrait.c, quality.c ---- */
/* A portrait on white -> colours and alpha, measures, verdict. Unreadable is a verdict, out of
 * memory a status. */
P2cStatus fit_portrait_read(P2cContext *ctx, const char *path, FitPortrait *portrait);
P2cStatus fit_portrait_make(P2cContext *ctx, const P2cImage *on_white, FitPortrait *portrait);
const char *fit_verdict_text(FitVerdict verdict);
/* Cleans alpha of specks. false: out of memory. */
P2C_CHECKED bool fit_measure(float alpha[FIT_PIXELS], FitMeasures *measures);
FitVerdict fit_judge(const FitMeasures *measures);

/* ---- data.c ---- */
/* Who is held out: one person in five, nearly equal portraits together. */
P2C_CHECKED bool fit_split(FitPortrait *portraits, int count); /* false: out of memory */
int fit_unlike(const FitPortrait *a, const FitPortrait *b);    /* bits of dHash, of 256 */

/* ---- a scene ---- */
typedef struct FitScene {
    int side;
    float *rgb, *layer, *spare; /* 3 side^2 each */
    float *alpha, *mask;        /* side^2 each */
} FitScene;
size_t fit_scene_bytes(int side);
FitScene fit_scene_in(void *scratch, int side);

/* ---- warp.c: pixels of a scene -> pixels of a portrait, h as of a homography ---- */
typedef struct FitWarp {
    double h[9];
} FitWarp;
/* of a turned square in the portrait, seen with `size` pixels */
FitWarp fit_warp_square(double x, double y, double side, double degrees, bool mirrored, int size);
/* up to so much, about the middle of a scene of FIT_SIDE */
FitWarp fit_warp_bend(FitWarp warp, Draws *draws, double stretch, double perspective);
P2cPoint fit_warp_apply(const FitWarp *warp, double x, double y);
FitWarp fit_warp_inverse(const FitWarp *warp);
/* A picture of `channels` (3, 4) and width x height; outside, its border is repeated. alpha, for
 * RGBA only, may be NULL. */
void fit_warp_picture(const FitWarp *warp, const uint8_t *pixels, int channels, int width,
                      int height, int side, float *rgb, float *alpha);

/* ---- texture.c: what backgrounds are painted with; colours are three floats ---- */
/* value noise in [0,1]; cell: pixels of the coarsest */
void fit_noise(const FitScene *s, Draws *draws, float *plane, double cell, int octaves);
void fit_colour(Draws *draws, float colour[3]);
void fit_colour_near(Draws *draws, const float colour[3], double away, float out[3]);
void fit_fill(FitScene *s, const float colour[3]);
/* between two colours, by a plane in [0,1] */
void fit_fill_by(FitScene *s, const float *plane, const float low[3], const float high[3]);
void fit_rectangle(FitScene *s, double left, double top, double right, double bottom,
                   const float colour[3]);
void fit_disc(FitScene *s, double x, double y, double radius, double soft, const float colour[3],
              double opacity);
void fit_blur(float *pixels, float *spare, int side, int channels, int radius); /* twice a box */

/* ---- background.c ---- */
typedef struct FitPeople { /* people who may appear in a background, and pictures without people */
    const FitPortrait *const *portraits;
    int count;
    uint8_t *const *pictures; /* RGB, FIT_SIDE squared */
    int picture_count;
} FitPeople;
void fit_background(FitScene *s, Draws *draws, const FitPeople *people, const FitPortrait *in_front,
                    bool held_out);

/* ---- augment.c, jpeg.c ---- */
/* a layer's own light, before it is laid over another */
void fit_tint(FitScene *s, Draws *draws, float *rgb);
/* of the whole scene: from one side, vignette, exposure, contrast, gamma, colours */
void fit_light(FitScene *s, Draws *draws);
/* blur, few pixels, noise, sharpening, JPEG */
void fit_camera(FitScene *s, Draws *draws);
/* steps of the usual table times this; colours at half the size */
void fit_jpeg(FitScene *s, double coarseness, bool halved);

/* ---- scene.c: samples ---- */
/* rimmed: beyond the portrait is beyond the photo, white */
FitWarp fit_warp_matte(Draws *draws, const FitPortrait *portrait, bool *rimmed);
FitWarp fit_warp_landmarks(Draws *draws, const FitPortrait *portrait, bool *mirrored);
void fit_make_matte(FitScene *s, Draws *draws, const FitPeople *people, const FitPortrait *portrait,
                    bool held_out, float *picture, float *target);
void fit_make_landmarks(FitScene *s, Draws *draws, const FitPeople *people,
                        const FitPortrait *portrait, bool held_out, float *picture, float *target);

/* ---- points.c ---- */
/* The teacher's points and the detector's box of all readable portraits. 0 or an exit code,
 * reported. */
int fit_points_read(const char *teacher, FitPortrait *portraits, int count);

#endif
