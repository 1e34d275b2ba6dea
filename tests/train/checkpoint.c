/* checkpoint.c (test): a checkpoint is restored bit for bit; if one cannot be saved or read,
 * nothing that was there is lost. */
#include "../../train/run/checkpoint.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../train/run/link.h"
#include "../../train/state.h"
#include "../../train/step.h"
#include "cli/cli.h"
#include "runs.h"

#define OK(call) assert_int_equal(call, P2C_OK)
static const CheckpointPolicy keep_all = { 0 };

/* Six networks of a few numbers each, in training, with everything that real ones have: parameters
 * that no loss depends on, whole numbers, averages, and a frozen network that is not one of the
 * six. */
typedef struct Toy {
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *x;
    P2cAdam adam;
} Toy;

enum { INPUTS = 5, PUBLISHED = 6, ALL = 8 };

static P2cNode *toy_network(Toy *toy, const char *name, int outputs, P2cNet *net) {
    *net = p2c_net(toy->graph, toy->store, name);
    p2c_param(*net, "ConvBlock4.weight", P2C_DIMS(2, 2), P2C_KAIMING_UNIFORM);
    p2c_param(*net, "norm.num_batches_tracked", P2C_SCALAR,
              (P2cInit){ .frozen = true, .int64 = true });
    P2cNode *w = p2c_param(*net, "fc.weight", P2C_DIMS(outputs, INPUTS), P2C_KAIMING_UNIFORM),
            *b = p2c_param(*net, "fc.bias", P2C_DIMS(outputs), P2C_UNIFORM(1));
    P2cNode *y = p2c_linear(toy->x, w, b);
    return p2c_mean(p2c_mul(y, y));
}

static void toy_init(Toy *toy, P2cContext *ctx, uint64_t seed, int outputs, int networks) {
    float x[2 * INPUTS];
    P2cNet nets[ALL], face;
    P2cNode *loss = NULL;
    *toy = (Toy){ .adam = { .lr = 1e-2, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8 } };
    OK(p2c_store_new(&toy->store, ctx, seed));
    OK(p2c_graph_new(&toy->graph, ctx));
    toy->x = p2c_input(toy->graph, "x", P2C_DIMS(2, INPUTS));
    for (int i = 0; i < networks; i++) {
        P2cNode *one = toy_network(toy, state_networks.list[i].name, outputs, &nets[i]);
        if (i < PUBLISHED) loss = loss ? p2c_add(loss, one) : one;
    }
    loss = p2c_add(loss, toy_network(toy, "face", outputs, &face));
    p2c_minimize(loss, networks < PUBLISHED ? networks : PUBLISHED, nets, &toy->adam, NULL);
    OK(p2c_graph_finish(toy->graph));
    for (int i = 0; i < 2 * INPUTS; i++) x[i] = (float)(i % 7) - 2.5f;
    OK(p2c_node_write(toy->x, x));
}

static void toy_train(Toy *toy, int steps) {
    for (int i = 0; i < steps; i++) OK(p2c_graph_run(toy->graph));
}

static void toy_clear(Toy *toy) {
    p2c_graph_free(&toy->graph);
    p2c_store_free(&toy->store);
}

/* Compares the parameters below a prefix and their moments bit for bit. */
static bool same_below(const Toy *a, const Toy *b, const char *prefix) {
    P2cValue *x, *y;
    OK(p2c_store_save(a->store, prefix, &x));
    OK(p2c_store_save(b->store, prefix, &y));
    bool same = same_tree(x, y);
    p2c_value_free(&x);
    p2c_value_free(&y);
    OK(p2c_store_view_moments(a->store, prefix, &x));
    OK(p2c_store_view_moments(b->store, prefix, &y));
    same &= same_tree(x, y);
    p2c_value_free(&x);
    p2c_value_free(&y);
    return same;
}

