/* builtin.c: what the built-in networks see in a drawn face, and the preparer, which uses them if
 * no others are given. How good they are with photos is measured by p2c-fit check and by
 * bench-faces. */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 320, FACE = 150 };

/* A drawn face in the middle, tilted clockwise: nearest pixels of a picture twice as large. */
static P2cImage tilted(double degrees) {
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    P2cImage straight = test_drawn(2 * SIDE, 2 * SIDE, SIDE, SIDE, 2 * FACE),
             out = test_drawn(SIDE, SIDE, 0, 0, 0);
    for (int i = 0; i < SIDE * SIDE; i++) {
        double x = 2 * (i % SIDE - SIDE / 2), y = 2 * (double)(i / SIDE - SIDE / 2);
        long u = lround(c * x + s * y) + SIDE, v = lround(c * y - s * x) + SIDE;
        if (u >= 0 && v >= 0 && u < 2 * SIDE && v < 2 * SIDE)
            memcpy(out.pixels + 3 * i, straight.pixels + 3 * (v * 2 * SIDE + u), 3);
    }
    p2c_image_clear(&straight);
    return out;
}

/* Of drawn.c: outer corners of the eyes at (-32,-7) and (32,-7), corners of the mouth at (-20,40)
 * and (20,40), tip of the nose at (0,18), in hundredths of the face's width. */
static const struct {
    int point;
    double x, y;
} known[] = { { 36, -32, -7 }, { 45, 32, -7 }, { 48, -20, 40 }, { 54, 20, 40 }, { 30, 0, 18 } };

static void landmarks(void **state) {
    Scratch *scratch = *state;
    P2cLandmarker *landmarker;
    P2cPoint points[P2C_LANDMARKS];
    P2cBox box = { SIDE / 2 - 65, SIDE / 2 - 45, SIDE / 2 + 65, SIDE / 2 + 85 };
    assert_works(scratch->ctx, p2c_landmarker_open(scratch->ctx, NULL, &landmarker));
    for (int degrees = -30; degrees <= 30; degrees += 15) {
        double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180), scale = FACE / 100.0;
        P2cImage photo = tilted(degrees);
        assert_works(scratch->ctx, p2c_landmarker_run(landmarker, &photo, box, points));
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            double x = scale * (c * known[k].x - s * known[k].y),
                   y = scale * (s * known[k].x + c * known[k].y);
            P2cPoint p = points[known[k].point];
            double off = hypot(p.x - SIDE / 2 - x, p.y - SIDE / 2 - y) / (64 * scale);
            if (!(off < 0.12))
                fail_msg("tilted by %d, point %d: off by %g of the eyes' distance", degrees,
                         known[k].point, off);
        }
        double angle = atan2(points[45].y - points[36].y, points[45].x - points[36].x) * 180 / M_PI;
        if (!(fabs(angle - degrees) < 3)) fail_msg("tilted by %d: the eyes say %g", degrees, angle);
        assert_true(p2c_landmarker_doubt(landmarker) < 0.05);
        p2c_image_clear(&photo);
    }
    p2c_landmarker_close(&landmarker);
}

static void matte(void **state) {
    Scratch *scratch = *state;
    P2cMatte *matte;
    const float *alpha;
    int h, w;
    P2cImage crop = test_drawn(SIDE, SIDE, SIDE / 2, SIDE / 2, FACE);
    assert_works(scratch->ctx, p2c_matte_open(scratch->ctx, NULL, &matte));
    for (int again = 0; again < 2; again++) {
        assert_works(scratch->ctx, p2c_matte_run(matte, &crop, &alpha, &h, &w));
        assert_true(h == 256 && w == 256);
        for (int i = 0; i < h * w; i++) assert_true(alpha[i] >= 0 && alpha[i] <= 1);
        for (int y = 96; y < 160; y++)
            for (int x = 96; x < 160; x++) assert_true(alpha[y * w + x] > 0.8f);
        for (int x = 0; x < w; x++) assert_true(alpha[8 * w + x] < 0.2f);
    }
    p2c_image_clear(&crop);
    p2c_matte_close(&matte);
}

static int gray(const P2cImage *image, int x, int y) {
    const unsigned char *p = image->pixels + 3 * (y * image->width + x);
    return (p[0] + p[1] + p[2]) / 3;
}

/* Of the pixels of a square, how many are darker than a value. */
static double share_below(const P2cImage *image, int x, int y, int side, int value) {
    int count = 0;
    for (int i = 0; i < side * side; i++) count += gray(image, x + i % side, y + i / side) < value;
    return (double)count / (side * side);
}

/* What the built-in generator makes of a drawn head on white: white stays white, dark eyes stay
 * dark, and skin gets as light as the cartoons' is. The weights are those of the library, however
 * its user names them. */
