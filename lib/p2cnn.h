/* p2cnn.h: the one public header of libp2cnn, a small neural-network library with training,
 * made to turn portrait photos into cartoons (the photo2cartoon GAN).
 *
 * A picture becomes a cartoon:
 *
 *     P2cContext *ctx;
 *     if (p2c_context_new(&ctx, "auto", 0) != P2C_OK) die(p2c_error(ctx));
 *     P2cCartoonizer *c = NULL;  P2cImage photo = {0}, cartoon = {0};
 *     if (p2c_cartoonizer_open(ctx, &(P2cCartoonizerOptions){ .weights = "weights.pt" }, &c) ||
 *         p2c_image_read(ctx, "portrait.png", &photo) ||
 *         p2c_cartoonizer_run(c, &photo, &cartoon, NULL) ||
 *         p2c_image_write(ctx, "cartoon.png", &cartoon)) die(p2c_error(ctx));
 *
 * A network is a function that adds nodes to a graph; its parameters live in a store, by name:
 *
 *     P2cNode *x = p2c_input(g, "x", P2C_DIMS(8, 2)), *t = p2c_input(g, "t", P2C_DIMS(8, 1));
 *     P2cNet net = p2c_net(g, store, "net");
 *     P2cNode *w = p2c_param(net, "weight", P2C_DIMS(1, 2), P2C_KAIMING_UNIFORM);
 *     P2cNode *loss = p2c_mse_loss(p2c_linear(x, w, NULL), t);
 *     p2c_minimize(loss, 1, &net, &adam, NULL);             adds the backward pass and the update
 *     p2c_output(loss);
 *     if (p2c_graph_finish(g)) die(p2c_error(ctx));         shapes checked, memory planned, once
 *     for (...) { p2c_node_write(x, ...); p2c_node_write(t, ...); p2c_graph_run(g);
 *         p2c_node_read(loss, &l); }
 *
 * Conventions. Tensors are float32, row-major, batch first: (n, c, h, w). Whatever the world can
 * get wrong (files, memory, shapes, devices) returns a P2cStatus and leaves one line of text in the
 * context; a caller's broken promise (NULL where an object is due) is an assertion. The library
 * never prints, never exits, keeps no globals. Objects of one context are used by one thread at a
 * time; two contexts are independent.
 */
#ifndef P2CNN_H
#define P2CNN_H

#include "p2cnn_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pictures -------------------------------------------------------------------------------- */

/* 8-bit pixels, rows top down without gaps; channels 3: RGB, 4: RGBA, alpha not multiplied in. */
typedef struct P2cImage {
    int width, height, channels;
    uint8_t *pixels; /* owned; free with p2c_image_clear */
} P2cImage;

/* zeros */
P2C_API P2C_CHECKED P2cStatus p2c_image_init(P2cContext *ctx, P2cImage *image, int width,
                                             int height, int channels);
P2C_API void p2c_image_clear(P2cImage *image);
/* PNG or JPEG by content, to RGB or RGBA (when the file has transparency), turned upright as EXIF
 * says. At most 2^27 pixels, 2^20 a side. Every byte up to the end must be there. */
P2C_API P2C_CHECKED P2cStatus p2c_image_read(P2cContext *ctx, const char *path, P2cImage *image);
/* By the name's ending: .png, .jpg, .jpeg (quality 95; alpha over white). Written beside the
 * target, then renamed. */
P2C_API P2C_CHECKED P2cStatus p2c_image_write(P2cContext *ctx, const char *path,
                                              const P2cImage *image);

typedef enum P2cFilter {
    /* every source pixel counts by its covered area (OpenCV's INTER_AREA when shrinking; Pillow's
     * BOX at whole ratios) */
    P2C_FILTER_AREA,
    P2C_FILTER_BILINEAR,  /* two by two neighbours at (i+0.5)*in/out-0.5 (OpenCV's INTER_LINEAR) */
    P2C_FILTER_ANTIALIAS, /* a triangle as wide as the shrinking asks (Pillow's BILINEAR) */
} P2cFilter;
/* out: new picture of width x height, same channels. Colours of RGBA are weighted by alpha. */
P2C_API P2C_CHECKED P2cStatus p2c_image_resize(P2cContext *ctx, const P2cImage *image, int width,
                                               int height, P2cFilter filter, P2cImage *out);
P2C_API void p2c_image_over_white(P2cImage *image); /* RGBA to RGB in place; RGB stays */
/* RGB to planes (3,h,w) in [-1,1]: v/127.5 - 1; and back: (y+1)*127.5, clamped, truncated as the
 * published program does. */
