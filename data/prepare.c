/* prepare.c: makes pictures from a source: reads it, aligns its faces, lays them over white, scales
 * and measures them. Each thread of the pool has its own preparer. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hash.h"
#include "data.h"

enum { PATH_SIZE = 4096 };

typedef struct Place {
    P2cContext *ctx;
    P2cPreparer *preparer;
} Place;

struct Preparers {
    const Options *options;
    Points *points;
    char *models; /* describes which model files are used */
    pthread_mutex_t lock;
    int count;
    Place places[]; /* one for each thread of the pool and one for the calling thread */
};

/* ---- the preparer of a thread ---- */

static P2cStatus find_preparer(Preparers *all, P2cContext *ctx, P2cPreparer **out) {
    const Options *o = all->options;
    P2cPreparerOptions options = {
        .models = o->models, .detector = o->detector, .landmarks = o->landmarks, .matte = o->matte
    };
    /* opening happens under the lock, too, because the disk would not serve two threads faster than
     * one */
    pthread_mutex_lock(&all->lock);
    Place *place = all->places;
    while (place->ctx && place->ctx != ctx) place++; /* there is an entry for each context */
    place->ctx = ctx;
    P2cStatus status =
        place->preparer ? P2C_OK : p2c_preparer_open(ctx, &options, &place->preparer);
    *out = place->preparer;
    pthread_mutex_unlock(&all->lock);
    return status;
}

/* Describes the network of a role, so that pictures are made again when it changes. */
static const char *model_name(const char *given, const char *folder, const char *role,
                              char path[PATH_SIZE]) {
    if (given) return given;
    return p2c_models_find(folder, role, path, PATH_SIZE) ? path : "built-in";
}

static char *describe_models(const Options *o) {
    char folder[PATH_SIZE] = "", a[PATH_SIZE], b[PATH_SIZE], c[PATH_SIZE];
    if (!p2c_models_folder(o->models, folder, sizeof folder)) *folder = 0;
    return text_make(
        "detector=%s landmarks=%s matte=%s", model_name(o->detector, folder, "detector", a),
        model_name(o->landmarks, folder, "landmarks", b), model_name(o->matte, folder, "matte", c));
}

static bool needs_preparer(const Options *o) {
    return o->kind == ALIGN_FACE || o->kind == ALIGN_POINTS;
}

int preparers_open(Preparers **out, const Options *options, Pool *pool) {
    int count = options->jobs + 1, code = 0;
    P2cPreparer *first;
    Preparers *all = *out = calloc(1, sizeof *all + (size_t)count * sizeof *all->places);
    if (!all) return text_no_memory();
    all->options = options;
    all->count = count;
    pthread_mutex_init(&all->lock, NULL);
    if (options->kind == ALIGN_POINTS) code = points_open(&all->points, options->align);
    if (!code && needs_preparer(options)) {
        code = report_status(pool_context(pool), find_preparer(all, pool_context(pool), &first));
        if (!code && !(all->models = describe_models(options))) code = text_no_memory();
    }
    return code;
}

void preparers_close(Preparers **out) {
    Preparers *all = *out;
    if (!all) return;
    for (int i = 0; i < all->count; i++) p2c_preparer_close(&all->places[i].preparer);
    pthread_mutex_destroy(&all->lock);
    points_close(&all->points);
    free(all->models);
    free(all);
    *out = NULL;
}

char *prepare_settings(const Preparers *all, const Source *source) {
    const Options *o = all->options;
    P2cFace face;
    if (o->kind == ALIGN_NONE || o->kind == ALIGN_CENTRE)
        return text_make("%s size=%s", o->align, o->size);
    if (o->kind == ALIGN_FACE)
        return text_make("face size=%s faces=%s reject=%s %s", o->size, o->faces, o->reject,
                         all->models);
    bool found = points_find(all->points, source->path + source->name, &face);
    return text_make(
        "points=%016llx size=%s %s",
        found ? (unsigned long long)hash_more(HASH_START, face.landmarks, sizeof face.landmarks)
              : 0ull,
        o->size, all->models);
}

/* ---- pictures ---- */