static void generator(void **state) {
    Scratch *scratch = *state;
    P2cCartoonizer *cartoonizer;
    P2cImage head = test_drawn(256, 256, 128, 128, 130), cartoon = { 0 };
    P2cCartoonizerOptions options = { .weights = "built-in", .size = 128 };
    for (int i = 0; i < 256 * 256; i++) /* the wall behind */
        if (hypot(i % 256 - 128, i / 256 - 128) > 120) memset(head.pixels + 3 * i, 255, 3);
    assert_works(scratch->ctx, p2c_cartoonizer_open(scratch->ctx, &options, &cartoonizer));
    assert_works(scratch->ctx, p2c_cartoonizer_run(cartoonizer, &head, &cartoon, NULL));
    assert_true(cartoon.width == 128 && cartoon.height == 128 && cartoon.channels == 3);
    assert_true(share_below(&cartoon, 0, 0, 12, 215) < 0.1);
    assert_true(share_below(&cartoon, 58, 62, 12, 215) < 0.5);
    double dark = share_below(&cartoon, 28, 28, 72, 100);
    if (!(dark > 0.01 && dark < 0.7)) fail_msg("a share of %g is dark", dark);
    p2c_image_clear(&head);
    p2c_image_clear(&cartoon);
    p2c_cartoonizer_close(&cartoonizer);
    options.direction = "B2A";
    assert_int_equal(p2c_cartoonizer_open(scratch->ctx, &options, &cartoonizer), P2C_ERR_FORMAT);
}

/* A mirrored crop gives the mirrored result, because each run sees both. */
static void a_mirrored_crop(void **state) {
    Scratch *scratch = *state;
    P2cMatte *matte;
    const float *alpha;
    float *first = malloc(256 * 256 * sizeof *first);
    int h, w;
    P2cImage crop = test_drawn(256, 256, 100, 150, 110), mirrored = test_drawn(256, 256, 0, 0, 0);
    for (int i = 0; i < 256 * 256; i++)
        memcpy(mirrored.pixels + 3 * i, crop.pixels + 3 * (i / 256 * 256 + 255 - i % 256), 3);
    assert_works(scratch->ctx, p2c_matte_open(scratch->ctx, NULL, &matte));
    assert_works(scratch->ctx, p2c_matte_run(matte, &crop, &alpha, &h, &w));
    memcpy(first, alpha, 256 * 256 * sizeof *first);
    assert_works(scratch->ctx, p2c_matte_run(matte, &mirrored, &alpha, &h, &w));
    for (int i = 0; i < 256 * 256; i++)
        assert_true(fabsf(first[i] - alpha[i / 256 * 256 + 255 - i % 256]) < 1e-5f);
    p2c_matte_close(&matte);
    p2c_image_clear(&crop);
    p2c_image_clear(&mirrored);
    free(first);
}

/* Half precision, and no larger than allowed. */
static void sizes(void **state) {
    Scratch *scratch = *state;
    static const struct {
        const P2cBuiltin *network;
        size_t most, bytes;
    } networks[] = { { &p2c_builtin_landmarks, 400000, 1 << 20 },
                     { &p2c_builtin_matte, 300000, 1 << 20 },
                     { &p2c_builtin_generator, 1000000, 2500000 } };
    for (int k = 0; k < 3; k++) {
        const P2cBuiltin *b = networks[k].network;
        size_t size = (size_t)(b->end - b->weights), numbers = 0;
        P2cValue *tree;
        assert_true(size < networks[k].bytes);
        assert_works(scratch->ctx,
                     p2c_pt_read_memory(scratch->ctx, b->name, b->weights, size, &tree));
        const P2cValue *dict = p2c_value_get(tree, b->name);
        for (size_t i = 0; i < p2c_value_count(dict); i++) {
            size_t count = 1;
            P2cShape shape = p2c_value_shape(p2c_value_at(dict, i));
            assert_int_equal(p2c_value_type(p2c_value_at(dict, i)), P2C_F16);
            for (int d = 0; d < shape.rank; d++) count *= (size_t)shape.size[d];
            numbers += count;
        }
        assert_in_range(numbers, networks[k].most / 2, networks[k].most);
        p2c_value_free(&tree);
    }
}

/* Runs the network alone on the same picture in [-1,1], as it was trained. */
static void by_itself(P2cContext *ctx, const P2cBuiltin *b, const float *picture, size_t count,
                      float *y) {
    bool matte = b == &p2c_builtin_matte;
    float *scaled = malloc(count * sizeof *scaled);
    P2cStore *store;
    P2cGraph *graph;
    assert_works(ctx, p2c_store_new(&store, ctx, 0));
    assert_works(ctx, p2c_graph_new(&graph, ctx));
    P2cNet net = p2c_net(graph, store, "net");
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, b->size, b->size));
    P2cNode *out =
        p2c_output(matte ? p2c_sigmoid(p2c_matte_network(net, x)) : p2c_landmark_network(net, x));
    assert_works(ctx, p2c_builtin_load(b, ctx, store, "net"));
    assert_works(ctx, p2c_graph_finish(graph));
    for (size_t i = 0; i < count; i++) scaled[i] = 2 * picture[i] - 1;
    assert_works(ctx, p2c_node_write(x, scaled));
    assert_works(ctx, p2c_graph_run(graph));
    assert_works(ctx, p2c_node_read(out, y));
    p2c_graph_free(&graph);
    p2c_store_free(&store);
    free(scaled);
}

