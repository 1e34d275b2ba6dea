/* face.h: from a photo to prepared portraits, stage by stage. Every stage is a function of pictures
 * and numbers, by itself.
 *
 *     detect.c (dlib.cc, rfb.c)   photo -> boxes                        estimate.c  box -> 68
 *         points, without a network
 *     landmarks.c                 photo, box -> 68 points               exposure.c  what spoils
 *         results
 *     align.c                     68 points -> a rotation and a square; photo -> crop
 *     matte.c                     crop -> rough alpha, by a network
 *     guided.c                    rough alpha, crop -> alpha at full resolution
 *     foreground.c                crop, alpha -> colours of the head alone, at its edge
 *     network.c                   what the three with networks share    models.c    where their
 *         files are
 *     preparer.c                  all of them in order
 */
#ifndef P2C_FACE_H
#define P2C_FACE_H

#include "base/context.h"
#include "model/builtin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- align.c ---- */

/* A square of size x size pixels, and where each lies in the photo: P2cPortrait.to_photo. */
typedef struct P2cAlignment {
    int size;
    double angle; /* P2cFace.angle */
    double to_photo[6];
} P2cAlignment;
/* From face->landmarks and face->turns, in a photo of this size (photo2cartoon's geometry). Refuses
 * a face without extent and squares of more than 16,384 pixels a side. */
P2C_CHECKED P2cStatus p2c_align(P2cContext *ctx, const P2cFace *face, int width, int height,
                                P2cAlignment *out);
/* The box around the points. */
P2cBox p2c_extent(const P2cPoint points[P2C_LANDMARKS]);
/* Bilinear; outside the photo white, and transparent when the photo has an alpha channel. crop: new
 * picture with the photo's channels. */
P2C_CHECKED P2cStatus p2c_align_cut(P2cContext *ctx, const P2cImage *photo,
                                    const P2cAlignment *alignment, P2cImage *crop);
/* A copy turned clockwise by quarter turns, 0 to 3; and a point of the photo in the turned copy,
 * and back. */
P2C_CHECKED P2cStatus p2c_turn_image(P2cContext *ctx, const P2cImage *photo, int turns,
                                     P2cImage *out);
/* width, height: of the photo */
P2cPoint p2c_turn_point(P2cPoint p, int width, int height, int turns);
/* the same width and height */
P2cPoint p2c_unturn_point(P2cPoint p, int width, int height, int turns);

/* ---- guided.c, foreground.c ---- */

/* rough: (h,w) in [0,1] of the whole crop, as a rule smaller than it. alpha: (crop->height,
 * crop->width), 8 bit, the caller's: rough enlarged so that its edge follows the crop's. Fast
 * guided filter, He 2015, with a guide in colour (He 2013). crop: RGB or RGBA, whose alpha is
 * ignored. */
P2C_CHECKED P2cStatus p2c_guided_alpha(P2cContext *ctx, const P2cImage *crop, const float *rough,
                                       int h, int w, uint8_t *alpha);
/* rgba: where alpha is neither 0 nor 255, colours become those of the foreground alone, without
 * what the background mixed in; where it is 0, white, so that nothing hidden stays in files. Alpha
 * is kept. Forte and Pitie 2021. */
P2C_CHECKED P2cStatus p2c_foreground_colours(P2cContext *ctx, P2cImage *rgba);
/* The same, but where alpha is 0 there are the colours of the foreground nearby, so that the edge
 * can be resampled without its alpha. */
P2C_CHECKED P2cStatus p2c_foreground_beyond(P2cContext *ctx, P2cImage *rgba);

/* ---- detect.c and its detectors ---- */

/* Boxes of every detector are handed out as dlib's are: square, from the brows to below the mouth,
 * temple to temple. */
typedef struct P2cDetection {
    P2cBox box;
    double score;
} P2cDetection;
typedef struct P2cDetector P2cDetector;
/* path NULL or "dlib": dlib's; else an ONNX file (rfb.c says which). */
P2C_CHECKED P2cStatus p2c_detector_open(P2cContext *ctx, const char *path, P2cDetector **out);
void p2c_detector_close(P2cDetector **detector);
/* Upright faces, surest first. *found: new array, free(); NULL when there are none, and on
 * failure. */
P2C_CHECKED P2cStatus p2c_detector_run(P2cDetector *detector, const P2cImage *photo,
                                       P2cDetection **found, int *count);
/* Sorts the surest first, drops those that overlap a surer one by more than 0.3 of their union
 * (Girshick 2014), and says how many are left. */
int p2c_detections_thin(P2cDetection *found, int count);

/* dlib.cc: dlib's HOG detector on 8-bit grey rows. Boxes are of the grey picture. 0, or -1: memory
 * is out; -2: built without dlib. Opening takes a fifth of a second. */
typedef struct P2cDlib P2cDlib;
int p2c_dlib_open(P2cDlib **out);
void p2c_dlib_close(P2cDlib **dlib);
int p2c_dlib_detect(P2cDlib *dlib, const uint8_t *grey, int width, int height, P2cDetection **found,
                    int *count);

