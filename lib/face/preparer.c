/* preparer.c: the stages from a photo to prepared portraits, in order, as in photo2cartoon's
 * data_process.py.
 *
 *     photo --detect--> boxes --landmarks--> faces                               p2c_preparer_find
 *     photo, face --align--> square crop --matte network--> rough alpha
 *       --guided filter--> alpha; crop, alpha --foreground colours--> RGBA       p2c_preparer_cut
 *
 * dlib finds only upright faces. If there is none, the photo is turned to its other three sides. A
 * face may then be found from two sides, and the surer result is kept. Networks find faces at any
 * turn. If the landmarks doubt that such a face is upright, the photo is turned, too, and the turn
 * with the least doubt is kept. A photo that has transparency of its own needs no matte network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "face.h"
#include "image/image.h"

enum { PATH_SIZE = 4096 };
/* two boxes are one face if their common area is this fraction of the smaller box */
static const double SAME_FACE = 0.4;
/* the most that p2c_landmarker_doubt gives for an upright face */
static const double MOST_DOUBT = 0.035;

struct P2cPreparer {
    P2cContext *ctx;
    P2cDetector *detector;
    bool by_network;           /* true unless the detector is dlib's */
    P2cLandmarker *landmarker; /* NULL if points are estimated */
    P2cMatte *matte;           /* NULL if backgrounds are kept */
};

/* ---- which files ---- */

typedef struct Choice {
    char path[PATH_SIZE];
    const char *file; /* the path that was given or found; NULL for the built-in network */
} Choice;

/* A given file takes precedence over a file in the folder. */
static void choose_file(Choice *choice, const char *folder, const char *given, const char *role,
                        const char *built_in) {
    choice->file = NULL;
    if (given) choice->file = strcmp(given, built_in) ? given : NULL;
    else if (folder && p2c_models_find(folder, role, choice->path, sizeof choice->path))
        choice->file = choice->path;
}

static bool unwanted(const char *given) { return given && !strcmp(given, "none"); }

static P2cStatus open_stages(P2cPreparer *p, const P2cPreparerOptions *o, const char *folder) {
    Choice detector, landmarks, matte;
    choose_file(&detector, folder, o->detector, "detector", "dlib");
    choose_file(&landmarks, folder, o->landmarks, "landmarks", "built-in");
    choose_file(&matte, folder, o->matte, "matte", "built-in");
    p->by_network = detector.file != NULL;
    P2cStatus status = p2c_detector_open(p->ctx, detector.file, &p->detector);
    if (!status && !unwanted(o->landmarks))
        status = p2c_landmarker_open(p->ctx, landmarks.file, &p->landmarker);
    if (!status && !unwanted(o->matte)) status = p2c_matte_open(p->ctx, matte.file, &p->matte);
    return status;
}

P2cStatus p2c_preparer_open(P2cContext *ctx, const P2cPreparerOptions *options, P2cPreparer **out) {
    char folder[PATH_SIZE];
    struct stat info;
    *out = NULL;
    bool there = p2c_models_folder(options->models, folder, sizeof folder);
    if (options->models && (!there || stat(folder, &info) || !S_ISDIR(info.st_mode)))
        return p2c_fail(ctx, P2C_ERR_READ, "%s: no such folder of models", options->models);
    P2cPreparer *p = calloc(1, sizeof *p);
    if (!p) return p2c_fail_memory(ctx, "the preparer of photos", sizeof *p);
    p->ctx = ctx;
    P2cStatus status = open_stages(p, options, there ? folder : NULL);
    if (status) p2c_preparer_close(&p);
    *out = p;
    return status;
}

P2cContext *p2c_preparer_context(const P2cPreparer *preparer) { return preparer->ctx; }

P2cLandmarker *p2c_preparer_landmarker(const P2cPreparer *preparer) { return preparer->landmarker; }

void p2c_preparer_close(P2cPreparer **preparer) {
    P2cPreparer *p = *preparer;
    if (!p) return;
    p2c_detector_close(&p->detector);
    p2c_landmarker_close(&p->landmarker);
    p2c_matte_close(&p->matte);
    free(p);
    *preparer = NULL;
}

/* ---- find ---- */

typedef struct Candidate {
    P2cFace face;
    double doubt; /* of the landmarks; 0 without a landmark network */
} Candidate;

typedef struct Found {
    Candidate *list;
    int count;
} Found;

static double area(P2cBox b) { return fmax(b.right - b.left, 0) * fmax(b.bottom - b.top, 0); }

static P2cBox common(P2cBox a, P2cBox b) {
    return (P2cBox){ fmax(a.left, b.left), fmax(a.top, b.top), fmin(a.right, b.right),
                     fmin(a.bottom, b.bottom) };
}

static P2cBox unturn_box(P2cBox b, int width, int height, int turns) {
    P2cPoint p = p2c_unturn_point((P2cPoint){ b.left, b.top }, width, height, turns);
    P2cPoint q = p2c_unturn_point((P2cPoint){ b.right, b.bottom }, width, height, turns);
    return (P2cBox){ fmin(p.x, q.x), fmin(p.y, q.y), fmax(p.x, q.x), fmax(p.y, q.y) };
}

