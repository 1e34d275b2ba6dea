/* setup.c: opens a run from its options (data, folder, face network, graph, weights), or from its
 * newest checkpoint. Errors are found in this order, and a run that cannot begin leaves no
 * folder. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "autoencoder.h"
#include "estimate.h"
#include "pretrained.h"
#include "run/memory.h"
#include "run/text.h"
#include "series.h"
#include "trainer.h"

/* ---- pictures -------------------------------------------------------------------------------- */

void trainer_folder(const Options *o, const char *name, char path[RUN_FILE]) {
    bool is_path = strchr(o->dataset, '/') != NULL;
    snprintf(path, RUN_FILE, "%s%s%s/%s", is_path ? "" : o->data_root, is_path ? "" : "/",
             o->dataset, name);
}

static int open_pictures(Trainer *t) {
    const Options *o = t->options;
    char a[RUN_FILE], b[RUN_FILE];
    trainer_folder(o, "trainA", a);
    trainer_folder(o, "trainB", b);
    LoaderOptions loader = { .folder_a = a,
                             .folder_b = b,
                             .batch = o->batch_size * o->accumulate,
                             .size = o->img_size,
                             .workers = o->workers,
                             .augment = o->augment,
                             .skip_bad = o->skip_bad,
                             .cache_bytes = (size_t)o->cache_mib << 20,
                             .seed = (uint64_t)o->seed };
    return loader_open(&t->loader, &loader);
}

int trainer_open_tests(const Options *o, Folder *a, Folder *b) {
    static const char *const names[2] = { "testA", "testB" };
    Folder *folders[2] = { a, b };
    char path[RUN_FILE];
    struct stat info;
    for (int i = 0; i < 2; i++) {
        trainer_folder(o, names[i], path);
        if (stat(path, &info)) say("no %s: the run has no test pictures of this kind", path);
        else {
            int code = folder_open(folders[i], path, FOLDER_DATASET);
            if (code) return code;
        }
    }
    return 0;
}

char **trainer_cartoons(const Folder *train_b, const Folder *test_b) {
    size_t train = (size_t)train_b->count, test = (size_t)test_b->count;
    char **paths = malloc((train + test + 1) * sizeof *paths);
    if (!paths) return NULL;
    if (train) memcpy(paths, train_b->paths, train * sizeof *paths);
    if (test) memcpy(paths + train, test_b->paths, test * sizeof *paths);
    return paths;
}

/* The pictures of a run must stay the same, or its order of them means nothing. */
static int check_pictures(Trainer *t) {
    int64_t counts[2] = { loader_count(t->loader, 0), loader_count(t->loader, 1) };
    uint64_t hashes[2] = { loader_hash(t->loader, 0), loader_hash(t->loader, 1) };
    bool same = !memcmp(counts, t->state.pictures, sizeof counts) &&
                !memcmp(hashes, t->state.hashes, sizeof hashes);
    if (t->options->resume && !same) {
        complain("the pictures are not those of the checkpoint (A %" PRId64 ", B %" PRId64
                 " there; A %" PRId64 ", B %" PRId64 " here, or other names)%s",
                 t->state.pictures[0], t->state.pictures[1], counts[0], counts[1],
                 t->options->override ? ": continuing with these"
                                      : "; add --override to continue with these");
        if (!t->options->override) return EXIT_USAGE;
    }
    memcpy(t->state.pictures, counts, sizeof counts);
    memcpy(t->state.hashes, hashes, sizeof hashes);
    return 0;
}

/* ---- the face network ------------------------------------------------------------------------ */

/* From the command line or from the checkpoint. The loss never changes in silence. */
static int open_face(Trainer *t) {
    const Options *o = t->options;
    const char *path = o->face_weights ? o->face_weights : t->state.face_weights;
    if (!*path) {
        say("ID loss      off: no --face_weights FILE was given (MobileFaceNet, .pth); its weight "
            "is 0");
        return 0;
    }
    if (o->resume && !*t->state.face_weights && !o->override) {
        complain("--face_weights: this run has had no ID loss so far; add --override to continue "
                 "with one");
        return EXIT_USAGE;
    }
    int code =
        report_status(t->run.ctx, p2c_face_load(t->run.ctx, t->store, "face", path, &t->face));
    if (code && !o->face_weights)
        complain("the ID loss of this run came from %s; --face_weights FILE can name another place",
                 path);
    if (code) return code;
    t->has_face = true;
    say("ID loss      %s (%s)", path,
        t->face == P2C_FACENET_TREB1EN ? "112x112, 512 values" : "112x96, 128 values");
    char *whole = realpath(path, NULL);
    snprintf(t->state.face_weights, sizeof t->state.face_weights, "%s", whole ? whole : path);
    free(whole);
    return 0;
}

