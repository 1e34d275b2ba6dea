/* one.c: makes the cartoons of one picture, from file to files. */
#include <stdio.h>

#include "infer.h"

enum { PATH_SIZE = 4200 };

static P2cStatus cartoon_portrait(Worker *w, const Job *job, const P2cImage *portrait) {
    P2cImage cartoon = { 0 }, heatmap = { 0 };
    P2cStatus status =
        p2c_cartoonizer_run(w->cartoonizer, portrait, &cartoon, job->heatmap ? &heatmap : NULL);
    if (!status && job->heatmap) status = p2c_image_write(w->ctx, job->heatmap, &heatmap);
    if (!status) status = p2c_image_write(w->ctx, job->output, &cartoon);
    p2c_image_clear(&cartoon);
    p2c_image_clear(&heatmap);
    return status;
}

static P2cStatus write_all(Worker *w, const Job *job, P2cPhotoResult *result) {
    P2cStatus status = P2C_OK;
    for (int i = 0; !status && i < result->image_count; i++) {
        char path[PATH_SIZE];
        jobs_name(job, i, path, sizeof path);
        status = p2c_image_write(w->ctx, path, &result->images[i]);
    }
    return status;
}

/* Frees the pixels; what is said of each face stays. */
static void drop_pixels(P2cPhotoResult *result) {
    for (int i = 0; i < result->portrait_count; i++) p2c_image_clear(&result->portraits[i].picture);
    for (int i = 0; i < result->image_count; i++) p2c_image_clear(&result->images[i]);
}

static P2cStatus cartoon_photo(Worker *w, const Job *job, const P2cImage *photo, Made *made) {
    P2cStatus status =
        p2c_cartoonizer_photo(w->cartoonizer, w->preparer, photo, &w->photo, &made->result);
    double start = now_ms();
    if (!status) status = write_all(w, job, &made->result);
    made->write_ms = now_ms() - start;
    drop_pixels(&made->result);
    return status;
}

int make_one(Worker *w, const Options *o, const Job *job, Made *made) {
    P2cImage image = { 0 };
    double start = now_ms();
    *made = (Made){ 0 };
    P2cStatus status = p2c_image_read(w->ctx, job->input, &image);
    made->read_ms = now_ms() - start;
    if (!status)
        status =
            o->prepared ? cartoon_portrait(w, job, &image) : cartoon_photo(w, job, &image, made);
    made->ms = now_ms() - start;
    p2c_image_clear(&image);
    if (status) snprintf(made->error, sizeof made->error, "%s", p2c_error(w->ctx));
    if (status || o->prepared || made->result.portrait_count) return p2c_exit_code(status);
    made->skipped = o->skip;
    if (o->skip) return 0;
    snprintf(made->error, sizeof made->error,
             "%.900s: no face found; --on-no-face centre uses the middle of the picture, skip "
             "ignores such pictures",
             job->input);
    return EXIT_BAD_INPUT;
}