P2C_API void p2c_image_to_planes(const P2cImage *image, float *planes);
P2C_API void p2c_image_from_planes(const float *planes, P2cImage *image);
/* heat (h,w), any range -> new RGB picture of width x height: scaled by its extremes, enlarged
 * bilinearly, from dark blue to dark red. */
P2C_API P2C_CHECKED P2cStatus p2c_heatmap_image(P2cContext *ctx, const float *heat, int h, int w,
                                                int width, int height, P2cImage *out);

/* ---- faces: from a photo to prepared portraits ------------------------------------------------
 * Geometry is photo2cartoon's: rotated so that the outer corners of the eyes are level, a square
 * around the landmarks with room for the hair, white outside the photo. Coordinates are pixels, x
 * to the right, y down, (0,0) the middle of the first pixel. */

typedef struct P2cPoint {
    double x, y;
} P2cPoint;
typedef struct P2cBox {
    double left, top, right, bottom;
} P2cBox;
/* in the order of iBUG 300-W (Sagonas 2013): jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth
 * 48-67 */
enum { P2C_LANDMARKS = 68 };
P2C_API int p2c_mirrored_landmark(int point); /* which of them it is in the mirrored picture */

typedef enum P2cFaceWarning {                         /* bits: what spoils results */
                              P2C_FACE_SMALL = 1,     /* under 80 pixels wide */
                              P2C_FACE_SIDE_VIEW = 2, /* turned away strongly */
                              P2C_FACE_DARK = 4,
                              P2C_FACE_BRIGHT = 8,
                              P2C_FACE_BORDER =
                                  /* the square reaches out of the photo by more than a quarter */
                              16,
                              P2C_FACE_ESTIMATED =
                                  32, /* landmarks are guessed from the box: no landmark network */
                              P2C_FACE_NO_MATTE = 64, /* the background is kept: no matte network */
                              P2C_FACE_CENTRED =
                                  /* no face was found; the middle of the photo stands for one */
                              128,
} P2cFaceWarning;

typedef struct P2cFace {
    P2cBox box;   /* the detector's, in the photo */
    double score; /* the detector's own measure; larger is surer */
    int turns;    /* quarter turns clockwise after which the face is upright, 0 to 3 */
    P2cPoint landmarks[P2C_LANDMARKS]; /* in the photo as it is */
    /* degrees by which the photo is rotated counterclockwise to level the eyes, quarter turns
     * included, in (-180, 180] */
    double angle;
    unsigned warnings; /* P2cFaceWarning */
} P2cFace;
/* One line for people about one warning, such as "the face is small (under 80 pixels)".
 * Borrowed. */
P2C_API const char *p2c_face_warning_text(P2cFaceWarning warning);

typedef struct P2cPortrait {
    P2cFace face;
    /* square RGBA at the photo's own scale: the head's colours, its matte in alpha */
    P2cImage picture;
    /* x' = m[0]*x + m[1]*y + m[2], y' = m[3]*x + m[4]*y + m[5]: a pixel of the picture in the
     * photo */
    double to_photo[6];
    double coverage; /* mean of the matte, 0 to 1 */
    double align_ms, matte_ms;
} P2cPortrait;
P2C_API void p2c_portrait_clear(P2cPortrait *portrait);

typedef struct P2cPreparer P2cPreparer;
/* Files by name; NULL: the one in the folder of models, when there is one, else as said here. */
typedef struct P2cPreparerOptions {
    const char *models;   /* folder of models; NULL: see p2c_models_folder */
    const char *detector; /* an ONNX face detector, or "dlib"; NULL: dlib's, which is built in */
    /* an ONNX network for 68 points, "built-in", or "none": they are estimated from the box; NULL:
     * built-in */
    const char *landmarks;
    /* an ONNX or TensorFlow network, "built-in", or "none": the background is kept; NULL:
     * built-in */
    const char *matte;
} P2cPreparerOptions;
P2C_API P2C_CHECKED P2cStatus p2c_preparer_open(P2cContext *ctx, const P2cPreparerOptions *options,
                                                P2cPreparer **out);
P2C_API void p2c_preparer_close(P2cPreparer **preparer);
/* The faces of a photo with their landmarks, the largest (box around its landmarks) first; when
 * none is upright, those at the other three right angles. *faces: new array of *count, to be freed
 * with free(). None is no failure: *count is 0. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_find(P2cPreparer *preparer, const P2cImage *photo,
                                                P2cFace **faces, int *count);
/* A face made of the middle of the photo, for when none is found. */
P2C_API P2cFace p2c_face_centred(const P2cImage *photo);
/* Cuts one of them out. On failure *out is {0}. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_cut(P2cPreparer *preparer, const P2cImage *photo,
                                               const P2cFace *face, P2cPortrait *out);

/* The folder where models are looked for: `given`, or $P2CNN_MODELS, or $XDG_DATA_HOME/p2cnn, or
 * $HOME/.local/share/p2cnn. false: it does not fit. */