/* rfb.c: networks with scores (1,n,2) and boxes (1,n,4). */
typedef struct P2cRfb P2cRfb;
P2C_CHECKED P2cStatus p2c_rfb_open(P2cContext *ctx, const char *path, P2cRfb **out);
void p2c_rfb_close(P2cRfb **rfb);
P2C_CHECKED P2cStatus p2c_rfb_run(P2cRfb *rfb, const P2cImage *photo, P2cDetection **found,
                                  int *count);
/* How many places such a network looks at in a picture of this size, and, unless NULL, where:
 * middle x, y, width, height of each, in parts of the picture. */
int p2c_rfb_priors(int width, int height, float (*priors)[4]);
/* Offsets from the priors -> left, top, right, bottom in parts of the picture, in place. */
void p2c_rfb_decode(int count, const float (*priors)[4], float (*boxes)[4]);
/* A box of such a network, with forehead and chin -> one of dlib's kind. */
P2cBox p2c_rfb_square(P2cBox box);

/* ---- network.c: a network with one picture as its input, from a file or built in ---- */

enum { P2C_NETWORK_OUTPUTS = 8 };
typedef struct P2cNetwork {
    P2cContext *ctx;
    char *path;                /* for error texts */
    const P2cBuiltin *builtin; /* NULL: it is of a file; */
    P2cModel *model;           /* ... until it is built */
    P2cShape shape;            /* of its input: four sizes, as in the file; -1: any */
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *input;
    int output_count;
    P2cNode *outputs[P2C_NETWORK_OUTPUTS];
} P2cNetwork;
/* what: "face detector", for error texts. On failure there is nothing to clear, though clearing
 * does no harm. */
P2C_CHECKED P2cStatus p2c_network_read(P2cContext *ctx, const char *path, const char *what,
                                       P2cNetwork *out);
P2C_CHECKED P2cStatus p2c_network_builtin(P2cContext *ctx, const P2cBuiltin *builtin,
                                          P2cNetwork *out);
/* Builds it for an input of these sizes, in the file's own order. */
P2C_CHECKED P2cStatus p2c_network_build(P2cNetwork *network, P2cDims input);
P2C_CHECKED P2cStatus p2c_network_run(P2cNetwork *network, const float *picture);
void p2c_network_clear(P2cNetwork *network);
/* Turns each of `count` rows round: planes of a picture, of what a network is to see mirrored. */
void p2c_mirror_rows(float *rows, int count, int width);

/* ---- landmarks.c, estimate.c, exposure.c ---- */

typedef struct P2cLandmarker P2cLandmarker;
/* path NULL: the network that is built in. */
P2C_CHECKED P2cStatus p2c_landmarker_open(P2cContext *ctx, const char *path, P2cLandmarker **out);
void p2c_landmarker_close(P2cLandmarker **landmarker);
/* The points of an upright face, in the photo. box: a detector's. */
P2C_CHECKED P2cStatus p2c_landmarker_run(P2cLandmarker *landmarker, const P2cImage *photo,
                                         P2cBox box, P2cPoint points[P2C_LANDMARKS]);
/* Of the newest run: how much what it saw is unlike an upright face. Upright ones are below 0.02,
 * or 0.035 at worst; turned by 90 degrees or more all are above 0.05, or nearly all above 0.035
 * with PFLD. Detectors by networks find such faces, too: then the turn of least doubt is the right
 * one. */
double p2c_landmarker_doubt(const P2cLandmarker *landmarker);
/* A square of the photo, levelled: its middle, its side, and where its x axis points in the photo
 * (degrees, clockwise as y goes down). */
typedef struct P2cLook {
    double x, y, side, angle;
} P2cLook;
/* (3,size,size) RGB in [0,1]: means of bilinear samples; the photo's border is drawn out. RGBA is
 * laid over white. */
void p2c_look_cut(const P2cImage *photo, P2cLook look, int size, float *planes);
/* Where the points of an average upright face lie in a detector's box. */
void p2c_estimate_landmarks(P2cBox box, P2cPoint points[P2C_LANDMARKS]);
/* SMALL, SIDE_VIEW (only of true landmarks: without ESTIMATED in face->warnings), DARK, BRIGHT, and
 * BORDER unless alignment is NULL. */
unsigned p2c_face_warnings(const P2cImage *photo, const P2cFace *face,
                           const P2cAlignment *alignment);

/* ---- matte.c ---- */

typedef struct P2cMatte P2cMatte;
/* path NULL: the network that is built in. */
P2C_CHECKED P2cStatus p2c_matte_open(P2cContext *ctx, const char *path, P2cMatte **out);
void p2c_matte_close(P2cMatte **matte);
/* crop (RGB or RGBA) -> *alpha: h x w in [0,1] of the whole crop, borrowed until the next run. */
P2C_CHECKED P2cStatus p2c_matte_run(P2cMatte *matte, const P2cImage *crop, const float **alpha,
                                    int *h, int *w);

/* ---- preparer.c ---- */

P2cContext *p2c_preparer_context(const P2cPreparer *preparer);

#ifdef __cplusplus
}
#endif
#endif
