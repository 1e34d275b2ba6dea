/* modes.c: p2c-train --phase test and --benchmark. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "grid.h"
#include "run/memory.h"
#include "trainer.h"

/* ---- test: every test picture, by the newest networks ---------------------------------------- */

static int load_generators(P2cContext *ctx, P2cStore **store, Options *o, const P2cValue *tree,
                           TrainState *state) {
    RunState run;
    int code = state_load(state, &run, p2c_value_get(tree, "p2cnn"));
    if (!code) code = options_resume(o, p2c_value_get(p2c_value_get(tree, "p2cnn"), "options"));
    if (!code) code = report_status(ctx, p2c_store_new(store, ctx, 0));
    if (!code) code = report_status(ctx, trainer_create_generators(ctx, *store, o, o->ema > 0));
    return code ? code
                : report_device(ctx, checkpoint_load_networks(ctx, *store, state_networks, tree));
}

static int open_tests(const Options *o, Folder *a, Folder *b) {
    char folder[RUN_FILE];
    int code = trainer_open_tests(o, a, b);
    if (code || a->count || b->count) return code;
    trainer_folder(o, "testA", folder);
    complain("%s: no test pictures, neither here nor in testB", folder);
    return EXIT_BAD_INPUT;
}

static int draw_tests(P2cContext *ctx, P2cStore *store, const Options *o, RunDir *run,
                      const Folder *a, const Folder *b) {
    char folder[RUN_FILE];
    int code = rundir_make(run, "test");
    snprintf(folder, sizeof folder, "%s/test", run->path);
    GridOptions grid = { .size = o->img_size,
                         .ch = o->ch,
                         .ch_b2a = o->ch_b2a,
                         .full = !o->light,
                         .ema = o->ema > 0,
                         .folder = folder,
                         .test_a = a->paths,
                         .test_b = b->paths,
                         .test_a_count = a->count,
                         .test_b_count = b->count };
    if (!code) code = report_device(ctx, grid_test(ctx, store, &grid));
    if (!code)
        say("%d photos and %d cartoons, seven rows each, are in %s", a->count, b->count, folder);
    return code;
}

/* The face network that is asked for, or the run's own, if its file is still there. */
static int open_face(P2cContext *ctx, P2cStore *store, const Options *o, const TrainState *state,
                     EvaluateOptions *evaluate) {
    const char *path = o->face_weights ? o->face_weights : state->face_weights;
    int code =
        *path ? report_status(ctx, p2c_face_load(ctx, store, "face", path, &evaluate->kind)) : 0;
    evaluate->face = *path && !code;
    return o->face_weights ? code : 0;
}

static int open_cartoons(const Options *o, Folder *train_b) {
    char path[RUN_FILE];
    struct stat info;
    trainer_folder(o, "trainB", path);
    return stat(path, &info) ? 0 : folder_open(train_b, path, FOLDER_DATASET);
}

/* Also written to test/measures.json. */
static int run_evaluation(P2cContext *ctx, P2cStore *store, const EvaluateOptions *options,
                          const RunDir *run) {
    char path[RUN_FILE + 24];
    Evaluator *evaluator;
    Evaluation e;
    int code = evaluator_open(&evaluator, ctx, store, options);
    if (!code) code = evaluator_run(evaluator, &e);
    evaluator_close(&evaluator);
    if (code) return report_device(ctx, code);
    evaluation_print(&e);
    snprintf(path, sizeof path, "%s/test/measures.json", run->path);
    return evaluation_write(ctx, path, &e);
}

static int measure_tests(P2cContext *ctx, P2cStore *store, const Options *o,
                         const TrainState *state, const RunDir *run, const Folder *a,
                         const Folder *b) {
    Folder train_b = { 0 };
    EvaluateOptions options = { .size = o->img_size,
                                .ch = o->ch,
                                .ch_b2a = o->ch_b2a,
                                .full = !o->light,
                                .ema = o->ema > 0,
                                .a = a->paths,
                                .count_a = a->count };
    int code = open_cartoons(o, &train_b);
    char **cartoons = trainer_cartoons(&train_b, b);
    if (!code && !cartoons) code = report_status(NULL, P2C_ERR_MEMORY);
    if (!code) code = open_face(ctx, store, o, state, &options);
    options.b = cartoons;
    options.count_b = train_b.count + b->count;
    if (!code) code = run_evaluation(ctx, store, &options, run);
    free(cartoons);
    folder_clear(&train_b);
    return code;
}