/* Converts a detection in the turned photo to a face in the original photo. */
static P2cStatus describe(P2cPreparer *p, const P2cImage *photo, const P2cImage *turned, int turns,
                          const P2cDetection *found, Candidate *out) {
    P2cStatus status = P2C_OK;
    P2cAlignment alignment;
    P2cFace *face = &out->face;
    *out = (Candidate){ .face = {
                            .score = found->score,
                            .turns = turns,
                            .box = unturn_box(found->box, photo->width, photo->height, turns) } };
    if (p->landmarker)
        status = p2c_landmarker_run(p->landmarker, turned, found->box, face->landmarks);
    else p2c_estimate_landmarks(found->box, face->landmarks);
    if (status) return status;
    if (p->landmarker) out->doubt = p2c_landmarker_doubt(p->landmarker);
    else face->warnings = P2C_FACE_ESTIMATED;
    for (int i = 0; i < P2C_LANDMARKS; i++)
        face->landmarks[i] =
            p2c_unturn_point(face->landmarks[i], photo->width, photo->height, turns);
    if ((status = p2c_align(p->ctx, face, photo->width, photo->height, &alignment))) return status;
    face->angle = alignment.angle;
    face->warnings |= p2c_face_warnings(photo, face, &alignment);
    return P2C_OK;
}

static P2cStatus add_faces(P2cPreparer *p, const P2cImage *photo, const P2cImage *turned, int turns,
                           Found *found) {
    P2cDetection *detections = NULL;
    int count = 0;
    P2cStatus status = p2c_detector_run(p->detector, turned, &detections, &count);
    if (!status && count) {
        Candidate *more = realloc(found->list, (size_t)(found->count + count) * sizeof *more);
        if (more) found->list = more;
        else
            status = p2c_fail_memory(p->ctx, "the faces of a photo",
                                     (size_t)(found->count + count) * sizeof *more);
    }
    for (int i = 0; !status && i < count; i++) {
        P2cStatus described =
            describe(p, photo, turned, turns, &detections[i], &found->list[found->count]);
        if (!described) found->count++;
        /* a box without extent is not a face, and is skipped */
        else if (described != P2C_ERR_FORMAT) status = described;
    }
    free(detections);
    return status;
}

static P2cStatus look_from(P2cPreparer *p, const P2cImage *photo, int turns, Found *found) {
    P2cImage turned = { 0 };
    P2cStatus status = p2c_turn_image(p->ctx, photo, turns, &turned);
    if (!status) status = add_faces(p, photo, &turned, turns, found);
    p2c_image_clear(&turned);
    return status;
}

/* A network also finds faces that lie on their side; only the landmarks tell. */
static bool lies_sideways(const P2cPreparer *p, const Candidate *c) {
    return p->by_network && c->doubt > MOST_DOUBT;
}

static bool looks_further(const P2cPreparer *p, const Found *found) {
    bool any = !found->count;
    for (int i = 0; i < found->count; i++) any |= lies_sideways(p, &found->list[i]);
    return any;
}

static bool beats(const Candidate *a, const Candidate *b) {
    return a->doubt != b->doubt ? a->doubt < b->doubt : a->face.score > b->face.score;
}

/* Removes duplicates. Of boxes that overlap much, the best one is kept. A face that was found only
 * in a turned photo is dropped if upright faces were found, unless it overlaps a face that lies on
 * its side. */
static void keep_best(const P2cPreparer *p, Found *found) {
    int kept = 0, upright = 0;
    for (int i = 0; i < found->count; i++)
        upright += !found->list[i].face.turns && !lies_sideways(p, &found->list[i]);
    for (int i = 0; i < found->count; i++) {
        const Candidate *c = &found->list[i];
        bool beaten = false, seen_upright = !c->face.turns || !upright;
        for (int k = 0; k < found->count; k++) {
            const Candidate *other = &found->list[k];
            if (k == i || area(common(c->face.box, other->face.box)) <=
                              SAME_FACE * fmin(area(c->face.box), area(other->face.box)))
                continue;
            beaten |= beats(other, c) || (!beats(c, other) && k < i);
            seen_upright |= !other->face.turns && lies_sideways(p, other);
        }
        /* kept <= i, and the candidate at [kept] is already copied or beaten */
        if (!beaten && seen_upright) found->list[kept++] = *c;
    }
    found->count = kept;
}

static int by_size(const void *a, const void *b) {
    const Candidate *x = a, *y = b;
    double left = area(p2c_extent(x->face.landmarks)), right = area(p2c_extent(y->face.landmarks));
    return (left < right) - (left > right);
}

static P2cStatus hand_over(const P2cPreparer *p, const Found *found, P2cFace **faces, int *count) {
    if (!found->count) return P2C_OK;
    *faces = malloc((size_t)found->count * sizeof **faces);
    if (!*faces)
        return p2c_fail_memory(p->ctx, "the faces of a photo",
                               (size_t)found->count * sizeof **faces);
    *count = found->count;
    for (int i = 0; i < found->count; i++) (*faces)[i] = found->list[i].face;
    return P2C_OK;
}

