/* pretrained.c: see pretrained.h. */
#include "pretrained.h"

#include "run/checkpoint.h"
#include "state.h"

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

/* The option takes the file's value unless the command line gave it. */
static int take_number(const Options *o, const char *name, int *option, int theirs) {
    if (!options_given(o, name) || *option == theirs) {
        *option = theirs;
        return 0;
    }
    complain("%s: these weights are of --%s %d, not %d", o->pretrained_weights, name, theirs,
             *option);
    return EXIT_BAD_INPUT;
}

static int take_variant(Options *o, const Shape *shape) {
    if (options_given(o, "light") && o->light == shape->generator.full) {
        complain("%s: these weights are of --light %s", o->pretrained_weights,
                 shape->generator.full ? "false" : "true");
        return EXIT_BAD_INPUT;
    }
    o->light = !shape->generator.full;
    return shape->size ? take_number(o, "img_size", &o->img_size, shape->size) : 0;
}

/* 0 means the width of the other one, which is known by now. */
static int take_width_back(Options *o, const Shape *shape) {
    if (!o->ch_b2a) o->ch_b2a = o->ch;
    int code = take_number(o, "ch_b2a", &o->ch_b2a, shape->generator.ch);
    if (o->ch_b2a == o->ch) o->ch_b2a = 0;
    return code;
}

static int take_shapes(Options *o, const Shape shapes[2]) {
    int code = 0;
    if (shapes[A2B].known) {
        code = take_number(o, "ch", &o->ch, shapes[A2B].generator.ch);
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

int pretrained_load(P2cContext *ctx, P2cStore *store, const Options *o, const P2cValue *file) {
    return checkpoint_load_pretrained(ctx, store, state_networks, file, o->pretrained_weights);
}
