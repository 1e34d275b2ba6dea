/* cartoonizer.c: a generator with its weights, and the steps of photo2cartoon before and after it.
 *
 *     prepared picture --area--> s x s --over white--> v/127.5 - 1 --generator
 *       --> (y+1)*127.5, truncated --> cartoon
 *       --> heatmap (s/4, s/4) --> colours
 *
 * The weights are read, copied into the store and freed before the graph takes its memory, so a
 * checkpoint of all six networks costs no more than the larger of the two. One graph is built, and
 * built again when another size is needed, over the same store.
 *
 * The size by the face (P2C_SIZE_AUTO): the network has learned lines of a few pixels, so at twice
 * its size they are half as wide on the face, and eyes and mouths have twice the pixels. With a
 * generator of 3,341 steps at 256 pixels, 19 portraits drawn at 512 were 0.018 from their photos
 * (p2c_likeness_measure) and 0.36 like the person, at 256 they were 0.025 and 0.14. At 1024, lines
 * are hairs, and surfaces that should be flat show spots. Heads of 110 pixels come out best at the
 * trained size; those of 180 already do better at 512.
 *
 * Steps and rounding are those of photo2cartoon's test.py. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/builtin.h"

/* Of the trained size, the least side of a portrait that is drawn at twice that size. */
static const double ENOUGH_DETAIL = 0.6;
enum { LARGEST_AUTO = 1024 };
enum { DEFAULT_SIZE = 256, MIN_SIZE = 32, MAX_SIZE = 4096, DEFAULT_CH = 32, INITIAL_SEED = 1 };

struct P2cCartoonizer {
    P2cContext *ctx;
    P2cStore *store;
    P2cGraph *graph;
    P2cNode *photo;
    P2cGenerated made;
    const char *name; /* of the generator in the store */
    P2cGenerator options;
    int size;
    int trained;   /* with P2C_SIZE_AUTO the size of training, else 0 */
    float *planes; /* (3,s,s): the input picture, later the output picture */
    float *map;    /* (s/4,s/4) */
};

static P2cStatus find_averaged(P2cContext *ctx, const char *path, const P2cValue *file,
                               const char *name, const P2cValue **out) {
    char averaged[32];
    snprintf(averaged, sizeof averaged, "%s_ema", name);
    *out = p2c_value_get(file, averaged);
    if (*out) return P2C_OK;
    return p2c_fail(
        ctx, P2C_ERR_FORMAT,
        "%s holds no %s: it was saved without an average of the generator; leave ema out", path,
        averaged);
}

/* A checkpoint holds both generators by name. Any other file may be a generator's own state dict,
 * which p2c_generator_options checks. */
static P2cStatus find_generator(P2cContext *ctx, const char *path, const P2cValue *file,
                                const char *name, const P2cValue **out) {
    bool a2b = p2c_value_get(file, "genA2B"), b2a = p2c_value_get(file, "genB2A");
    *out = a2b || b2a ? p2c_value_get(file, name) : file;
    if (*out) return P2C_OK;
    const char *held = a2b ? "genA2B" : "genB2A";
    return p2c_fail(ctx, P2C_ERR_FORMAT, "%s holds only %s, no %s; direction %s would work", path,
                    held, name, held + 3);
}

static P2cStatus check_size(P2cContext *ctx, int size, int fixed) {
    if (size < MIN_SIZE || size > MAX_SIZE || size % 16)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "size %d: expected %d to %d, divisible by 16", size,
                        MIN_SIZE, MAX_SIZE);
    if (fixed && fixed != size)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "size %d: these weights are of the full generator, made for size %d only",
                        size, fixed);
    return P2C_OK;
}

/* Makes photo and made, the graph without its memory. This also creates the parameters in the
 * store. */
static P2cStatus build(P2cCartoonizer *c) {
    P2cStatus status = p2c_graph_new(&c->graph, c->ctx);
    if (status) return status;
    c->photo = p2c_input(c->graph, "photo", P2C_DIMS(1, 3, c->size, c->size));
    c->made = p2c_generator(p2c_net(c->graph, c->store, c->name), c->photo, c->options);
    p2c_output(c->made.image);
    p2c_output(c->made.heatmap);
    return c->made.image && c->made.heatmap ? P2C_OK : p2c_graph_finish(c->graph);
}

static P2cStatus read_weights(P2cContext *ctx, const char *path, P2cValue **file) {
    return strcmp(path, "built-in") ? p2c_pt_read(ctx, path, file)
                                    : p2c_builtin_read(&p2c_builtin_generator, ctx, file);
}