static int same_networks(const Toy *a, const Toy *b) {
    int same = 0;
    for (int i = 0; i < ALL; i++) same += same_below(a, b, state_networks.list[i].name);
    return same;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void open_run(Runs *runs, RunDir *run, bool resume) {
    if (rundir_open(run, &(RunRequest){ .result_dir = runs->folder,
                                        .name = "run",
                                        .dataset = "dogs",
                                        .resume = resume }))
        fail();
}

static int save_with(Runs *runs, const RunDir *run, const Toy *toy, int64_t step,
                     CheckpointPolicy policy) {
    P2cValue *state = p2c_value_dict();
    OK(p2c_value_set(state, "step", p2c_value_int(step)));
    listen_to(runs);
    int code = checkpoint_save(runs->ctx, run, toy->store, state_networks, step, state, policy);
    stop_listening(runs);
    return code;
}

static void save(Runs *runs, const RunDir *run, const Toy *toy, int64_t step,
                 CheckpointPolicy policy) {
    if (save_with(runs, run, toy, step, policy)) fail_msg("%s", runs->heard);
    assert_string_equal(runs->heard, "");
}

static int find(Runs *runs, const RunDir *run, P2cValue **tree, int64_t *step) {
    listen_to(runs);
    int code = checkpoint_find(runs->ctx, run, tree, step);
    stop_listening(runs);
    return code;
}

/* Captures what one of the loading functions prints. */
#define LOADING(runs, call) (listen_to(runs), loaded(runs, call))
static int loaded(Runs *runs, int code) {
    stop_listening(runs);
    return code;
}

static const char *model(Runs *runs, const char *name) {
    return runs_path(runs, "run/model/%s", name);
}

static bool same_inode(Runs *runs, const char *a, const char *b) {
    struct stat x, y;
    assert_int_equal(stat(model(runs, a), &x), 0);
    assert_int_equal(stat(model(runs, b), &y), 0);
    return x.st_ino == y.st_ino;
}

/* Cuts a checkpoint in two, or flips a bit of its pickle, which is the first member. */
static void damage(Runs *runs, const char *name, bool cut) {
    enum { WITHIN_PICKLE = 300 };
    size_t size;
    const char *path = model(runs, name);
    char *bytes = get_file(path, &size);
    bytes[WITHIN_PICKLE] ^= 4;
    put_file(path, bytes, cut ? size / 2 : size);
    free(bytes);
}

/* ---- there and back -------------------------------------------------------------------------- */

static void round_trip(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy a, b;
    P2cValue *tree;
    int64_t step;
    float count = 4711;
    open_run(runs, &run, false);
    toy_init(&a, runs->ctx, 1, 3, ALL);
    toy_init(&b, runs->ctx, 2, 3, ALL);
    OK(p2c_store_write(a.store, p2c_store_find(a.store, "disLA.norm.num_batches_tracked"), &count));
    toy_train(&a, 3);
    save(runs, &run, &a, 3, keep_all);
    assert_string_equal(runs_names(runs, model(runs, ""), true),
                        "dogs_params_0000003.pt dogs_params_latest.pt");
    assert_true(same_inode(runs, "dogs_params_0000003.pt", "dogs_params_latest.pt"));

    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_heard(runs, 1, "resuming from ");
    assert_heard(runs, 1, "/run/model/dogs_params_0000003.pt, step 3\n");
    assert_int_equal(step, 3);
    assert_int_equal(p2c_value_as_int(p2c_value_get(p2c_value_get(tree, "p2cnn"), "step")), 3);
    assert_int_equal(p2c_value_count(tree), 9); /* without the face network */
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(p2c_value_key(tree, i), state_networks.list[i].name);
    assert_int_equal(same_networks(&a, &b), 0);
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, b.store, state_networks, tree)), 0);
    assert_string_equal(runs->heard, "");
    assert_int_equal(same_networks(&a, &b), 8);
    assert_false(same_below(&a, &b, "face"));
    checkpoint_free(&tree);
    assert_null(tree);
    b.adam.step = a.adam.step;
    toy_train(&a, 1);
    assert_int_equal(same_networks(&a, &b), 2); /* the averages, which no loss updates */
    toy_train(&b, 1);
    assert_int_equal(same_networks(&a, &b), 8);
    toy_clear(&a);
    toy_clear(&b);
    rundir_close(&run);
}

