/* photo.c: turns a photo into cartoons: it prepares the portraits, runs the generator and composes
 * the result.
 *
 *     crop    portrait -> cartoon over the background, one picture for each face
 *     keep    the photo with every cartoon pasted into its face's place, the largest on top; one
 *             picture
 *     sheet   the face as it is beside the crop, one picture for each face */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cartoon.h"
#include "face/face.h"
#include "image/image.h"

typedef struct Work {
    P2cContext *ctx;
    P2cCartoonizer *cartoonizer;
    P2cPreparer *preparer;
    const P2cImage *photo;
    const P2cPhotoOptions *options;
    P2cPhotoResult *result;
} Work;

static P2cStatus sheet(const Work *w, const P2cPortrait *portrait, P2cImage *drawn) {
    P2cImage before = { 0 }, both = { 0 };
    P2cStatus status =
        p2c_compose_before(w->ctx, w->photo, portrait, drawn->width, drawn->height, &before);
    if (!status) status = p2c_compose_sheet(w->ctx, &before, drawn, &both);
    if (!status) {
        p2c_image_clear(drawn);
        *drawn = both;
    }
    p2c_image_clear(&before);
    return status;
}

static P2cStatus compose(const Work *w, const P2cPortrait *portrait, const P2cImage *cartoon,
                         int i) {
    P2cImage *image = &w->result->images[w->options->layout == P2C_LAYOUT_KEEP ? 0 : i];
    if (w->options->layout == P2C_LAYOUT_KEEP)
        return p2c_compose_paste(w->ctx, cartoon, portrait, 1 - w->options->photo_share, image);
    P2cStatus status = p2c_compose_crop(w->ctx, cartoon, portrait, w->photo,
                                        &w->options->background, w->options->photo_share, image);
    return status || w->options->layout == P2C_LAYOUT_CROP ? status : sheet(w, portrait, image);
}

static P2cStatus measure(const Work *w, P2cPortrait *portrait, const P2cImage *cartoon, int i) {
    if (!w->options->likeness) return P2C_OK;
    P2cLikeness *likeness = &w->result->likeness[i];
    P2cStatus status =
        p2c_likeness_measure(w->preparer, w->options->identity, portrait, cartoon, likeness);
    if (!status && p2c_likeness_poor(likeness)) portrait->face.warnings |= P2C_FACE_UNLIKE;
    return status;
}

static P2cStatus draw(const Work *w, int i) {
    P2cPortrait *portrait = &w->result->portraits[i];
    P2cImage cartoon = { 0 };
    double start = p2c_clock_ms();
    P2cStatus status = p2c_cartoonizer_run(w->cartoonizer, &portrait->picture, &cartoon, NULL);
    if (!status && w->options->skin == P2C_SKIN_PHOTO)
        status = p2c_skin_photo(w->ctx, portrait, &cartoon);
    if (!status) status = measure(w, portrait, &cartoon, i);
    double drawn = p2c_clock_ms();
    if (!status) status = compose(w, portrait, &cartoon, i);
    w->result->draw_ms += drawn - start;
    w->result->compose_ms += p2c_clock_ms() - drawn;
    p2c_image_clear(&cartoon);
    return status;
}

/* Pastes the heads as they are in the photo, for cartoons through which they show. */
static P2cStatus lay_heads(const Work *w) {
    P2cStatus status = P2C_OK;
    for (int i = w->result->portrait_count - 1; !status && i >= 0; i--) {
        const P2cPortrait *portrait = &w->result->portraits[i];
        P2cImage head;
        int size = portrait->picture.width;
        status = p2c_compose_head(w->ctx, portrait, size, size, &head);
        if (status) return status;
        p2c_image_over_white(&head);
        status = p2c_compose_paste(w->ctx, &head, portrait, 1, &w->result->images[0]);
        p2c_image_clear(&head);
    }
    return status;
}

static P2cStatus lay_ground(const Work *w) {
    double start = p2c_clock_ms();
    P2cPhotoResult *r = w->result;
    P2cStatus status = p2c_compose_ground(w->ctx, w->photo, &w->options->background,
                                          r->portrait_count, r->portraits, &r->images[0]);
    if (!status && w->options->photo_share > 0 &&
        w->options->background.kind != P2C_BACKGROUND_PHOTO)
        status = lay_heads(w);
    r->compose_ms += p2c_clock_ms() - start;
    return status;
}

/* Finds the faces. If there are none, it may use the middle of the photo, if the options say so. */
static P2cStatus find_faces(const Work *w, P2cFace **faces, int *count) {
    double start = p2c_clock_ms();
    P2cStatus status = p2c_preparer_find(w->preparer, w->photo, faces, count);
    w->result->find_ms = p2c_clock_ms() - start;
    if (status) return status;
    if (w->options->faces > 0 && *count > w->options->faces) *count = w->options->faces;
    if (*count || !w->options->centre) return P2C_OK;
    free(*faces);
    *faces = malloc(sizeof **faces);
    if (!*faces) return p2c_fail_memory(w->ctx, "a face", sizeof **faces);
    **faces = p2c_face_centred(w->photo);
    *count = 1;
    return P2C_OK;
}

static P2cStatus make_room(const Work *w, int faces) {
    P2cPhotoResult *r = w->result;
    bool keep = w->options->layout == P2C_LAYOUT_KEEP;
    r->image_count = keep ? 1 : faces;
    r->portrait_count = faces;
    r->portraits = calloc((size_t)faces, sizeof *r->portraits);
    r->images = calloc((size_t)r->image_count, sizeof *r->images);
    if (w->options->likeness) r->likeness = calloc((size_t)faces, sizeof *r->likeness);
    if (!r->portraits || !r->images || (w->options->likeness && !r->likeness))
        return p2c_fail_memory(w->ctx, "the portraits of a photo",
                               (size_t)faces * (sizeof *r->portraits + sizeof *r->images));
    return P2C_OK;
}

P2cStatus p2c_cartoonizer_photo(P2cCartoonizer *cartoonizer, P2cPreparer *preparer,
                                const P2cImage *photo, const P2cPhotoOptions *options,
                                P2cPhotoResult *out) {
    Work w = { p2c_preparer_context(preparer), cartoonizer, preparer, photo, options, out };
    P2cFace *faces = NULL;
    int count = 0;
    *out = (P2cPhotoResult){ 0 };
    P2cStatus status = find_faces(&w, &faces, &count);
    if (!status && count) status = make_room(&w, count);
    for (int i = 0; !status && i < count; i++)
        status = p2c_preparer_cut(preparer, photo, &faces[i], &out->portraits[i]);
    if (!status && count && options->layout == P2C_LAYOUT_KEEP) status = lay_ground(&w);
    /* the largest face comes last, so that it lies on top */
    for (int i = count - 1; !status && i >= 0; i--) status = draw(&w, i);
    if (status) p2c_photo_result_clear(out);
    free(faces);
    return status;
}

void p2c_photo_result_clear(P2cPhotoResult *result) {
    for (int i = 0; result->portraits && i < result->portrait_count; i++)
        p2c_portrait_clear(&result->portraits[i]);
    for (int i = 0; result->images && i < result->image_count; i++)
        p2c_image_clear(&result->images[i]);
    free(result->portraits);
    free(result->images);
    free(result->likeness);
    *result = (P2cPhotoResult){ 0 };
}
