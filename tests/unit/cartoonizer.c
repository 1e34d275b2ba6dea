/* cartoonizer.c: from picture to picture by the public interface, on an untrained network; and the
 * heatmap's colours. */
#include "support.h"

#include <math.h>
#include <string.h>

enum { SIDE = 32 };

static P2cCartoonizer *open_small(P2cContext *ctx) {
    P2cCartoonizer *cartoonizer = NULL;
    assert_int_equal(
        p2c_cartoonizer_open(ctx, &(P2cCartoonizerOptions){ .size = SIDE }, &cartoonizer), P2C_OK);
    assert_int_equal(p2c_cartoonizer_size(cartoonizer), SIDE);
    return cartoonizer;
}

/* channels 4: with every alpha from 0 to 255, and wild colours where it is transparent */
static P2cImage picture(P2cContext *ctx, int side, int channels) {
    P2cImage image;
    assert_int_equal(p2c_image_init(ctx, &image, side, side, channels), P2C_OK);
    for (int i = 0; i < side * side * channels; i++)
        image.pixels[i] = (uint8_t)(i % channels == 3 ? i / 4 * 7 : i * 31 + i / 96 * 5);
    return image;
}

static void assert_same(const P2cImage *a, const P2cImage *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    assert_memory_equal(a->pixels, b->pixels, (size_t)(a->width * a->height * a->channels));
}

static void same_picture_same_cartoon(void **state) {
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    P2cCartoonizer *cartoonizer = open_small(ctx);
    P2cImage photo = picture(ctx, SIDE, 3), other = picture(ctx, SIDE, 3), first, second, third,
             heatmap;
    memset(other.pixels, 200, SIDE * SIDE);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &photo, &first, NULL), P2C_OK);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &other, &second, NULL), P2C_OK);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &photo, &third, &heatmap), P2C_OK);
    assert_same(&first, &third);
    assert_memory_not_equal(first.pixels, second.pixels, SIDE * SIDE * 3);
    assert_int_equal(heatmap.width, SIDE);
    assert_int_equal(heatmap.channels, 3);
    P2cImage *all[] = { &photo, &other, &first, &second, &third, &heatmap };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) p2c_image_clear(all[i]);
    p2c_cartoonizer_close(&cartoonizer);
    assert_null(cartoonizer);
    p2c_cartoonizer_close(&cartoonizer); /* a second call does nothing */
}

static void transparency_is_white(void **state) {
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    P2cCartoonizer *cartoonizer = open_small(ctx);
    P2cImage clear = picture(ctx, SIDE, 4), flat = picture(ctx, SIDE, 4),
             before = picture(ctx, SIDE, 4), a, b;
    p2c_image_over_white(&flat);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &clear, &a, NULL), P2C_OK);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &flat, &b, NULL), P2C_OK);
    assert_same(&a, &b);
    assert_same(&clear, &before); /* the input is only read */
    P2cImage *all[] = { &clear, &flat, &before, &a, &b };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) p2c_image_clear(all[i]);
    p2c_cartoonizer_close(&cartoonizer);
}

/* The state dict of an untrained generator. Another name gives other values. */
static P2cValue *untrained(P2cContext *ctx, const char *name) {
    P2cStore *store = NULL;
    P2cGraph *graph = NULL;
    P2cValue *dict = NULL;
    assert_int_equal(p2c_store_new(&store, ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, ctx), P2C_OK);
    P2cNode *photo = p2c_input(graph, "photo", P2C_DIMS(1, 3, SIDE, SIDE));
    assert_non_null(
        p2c_generator(p2c_net(graph, store, name), photo, (P2cGenerator){ .ch = 4 }).image);
    assert_int_equal(p2c_store_save(store, name, &dict), P2C_OK);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
    return dict;
}

/* A checkpoint of up to two generators: the key of each, and the name from which its values are
 * made. */
static void put_checkpoint(Scratch *scratch, const char *file, const char *const keys[2],
                           const char *const names[2]) {
    P2cValue *checkpoint = p2c_value_dict();
    for (int i = 0; i < 2 && keys[i]; i++)
        assert_int_equal(p2c_value_set(checkpoint, keys[i], untrained(scratch->ctx, names[i])),
                         P2C_OK);
    assert_int_equal(p2c_pt_write(scratch->ctx, scratch_path(scratch, file), checkpoint), P2C_OK);
    p2c_value_free(&checkpoint);
}