static void averages_come_and_go(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy with, without, again;
    P2cValue *tree;
    int64_t step;
    open_run(runs, &run, false);
    toy_init(&with, runs->ctx, 1, 3, ALL);
    toy_init(&without, runs->ctx, 2, 3, PUBLISHED);
    toy_init(&again, runs->ctx, 3, 3, ALL);
    save(runs, &run, &with, 1, keep_all);
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, without.store, state_networks, tree)),
                     0);
    p2c_value_free(&tree);
    save(runs, &run, &without, 2, keep_all);
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_int_equal(p2c_value_count(tree), 7);
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, again.store, state_networks, tree)),
                     0);
    p2c_value_free(&tree);
    assert_heard(runs, 2, "genA2B_ema: not in the checkpoint, starts as genA2B\n");
    P2cValue *b2a, *average;
    OK(p2c_store_save(with.store, "genB2A", &b2a));
    OK(p2c_store_save(again.store, "genB2A_ema", &average));
    assert_true(same_tree(b2a, average));
    p2c_value_free(&b2a);
    p2c_value_free(&average);
    toy_clear(&with);
    toy_clear(&without);
    toy_clear(&again);
    rundir_close(&run);
}

static void what_does_not_fit_changes_nothing(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy a, wider, same, fresh;
    P2cValue *tree;
    int64_t step;
    open_run(runs, &run, false);
    toy_init(&a, runs->ctx, 1, 3, PUBLISHED);
    toy_init(&wider, runs->ctx, 2, 4, PUBLISHED);
    toy_init(&same, runs->ctx, 3, 3, PUBLISHED);
    toy_init(&fresh, runs->ctx, 3, 3, PUBLISHED);
    save(runs, &run, &a, 1, keep_all);
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, wider.store, state_networks, tree)),
                     EXIT_BAD_INPUT);
    assert_heard(runs, 1,
                 "genA2B do not fit, 2 tensors: misshapen fc.weight has shape (3,5), expected "
                 "(4,5); misshapen fc.bias");
    /* The last network does not fit: nothing of those before it is loaded. */
    P2cValue *moments, *state_dict = p2c_value_dict();
    OK(p2c_value_set(tree, "disLB", p2c_value_dict()));
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, same.store, state_networks, tree)),
                     EXIT_BAD_INPUT);
    assert_heard(runs, 1, "weights of disLB do not fit, 4 tensors: missing ConvBlock4.weight");
    assert_int_equal(same_networks(&same, &fresh), 8);
    p2c_value_free(&tree);
    /* If the moments do not fit, no network is loaded, either. */
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    OK(p2c_store_view_moments(a.store, "genA2B", &moments));
    OK(p2c_value_set(state_dict, "moments", moments));
    OK(p2c_value_set(tree, "p2cnn", state_dict));
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, same.store, state_networks, tree)),
                     EXIT_BAD_INPUT);
    assert_heard(runs, 1,
                 "Adam's moments of the network do not fit, 20 tensors: missing exp_avg of "
                 "genB2A.fc.weight");
    assert_int_equal(same_networks(&same, &fresh), 8);
    /* Without the entry there are networks to look at, but training cannot continue from them. */
    OK(p2c_value_set(tree, "p2cnn", p2c_value_none()));
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, same.store, state_networks, tree)),
                     EXIT_BAD_INPUT);
    assert_heard(runs, 1, "holds no state to resume");
    assert_int_equal(
        LOADING(runs, checkpoint_load_networks(runs->ctx, same.store, state_networks, tree)), 0);
    assert_int_equal(same_networks(&same, &a), 8);
    p2c_value_free(&tree);
    toy_clear(&a);
    toy_clear(&wider);
    toy_clear(&same);
    toy_clear(&fresh);
    rundir_close(&run);
}

/* ---- which checkpoints stay ------------------------------------------------------------------ */

static void pruning(void **state) {
    static const struct {
        CheckpointPolicy policy;
        int best; /* the step after which best is linked; 0 for never */
        const char *stay;
    } cases[] = {
        { { 1, 0 }, 0, "50 60" },
        { { 2, 0 }, 0, "50 60" },
        { { 3, 0 }, 0, "40 50 60" },
        { { 0, 0 }, 0, "10 20 30 40 50 60" },
        { { 9, 0 }, 0, "10 20 30 40 50 60" },
        { { 2, 20 }, 0, "20 40 50 60" },
        { { 1, 30 }, 20, "20 30 50 60" },
        { { 2, 0 }, 60, "50 60" },
    };
    Runs *runs = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        RunDir run;
        Toy toy;
        char name[32], text[256] = "";
        snprintf(name, sizeof name, "%zu", i);
        assert_int_equal(
            rundir_open(
                &run, &(RunRequest){ .result_dir = runs->folder, .name = name, .dataset = "dogs" }),
            0);
        toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
        put_file(runs_path(runs, "%zu/model/cats_params_0000001.pt", i), "not ours", 8);
        for (int step = 10; step <= 60; step += 10) {
            save(runs, &run, &toy, step, cases[i].policy);
            if (step == cases[i].best) assert_int_equal(checkpoint_link_best(&run, step), 0);
        }
        RunCheckpoint *list;
        size_t count;
        assert_true(rundir_list(run.path, "dogs", &list, &count));
        for (size_t k = count; k-- > 0;) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", *text ? " " : "",
                     (int)list[k].step);
            char file[RUN_FILE];
            rundir_file(&run, list[k].step, file);
            OK(p2c_pt_verify(runs->ctx, file));
        }
        assert_string_equal(text, cases[i].stay);
        assert_true(have_file(runs_path(runs, "%zu/model/cats_params_0000001.pt", i)));
        assert_int_equal(have_file(runs_path(runs, "%zu/model/best.pt", i)), cases[i].best > 0);
        free(list);
        toy_clear(&toy);
        rundir_close(&run);
    }
}

