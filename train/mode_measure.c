/* mode_measure.c: p2c-train --measure: pictures that were made elsewhere, by p2c-infer for example,
 * measured as an evaluation would measure them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "trainer.h"

typedef struct Job {
    Folder made, photos, train_b, test_b;
    char **of;       /* the photo of each picture, borrowed */
    char **cartoons; /* of train_b and test_b, borrowed */
    bool paired;     /* every picture has its photo */
} Job;

/* ---- pictures -------------------------------------------------------------------------------- */

static char *find_photo(const Folder *photos, const char *path) {
    const char *name, *other;
    int length = picture_stem(path, &name);
    for (int i = 0; i < photos->count; i++)
        if (picture_stem(photos->paths[i], &other) == length &&
            !memcmp(name, other, (size_t)length))
            return photos->paths[i];
    return NULL;
}

/* Without photos, each picture stands for its own. */
static int find_photos(Job *job) {
    const char *lonely = NULL;
    size_t n = (size_t)job->made.count;
    if (!(job->of = malloc(n * sizeof *job->of))) return report_status(NULL, P2C_ERR_MEMORY);
    for (size_t i = 0; i < n && !lonely; i++)
        if (!(job->of[i] = find_photo(&job->photos, job->made.paths[i])))
            lonely = job->made.paths[i];
    job->paired = !lonely;
    if (!lonely) return 0;
    say("%s: no photo of this name in testA; likeness to photos is not measured", lonely);
    memcpy(job->of, job->made.paths, n * sizeof *job->of);
    return 0;
}

static int open_job(Job *job, const Options *o) {
    char path[RUN_FILE];
    trainer_folder(o, "trainB", path);
    int code = folder_open(&job->made, o->measure, "expected pictures to measure");
    if (!code) code = folder_open(&job->train_b, path, FOLDER_DATASET);
    if (!code) code = trainer_open_tests(o, &job->photos, &job->test_b);
    if (!code) code = find_photos(job);
    if (!code && !(job->cartoons = trainer_cartoons(&job->train_b, &job->test_b)))
        code = report_status(NULL, P2C_ERR_MEMORY);
    return code;
}

static void close_job(Job *job) {
    Folder *folders[] = { &job->made, &job->photos, &job->train_b, &job->test_b };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) folder_clear(folders[i]);
    free(job->of);
    free(job->cartoons);
}

/* ---- measures -------------------------------------------------------------------------------- */

static void forget_photos(Evaluation *e) {
    static const Measure of_pairs[] = { MEASURE_ID_SIMILARITY, MEASURE_ID_FLOOR, MEASURE_ID_MARGIN,
                                        MEASURE_POINTS, MEASURE_EYES };
    e->of_photos = measures_none();
    for (size_t i = 0; i < sizeof of_pairs / sizeof *of_pairs; i++)
        e->made.value[of_pairs[i]] = e->of_cartoons.value[of_pairs[i]] = NAN;
    e->score = measures_score(&e->made);
}

static int measure(P2cContext *ctx, P2cStore *store, const Options *o, const Job *job) {
    EvaluateOptions options = { .size = o->img_size,
                                .face = o->face_weights,
                                .a = job->of,
                                .count_a = job->made.count,
                                .b = job->cartoons,
                                .count_b = job->train_b.count + job->test_b.count,
                                .made = job->made.paths };
    Evaluator *evaluator = NULL;
    Evaluation e;
    int code =
        o->face_weights
            ? report_status(ctx, p2c_face_load(ctx, store, "face", o->face_weights, &options.kind))
            : 0;
    if (!code) code = evaluator_open(&evaluator, ctx, store, &options);
    if (!code) code = evaluator_run(evaluator, &e);
    evaluator_close(&evaluator);
    if (code) return report_device(ctx, code);
    if (!job->paired) forget_photos(&e);
    evaluation_print(&e);
    return 0;
}

int mode_measure(const Options *o) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    Job job = { 0 };
    int code = open_job(&job, o);
    if (!code) code = options_open_device(o, &ctx);
    if (!code) code = report_status(ctx, p2c_store_new(&store, ctx, 0));
    if (!code) code = measure(ctx, store, o, &job);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    close_job(&job);
    return code;
}