P2cStatus p2c_preparer_find(P2cPreparer *p, const P2cImage *photo, P2cFace **faces, int *count) {
    Found found = { 0 };
    P2cImage opaque = { 0 };
    P2cStatus status = P2C_OK;
    *faces = NULL;
    *count = 0;
    /* nothing must be found in the hidden colours of transparent pixels */
    if (photo->channels == 4) {
        status = p2c_turn_image(p->ctx, photo, 0, &opaque);
        if (!status) p2c_image_over_white(&opaque);
        photo = &opaque;
    }
    if (!status) status = add_faces(p, photo, photo, 0, &found);
    bool further = !status && looks_further(p, &found);
    for (int turns = 1; !status && further && turns < 4; turns++)
        status = look_from(p, photo, turns, &found);
    if (!status && found.count) {
        keep_best(p, &found);
        qsort(found.list, (size_t)found.count, sizeof *found.list, by_size);
        status = hand_over(p, &found, faces, count);
    }
    free(found.list);
    p2c_image_clear(&opaque);
    return status;
}

/* A face whose square, by photo2cartoon's geometry, is about the middle square of the photo. */
P2cFace p2c_face_centred(const P2cImage *photo) {
    double side = fmin(photo->width, photo->height), x = (photo->width - 1) / 2.0,
           y = (photo->height - 1) / 2.0;
    P2cFace face = { .warnings = P2C_FACE_CENTRED,
                     .box = { x - 0.22 * side, y - 0.11 * side, x + 0.22 * side,
                              y + 0.33 * side } };
    p2c_estimate_landmarks(face.box, face.landmarks);
    return face;
}

/* ---- cut ---- */

static bool has_transparency(const P2cImage *image) {
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; image->channels == 4 && i < count; i++)
        if (image->pixels[4 * i + 3] != 255) return true;
    return false;
}

static P2cStatus with_alpha(P2cContext *ctx, const P2cImage *crop, P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, crop->width, crop->height, 4);
    size_t count = (size_t)crop->width * (size_t)crop->height;
    for (size_t i = 0; !status && i < count; i++) {
        memcpy(out->pixels + 4 * i, crop->pixels + (size_t)crop->channels * i, 3);
        out->pixels[4 * i + 3] = 255;
    }
    return status;
}

static P2cStatus matte(P2cPreparer *p, const P2cImage *crop, P2cImage *picture) {
    const float *rough = NULL;
    int h = 0, w = 0;
    size_t count = (size_t)picture->width * (size_t)picture->height;
    P2cStatus status = p2c_matte_run(p->matte, crop, &rough, &h, &w);
    if (status) return status;
    uint8_t *alpha = malloc(count);
    if (!alpha) return p2c_fail_memory(p->ctx, "the matte", count);
    status = p2c_guided_alpha(p->ctx, crop, rough, h, w, alpha);
    for (size_t i = 0; !status && i < count; i++) picture->pixels[4 * i + 3] = alpha[i];
    free(alpha);
    return status ? status : p2c_foreground_colours(p->ctx, picture);
}

/* Takes crop over, or frees it. */
static P2cStatus make_picture(P2cPreparer *p, P2cImage *crop, P2cPortrait *out) {
    if (has_transparency(crop)) {
        out->picture = *crop;
        *crop = (P2cImage){ 0 };
        return P2C_OK;
    }
    P2cStatus status = with_alpha(p->ctx, crop, &out->picture);
    if (!status && p->matte) status = matte(p, crop, &out->picture);
    if (!p->matte) out->face.warnings |= P2C_FACE_NO_MATTE;
    p2c_image_clear(crop);
    return status;
}

static double mean_alpha(const P2cImage *picture) {
    uint64_t sum = 0;
    size_t count = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; i < count; i++) sum += picture->pixels[4 * i + 3];
    return (double)sum / (255.0 * (double)count);
}

P2cStatus p2c_preparer_cut(P2cPreparer *p, const P2cImage *photo, const P2cFace *face,
                           P2cPortrait *out) {
    P2cAlignment alignment;
    P2cImage crop = { 0 };
    double start = p2c_clock_ms();
    *out = (P2cPortrait){ .face = *face };
    P2cStatus status = p2c_align(p->ctx, face, photo->width, photo->height, &alignment);
    if (!status) status = p2c_align_cut(p->ctx, photo, &alignment, &crop);
    if (status) goto cleanup;
    memcpy(out->to_photo, alignment.to_photo, sizeof out->to_photo);
    out->align_ms = p2c_clock_ms() - start;
    if ((status = make_picture(p, &crop, out))) goto cleanup;
    out->matte_ms = p2c_clock_ms() - start - out->align_ms;
    out->coverage = mean_alpha(&out->picture);
    return P2C_OK;
cleanup:
    p2c_image_clear(&crop);
    p2c_portrait_clear(out);
    return status;
}