static void best(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy;
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    for (int step = 1; step <= 5; step++) {
        save(runs, &run, &toy, step, (CheckpointPolicy){ .keep = 2 });
        if (step == 1 || step == 3) assert_int_equal(checkpoint_link_best(&run, step), 0);
        /* linking twice does no harm */
        if (step == 3) assert_int_equal(checkpoint_link_best(&run, step), 0);
    }
    assert_string_equal(runs_names(runs, model(runs, ""), true),
                        "best.pt dogs_params_0000003.pt dogs_params_0000004.pt "
                        "dogs_params_0000005.pt dogs_params_latest.pt");
    assert_true(same_inode(runs, "best.pt", "dogs_params_0000003.pt"));
    assert_true(same_inode(runs, "dogs_params_latest.pt", "dogs_params_0000005.pt"));
    assert_int_equal(LOADING(runs, checkpoint_link_best(&run, 1)), EXIT_WRITE);
    assert_heard(runs, 1,
                 "model/best.pt: cannot become a name of the checkpoint of step 1: No such file or "
                 "directory");
    assert_true(same_inode(runs, "best.pt", "dogs_params_0000003.pt"));
    toy_clear(&toy);
    rundir_close(&run);
}

/* If hard links are not possible, there are two other ways; pruning respects a best.pt that is a
 * symbolic link. */