static P2cImage cartoon_by(Scratch *scratch, const char *file, const char *direction, bool ema) {
    P2cContext *ctx = scratch->ctx;
    P2cCartoonizerOptions options = {
        .weights = scratch_path(scratch, file), .direction = direction, .ema = ema, .size = SIDE
    };
    P2cCartoonizer *cartoonizer = NULL;
    P2cImage photo = picture(ctx, SIDE, 3), cartoon;
    assert_int_equal(p2c_cartoonizer_open(ctx, &options, &cartoonizer), P2C_OK);
    assert_int_equal(p2c_cartoonizer_run(cartoonizer, &photo, &cartoon, NULL), P2C_OK);
    p2c_cartoonizer_close(&cartoonizer);
    p2c_image_clear(&photo);
    return cartoon;
}

/* The averaged generator is used if requested, and only then. */
static void averaged(void **state) {
    static const char *const keys[] = { "genA2B", "genA2B_ema" }, *const names[] = { "one", "two" };
    static const char *const back[] = { "genB2A_ema", NULL }, *const back_names[] = { "two", NULL };
    static const char *const plain[] = { "genA2B", "genB2A" }; /* the same two without averages */
    Scratch *scratch = *state;
    put_checkpoint(scratch, "averaged.pt", keys, names);
    put_checkpoint(scratch, "back.pt", back, back_names);
    put_checkpoint(scratch, "plain.pt", plain, names);
    P2cImage one = cartoon_by(scratch, "plain.pt", "A2B", false),
             two = cartoon_by(scratch, "plain.pt", "B2A", false);
    P2cImage trained = cartoon_by(scratch, "averaged.pt", NULL, false),
             ema = cartoon_by(scratch, "averaged.pt", NULL, true);
    P2cImage back_ema = cartoon_by(scratch, "back.pt", "B2A", true);
    assert_memory_not_equal(one.pixels, two.pixels, SIDE * SIDE * 3);
    assert_same(&trained, &one);
    assert_same(&ema, &two);
    assert_same(&back_ema, &two);
    P2cImage *all[] = { &one, &two, &trained, &ema, &back_ema };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) p2c_image_clear(all[i]);
}

static void no_average(void **state) {
    static const char *const keys[] = { "genA2B", "genA2B_ema" }, *const names[] = { "one", "two" };
    Scratch *scratch = *state;
    P2cCartoonizer *cartoonizer = NULL;
    put_checkpoint(scratch, "averaged.pt", keys, names);
    P2cCartoonizerOptions back = { .weights = scratch_path(scratch, "averaged.pt"),
                                   .direction = "B2A",
                                   .ema = true };
    assert_int_equal(p2c_cartoonizer_open(scratch->ctx, &back, &cartoonizer), P2C_ERR_FORMAT);
    assert_error_says(scratch->ctx, "averaged.pt holds no genB2A_ema");
    assert_int_equal(
        p2c_cartoonizer_open(scratch->ctx, &(P2cCartoonizerOptions){ .ema = true }, &cartoonizer),
        P2C_ERR_ARGUMENT);
    assert_error_says(scratch->ctx, "ema: an untrained network has no average");
    assert_null(cartoonizer);
}

static void refused(void **state) {
    static const struct {
        P2cCartoonizerOptions options;
        P2cStatus status;
        const char *says;
    } cases[] = {
        { { .direction = "A2A" }, P2C_ERR_ARGUMENT, "direction 'A2A'" },
        { { .direction = "" }, P2C_ERR_ARGUMENT, "expected A2B or B2A" },
        { { .size = 16 }, P2C_ERR_ARGUMENT, "size 16" },
        { { .size = 40 }, P2C_ERR_ARGUMENT, "divisible by 16" },
        { { .size = -32 }, P2C_ERR_ARGUMENT, "size -32" },
        { { .size = 4112 }, P2C_ERR_ARGUMENT, "32 to 4096" },
        { { .weights = "no such file.pt" }, P2C_ERR_READ, "no such file.pt" },
    };
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cCartoonizer *cartoonizer = (P2cCartoonizer *)(void *)ctx;
        assert_int_equal(p2c_cartoonizer_open(ctx, &cases[i].options, &cartoonizer),
                         cases[i].status);
        assert_null(cartoonizer);
        assert_error_says(ctx, cases[i].says);
    }
}

/* The colours at the quarters of the scale, in a map that is not enlarged. */
static void colours(void **state) {
    static const float map[] = { 10, 12, 14, 16, 18 };
    static const uint8_t expected[] = { 0,   0,   128, 0, 128, 255, 128, 255,
                                        128, 255, 128, 0, 128, 0,   0 };
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    P2cImage image;
    assert_int_equal(p2c_heatmap_image(ctx, map, 1, 5, 5, 1, &image), P2C_OK);
    assert_memory_equal(image.pixels, expected, sizeof expected);
    p2c_image_clear(&image);
}