/* The size of the pictures of training, which p2c-train's checkpoints keep; else 0. */
static int size_in(const P2cValue *file) {
    const P2cValue *options = p2c_value_get(p2c_value_get(file, "p2cnn"), "options"),
                   *value = p2c_value_get(options, "img_size");
    int64_t size = value && p2c_value_kind(value) == P2C_INT ? p2c_value_as_int(value) : 0;
    return size >= MIN_SIZE && size <= MAX_SIZE && size % 16 == 0 ? (int)size : 0;
}

/* fixed: the only size that the weights allow, or 0. */
static P2cStatus set_size(P2cCartoonizer *c, const P2cCartoonizerOptions *o, int fixed,
                          int in_file) {
    int trained = o->trained_size ? o->trained_size : in_file ? in_file : DEFAULT_SIZE;
    bool automatic = o->size == P2C_SIZE_AUTO && !fixed;
    if (o->trained_size) {
        P2cStatus status = check_size(c->ctx, o->trained_size, 0);
        if (status) return status;
    }
    c->trained = automatic ? trained : 0;
    c->size = automatic                             ? trained
              : o->size && o->size != P2C_SIZE_AUTO ? o->size
              : fixed                               ? fixed
                                                    : DEFAULT_SIZE;
    return check_size(c->ctx, c->size, fixed);
}

static P2cStatus build_from(P2cCartoonizer *c, const P2cCartoonizerOptions *options,
                            const char *name) {
    P2cContext *ctx = c->ctx;
    P2cValue *file = NULL;
    const P2cValue *weights = NULL;
    int fixed = 0;
    P2cStatus status = read_weights(ctx, options->weights, &file);
    if (!status)
        status = (options->ema ? find_averaged : find_generator)(ctx, options->weights, file, name,
                                                                 &weights);
    if (!status) {
        status = p2c_generator_options(ctx, weights, &c->options, &fixed);
        if (status) p2c_fail(ctx, status, "%s: %s", options->weights, p2c_error(ctx));
    }
    if (status) goto cleanup;
    status = set_size(c, options, fixed, size_in(file));
    if (!status) status = build(c);
    if (!status) {
        status = p2c_store_load(c->store, name, weights);
        if (status) p2c_fail(ctx, status, "%s: %s", options->weights, p2c_error(ctx));
    }
cleanup:
    p2c_value_free(&file);
    return status;
}

static P2cStatus build_untrained(P2cCartoonizer *c, const P2cCartoonizerOptions *options) {
    c->options = (P2cGenerator){ .ch = DEFAULT_CH };
    P2cStatus status = set_size(c, options, 0, 0);
    return status ? status : build(c);
}

static P2cStatus take_memory(P2cCartoonizer *c) {
    P2cStatus status = p2c_graph_finish(c->graph);
    if (status) return status;
    size_t image = p2c_dims_count(p2c_node_dims(c->made.image)),
           map = p2c_dims_count(p2c_node_dims(c->made.heatmap));
    c->planes = malloc(image * sizeof(float));
    c->map = malloc(map * sizeof(float));
    return c->planes && c->map
               ? P2C_OK
               : p2c_fail_memory(c->ctx, "the picture", (image + map) * sizeof(float));
}

/* Does everything except taking memory for a run. */
static P2cStatus open_graph(P2cContext *ctx, const P2cCartoonizerOptions *options,
                            P2cCartoonizer **out) {
    *out = NULL;
    const char *direction = options->direction ? options->direction : "A2B",
               *name = strcmp(direction, "B2A") ? "genA2B" : "genB2A";
    if (strcmp(direction, name + 3))
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "direction '%s': expected A2B or B2A", direction);
    if (options->ema && !options->weights)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "ema: an untrained network has no average; give weights");
    P2cCartoonizer *c = *out = calloc(1, sizeof *c);
    if (!c) return p2c_fail_memory(ctx, "the cartoonizer", sizeof *c);
    c->ctx = ctx;
    c->name = name;
    P2cStatus status = p2c_store_new(&c->store, ctx, INITIAL_SEED);
    if (!status)
        status = options->weights ? build_from(c, options, name) : build_untrained(c, options);
    return status;
}

static void drop_graph(P2cCartoonizer *c) {
    p2c_graph_free(&c->graph);
    free(c->planes);
    free(c->map);
    c->planes = c->map = NULL;
}

/* Builds the graph for another size, if the picture asks for it. */
static P2cStatus fit_network(P2cCartoonizer *c, const P2cImage *picture) {
    int side = picture->width < picture->height ? picture->width : picture->height;
    bool twice = side >= ENOUGH_DETAIL * c->trained && 2 * c->trained <= LARGEST_AUTO;
    int size = !c->trained ? c->size : twice ? 2 * c->trained : c->trained;
    if (size == c->size && c->planes) return P2C_OK;
    drop_graph(c);
    c->size = size;
    P2cStatus status = build(c);
    return status ? status : take_memory(c);
}

