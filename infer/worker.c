/* worker.c: a worker is one context with a generator and, for photos, the stages that find and cut
 * out faces. With -j several workers run side by side. */
#include <string.h>

#include "infer.h"

static P2cStatus open_all(Worker *w, const Options *o) {
    P2cCartoonizerOptions generator = { .weights = o->weights,
                                        .direction = o->direction,
                                        .ema = o->ema,
                                        .size = o->size,
                                        .trained_size = o->trained_size };
    P2cPreparerOptions faces = {
        .models = o->models, .detector = o->detector, .landmarks = o->landmarks, .matte = o->matte
    };
    w->photo = o->photo;
    P2cStatus status = p2c_cartoonizer_open(w->ctx, &generator, &w->cartoonizer);
    if (!status && !o->prepared && !o->benchmark)
        status = p2c_preparer_open(w->ctx, &faces, &w->preparer);
    if (!status && o->face_weights)
        status = p2c_identity_open(w->ctx, o->face_weights, &w->identity);
    w->photo.identity = w->identity;
    if (!status && o->picture) status = p2c_image_read(w->ctx, o->picture, &w->picture);
    if (o->picture) w->photo.background.picture = &w->picture;
    return status;
}

int worker_open(Worker *worker, const Options *o, int threads) {
    *worker = (Worker){ 0 };
    int code = device_open(
        &worker->ctx,
        (DeviceChoice){ .device = o->device, .precision = o->precision, .threads = threads });
    return code ? code : report_status(worker->ctx, open_all(worker, o));
}

void worker_close(Worker *worker) {
    p2c_image_clear(&worker->picture);
    p2c_identity_close(&worker->identity);
    p2c_preparer_close(&worker->preparer);
    p2c_cartoonizer_close(&worker->cartoonizer);
    p2c_context_free(&worker->ctx);
}