static void kinds_of_links(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy;
    char file[RUN_FILE], name[RUN_FILE], text[RUN_FILE];
    struct stat info;
    for (int kind = LINK_HARD; kind <= LINK_COPY; kind++) {
        strcpy(file, runs_path(runs, "file"));
        strcpy(name, runs_path(runs, "name"));
        put_file(file, "new", 3);
        put_file(name, "old", 3);
        assert_int_not_equal(link_as((LinkKind)kind, runs_path(runs, "nowhere"), name), 0);
        char *bytes = get_file(name, NULL);
        assert_string_equal(bytes, "old");
        free(bytes);
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(link_as((LinkKind)kind, file, name), 0);
        bytes = get_file(name, NULL);
        assert_string_equal(bytes, "new");
        free(bytes);
        assert_int_equal(lstat(name, &info), 0);
        assert_int_equal(S_ISLNK(info.st_mode), kind == LINK_SYMBOLIC);
        assert_int_equal(info.st_nlink, kind == LINK_HARD ? 2 : 1);
        assert_string_equal(runs_names(runs, runs->folder, true), "file name");
        ssize_t length = readlink(name, text, sizeof text);
        /* a relative link, so that the folder can be moved */
        if (kind == LINK_SYMBOLIC) assert_true(length == 4 && !memcmp(text, "file", 4));
        unlink(name);
    }
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    for (int step = 1; step <= 4; step++) {
        save(runs, &run, &toy, step, (CheckpointPolicy){ .keep = 2 });
        rundir_file(&run, 1, file);
        if (step == 1) assert_int_equal(link_as(LINK_SYMBOLIC, file, model(runs, "best.pt")), 0);
    }
    assert_true(have_file(file));
    rundir_file(&run, 2, file);
    assert_false(have_file(file));
    toy_clear(&toy);
    rundir_close(&run);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void damaged_newest(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy, back;
    P2cValue *tree;
    int64_t step;
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    toy_init(&back, runs->ctx, 2, 3, PUBLISHED);
    for (int i = 1; i <= 3; i++) save(runs, &run, &toy, i, keep_all);
    damage(runs, "dogs_params_0000003.pt", true);
    damage(runs, "dogs_params_0000002.pt", false);
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_int_equal(step, 1);
    assert_heard(runs, 5,
                 "dogs_params_0000003.pt: damaged: zip archive: Not a zip archive; trying the "
                 "checkpoint before it\n");
    assert_heard(runs, 5, "dogs_params_0000002.pt: damaged: ");
    assert_heard(runs, 5, "/dogs_params_0000003.pt is now dogs_params_0000003.pt.damaged\n");
    assert_heard(runs, 5, "dogs_params_0000001.pt, step 1\n");
    assert_int_equal(LOADING(runs, checkpoint_load(runs->ctx, back.store, state_networks, tree)),
                     0);
    assert_int_equal(same_networks(&toy, &back), 8);
    p2c_value_free(&tree);
    assert_string_equal(runs_names(runs, model(runs, ""), true),
                        "dogs_params_0000001.pt dogs_params_0000002.pt.damaged "
                        "dogs_params_0000003.pt.damaged dogs_params_latest.pt");
    assert_true(same_inode(runs, "dogs_params_0000001.pt", "dogs_params_latest.pt"));
    /* Damaged checkpoints do not count as copies that would let an intact one be deleted. */
    save(runs, &run, &toy, 2, (CheckpointPolicy){ .keep = 2 });
    assert_true(have_file(model(runs, "dogs_params_0000001.pt")));
    assert_int_equal(find(runs, &run, &tree, &step), 0);
    assert_int_equal(step, 2);
    assert_heard(runs, 1, "resuming from");
    p2c_value_free(&tree);
    toy_clear(&toy);
    toy_clear(&back);
    rundir_close(&run);
}

static void nothing_intact(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy;
    P2cValue *tree;
    int64_t step;
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    save(runs, &run, &toy, 1, keep_all);
    save(runs, &run, &toy, 2, keep_all);
    damage(runs, "dogs_params_0000001.pt", true);
    damage(runs, "dogs_params_0000002.pt", false);
    for (int twice = 0; twice < 2; twice++) { /* and the second attempt reports it, too */
        assert_int_equal(find(runs, &run, &tree, &step), EXIT_BAD_INPUT);
        assert_null(tree);
        assert_heard(runs, 3, "run/model: none of its 2 checkpoints of dogs can be read");
    }
    toy_clear(&toy);
    rundir_close(&run);
}

/* ---- a full disk ----------------------------------------------------------------------------- */

static void full_disk_by_limit(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy;
    struct rlimit old;
    size_t size;
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    save(runs, &run, &toy, 1, keep_all);
    save(runs, &run, &toy, 2, keep_all);
    char *bytes = get_file(model(runs, "dogs_params_latest.pt"), &size);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int tried = 0;
    for (size_t limit = 0; limit < size; limit += size / 20, tried++) {
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ limit, old.rlim_max });
        /* its messages cannot be written, either */
        int code = save_with(runs, &run, &toy, 3, keep_all);
        setrlimit(RLIMIT_FSIZE, &old);
        assert_int_equal(code, EXIT_WRITE);
        assert_error_says(runs->ctx, "dogs_params_0000003.pt: cannot write");
        assert_string_equal(runs_names(runs, model(runs, ""), true),
                            "dogs_params_0000001.pt dogs_params_0000002.pt dogs_params_latest.pt");
        size_t now;
        char *after = get_file(model(runs, "dogs_params_latest.pt"), &now);
        assert_int_equal(now, size);
        assert_memory_equal(bytes, after, size);
        free(after);
    }
    signal(SIGXFSZ, handler);
    print_message("disk full at %d lengths of %zu\n", tried, size);
    save(runs, &run, &toy, 3, keep_all);
    free(bytes);
    toy_clear(&toy);
    rundir_close(&run);
}

/* The disk is full after some checkpoints, whose number depends on their size. When one is deleted,
 * saving works again. */
