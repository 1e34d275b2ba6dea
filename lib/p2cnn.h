/* p2cnn.h: libp2cnn turns portrait photos into cartoons. It is a small neural-network library with
 * training, made for photo2cartoon's GAN. This header is for cartoons; it includes two more, which
 * may also be included by themselves:
 *
 *     p2cnn_graph.h   networks of your own: tensors, operations, gradients, training
 *     p2cnn_files.h   files of networks: PyTorch's, ONNX, TensorFlow's
 *
 * Rules about errors, ownership, threads and options stand in p2cnn_base.h.
 *
 * A photo becomes cartoons of all faces in it:
 *
 *     P2cContext *ctx;
 *     if (p2c_context_new(&ctx, "auto", 0) != P2C_OK) die(p2c_error(ctx));
 *     P2cCartoonizerOptions trained = { .weights = "built-in" };
 *     P2cPreparerOptions defaults = { 0 };
 *     P2cPhotoOptions whole = { .layout = P2C_LAYOUT_KEEP,
 *                               .background = { .kind = P2C_BACKGROUND_PHOTO } };
 *     P2cCartoonizer *cartoonizer = NULL;  P2cPreparer *preparer = NULL;
 *     P2cImage photo = { 0 };              P2cPhotoResult result = { 0 };
 *     if (p2c_cartoonizer_open(ctx, &trained, &cartoonizer) ||         once;
 *         p2c_preparer_open(ctx, &defaults, &preparer) ||
 *         p2c_image_read(ctx, "photo.jpg", &photo) ||                  then for every photo
 *         p2c_cartoonizer_photo(cartoonizer, preparer, &photo, &whole, &result))
 *         die(p2c_error(ctx));
 *     if (result.image_count && p2c_image_write(ctx, "cartoon.png", &result.images[0]))
 *         die(p2c_error(ctx));
 *     p2c_photo_result_clear(&result);     p2c_image_clear(&photo);
 *     p2c_preparer_close(&preparer);       p2c_cartoonizer_close(&cartoonizer);
 *     p2c_context_free(&ctx);
 *
 * Each stage can also be called by itself: p2c_preparer_find and p2c_preparer_cut make portraits of
 * a photo, p2c_cartoonizer_run makes a cartoon of a portrait.
 */
#ifndef P2CNN_H
#define P2CNN_H

#include "p2cnn_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pictures -------------------------------------------------------------------------------- */

/* 8 bits a channel, rows from the top down, without gaps between them. */
typedef struct P2cImage {
    int width, height; /* in pixels: 2^27 in all at most, 2^20 a side at most */
    int channels;      /* 3: RGB, 4: RGBA, with colours that are not multiplied by alpha */
    uint8_t *pixels;   /* owned: width * height * channels bytes */
} P2cImage;

/* Makes a picture of zeros. P2C_ERR_ARGUMENT: such a size or number of channels is not possible.
 * This call, and all others that make a picture, do not free what *image held before. Those of this
 * section leave { 0 } there on failure. */
P2C_API P2C_CHECKED P2cStatus p2c_image_init(P2cContext *ctx, P2cImage *image, int width,
                                             int height, int channels);
/* Frees the pixels; *image becomes { 0 }, which may be cleared again. */
P2C_API void p2c_image_clear(P2cImage *image);

/* Reads PNG or JPEG, told apart by content, into RGB, or RGBA when the file has transparency. The
 * picture is turned upright as its EXIF orientation says. P2C_ERR_READ: the file cannot be read.
 * P2C_ERR_FORMAT: it is something else, too large, damaged, or shorter than it should be. */
P2C_API P2C_CHECKED P2cStatus p2c_image_read(P2cContext *ctx, const char *path, P2cImage *image);
/* Writes by the ending of the name: .png, or .jpg and .jpeg (quality 95, transparency over white);
 * another ending is P2C_ERR_ARGUMENT. The file is written beside its target and then renamed, so
 * that on failure (P2C_ERR_WRITE) the target is as it was. */
P2C_API P2C_CHECKED P2cStatus p2c_image_write(P2cContext *ctx, const char *path,
                                              const P2cImage *image);