/* 0 4 enlarged four times: 0 0.. at the border, then steps of a quarter, by the half-pixel rule. A
 * flat map has no scale, so it is all dark blue. */
static void enlarged(void **state) {
    static const float map[] = { 0, 8, 0, 8 }, steps[] = { 0, 0, 1, 3, 5, 7, 8, 8 },
                       flat[] = { 3, 3, 3, 3 };
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    P2cImage image, expected;
    assert_int_equal(p2c_heatmap_image(ctx, map, 2, 2, 8, 3, &image), P2C_OK);
    assert_int_equal(p2c_heatmap_image(ctx, steps, 1, 8, 8, 3, &expected), P2C_OK);
    assert_same(&image, &expected);
    p2c_image_clear(&image);
    p2c_image_clear(&expected);
    assert_int_equal(p2c_heatmap_image(ctx, flat, 2, 2, 4, 4, &image), P2C_OK);
    for (int i = 0; i < 16; i++) assert_memory_equal(image.pixels + 3 * i, "\0\0\x80", 3);
    p2c_image_clear(&image);
}

/* A network that has diverged still gives a picture, with arbitrary colours. */
static void not_a_number(void **state) {
    const float map[] = { NAN, 1, INFINITY, 2 };
    P2cContext *ctx = ((Scratch *)*state)->ctx;
    P2cImage image;
    assert_int_equal(p2c_heatmap_image(ctx, map, 2, 2, 8, 8, &image), P2C_OK);
    for (int i = 0; i < 64; i++) assert_memory_equal(image.pixels + 3 * i, "\0\0\x80", 3);
    p2c_image_clear(&image);
}

/* By the face: the trained size, and twice that if the picture has 0.6 of its pixels.
 * Each is what that size by itself draws. The size of training is in p2c-train's checkpoints. */
static void size_by_the_face(void **state) {
    static const struct {
        int side, given, size;
    } cases[] = { { 40, 0, 96 }, { 28, 0, 48 }, { 29, 0, 96 }, { 40, 32, 64 }, { 19, 32, 32 } };
    Scratch *s = *state;
    P2cValue *checkpoint = p2c_value_dict(), *p2cnn = p2c_value_dict(), *options = p2c_value_dict();
    assert_int_equal(p2c_value_set(options, "img_size", p2c_value_int(48)), P2C_OK);
    assert_int_equal(p2c_value_set(p2cnn, "options", options), P2C_OK);
    assert_int_equal(p2c_value_set(checkpoint, "p2cnn", p2cnn), P2C_OK);
    assert_int_equal(p2c_value_set(checkpoint, "genA2B", untrained(s->ctx, "one")), P2C_OK);
    assert_int_equal(p2c_pt_write(s->ctx, scratch_path(s, "sized.pt"), checkpoint), P2C_OK);
    p2c_value_free(&checkpoint);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cCartoonizerOptions automatic = { .weights = s->path,
                                            .size = P2C_SIZE_AUTO,
                                            .trained_size = cases[i].given },
                              fixed = { .weights = s->path, .size = cases[i].size };
        P2cCartoonizer *a = NULL, *b = NULL;
        P2cImage photo = picture(s->ctx, cases[i].side, 3), by_face, by_size;
        assert_int_equal(p2c_cartoonizer_open(s->ctx, &automatic, &a), P2C_OK);
        assert_int_equal(p2c_cartoonizer_open(s->ctx, &fixed, &b), P2C_OK);
        assert_int_equal(p2c_cartoonizer_run(a, &photo, &by_face, NULL), P2C_OK);
        assert_int_equal(p2c_cartoonizer_run(b, &photo, &by_size, NULL), P2C_OK);
        assert_int_equal(p2c_cartoonizer_size(a), cases[i].size);
        assert_same(&by_face, &by_size);
        p2c_image_clear(&photo);
        p2c_image_clear(&by_face);
        p2c_image_clear(&by_size);
        p2c_cartoonizer_close(&a);
        p2c_cartoonizer_close(&b);
    }
}

const struct CMUnitTest p2c_tests_cartoonizer[] = {
    TEST(size_by_the_face),
    TEST(same_picture_same_cartoon),
    TEST(transparency_is_white),
    TEST(averaged),
    TEST(no_average),
    TEST(refused),
    TEST(colours),
    TEST(enlarged),
    TEST(not_a_number),
};
const size_t p2c_tests_cartoonizer_count =
    sizeof p2c_tests_cartoonizer / sizeof *p2c_tests_cartoonizer;