static void full_disk(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy toy;
    P2cValue *tree;
    int64_t step, saved = 0;
    int code;
    assert_int_equal(mkdir(runs_path(runs, "run"), 0777), 0);
    if (mount("tmpfs", runs_path(runs, "run"), "tmpfs", 0, "size=256k")) {
        print_message("SKIPPED: a tmpfs cannot be mounted here, so a disk that is really full is "
                      "not tested\n");
        skip();
    }
    open_run(runs, &run, false);
    toy_init(&toy, runs->ctx, 1, 3, PUBLISHED);
    while (!(code = save_with(runs, &run, &toy, saved + 1, keep_all)) && saved < 100) saved++;
    bool heard = strstr(runs->heard, "No space left on device; step ") &&
                 strstr(runs->heard, "is not saved, older checkpoints are as they were");
    bool found = !find(runs, &run, &tree, &step);
    p2c_value_free(&tree);
    unlink(model(runs, "dogs_params_0000001.pt"));
    int again = save_with(runs, &run, &toy, saved + 1, keep_all);
    bool tidy = !strstr(runs_names(runs, model(runs, ""), true), ".tmp");
    rundir_close(&run);
    assert_int_equal(umount(runs_path(runs, "run")), 0);
    print_message("disk full after %d checkpoints\n", (int)saved);
    assert_true(saved >= 2 && saved < 100);
    assert_int_equal(code, EXIT_WRITE);
    assert_true(heard && found && step == saved && tidy);
    assert_int_equal(again, 0);
    toy_clear(&toy);
}

/* ---- pretrained ------------------------------------------------------------------------------ */

static void write_tree(Runs *runs, const char *path, const Toy *toy, int networks, bool bare) {
    P2cValue *tree = p2c_value_dict(), *dict = NULL;
    for (int i = 0; i < networks && !bare; i += 2) {
        OK(p2c_store_save(toy->store, state_networks.list[i].name, &dict));
        OK(p2c_value_set(tree, state_networks.list[i].name, dict));
    }
    if (bare) OK(p2c_store_save(toy->store, "genB2A", &dict));
    OK(p2c_pt_write(runs->ctx, path, bare ? dict : tree));
    if (bare) p2c_value_free(&dict);
    p2c_value_free(&tree);
}

static int load_pretrained(Runs *runs, Toy *toy, const char *path) {
    P2cValue *file;
    OK(p2c_pt_read(runs->ctx, path, &file));
    int code = checkpoint_load_pretrained(runs->ctx, toy->store, state_networks, file, path);
    p2c_value_free(&file);
    return code;
}

static bool same_as(const Toy *x, const char *of_x, const Toy *y, const char *of_y) {
    P2cValue *a, *b;
    OK(p2c_store_save(x->store, of_x, &a));
    OK(p2c_store_save(y->store, of_y, &b));
    bool same = same_tree(a, b);
    p2c_value_free(&a);
    p2c_value_free(&b);
    return same;
}

static void pretrained(void **state) {
    Runs *runs = *state;
    RunDir run;
    Toy theirs, ours, fresh, wider;
    char path[RUN_FILE];
    toy_init(&theirs, runs->ctx, 1, 3, ALL);
    toy_init(&ours, runs->ctx, 2, 3, ALL);
    toy_init(&fresh, runs->ctx, 2, 3, ALL);
    toy_init(&wider, runs->ctx, 2, 4, ALL);
    strcpy(path, runs_path(runs, "weights.pt"));

    write_tree(runs, path, &theirs, 6, false); /* genA2B, disGA, disLA */
    assert_int_equal(LOADING(runs, load_pretrained(runs, &wider, path)), EXIT_BAD_INPUT);
    assert_heard(runs, 1,
                 "weights.pt: weights of genA2B do not fit, 2 tensors: misshapen fc.weight");
    assert_int_equal(LOADING(runs, load_pretrained(runs, &ours, path)), 0);
    assert_heard(runs, 6, "genA2B: 4 tensors loaded from ");
    assert_heard(runs, 6, "disLB: not in ");
    assert_heard(runs, 6, "weights.pt, left at its initial values\n");
    for (int i = 0; i < ALL; i++)
        assert_true(
            same_below(&ours, i % 2 || i > 5 ? &fresh : &theirs, state_networks.list[i].name));

    write_tree(runs, path, &theirs, 0, true);
    assert_int_equal(LOADING(runs, load_pretrained(runs, &ours, path)), 0);
    assert_heard(runs, 6, "disGA: not in ");
    assert_true(same_as(&ours, "genA2B", &theirs, "genB2A"));

    open_run(runs, &run, false); /* our own checkpoint, whose averages become the generators */
    save(runs, &run, &theirs, 1, keep_all);
    assert_int_equal(
        LOADING(runs, load_pretrained(runs, &ours, model(runs, "dogs_params_latest.pt"))), 0);
    assert_heard(runs, 6, "disLB: 4 tensors loaded from ");
    assert_heard(runs, 6, "_latest.pt, its genB2A_ema\n");
    for (int i = 2; i < ALL; i++)
        assert_true(same_below(&ours, i > 5 ? &fresh : &theirs, state_networks.list[i].name));
    for (int i = 0; i < 2; i++)
        assert_true(same_as(&ours, state_networks.list[i].name, &theirs,
                            state_networks.list[PUBLISHED + i].name));

    P2cValue *tree; /* the last network is damaged: those before it are not loaded, either */
    OK(p2c_pt_read(runs->ctx, model(runs, "dogs_params_latest.pt"), &tree));
    OK(p2c_value_set(tree, "disLB", p2c_value_int(1)));
    OK(p2c_pt_write(runs->ctx, path, tree));
    p2c_value_free(&tree);
    Toy before;
    toy_init(&before, runs->ctx, 9, 3, ALL);
    toy_clear(&ours);
    toy_init(&ours, runs->ctx, 9, 3, ALL);
    assert_int_equal(LOADING(runs, load_pretrained(runs, &ours, path)), EXIT_BAD_INPUT);
    assert_heard(runs, 1,
                 "weights.pt: weights of disLB do not fit, 4 tensors: missing ConvBlock4.weight");
    assert_int_equal(same_networks(&ours, &before), 8);
    Toy *toys[] = { &theirs, &ours, &fresh, &wider, &before };
    for (int i = 0; i < 5; i++) toy_clear(toys[i]);
    rundir_close(&run);
}