/* How a picture is scaled. */
typedef enum P2cFilter {
    /* Each source pixel counts by the area that is covered. OpenCV's INTER_AREA when shrinking,
     * Pillow's BOX at whole ratios. */
    P2C_FILTER_AREA,
    /* The two by two neighbours of (i + 0.5) * in / out - 0.5. OpenCV's INTER_LINEAR. */
    P2C_FILTER_BILINEAR,
    /* A triangle that is as wide as the shrinking asks for. Pillow's BILINEAR. */
    P2C_FILTER_ANTIALIAS,
} P2cFilter;

/* Scales image to width x height. out: a new picture with the same channels, not image itself.
 * Colours of RGBA are weighted by their alpha (Porter and Duff 1984). */
P2C_API P2C_CHECKED P2cStatus p2c_image_resize(P2cContext *ctx, const P2cImage *image, int width,
                                               int height, P2cFilter filter, P2cImage *out);
/* Lays RGBA over white, in place: it becomes RGB. RGB stays as it is. */
P2C_API void p2c_image_over_white(P2cImage *image);

/* From RGB to planes (3, height, width) in [-1, 1], which networks see: v / 127.5 - 1. */
P2C_API void p2c_image_to_planes(const P2cImage *image, float *planes);
/* And back, into an RGB picture that is there already: (v + 1) * 127.5, truncated, as the published
 * program does, and clamped to 0 to 255. NaN becomes 0. */
P2C_API void p2c_image_from_planes(const float *planes, P2cImage *image);
/* Draws a map of numbers. heat (h, w), of any range. out: a new RGB picture of width x height. The
 * map is scaled by its extremes, enlarged bilinearly, and coloured from dark blue (least) over
 * green to dark red (most). */
P2C_API P2C_CHECKED P2cStatus p2c_heatmap_image(P2cContext *ctx, const float *heat, int h, int w,
                                                int width, int height, P2cImage *out);

/* ---- faces: from a photo to portraits ---------------------------------------------------------
 * A portrait is what the generator was trained on: a square around the head, upright, cut out of
 * its background. The geometry is photo2cartoon's: the outer corners of the eyes are level, and the
 * square leaves 0.8 of the landmarks' height above them for the hair. Coordinates are in pixels, x
 * to the right, y down; (0, 0) is the centre of the first pixel. */

typedef struct P2cPoint {
    double x, y;
} P2cPoint;
typedef struct P2cBox {
    double left, top, right, bottom;
} P2cBox;

/* Points of a face, in the order of iBUG 300-W (Sagonas 2013): jaw 0-16, brows 17-26, nose 27-35,
 * eyes 36-47, mouth 48-67. */
enum { P2C_LANDMARKS = 68 };
/* Which point this one is when the picture is mirrored. point: 0 to 67. */
P2C_API int p2c_mirrored_landmark(int point);
/* A network for landmarks sees a square around a box or around points. Its side is this times the
 * longer side of the box or of the points' extent. With 1.1 to 1.5 all angles agree within a tenth
 * of a degree. */
#define P2C_LANDMARK_SQUARE 1.25
/* A detector's box ends above the chin, so the square around it is moved down by this part of the
 * box's height. */
#define P2C_LANDMARK_DROP 0.1

/* What may spoil a result. Bits, of P2cFace.warnings. */
typedef enum P2cFaceWarning {
    P2C_FACE_SMALL = 1,     /* its box is less than 80 pixels wide */
    P2C_FACE_SIDE_VIEW = 2, /* it is turned far to one side */
    P2C_FACE_DARK = 4,
    P2C_FACE_BRIGHT = 8,
    P2C_FACE_BORDER = 16,    /* more than a quarter of the square is outside the photo */
    P2C_FACE_ESTIMATED = 32, /* landmarks are guessed from the box: there is no network for them */
    P2C_FACE_NO_MATTE = 64,  /* the background is still there: there is no network for the matte */
    P2C_FACE_CENTRED = 128,  /* no face was found: this is the middle of the photo */
    P2C_FACE_UNLIKE = 256,   /* its cartoon is hardly the same face: see p2c_likeness_poor */
} P2cFaceWarning;
/* A line for people about one warning, such as "the face is small (under 80 pixels)". A
 * constant. */