/* ---- the graph ------------------------------------------------------------------------------- */

StepOptions trainer_step_options(const Options *o) {
    StepOptions s = step_defaults();
    s.batch = o->batch_size, s.parts = o->accumulate, s.size = o->img_size, s.ch = o->ch,
    s.ch_b2a = o->ch_b2a, s.identity_every = o->identity_every;
    s.full = !o->light, s.average = o->ema > 0;
    s.lr = o->lr, s.lr_dis = o->lr_dis, s.weight_decay = o->weight_decay;
    s.adv = o->adv_weight, s.cycle = o->cycle_weight, s.identity = o->identity_weight,
    s.cam = o->cam_weight, s.faceid = o->faceid_weight;
    s.rho_clip = (float)o->rho_clipper, s.w_clip = (float)o->w_clipper;
    return s;
}

/* Building a graph creates the parameters; the graph is not needed. */
P2cStatus trainer_create_generators(P2cContext *ctx, P2cStore *store, const Options *o, bool ema) {
    P2cGraph *graph = NULL;
    P2cStatus status = p2c_graph_new(&graph, ctx);
    if (status) return status;
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, o->img_size, o->img_size));
    P2cGenerator there = { .ch = o->ch, .full = !o->light },
                 back = { .ch = step_channels("genB2A", o->ch, o->ch_b2a), .full = !o->light };
    P2cNode *a2b =
        p2c_generator(p2c_net(graph, store, ema ? "genA2B_ema" : "genA2B"), x, there).image;
    P2cNode *b2a =
        p2c_generator(p2c_net(graph, store, ema ? "genB2A_ema" : "genB2A"), x, back).image;
    if (!a2b || !b2a) status = p2c_graph_finish(graph); /* which says why */
    p2c_graph_free(&graph);
    return status;
}

P2cStatus trainer_build_steps(Step steps[2], StepUpdates *updates, P2cContext *ctx, P2cStore *store,
                              const StepOptions *options) {
    StepOptions without = *options;
    without.identity_every = 0;
    *updates = step_updates(options);
    P2cStatus status = step_init(&steps[0], updates, ctx, store, options);
    if (status || options->identity_every == 1) return status;
    size_t taken = p2c_graph_arena_bytes(steps[0].graph);
    if (without.memory_limit)
        without.memory_limit -= taken < without.memory_limit ? taken : without.memory_limit - 1;
    return step_init(&steps[1], updates, ctx, store, &without);
}

static int build_step(Trainer *t) {
    StepOptions s = trainer_step_options(t->options);
    s.face = t->has_face, s.face_kind = t->face;
    s.memory_limit = memory_available();
    P2cStatus status = trainer_build_steps(t->steps, &t->updates, t->run.ctx, t->store, &s);
    if (!status && t->options->autoencoder_steps)
        status = autoencoder_init(&t->autoencoder, &t->updates, t->run.ctx, t->store, &s);
    if (status == P2C_ERR_MEMORY) {
        complain("%s: use a smaller --batch_size (with --accumulate), --img_size or --ch%s",
                 p2c_error(t->run.ctx),
                 p2c_device_memory_used(t->run.ctx) ? ", or another --device" : "");
        return EXIT_MEMORY;
    }
    if (status) return report_status(t->run.ctx, status);
    size_t floats = (size_t)(s.batch * s.parts) * 3 * (size_t)s.size * (size_t)s.size;
    t->a = malloc(floats * sizeof *t->a);
    t->b = malloc(floats * sizeof *t->b);
    if (t->a && t->b) return 0;
    complain("out of memory: a batch of pictures");
    return EXIT_MEMORY;
}

/* Weights and moments, all float32. */
static double store_bytes(const P2cStore *store) {
    double floats = 0;
    for (int i = 0; i < p2c_store_count(store); i++)
        floats += (double)p2c_dims_count(p2c_store_dims(store, i));
    return 3 * floats * sizeof(float);
}

/* By now all of a GPU's memory is allocated; of the host's, only that of the pictures. */
static void describe_memory(const Trainer *t) {
    double gib = (double)(1 << 30), used = (double)p2c_device_memory_used(t->run.ctx),
           kept = (double)loader_kept_bytes(t->loader);
    double need = store_bytes(t->store) + kept;
    const P2cGraph *graphs[] = { t->steps[0].graph, t->steps[1].graph, t->autoencoder.graph };
    for (int i = 0; i < 3; i++)
        if (graphs[i]) need += (double)p2c_graph_arena_bytes(graphs[i]);
    if (used > 0)
        say("memory       %.2f GiB of the GPU's needed, %.2f GiB available", used / gib,
            (used + (double)p2c_device_memory_free(t->run.ctx)) / gib);
    else
        say("memory       %.2f GiB needed, %.2f GiB available", need / gib,
            ((double)memory_available() + kept) / gib);
}