/* Lays the picture over white, scales and measures it. Takes ownership of the pixels in `image`. */
static P2cStatus finish(P2cContext *ctx, const Options *o, P2cImage *image, Picture *picture) {
    picture->image = *image;
    *image = (P2cImage){ 0 };
    picture->brightness = look_brightness(&picture->image);
    p2c_image_over_white(&picture->image);
    P2cStatus status = frame_scale(ctx, &picture->image, o->side);
    if (!status) status = look_make(ctx, &picture->image, &picture->look);
    return status;
}

static P2cStatus make_framed(P2cContext *ctx, const Options *o, const P2cImage *photo,
                             Picture *picture) {
    P2cImage square = { 0 };
    P2cStatus status = frame_square(ctx, photo, o->kind == ALIGN_CENTRE, o->side, &square);
    if (!status) status = finish(ctx, o, &square, picture);
    p2c_image_clear(&square);
    return status;
}

static P2cStatus make_portrait(P2cContext *ctx, const Options *o, P2cPreparer *preparer,
                               const P2cImage *photo, const P2cFace *face, Picture *picture) {
    P2cPortrait portrait = { 0 };
    P2cStatus status = p2c_preparer_cut(preparer, photo, face, &portrait);
    if (status) return status;
    picture->box = portrait.face.box;
    picture->has_box = true;
    picture->angle = portrait.face.angle;
    picture->warnings = portrait.face.warnings;
    status = finish(ctx, o, &portrait.picture, picture);
    p2c_portrait_clear(&portrait);
    return status;
}

/* *faces must be freed. */
static P2cStatus find_faces(Preparers *all, P2cPreparer *preparer, const Source *source,
                            const P2cImage *photo, P2cFace **faces, int *count) {
    const Options *o = all->options;
    if (o->kind == ALIGN_POINTS) {
        *faces = malloc(sizeof **faces);
        *count = *faces && points_find(all->points, source->path + source->name, *faces);
        return *faces ? P2C_OK : P2C_ERR_MEMORY;
    }
    P2cStatus status = p2c_preparer_find(preparer, photo, faces, count);
    if (o->face_limit && *count > o->face_limit) *count = o->face_limit;
    return status;
}

static P2cStatus make_all(Preparers *all, P2cContext *ctx, const Source *source,
                          const P2cImage *photo, Made *made) {
    const Options *o = all->options;
    P2cPreparer *preparer = NULL;
    P2cFace *faces = NULL;
    int count = 1;
    P2cStatus status = needs_preparer(o) ? find_preparer(all, ctx, &preparer) : P2C_OK;
    if (!status && preparer) status = find_faces(all, preparer, source, photo, &faces, &count);
    if (status) goto cleanup;
    if (!count) made->why = o->kind == ALIGN_POINTS ? "not in the file of points" : "no face found";
    else if (!(made->pictures = calloc((size_t)count, sizeof *made->pictures)))
        status = P2C_ERR_MEMORY;
    for (int i = 0; !status && i < count; i++) {
        Picture *picture = &made->pictures[made->count++];
        status = preparer ? make_portrait(ctx, o, preparer, photo, &faces[i], picture)
                          : make_framed(ctx, o, photo, picture);
    }
cleanup:
    free(faces);
    return status;
}

void prepare(Preparers *all, P2cContext *ctx, const Source *source, Made *made) {
    P2cImage photo = { 0 };
    *made = (Made){ 0 };
    P2cStatus status = p2c_image_read(ctx, source->path, &photo);
    bool was_read = !status;
    if (!status) status = make_all(all, ctx, source, &photo, made);
    p2c_image_clear(&photo);
    if (!status) return;
    made_clear(made);
    made->status = status;
    /* Messages about a file begin with its name; messages about its content do not. */
    const char *text = status == P2C_ERR_MEMORY ? "out of memory" : p2c_error(ctx);
    made->error = was_read || status == P2C_ERR_MEMORY ? text_make("%s: %s", source->path, text)
                                                       : text_make("%s", text);
}

void made_clear(Made *made) {
    for (int i = 0; i < made->count; i++) p2c_image_clear(&made->pictures[i].image);
    free(made->pictures);
    free(made->error);
    *made = (Made){ 0 };
}