static void a_picture_in_0_to_1(void **state) {
    Scratch *scratch = *state;
    static const P2cBuiltin *const networks[] = { &p2c_builtin_landmarks, &p2c_builtin_matte };
    for (int k = 0; k < 2; k++) {
        const P2cBuiltin *b = networks[k];
        size_t count = 3 * (size_t)b->size * (size_t)b->size,
               results = k ? 256 * 256 : 2 * P2C_LANDMARKS;
        float *picture = malloc(count * sizeof *picture), *got = malloc(2 * results * sizeof *got),
              *expected = got + results;
        uint32_t random = 7;
        P2cNetwork network;
        for (size_t i = 0; i < count; i++) picture[i] = (float)(test_random(&random) % 256) / 255;
        assert_works(scratch->ctx, p2c_network_builtin(scratch->ctx, b, &network));
        assert_works(scratch->ctx, p2c_network_build(&network, P2C_DIMS(1, 3, b->size, b->size)));
        assert_works(scratch->ctx, p2c_network_run(&network, picture));
        assert_works(scratch->ctx, p2c_node_read(network.outputs[0], got));
        by_itself(scratch->ctx, b, picture, count, expected);
        for (size_t i = 0; i < results; i++) assert_true(fabsf(got[i] - expected[i]) < 1e-4f);
        p2c_network_clear(&network);
        free(picture);
        free(got);
    }
}

/* ---- the preparer ---- */

static P2cFace some_face(void) {
    P2cFace face = { .score = 1 };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        face.landmarks[known[k].point] =
            (P2cPoint){ SIDE / 2 + 1.5 * known[k].x, SIDE / 2 + 1.5 * known[k].y };
    for (int i = 0; i < P2C_LANDMARKS; i++)
        if (face.landmarks[i].x == 0) face.landmarks[i] = face.landmarks[30];
    return face;
}

static unsigned cut_warnings(P2cContext *ctx, const char *models, const char *network) {
    P2cPreparer *preparer;
    P2cPortrait portrait;
    P2cImage photo = test_drawn(SIDE, SIDE, SIDE / 2, SIDE / 2, FACE);
    P2cFace face = some_face();
    assert_works(
        ctx,
        p2c_preparer_open(
            ctx, &(P2cPreparerOptions){ .models = models, .landmarks = network, .matte = network },
            &preparer));
    assert_works(ctx, p2c_preparer_cut(preparer, &photo, &face, &portrait));
    unsigned warnings = portrait.face.warnings;
    p2c_portrait_clear(&portrait);
    p2c_preparer_close(&preparer);
    p2c_image_clear(&photo);
    return warnings;
}

/* An empty folder gives the built-in networks. A file there replaces them, unless they are
 * requested by name. */
static void the_preparer_takes_them(void **state) {
    Scratch *scratch = *state;
    P2cPreparer *preparer;
    P2cStatus status = p2c_preparer_open(
        scratch->ctx, &(P2cPreparerOptions){ .models = scratch->folder }, &preparer);
    if (status && strstr(p2c_error(scratch->ctx), "no dlib")) {
        print_message("SKIPPED: this build has no dlib\n");
        return;
    }
    p2c_preparer_close(&preparer);
    assert_int_equal(cut_warnings(scratch->ctx, scratch->folder, NULL) & P2C_FACE_NO_MATTE, 0);
    assert_int_equal(cut_warnings(scratch->ctx, scratch->folder, "none") & P2C_FACE_NO_MATTE,
                     P2C_FACE_NO_MATTE);
    put_file(scratch_path(scratch, "matte.onnx"), "x", 1);
    assert_int_equal(cut_warnings(scratch->ctx, scratch->folder, "built-in") & P2C_FACE_NO_MATTE,
                     0);
    assert_int_equal(p2c_preparer_open(scratch->ctx,
                                       &(P2cPreparerOptions){ .models = scratch->folder },
                                       &preparer),
                     P2C_ERR_FORMAT);
    assert_error_says(scratch->ctx, "matte.onnx");
}

const struct CMUnitTest p2c_tests_builtin[] = { TEST(landmarks),
                                                TEST(matte),
                                                TEST(generator),
                                                TEST(a_mirrored_crop),
                                                TEST(sizes),
                                                TEST(a_picture_in_0_to_1),
                                                TEST(the_preparer_takes_them) };
const size_t p2c_tests_builtin_count = sizeof p2c_tests_builtin / sizeof *p2c_tests_builtin;