P2C_API bool p2c_models_folder(const char *given, char *path, size_t size);
/* The file of a role in that folder: "weights" (weights.pt), "detector" (.onnx), "landmarks"
 * (.onnx), "matte" (.onnx or .pb). false: there is none. */
P2C_API bool p2c_models_find(const char *folder, const char *role, char *path, size_t size);

/* ---- cartoonizer: pictures in, pictures out -------------------------------------------------- */

typedef struct P2cCartoonizer P2cCartoonizer;
typedef struct P2cCartoonizerOptions {
    /* .pt file: a checkpoint with genA2B and genB2A, or a bare generator; NULL: untrained, ch 32,
     * for timing */
    const char *weights;
    const char *direction; /* "A2B" (photo to cartoon) or "B2A"; NULL: A2B */
    /* the averaged generator of a checkpoint, genA2B_ema or genB2A_ema, in place of genA2B or
     * genB2A */
    bool ema;
    /* of the square that the network sees, 32 to 4096, divisible by 16; 0: 256, or what the weights
     * fix */
    int size;
} P2cCartoonizerOptions;

P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_open(P2cContext *ctx,
                                                   const P2cCartoonizerOptions *options,
                                                   P2cCartoonizer **out);
P2C_API void p2c_cartoonizer_close(P2cCartoonizer **cartoonizer);
P2C_API int p2c_cartoonizer_size(const P2cCartoonizer *cartoonizer);
/* prepared: an aligned, cropped portrait on white, of any size; it is scaled to the network's
 * square (area). Transparency is laid over white. cartoon: new RGB picture of that size. heatmap,
 * when not NULL: where the network looked, in colour, the same size. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_run(P2cCartoonizer *cartoonizer,
                                                  const P2cImage *prepared, P2cImage *cartoon,
                                                  P2cImage *heatmap);

/* The generator as an ONNX file: "photo" (1,3,size,size) in [-1,1] -> "cartoon", the same;
 * with_cam: also "cam" (1,2) and "heatmap" (1,1,size/4,size/4). Read back and compared; what does
 * not compute the same is deleted. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_export(P2cContext *ctx,
                                                     const P2cCartoonizerOptions *options,
                                                     const char *path, bool with_cam);

/* From photos. What is behind the head: */
typedef enum P2cBackgroundKind {
    P2C_BACKGROUND_COLOUR,
    P2C_BACKGROUND_TRANSPARENT,
    P2C_BACKGROUND_PHOTO,
    P2C_BACKGROUND_BLUR,
    P2C_BACKGROUND_PICTURE
} P2cBackgroundKind;
typedef struct P2cBackground {
    P2cBackgroundKind kind;
    uint8_t colour[3];
    const P2cImage *picture; /* of PICTURE: scaled to cover, cut evenly */
} P2cBackground;
typedef enum P2cLayout {
    P2C_LAYOUT_CROP,  /* the published square, one for each face */
    P2C_LAYOUT_KEEP,  /* the photo with the cartoons in the faces' places, one picture */
    P2C_LAYOUT_SHEET, /* before and after side by side, one for each face */
} P2cLayout;
typedef struct P2cPhotoOptions {
    int faces;   /* at most so many, the largest first; 0: all */
    bool centre; /* without a face, the middle of the photo stands for one */
    P2cLayout layout;
    P2cBackground background;
} P2cPhotoOptions;
typedef struct P2cPhotoResult {
    int portrait_count; /* 0: no face was found, and there are no images */
    P2cPortrait *portraits;
    int image_count;
    P2cImage *images;                    /* RGB, or RGBA when the background is transparent */
    double find_ms, draw_ms, compose_ms; /* of all faces */
} P2cPhotoResult;
/* Both of the same context. The photo as it was read, of any size. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_photo(P2cCartoonizer *cartoonizer,
                                                    P2cPreparer *preparer, const P2cImage *photo,
                                                    const P2cPhotoOptions *options,
                                                    P2cPhotoResult *out);
P2C_API void p2c_photo_result_clear(P2cPhotoResult *result);

#ifdef __cplusplus
}
#endif

/* Networks of your own, and files of networks. */
#include "p2cnn_files.h"
#include "p2cnn_graph.h"
#endif