int mode_test(Options *o) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    P2cValue *tree = NULL;
    RunDir run = { .lock = -1 };
    TrainState state;
    Folder a = { 0 }, b = { 0 };
    int64_t step;
    int code = options_open_device(o, &ctx);
    const char *dataset = options_given(o, "dataset") ? o->dataset : NULL;
    if (!code)
        code = rundir_open(&run, &(RunRequest){ .result_dir = o->result_dir,
                                                .name = o->run,
                                                .dataset = dataset,
                                                .resume = true,
                                                .look = true,
                                                .now = time(NULL) });
    if (!code) code = checkpoint_find(ctx, &run, &tree, &step);
    if (!code) code = load_generators(ctx, &store, o, tree, &state);
    checkpoint_free(&tree);
    if (!code) code = open_tests(o, &a, &b);
    if (!code) code = draw_tests(ctx, store, o, &run, &a, &b);
    if (!code && a.count) code = measure_tests(ctx, store, o, &state, &run, &a, &b);
    folder_clear(&a);
    folder_clear(&b);
    rundir_close(&run);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    return code;
}

/* ---- benchmark: steps on generated pictures -------------------------------------------------- */

/* On the CPU the first step touches all memory. A GPU loads its kernels in the first step and
 * records them in the second. */
enum { WARM_UP = 1, WARM_UP_GPU = 2 };

/* Smooth pictures: the content does not change the time. */
static P2cStatus write_pictures(const Step *step, const Options *o) {
    if (!step->graph) return P2C_OK;
    size_t n =
        (size_t)(o->batch_size * o->accumulate) * 3 * (size_t)o->img_size * (size_t)o->img_size;
    float *pixels = malloc(n * sizeof *pixels);
    if (!pixels) return P2C_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) pixels[i] = sinf((float)(i % 65536) * 1e-3f);
    P2cStatus status = p2c_node_write(step->a, pixels);
    for (size_t i = 0; i < n; i++) pixels[i] = cosf((float)(i % 65536) * 1e-3f);
    if (!status) status = p2c_node_write(step->b, pixels);
    free(pixels);
    return status;
}

static P2cStatus time_step(const Step *step, double *ms) {
    double start = now_ms();
    P2cStatus status = p2c_graph_run(step->graph);
    if (!status) status = p2c_graph_wait(step->graph);
    *ms = now_ms() - start;
    return status;
}

/* With --identity_every N, ms is the mean over N steps, one of which has the identity terms. */
static P2cStatus time_steps(const P2cContext *ctx, const Step steps[2], int every, double *ms,
                            int count) {
    P2cStatus status = P2C_OK;
    double with = 0, without = 0;
    for (int i = p2c_device_memory_used(ctx) ? -WARM_UP_GPU : -WARM_UP; !status && i < count; i++) {
        status = time_step(&steps[0], &with);
        if (!status && every > 1) status = time_step(&steps[1], &without);
        if (i >= 0) ms[i] = (with + (every - 1) * without) / every;
    }
    return status;
}

static void print_times(const P2cContext *ctx, const Options *o, double *ms, int count) {
    double median = sort_median(ms, count);
    printf("{\"step_ms_median\": %.2f, \"step_ms_min\": %.2f, \"peak_rss_mib\": %.1f", median,
           ms[0], peak_memory_mib());
    printf(", \"steps\": %d, \"ch\": %d, \"size\": %d, \"batch\": %d, \"threads\": %d, ", count,
           o->ch, o->img_size, o->batch_size * o->accumulate, p2c_thread_count(ctx));
    print_json_device(ctx);
    printf("}\n");
}

/* With a face network, as in the published step; random weights take as long as others. */
int mode_benchmark(const Options *o) {
    P2cContext *ctx = NULL;
    P2cStore *store = NULL;
    Step steps[2] = { { 0 }, { 0 } };
    StepUpdates updates;
    StepOptions s = trainer_step_options(o);
    s.face = true;
    s.memory_limit = memory_available();
    double *ms = malloc((size_t)o->benchmark * sizeof *ms);
    int code = ms ? options_open_device(o, &ctx) : report_status(NULL, P2C_ERR_MEMORY);
    if (!code) code = report_status(ctx, p2c_store_new(&store, ctx, (uint64_t)o->seed));
    if (!code) code = report_status(ctx, trainer_build_steps(steps, &updates, ctx, store, &s));
    for (int i = 0; i < 2 && !code; i++) code = report_status(ctx, write_pictures(&steps[i], o));
    if (!code)
        code = report_status(ctx, time_steps(ctx, steps, o->identity_every, ms, o->benchmark));
    if (!code) print_times(ctx, o, ms, o->benchmark);
    step_clear(&steps[0]);
    step_clear(&steps[1]);
    p2c_store_free(&store);
    p2c_context_free(&ctx);
    free(ms);
    return code;
}
