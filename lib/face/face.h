/* face.h: the stages from a photo to prepared portraits. Every stage is an independent function of
 * pictures and numbers.
 *
 *     detect.c (dlib.cc, rfb.c)   photo -> boxes
 *     landmarks.c                 photo, box -> 68 points
 *     estimate.c                  box -> 68 points, without a network
 *     exposure.c                  warnings about what spoils results
 *     align.c                     68 points -> a rotation and a square; photo -> crop
 *     matte.c                     crop -> rough alpha, by a network
 *     guided.c                    rough alpha, crop -> alpha at full resolution
 *     foreground.c                crop, alpha -> colours of the head without background
 *     network.c                   what the stages with networks share
 *     models.c                    where the files of networks are
 *     preparer.c                  all stages in order */
#ifndef P2C_FACE_H
#define P2C_FACE_H

#include "base/context.h"
#include "model/builtin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- align.c ---- */

/* A square of size x size pixels, and the map from its pixels to the photo's
 * (P2cPortrait.to_photo). */
typedef struct P2cAlignment {
    int size;
    double angle; /* P2cFace.angle */
    double to_photo[6];
} P2cAlignment;
/* Computes the square from face->landmarks and face->turns, in a photo of this size
 * (photo2cartoon's geometry). Refuses a face without extent and squares of more than 16,384 pixels
 * a side. */
P2C_CHECKED P2cStatus p2c_align(P2cContext *ctx, const P2cFace *face, int width, int height,
                                P2cAlignment *out);
/* The smallest box that contains the points. */
P2cBox p2c_extent(const P2cPoint points[P2C_LANDMARKS]);
/* Samples the square bilinearly. Outside the photo it is white, and transparent when the photo has
 * an alpha channel. crop: new picture with the photo's channels. */
P2C_CHECKED P2cStatus p2c_align_cut(P2cContext *ctx, const P2cImage *photo,
                                    const P2cAlignment *alignment, P2cImage *crop);
/* p2c_turn_image makes a copy turned clockwise by 0 to 3 quarter turns. The functions below map a
 * point of the photo into the turned copy, and back. */
P2C_CHECKED P2cStatus p2c_turn_image(P2cContext *ctx, const P2cImage *photo, int turns,
                                     P2cImage *out);
/* width, height: those of the unturned photo */
P2cPoint p2c_turn_point(P2cPoint p, int width, int height, int turns);
/* width, height: the same */
P2cPoint p2c_unturn_point(P2cPoint p, int width, int height, int turns);

/* ---- guided.c, foreground.c ---- */

/* Enlarges a rough matte so that its edge follows the crop's. rough: (h,w) in [0,1] of the whole
 * crop, usually smaller than it. alpha: (crop->height, crop->width), 8 bit, memory of the caller.
 * Method: fast guided filter (He 2015) with a guide in colour (He 2013). crop: RGB or RGBA, whose
 * alpha is ignored. */
P2C_CHECKED P2cStatus p2c_guided_alpha(P2cContext *ctx, const P2cImage *crop, const float *rough,
                                       int h, int w, uint8_t *alpha);
/* Removes the background from the colours of rgba, in place. Where alpha is neither 0 nor 255,
 * colours become those of the foreground, without the background that was mixed in. Where alpha is
 * 0 they become white, so that nothing hidden stays in files. Alpha is kept. Forte and Pitie
 * 2021. */
P2C_CHECKED P2cStatus p2c_foreground_colours(P2cContext *ctx, P2cImage *rgba);
/* The same, but where alpha is 0 the colours of the nearby foreground are continued, so that the
 * edge can be resampled without its alpha. */
P2C_CHECKED P2cStatus p2c_foreground_beyond(P2cContext *ctx, P2cImage *rgba);

/* ---- detect.c and its detectors ---- */

/* All detectors give boxes as dlib does: square, from the brows to below the mouth, temple to
 * temple. */
typedef struct P2cDetection {
    P2cBox box;
    double score;
} P2cDetection;
typedef struct P2cDetector P2cDetector;
/* Opens dlib's detector if path is NULL or "dlib", else the ONNX file at path (rfb.c says which
 * kind). */
P2C_CHECKED P2cStatus p2c_detector_open(P2cContext *ctx, const char *path, P2cDetector **out);
void p2c_detector_close(P2cDetector **detector);
/* Finds upright faces, the surest first. *found: new array to be freed with free(); NULL when there
 * are none, and on failure. */
P2C_CHECKED P2cStatus p2c_detector_run(P2cDetector *detector, const P2cImage *photo,
                                       P2cDetection **found, int *count);
/* Sorts the surest first, drops each face that overlaps a surer one by more than 0.3 of their union
 * (Girshick 2014), and returns how many are left. */
int p2c_detections_thin(P2cDetection *found, int count);

/* dlib.cc: dlib's HOG detector on 8-bit grey rows. Boxes are in pixels of the grey picture.
 * Functions return 0, -1 when out of memory, or -2 in a build without dlib. Opening takes a fifth
 * of a second. */
typedef struct P2cDlib P2cDlib;
int p2c_dlib_open(P2cDlib **out);
void p2c_dlib_close(P2cDlib **dlib);
int p2c_dlib_detect(P2cDlib *dlib, const uint8_t *grey, int width, int height, P2cDetection **found,
                    int *count);