static void describe_networks(const Trainer *t) {
    ReportNetwork networks[SERIES_NETWORKS];
    series_networks(t->store, networks);
    for (int i = 0; i < SERIES_NETWORKS; i++)
        say("%-12s %11s parameters; %s", networks[i].name, text_count(networks[i].parameters).s,
            networks[i].role);
    describe_memory(t);
}

/* ---- resuming -------------------------------------------------------------------------------- */

int trainer_restore(Trainer *t, const P2cValue *tree) {
    int code = checkpoint_load(t->run.ctx, t->store, state_networks, tree);
    if (code) return code;
    t->updates.generators.step = t->state.generators;
    t->updates.discriminators.step = t->state.discriminators;
    t->run.saved = t->run.state.step;
    return 0;
}

/* tree: as run_open says. */
static int open_run(Trainer *t, const char *dataset, P2cValue **tree) {
    const Options *o = t->options;
    RunRequest request = { .result_dir = o->result_dir,
                           .name = o->run,
                           .dataset = dataset,
                           .resume = o->resume,
                           .now = time(NULL) };
    return run_open(&t->run, &request, tree);
}

/* Before anything else is looked at: the checkpoint knows the options. */
static int find_checkpoint(Trainer *t, P2cValue **tree) {
    Options *o = t->options;
    int code = open_run(t, options_given(o, "dataset") ? o->dataset : NULL, tree);
    const P2cValue *p2cnn = p2c_value_get(*tree, "p2cnn");
    if (!code) code = state_load(&t->state, &t->run.state, p2cnn);
    return code ? code : options_resume(o, p2c_value_get(p2cnn, "options"));
}

/* The weights to start from: those of a checkpoint, of --pretrained_weights, or random ones. */
static int load_weights(Trainer *t, const P2cValue *tree) {
    const Options *o = t->options;
    if (!tree) return 0;
    if (o->resume) return report_device(t->run.ctx, trainer_restore(t, tree));
    int code = pretrained_load(t->run.ctx, t->store, o, tree);
    if (code || o->ema == 0) return report_device(t->run.ctx, code);
    return report_status(t->run.ctx, step_restart_averages(t->store));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int open_all(Trainer *t, P2cValue **tree) {
    Options *o = t->options;
    int code = options_open_device(o, &t->run.ctx);
    if (code) return code;
    say("p2c-train %s, %s", p2c_version(), p2c_device_name(t->run.ctx));
    if (o->resume && (code = find_checkpoint(t, tree))) return code;
    if (o->pretrained_weights && (code = pretrained_read(t->run.ctx, o, tree))) return code;
    options_say_preset(o);
    if ((code = open_pictures(t)) || (code = trainer_open_tests(o, &t->test_a, &t->test_b)) ||
        (code = check_pictures(t)))
        return code;
    say("pictures     A %d, B %d to learn from; A %d, B %d to test", loader_count(t->loader, 0),
        loader_count(t->loader, 1), t->test_a.count, t->test_b.count);
    if ((code = report_status(t->run.ctx, p2c_store_new(&t->store, t->run.ctx, (uint64_t)o->seed))))
        return code;
    if ((code = open_face(t))) return code;
    if (!o->resume && (code = open_run(t, o->dataset, tree))) return code;
    if ((code = build_step(t)) || (code = load_weights(t, *tree))) return code;
    checkpoint_free(tree);
    describe_networks(t);
    say("run folder   %s", t->run.dir.path);
    /* A run can go back to the first checkpoint, and it shows at once whether the disk has
     * space. */
    if (!o->resume && (code = report_device(t->run.ctx, trainer_save(t)))) return code;
    estimate_run(t);
    return run_open_metrics(&t->run, &series_table, o->tensorboard);
}

int trainer_open(Trainer *t) {
    P2cValue *tree = NULL;
    t->run = run_nothing();
    int code = open_all(t, &tree);
    checkpoint_free(&tree);
    return code;
}

void trainer_close(Trainer *t) {
    loader_close(&t->loader);
    evaluator_close(&t->evaluator);
    free(t->cartoons);
    folder_clear(&t->test_a);
    folder_clear(&t->test_b);
    free(t->a);
    free(t->b);
    step_clear(&t->steps[0]);
    step_clear(&t->steps[1]);
    step_clear(&t->autoencoder);
    p2c_store_free(&t->store);
    run_close(&t->run, t->options->resume);
}