P2C_API const char *p2c_face_warning_text(P2cFaceWarning warning);

typedef struct P2cFace {
    P2cBox box;   /* from the detector, in the photo */
    double score; /* the detector's own measure: the larger, the surer */
    int turns;    /* quarter turns clockwise that bring the face upright, 0 to 3 */
    P2cPoint landmarks[P2C_LANDMARKS]; /* in the photo as it is */
    /* Degrees by which the photo is rotated counterclockwise to level the eyes, with the quarter
     * turns, in (-180, 180]. */
    double angle;
    unsigned warnings; /* bits of P2cFaceWarning */
} P2cFace;

/* Finds faces and cuts them out. Holds the networks for that. */
typedef struct P2cPreparer P2cPreparer;

/* Which networks. A name of a file comes first; without one, the file of that role in the folder of
 * models (see p2c_models_find); without that, what is built in. */
typedef struct P2cPreparerOptions {
    const char *models;   /* the folder of models; NULL: see p2c_models_folder */
    const char *detector; /* of faces: an ONNX file, or "dlib", which is built in */
    /* an ONNX file, "built-in", or "none": points are guessed from the box */
    const char *landmarks;
    const char *matte; /* an ONNX or TensorFlow file, "built-in", or "none": keep the background */
} P2cPreparerOptions;

/* On failure *out is NULL. P2C_ERR_READ: no such folder or file. P2C_ERR_FORMAT: a file is not a
 * network for its role. P2C_ERR_ARGUMENT: there is no detector, since dlib was left out of this
 * build. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_open(P2cContext *ctx, const P2cPreparerOptions *options,
                                                P2cPreparer **out);
P2C_API void p2c_preparer_close(P2cPreparer **preparer);

/* Finds the faces of a photo (RGB or RGBA) and their landmarks. When no face is upright, the photo
 * is also searched from its other three sides. *faces: a new array of *count, the largest face
 * first; free it with free(). A photo without a face is no failure: *count is 0, *faces NULL. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_find(P2cPreparer *preparer, const P2cImage *photo,
                                                P2cFace **faces, int *count);
/* A face made of the middle of the photo, for when none is found. */
P2C_API P2cFace p2c_face_centred(const P2cImage *photo);

typedef struct P2cPortrait {
    P2cFace face;
    /* Owned: a square RGBA picture at the photo's own scale, with the colours of the head and the
     * matte as alpha. What lies outside the photo is white. */
    P2cImage picture;
    /* The pixel (x, y) of the picture is (m[0]*x + m[1]*y + m[2], m[3]*x + m[4]*y + m[5]) in the
     * photo. */
    double to_photo[6];
    double coverage;           /* mean of the matte, 0 to 1 */
    double align_ms, matte_ms; /* milliseconds of the two stages */
} P2cPortrait;

/* Cuts one face out of its photo. A photo with transparency keeps its own alpha as the matte. On
 * failure *out is { 0 }. P2C_ERR_FORMAT: the landmarks are not those of a face. */
P2C_API P2C_CHECKED P2cStatus p2c_preparer_cut(P2cPreparer *preparer, const P2cImage *photo,
                                               const P2cFace *face, P2cPortrait *out);
P2C_API void p2c_portrait_clear(P2cPortrait *portrait);

/* The folder of models: `given`, or else $P2CNN_MODELS, or $XDG_DATA_HOME/p2cnn, or
 * $HOME/.local/share/p2cnn. path: `size` bytes. false: the name does not fit. The folder need not
 * exist. */
P2C_API bool p2c_models_folder(const char *given, char *path, size_t size);
/* The file of a role in that folder: "weights" (weights.pt), "detector" (detector.onnx),
 * "landmarks" (landmarks.onnx) or "matte" (matte.onnx or matte.pb). false: there is none, or its
 * name does not fit. */
P2C_API bool p2c_models_find(const char *folder, const char *role, char *path, size_t size);

/* ---- cartoonizer: a generator with its weights ----------------------------------------------- */

