/* export.c: p2c-train --export_networks: the networks of a run in one small file, which is what has
 * to be kept of it, or passed on: float16, without moments. A new run can start from it, and it
 * holds the generators by their published names. */
#include <time.h>

#include "run/half.h"
#include "trainer.h"

/* The newest checkpoint of --run, or the file of --pretrained_weights. */
static int read_source(P2cContext *ctx, const Options *o, P2cValue **tree) {
    RunDir run = { .lock = -1 };
    int64_t step;
    if (o->pretrained_weights)
        return report_status(ctx, p2c_pt_read(ctx, o->pretrained_weights, tree));
    int code =
        rundir_open(&run, &(RunRequest){ .result_dir = o->result_dir,
                                         .name = o->run,
                                         .dataset = options_given(o, "dataset") ? o->dataset : NULL,
                                         .resume = true,
                                         .look = true,
                                         .now = time(NULL) });
    if (!code) code = checkpoint_find(ctx, &run, tree, &step);
    rundir_close(&run);
    return code;
}

/* *count: of networks. NULL: out of memory. */
static P2cValue *collect_networks(const P2cValue *tree, int *count) {
    P2cValue *networks = p2c_value_dict();
    *count = 0;
    for (int i = 0; i < state_networks.count && networks; i++) {
        const P2cValue *dict = checkpoint_pretrained_dict(tree, state_networks, i);
        P2cValue *halves = dict ? half_state_dict(dict) : NULL;
        if (!dict) continue;
        if (halves && !p2c_value_count(halves)) {
            p2c_value_free(&halves);
            continue;
        }
        if (p2c_value_set(networks, state_networks.list[i].name, halves)) p2c_value_free(&networks);
        else ++*count;
    }
    return networks;
}

/* Keeps the side of the pictures of training, by which p2c-infer chooses the size to draw. */
static P2cStatus add_size(const P2cValue *tree, P2cValue *file) {
    const P2cValue *from = p2c_value_get(p2c_value_get(tree, "p2cnn"), "options"),
                   *size = p2c_value_get(from, "img_size");
    if (!size || p2c_value_kind(size) != P2C_INT) return P2C_OK;
    P2cValue *p2cnn = p2c_value_dict(), *options = p2c_value_dict();
    P2cStatus status =
        p2cnn && options ? p2c_value_set(options, "img_size", p2c_value_int(p2c_value_as_int(size)))
                         : P2C_ERR_MEMORY;
    if (!status) {
        status = p2c_value_set(p2cnn, "options", options);
        options = NULL;
    }
    if (!status) {
        status = p2c_value_set(file, "p2cnn", p2cnn);
        p2cnn = NULL;
    }
    p2c_value_free(&p2cnn);
    p2c_value_free(&options);
    return status;
}

static int write_networks(P2cContext *ctx, const Options *o, const P2cValue *tree) {
    int count;
    P2cValue *networks = collect_networks(tree, &count);
    int code = networks ? 0 : report_status(NULL, P2C_ERR_MEMORY);
    if (!code && !count) {
        complain("%s: no networks to export", o->pretrained_weights);
        code = EXIT_BAD_INPUT;
    }
    if (!code) code = report_status(NULL, add_size(tree, networks));
    if (!code) code = report_status(ctx, p2c_pt_write(ctx, o->export_networks, networks));
    if (!code)
        say("%d networks, float16, are in %s; --pretrained_weights starts a run from them", count,
            o->export_networks);
    p2c_value_free(&networks);
    return code;
}

int mode_export(const Options *o) {
    P2cContext *ctx = NULL;
    P2cValue *tree = NULL;
    int code = options_open_device(o, &ctx);
    if (!code) code = read_source(ctx, o, &tree);
    if (!code) code = write_networks(ctx, o, tree);
    checkpoint_free(&tree);
    p2c_context_free(&ctx);
    return code;
}