/* rfb.c: networks that answer with scores (1,n,2) and boxes (1,n,4). */
typedef struct P2cRfb P2cRfb;
P2C_CHECKED P2cStatus p2c_rfb_open(P2cContext *ctx, const char *path, P2cRfb **out);
void p2c_rfb_close(P2cRfb **rfb);
P2C_CHECKED P2cStatus p2c_rfb_run(P2cRfb *rfb, const P2cImage *photo, P2cDetection **found,
                                  int *count);
/* Returns how many places such a network looks at in a picture of this size. Unless priors is NULL,
 * also stores them: middle x, y, width, height of each, as fractions of the picture. */
int p2c_rfb_priors(int width, int height, float (*priors)[4]);
/* Turns offsets from the priors into left, top, right, bottom as fractions of the picture, in
 * place. */
void p2c_rfb_decode(int count, const float (*priors)[4], float (*boxes)[4]);
/* Turns a box of such a network, which includes forehead and chin, into a box like dlib's. */
P2cBox p2c_rfb_square(P2cBox box);

/* ---- network.c: a network with one picture as its input, from a file or built in ---- */

enum { P2C_NETWORK_OUTPUTS = 8 };
typedef struct P2cNetwork {
    P2cContext *ctx;
    char *path;                /* for error texts */
    const P2cBuiltin *builtin; /* NULL when the network is from a file */
    P2cModel *model;           /* the file's content; NULL after the network is built */
    P2cShape shape;            /* the four sizes of its input, in the file's order; -1 means any */
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *input;
    int output_count;
    P2cNode *outputs[P2C_NETWORK_OUTPUTS];
} P2cNetwork;
/* Reads a network. what: its role for error texts, such as "face detector". On failure there is
 * nothing to clear, but clearing does no harm. */
P2C_CHECKED P2cStatus p2c_network_read(P2cContext *ctx, const char *path, const char *what,
                                       P2cNetwork *out);
P2C_CHECKED P2cStatus p2c_network_builtin(P2cContext *ctx, const P2cBuiltin *builtin,
                                          P2cNetwork *out);
/* Builds the graph for an input of these sizes, in the file's order. */
P2C_CHECKED P2cStatus p2c_network_build(P2cNetwork *network, P2cDims input);
P2C_CHECKED P2cStatus p2c_network_run(P2cNetwork *network, const float *picture);
void p2c_network_clear(P2cNetwork *network);
/* Mirrors each of `count` rows: the planes of a picture that a network is to see mirrored. */
void p2c_mirror_rows(float *rows, int count, int width);

/* ---- landmarks.c, estimate.c, exposure.c ---- */

typedef struct P2cLandmarker P2cLandmarker;
/* path NULL: the built-in network. */
P2C_CHECKED P2cStatus p2c_landmarker_open(P2cContext *ctx, const char *path, P2cLandmarker **out);
void p2c_landmarker_close(P2cLandmarker **landmarker);
/* Finds the points of an upright face, in pixels of the photo. box: as given by a detector. */
P2C_CHECKED P2cStatus p2c_landmarker_run(P2cLandmarker *landmarker, const P2cImage *photo,
                                         P2cBox box, P2cPoint points[P2C_LANDMARKS]);
/* Says how unlike an upright face the newest run's input was. Upright faces give less than 0.02, at
 * worst 0.035. Faces turned by 90 degrees or more all give more than 0.05; with PFLD nearly all
 * give more than 0.035. Detectors by networks also find such faces; then the turn with the least
 * doubt is the right one. */
double p2c_landmarker_doubt(const P2cLandmarker *landmarker);
/* A levelled square of the photo: its middle, its side, and the direction of its x axis in the
 * photo (degrees, clockwise as y goes down). */
typedef struct P2cLook {
    double x, y, side, angle;
} P2cLook;
/* Cuts (3,size,size) RGB in [0,1] as means of bilinear samples. Beyond the photo its border is
 * repeated. RGBA is laid over white. */
void p2c_look_cut(const P2cImage *photo, P2cLook look, int size, float *planes);
/* Puts the points of an average upright face into a detector's box. */
void p2c_estimate_landmarks(P2cBox box, P2cPoint points[P2C_LANDMARKS]);
/* Returns SMALL, SIDE_VIEW (only if face->warnings has no ESTIMATED, that is, for true landmarks),
 * DARK, BRIGHT, and BORDER unless alignment is NULL. */
unsigned p2c_face_warnings(const P2cImage *photo, const P2cFace *face,
                           const P2cAlignment *alignment);

/* ---- matte.c ---- */

typedef struct P2cMatte P2cMatte;
/* path NULL: the built-in network. */
P2C_CHECKED P2cStatus p2c_matte_open(P2cContext *ctx, const char *path, P2cMatte **out);
void p2c_matte_close(P2cMatte **matte);
/* crop (RGB or RGBA) -> *alpha: (h,w) in [0,1] of the whole crop, borrowed until the next run. */
P2C_CHECKED P2cStatus p2c_matte_run(P2cMatte *matte, const P2cImage *crop, const float **alpha,
                                    int *h, int *w);

/* ---- preparer.c ---- */

P2cContext *p2c_preparer_context(const P2cPreparer *preparer);
/* NULL if points are estimated. */
P2cLandmarker *p2c_preparer_landmarker(const P2cPreparer *preparer);

#ifdef __cplusplus
}
#endif
#endif