P2cStatus p2c_cartoonizer_open(P2cContext *ctx, const P2cCartoonizerOptions *options,
                               P2cCartoonizer **out) {
    P2cStatus status = open_graph(ctx, options, out);
    if (!status) status = take_memory(*out);
    if (status) p2c_cartoonizer_close(out);
    return status;
}

P2cStatus p2c_cartoonizer_export(P2cContext *ctx, const P2cCartoonizerOptions *options,
                                 const char *path, bool with_cam) {
    P2cCartoonizer *c;
    P2cStatus status = open_graph(ctx, options, &c);
    if (!status) {
        P2cNode *outputs[] = { p2c_named(c->made.image, "cartoon"), p2c_named(c->made.cam, "cam"),
                               p2c_named(c->made.heatmap, "heatmap") };
        int count = with_cam ? 3 : 1;
        p2c_output(c->made.cam);
        status = p2c_onnx_write(ctx, path, count, outputs);
        if (!status && ((status = take_memory(c)) ||
                        (status = p2c_onnx_check(ctx, path, c->photo, count, outputs))))
            remove(path);
    }
    p2c_cartoonizer_close(&c);
    return status;
}

void p2c_cartoonizer_close(P2cCartoonizer **cartoonizer) {
    P2cCartoonizer *c = *cartoonizer;
    if (!c) return;
    drop_graph(c);
    p2c_store_free(&c->store);
    free(c);
    *cartoonizer = NULL;
}

int p2c_cartoonizer_size(const P2cCartoonizer *cartoonizer) { return cartoonizer->size; }

/* prepared (any size) -> a new square RGB picture of the network's size. It is scaled before the
 * alpha is removed, so that colours of transparent pixels do not bleed into the edge. */
static P2cStatus fit_picture(const P2cCartoonizer *c, const P2cImage *prepared, P2cImage *square) {
    bool fits = prepared->width == c->size && prepared->height == c->size;
    P2cStatus status =
        fits ? p2c_image_init(c->ctx, square, c->size, c->size, prepared->channels)
             : p2c_image_resize(c->ctx, prepared, c->size, c->size, P2C_FILTER_AREA, square);
    if (status) return status;
    if (fits)
        memcpy(square->pixels, prepared->pixels, (size_t)c->size * c->size * prepared->channels);
    p2c_image_over_white(square);
    return P2C_OK;
}

static bool all_finite(const float *v, size_t count) {
    float sum = 0; /* sums v*0, which is 0 unless a value is an infinity or NaN */
    for (size_t i = 0; i < count; i++) sum += v[i] * 0;
    return sum == 0;
}

static P2cStatus draw_heatmap(P2cCartoonizer *c, P2cImage *heatmap) {
    P2cDims d = p2c_node_dims(c->made.heatmap); /* (1,1,s/4,s/4) */
    P2cStatus status = p2c_node_read(c->made.heatmap, c->map);
    return status ? status
                  : p2c_heatmap_image(c->ctx, c->map, d.d[2], d.d[3], c->size, c->size, heatmap);
}

P2cStatus p2c_cartoonizer_run(P2cCartoonizer *c, const P2cImage *prepared, P2cImage *cartoon,
                              P2cImage *heatmap) {
    P2cImage square = { 0 }, map = { 0 };
    P2cStatus status = fit_network(c, prepared);
    if (!status) status = fit_picture(c, prepared, &square);
    if (status) goto cleanup;
    p2c_image_to_planes(&square, c->planes);
    if ((status = p2c_node_write(c->photo, c->planes))) goto cleanup;
    if ((status = p2c_graph_run(c->graph))) goto cleanup;
    if ((status = p2c_node_read(c->made.image, c->planes))) goto cleanup;
    if (!all_finite(c->planes, (size_t)3 * c->size * c->size)) {
        status =
            p2c_fail(c->ctx, P2C_ERR_FORMAT,
                     "the network's result is not a number: these weights are damaged or overflow");
        goto cleanup;
    }
    if (heatmap && (status = draw_heatmap(c, &map))) goto cleanup;
    /* the result has the same size and channels, so the pixels are reused */
    p2c_image_from_planes(c->planes, &square);
    *cartoon = square;
    square = (P2cImage){ 0 };
    if (heatmap) *heatmap = map;
cleanup:
    p2c_image_clear(&square);
    return status;
}