/* ---- PyTorch --------------------------------------------------------------------------------- */

/* The real networks, small, with averages: PyTorch's own classes load what is saved, strictly, and
 * its Adam could load the moments. */
static void torch_loads_it(void **state) {
    Runs *runs = *state;
    RunDir run;
    Step step;
    StepUpdates updates = { 0 };
    P2cStore *store;
    P2cGraph *graph;
    char command[RUN_FILE + 128];
    if (!have_file("../shared/oracle/p2c_torch.py") ||
        system("python3 -c 'import torch' >/dev/null 2>&1")) {
        print_message("SKIPPED: no ../shared/oracle or no python3 with torch, so that PyTorch does "
                      "not read a checkpoint\n");
        skip();
    }
    StepOptions options = step_defaults();
    options.ch = 4;
    options.size = 128;
    options.face = true;
    OK(p2c_store_new(&store, runs->ctx, 1));
    OK(step_init(&step, &updates, runs->ctx, store, &options));
    OK(p2c_graph_new(&graph, runs->ctx));
    for (int i = PUBLISHED; i < ALL; i++)
        p2c_generator(p2c_net(graph, store, state_networks.list[i].name),
                      p2c_input(graph, "x", P2C_DIMS(1, 3, 128, 128)), (P2cGenerator){ .ch = 4 });
    open_run(runs, &run, false);
    P2cValue *dict = p2c_value_dict();
    OK(p2c_value_set(dict, "step", p2c_value_int(1000)));
    OK(checkpoint_save(runs->ctx, &run, store, state_networks, 1000, dict, keep_all));
    snprintf(command, sizeof command, "python3 tests/train/checkpoint.py %s 4 128",
             model(runs, "dogs_params_0001000.pt"));
    assert_int_equal(system(command), 0);
    p2c_graph_free(&graph);
    step_clear(&step);
    p2c_store_free(&store);
    rundir_close(&run);
}

const struct CMUnitTest p2c_tests_checkpoint[] = {
    RUNS_TEST(round_trip),
    RUNS_TEST(averages_come_and_go),
    RUNS_TEST(what_does_not_fit_changes_nothing),
    RUNS_TEST(pruning),
    RUNS_TEST(best),
    RUNS_TEST(kinds_of_links),
    RUNS_TEST(damaged_newest),
    RUNS_TEST(nothing_intact),
    RUNS_TEST(full_disk_by_limit),
    RUNS_TEST(full_disk),
    RUNS_TEST(pretrained),
    RUNS_TEST(torch_loads_it),
};
const size_t p2c_tests_checkpoint_count =
    sizeof p2c_tests_checkpoint / sizeof *p2c_tests_checkpoint;
