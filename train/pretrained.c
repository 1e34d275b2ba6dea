/* pretrained.c: see pretrained.h. */
#include "pretrained.h"

#include "run/checkpoint.h"
#include "state.h"
#include "widen.h"

/* Relative to the deviation of a tensor. */
static const double WIDEN_NOISE = 0.02;

/* Places of the generators in state_networks. */
enum { A2B, B2A };

/* A generator as its weights describe it. */
typedef struct Shape {
    bool known; /* the file has it */
    P2cGenerator generator;
    int size; /* of the only pictures that it takes; 0: all */
} Shape;

static int read_shape(P2cContext *ctx, const P2cValue *file, int network, const char *path,
                      Shape *shape) {
    const P2cValue *dict = checkpoint_pretrained_dict(file, state_networks, network);
    *shape = (Shape){ .known = dict };
    if (!dict || !p2c_generator_options(ctx, dict, &shape->generator, &shape->size)) return 0;
    complain("%s: %s: %s", path, state_networks.list[network].name, p2c_error(ctx));
    return EXIT_BAD_INPUT;
}

/* Of the file's width `theirs`. */
static int wrong_width(const Options *o, const char *name, int theirs, int ours) {
    char widened[64] = "";
    if (o->widen) snprintf(widened, sizeof widened, ", which --widen makes %d", 2 * theirs);
    complain("%s: these weights are of --%s %d%s, not %d", o->pretrained_weights, name, theirs,
             widened, ours);
    return EXIT_BAD_INPUT;
}

static int take_width(Options *o, const Shape *shape) {
    int theirs = shape->generator.ch, wanted = o->widen ? 2 * theirs : theirs;
    if (options_given(o, "ch") && o->ch != wanted) return wrong_width(o, "ch", theirs, o->ch);
    o->ch = wanted;
    return 0;
}

/* 0 means the width of the other one, which is known by now. With --widen the way back may also
 * stay as narrow as it is, if the command line says so. */
static int take_width_back(Options *o, const Shape *shape) {
    int theirs = shape->generator.ch, wanted = o->widen ? 2 * theirs : theirs,
        ours = o->ch_b2a ? o->ch_b2a : o->ch;
    if (!options_given(o, "ch_b2a")) ours = wanted;
    if (ours != wanted && !(o->widen && ours == theirs))
        return wrong_width(o, "ch_b2a", theirs, ours);
    o->ch_b2a = ours == o->ch ? 0 : ours;
    return 0;
}

/* Full generators take pictures of one size only. */
static int take_variant(Options *o, const Shape *shape) {
    bool full = shape->generator.full;
    if (options_given(o, "light") && o->light == full) {
        complain("%s: these weights are of --light %s", o->pretrained_weights,
                 full ? "false" : "true");
        return EXIT_BAD_INPUT;
    }
    if (full && options_given(o, "img_size") && o->img_size != shape->size) {
        complain("%s: these weights are of --img_size %d, not %d", o->pretrained_weights,
                 shape->size, o->img_size);
        return EXIT_BAD_INPUT;
    }
    o->light = !full;
    if (full) o->img_size = shape->size;
    return 0;
}

static int take_shapes(Options *o, const Shape shapes[2]) {
    int code = 0;
    if (shapes[A2B].known) {
        code = take_width(o, &shapes[A2B]);
        if (!code) code = take_variant(o, &shapes[A2B]);
    }
    return code || !shapes[B2A].known ? code : take_width_back(o, &shapes[B2A]);
}

int pretrained_read(P2cContext *ctx, Options *o, P2cValue **file) {
    const char *path = o->pretrained_weights;
    Shape shapes[2];
    int code = report_status(ctx, p2c_pt_read(ctx, path, file));
    for (int i = A2B; i <= B2A && !code; i++) code = read_shape(ctx, *file, i, path, &shapes[i]);
    if (!code) code = take_shapes(o, shapes);
    if (code) checkpoint_free(file);
    return code;
}

/* ---- loading --------------------------------------------------------------------------------- */

static P2cStatus widen_file(const P2cStore *store, const Options *o, const P2cValue *file,
                            P2cValue **wide) {
    P2cStatus status = (*wide = p2c_value_dict()) ? P2C_OK : P2C_ERR_MEMORY;
    for (int i = 0; i < state_networks.count && !status; i++) {
        const char *name = state_networks.list[i].name;
        const P2cValue *small = checkpoint_pretrained_dict(file, state_networks, i);
        P2cValue *dict;
        if (!small) continue;
        status = widen_network(store, name, small, WIDEN_NOISE, (uint64_t)o->seed, &dict);
        if (!status) status = p2c_value_set(*wide, name, dict);
    }
    if (status) p2c_value_free(wide);
    return status;
}

int pretrained_load(P2cContext *ctx, P2cStore *store, const Options *o, const P2cValue *file) {
    const char *path = o->pretrained_weights;
    P2cValue *wide;
    if (!o->widen) return checkpoint_load_pretrained(ctx, store, state_networks, file, path);
    if (widen_file(store, o, file, &wide)) {
        complain("%s: out of memory: wider networks", path);
        return EXIT_MEMORY;
    }
    int code = checkpoint_load_pretrained(ctx, store, state_networks, wide, path);
    if (!code)
        say("widened      every channel is there twice; the second copies have noise of %g %%",
            100 * WIDEN_NOISE);
    p2c_value_free(&wide);
    return code;
}