typedef struct P2cCartoonizer P2cCartoonizer;
typedef struct P2cCartoonizerOptions {
    /* A .pt file: a checkpoint with genA2B and genB2A, or a state dict of one generator; or
     * "built-in": the generator that comes with the library. NULL: a generator of width 32 with
     * random weights, for timing. */
    const char *weights;
    const char *direction; /* "A2B" (photo to cartoon) or "B2A"; NULL: "A2B" */
    /* Use the averaged generator of a checkpoint, genA2B_ema or genB2A_ema. */
    bool ema;
    /* Side of the network's square in pixels, 32 to 4096, divisible by 16. 0: 256, or the only one
     * that the weights allow. */
    int size;
    /* Side of the pictures that the weights were trained on, for P2C_SIZE_AUTO. 0: what the file
     * says (p2cnn's checkpoints do), else 256. */
    int trained_size;
} P2cCartoonizerOptions;
/* For P2cCartoonizerOptions.size: chosen for each picture. Heads are drawn at twice the size that
 * the weights were trained on: lines become finer, eyes and mouths clearer, and the cartoon more
 * like the photo. Heads of less than 0.6 of the trained size are drawn at that size. */
#define P2C_SIZE_AUTO (-1)

/* Reads the weights and takes the memory of the network. On failure *out is NULL. P2C_ERR_ARGUMENT:
 * an option; P2C_ERR_READ, P2C_ERR_FORMAT, P2C_ERR_SHAPE: the file; P2C_ERR_MEMORY. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_open(P2cContext *ctx,
                                                   const P2cCartoonizerOptions *options,
                                                   P2cCartoonizer **out);
P2C_API void p2c_cartoonizer_close(P2cCartoonizer **cartoonizer);
/* The side of the network's square, in pixels; with P2C_SIZE_AUTO that of the newest picture. */
P2C_API int p2c_cartoonizer_size(const P2cCartoonizer *cartoonizer);

/* Makes a cartoon of a portrait. prepared: a head that is upright and cut out as p2c_preparer_cut
 * does it, of any size. It is scaled to the network's square (P2C_FILTER_AREA) and laid over white.
 * cartoon: a new RGB picture of the network's size. heatmap, if not NULL: a new RGB picture of the
 * same size that shows where the network looked. P2C_ERR_FORMAT: the network's answer is not a
 * number, because the weights are damaged. On failure cartoon and heatmap are as they were. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_run(P2cCartoonizer *cartoonizer,
                                                  const P2cImage *prepared, P2cImage *cartoon,
                                                  P2cImage *heatmap);

/* Writes the generator as an ONNX file with the input "photo" (1, 3, size, size) in [-1, 1] and the
 * output "cartoon", of the same shape. with_cam: also with the outputs "cam" (1, 2) and "heatmap"
 * (1, 1, size/4, size/4). The file is read back and compared with the generator; if it does not
 * compute the same, it is deleted, and the call fails with P2C_ERR_FORMAT. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_export(P2cContext *ctx,
                                                     const P2cCartoonizerOptions *options,
                                                     const char *path, bool with_cam);

/* ---- likeness: how near a cartoon is to its photo -------------------------------------------- */

/* A network that tells whose face it is: MobileFaceNet, from a file of weights (see
 * p2c_face_load). */
typedef struct P2cIdentity P2cIdentity;
/* On failure *out is NULL. */
P2C_API P2C_CHECKED P2cStatus p2c_identity_open(P2cContext *ctx, const char *path,
                                                P2cIdentity **out);
P2C_API void p2c_identity_close(P2cIdentity **identity);
/* Compares the persons in two portraits as p2c_preparer_cut makes them, or in a portrait and its
 * cartoon. RGB or RGBA, square, of any sizes. *cosine: of the two embeddings, -1 to 1; for two
 * people it is about 0. */
P2C_API P2C_CHECKED P2cStatus p2c_identity_similarity(P2cIdentity *identity, const P2cImage *a,
                                                      const P2cImage *b, double *cosine);

typedef struct P2cLikeness { /* NAN: not measured */
    /* Mean distance of the cartoon's 68 points from those of the photo, when the cartoon's are
     * moved, turned and scaled to fit best, in distances of the photo's outer corners of the eyes.
     * The smaller, the nearer. */
    double distance;
    double doubt;    /* of the landmark network about the cartoon: large where there is no face */
    double identity; /* p2c_identity_similarity */
} P2cLikeness;

/* Compares a portrait and its cartoon, of any size. identity may be NULL. Points are measured if
 * the preparer has a network for landmarks and portrait->face was found by it. */
P2C_API P2C_CHECKED P2cStatus p2c_likeness_measure(P2cPreparer *preparer, P2cIdentity *identity,
                                                   const P2cPortrait *portrait,
                                                   const P2cImage *cartoon, P2cLikeness *out);
/* Whether the cartoon's face is hardly that of the photo, or hardly a face: distance or doubt are
 * beyond what good cartoons have. False for what was not measured. */
P2C_API bool p2c_likeness_poor(const P2cLikeness *likeness);

/* ---- whole photos ---------------------------------------------------------------------------- */

/* What is to be seen around a head. */
typedef enum P2cBackgroundKind {
    P2C_BACKGROUND_COLOUR, /* P2cBackground.colour */
    P2C_BACKGROUND_TRANSPARENT,
    P2C_BACKGROUND_PHOTO,   /* the photo itself */
    P2C_BACKGROUND_BLUR,    /* the photo, blurred */
    P2C_BACKGROUND_PICTURE, /* P2cBackground.picture */
} P2cBackgroundKind;
typedef struct P2cBackground {
    P2cBackgroundKind kind;
    uint8_t colour[3];       /* RGB; zeros: black. photo2cartoon's is white, 255, 255, 255 */
    const P2cImage *picture; /* borrowed; scaled so that it covers all, and cut at both sides */
} P2cBackground;

typedef enum P2cLayout {
    P2C_LAYOUT_CROP,  /* a square picture for each face, as photo2cartoon makes it */
    P2C_LAYOUT_KEEP,  /* one picture: the photo, with the cartoons in the places of the faces */
    P2C_LAYOUT_SHEET, /* a picture for each face: before and after, side by side */
} P2cLayout;

/* Which colour drawn skin has. */
typedef enum P2cSkin {
    P2C_SKIN_STYLE, /* the generator's, often white */
    P2C_SKIN_PHOTO, /* the photo's: its hue and saturation, and most of its brightness */
} P2cSkin;

typedef struct P2cPhotoOptions {
    int faces;   /* at most so many, the largest first; 0 or less: all */
    bool centre; /* when no face is found, take the middle of the photo for one */
    P2cLayout layout;
    P2cBackground background;
    bool likeness;         /* measure how near the cartoons are to the photo; warn of poor ones */
    P2cIdentity *identity; /* borrowed; NULL: without the similarity of persons */
    P2cSkin skin;
    /* How much of the photo shows through the cartoons: 0, the cartoon alone, to 1, the photo. */
    double photo_share;
} P2cPhotoOptions;

typedef struct P2cPhotoResult {
    int portrait_count; /* 0: no face was found, and there are no images */
    P2cPortrait *portraits;
    int image_count;
    P2cImage *images;                    /* RGB, or RGBA when the background is transparent */
    double find_ms, draw_ms, compose_ms; /* milliseconds of the stages, of all faces together */
    P2cLikeness *likeness;               /* of each portrait; NULL unless the options ask for it */
} P2cPhotoResult;

/* Makes cartoons of the faces in a photo (RGB or RGBA, of any size). The cartoonizer and the
 * preparer must be of the same context. *out is overwritten, and is { 0 } on failure; its arrays
 * are owned. A photo without a face is no failure. */
P2C_API P2C_CHECKED P2cStatus p2c_cartoonizer_photo(P2cCartoonizer *cartoonizer,
                                                    P2cPreparer *preparer, const P2cImage *photo,
                                                    const P2cPhotoOptions *options,
                                                    P2cPhotoResult *out);
P2C_API void p2c_photo_result_clear(P2cPhotoResult *result);

#ifdef __cplusplus
}
#endif

#include "p2cnn_files.h"
#include "p2cnn_graph.h"
#endif
