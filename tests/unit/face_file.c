/* face_file.c: weights of face networks in every form in which they are published; what is
 * refused; a real file against PyTorch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../hash.h"
#include "base/context.h"
#include "support.h"

/* ---- files ---- */

/* A store whose parameters below "face" are a face network's, or a small generator's; weights from
 * their names. To be freed. */
static P2cStore *made_store(P2cContext *ctx, bool generator, P2cFaceKind kind) {
    P2cStore *store = NULL;
    P2cGraph *graph = NULL;
    assert_int_equal(p2c_store_new(&store, ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, 64, 64));
    P2cNet net = p2c_net(graph, store, "face");
    assert_non_null(generator ? p2c_generator(net, x, (P2cGenerator){ .ch = 4 }).image
                              : p2c_face_embedding(net, x, kind));
    p2c_graph_free(&graph);
    assert_int_equal(hash_fill(store), P2C_OK);
    return store;
}

static P2cValue *state_dict(const P2cStore *store) {
    P2cValue *dict = NULL;
    assert_int_equal(p2c_store_save(store, "face", &dict), P2C_OK);
    return dict;
}

/* Takes ownership of the state dict; returns a copy with "module." before every name. */
static P2cValue *parallel(P2cValue *dict) {
    P2cValue *out = p2c_value_dict();
    char key[160];
    for (size_t i = 0; i < p2c_value_count(dict); i++) {
        const P2cValue *v = p2c_value_at(dict, i);
        snprintf(key, sizeof key, "module.%s", p2c_value_key(dict, i));
        assert_int_equal(p2c_value_set(out, key,
                                       p2c_value_tensor(p2c_value_type(v), p2c_value_shape(v),
                                                        p2c_value_data(v))),
                         P2C_OK);
    }
    p2c_value_free(&dict);
    return out;
}

/* Writes {epoch: 68, wrap: dict}, or the dict itself, and takes ownership of it. Returns the
 * path. */
static const char *written(Scratch *scratch, P2cValue *dict, const char *wrap) {
    if (wrap) {
        P2cValue *outer = p2c_value_dict();
        assert_int_equal(p2c_value_set(outer, "epoch", p2c_value_int(68)), P2C_OK);
        assert_int_equal(p2c_value_set(outer, wrap, dict), P2C_OK);
        dict = outer;
    }
    const char *path = scratch_path(scratch, "face.pt");
    assert_int_equal(p2c_pt_write(scratch->ctx, path, dict), P2C_OK);
    p2c_value_free(&dict);
    return path;
}

/* ---- what is read ---- */

static void assert_same_values(const P2cStore *a, const P2cStore *b) {
    assert_int_equal(p2c_store_count(a), p2c_store_count(b));
    for (int i = 0; i < p2c_store_count(a); i++) {
        size_t n = p2c_dims_count(p2c_store_dims(a, i));
        float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
        assert_true(x && y);
        assert_string_equal(p2c_store_name(a, i), p2c_store_name(b, i));
        assert_int_equal(p2c_store_read(a, i, x), P2C_OK);
        assert_int_equal(p2c_store_read(b, i, y), P2C_OK);
        assert_memory_equal(x, y, n * sizeof *x);
        free(x);
        free(y);
    }
}

static void every_wrapping(void **state) {
    static const struct {
        const char *wrap;
        bool parallel;
    } cases[] = {
        { NULL, false }, { "net_state_dict", false }, { "state_dict", false }, { "model", false },
        { NULL, true },  { "state_dict", true },
    };
    Scratch *scratch = *state;
    for (int kind = P2C_FACENET_TREB1EN; kind <= P2C_FACENET_XIAOCCER; kind++) {
        P2cStore *made = made_store(scratch->ctx, false, (P2cFaceKind)kind);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            P2cStore *store = NULL;
            P2cFaceKind found = (P2cFaceKind)!kind;
            P2cValue *dict = cases[i].parallel ? parallel(state_dict(made)) : state_dict(made);
            assert_int_equal(p2c_store_new(&store, scratch->ctx, 2), P2C_OK);
            assert_int_equal(p2c_face_load(scratch->ctx, store, "face",
                                           written(scratch, dict, cases[i].wrap), &found),
                             P2C_OK);
            assert_int_equal(found, kind);
            assert_same_values(store, made);
            p2c_store_free(&store);
        }
        p2c_store_free(&made);
    }
}

/* ---- what is refused ---- */

/* p2c_face_load must return that status, with all of `words` (separated by |) in one line. */
static void refuses(Scratch *scratch, const char *path, P2cStatus status, const char *words) {
    P2cStore *store = NULL;
    P2cFaceKind kind;
    char copy[256], from[160];
    snprintf(from, sizeof from, "%s", path);
    assert_int_equal(p2c_store_new(&store, scratch->ctx, 2), P2C_OK);
    assert_int_equal(p2c_face_load(scratch->ctx, store, "face", from, &kind), status);
    p2c_store_free(&store);
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
        assert_error_says(scratch->ctx, word);
}

static void no_face_network(void **state) {
    Scratch *scratch = *state;
    refuses(scratch, scratch_path(scratch, "absent.pth"), P2C_ERR_READ, "face weights|absent.pth");
    put_file(scratch_path(scratch, "text.pth"), "no weights", 10);
    refuses(scratch, scratch->path, P2C_ERR_FORMAT, "text.pth|not a PyTorch file");
    P2cStore *generator = made_store(scratch->ctx, true, P2C_FACENET_TREB1EN);
    refuses(scratch, written(scratch, state_dict(generator), NULL), P2C_ERR_FORMAT,
            "face.pt|not the weights of a face network|got 406 entries: ConvBlock1.1.weight, ");
    refuses(scratch, written(scratch, state_dict(generator), "genA2B"), P2C_ERR_FORMAT,
            "face.pt|got 2 entries: epoch, genA2B, -");
    p2c_store_free(&generator);
    refuses(scratch, written(scratch, p2c_value_list(), NULL), P2C_ERR_FORMAT,
            "face.pt|got 0 entries");
    refuses(scratch, written(scratch, p2c_value_list(), "state_dict"), P2C_ERR_FORMAT,
            "face.pt|got 2 entries: epoch, state_dict");
}

static void weights_that_do_not_fit(void **state) {
    Scratch *scratch = *state;
    P2cStore *made = made_store(scratch->ctx, false, P2C_FACENET_XIAOCCER);
    const P2cShape shape = { 4, { 64, 3, 5, 5 } };
    P2cValue *extra = state_dict(made), *missing = state_dict(made), *misshapen = state_dict(made),
             *plain = parallel(state_dict(made));
    assert_int_equal(p2c_value_set(extra, "head.weight",
                                   p2c_value_tensor(P2C_F32, (P2cShape){ 1, { 2 } }, NULL)),
                     P2C_OK);
    assert_int_equal(p2c_value_set(missing, "conv1.conv.weight", p2c_value_none()), P2C_OK);
    assert_int_equal(
        p2c_value_set(misshapen, "conv1.conv.weight", p2c_value_tensor(P2C_F32, shape, NULL)),
        P2C_OK);
    assert_int_equal(p2c_value_set(plain, "module.epoch", p2c_value_int(68)), P2C_OK);
    refuses(scratch, written(scratch, extra, NULL), P2C_ERR_SHAPE, "face.pt|extra head.weight");
    refuses(scratch, written(scratch, missing, "model"), P2C_ERR_SHAPE,
            "face.pt|missing conv1.conv.weight");
    refuses(scratch, written(scratch, misshapen, NULL), P2C_ERR_SHAPE,
            "face.pt|conv1.conv.weight has shape (64,3,5,5), expected (64,3,3,3)");
    refuses(scratch, written(scratch, plain, NULL), P2C_ERR_SHAPE, "face.pt|extra epoch");
    p2c_store_free(&made);
}

/* ---- a real file ---- */

enum { SIDE = 256, PHOTOS = 3, VALUES = 128 };
#define PHOTO_FOLDER "../shared/data/photo2cartoon/testA"
#define WEIGHTS "../shared/models/mobilefacenet_xiaoccer_068.ckpt"

static bool read_photos(P2cContext *ctx, float *planes) {
    static const char *const names[PHOTOS] = { "0015", "0028", "0127" };
    for (int i = 0; i < PHOTOS; i++) {
        P2cImage photo, square;
        char path[128];
        snprintf(path, sizeof path, PHOTO_FOLDER "/%s.jpg", names[i]);
        if (!have_file(path)) return false;
        assert_int_equal(p2c_image_read(ctx, path, &photo), P2C_OK);
        assert_int_equal(p2c_image_resize(ctx, &photo, SIDE, SIDE, P2C_FILTER_ANTIALIAS, &square),
                         P2C_OK);
        p2c_image_to_planes(&square, planes + (size_t)i * 3 * SIDE * SIDE);
        p2c_image_clear(&photo);
        p2c_image_clear(&square);
    }
    return true;
}

static void embed(P2cContext *ctx, const float *planes, float *embeddings) {
    P2cStore *store = NULL;
    P2cGraph *graph = NULL;
    P2cFaceKind kind;
    assert_int_equal(p2c_store_new(&store, ctx, 1), P2C_OK);
    assert_int_equal(p2c_face_load(ctx, store, "face", WEIGHTS, &kind), P2C_OK);
    assert_int_equal(kind, P2C_FACENET_XIAOCCER);
    assert_int_equal(p2c_graph_new(&graph, ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(PHOTOS, 3, SIDE, SIDE));
    P2cNode *y = p2c_output(p2c_face_embedding(p2c_net(graph, store, "face"), x, kind));
    assert_int_equal(p2c_graph_finish(graph), P2C_OK);
    assert_int_equal(p2c_node_write(x, planes), P2C_OK);
    assert_int_equal(p2c_graph_run(graph), P2C_OK);
    assert_int_equal(p2c_node_read(y, embeddings), P2C_OK);
    p2c_graph_free(&graph);
    p2c_store_free(&store);
}

static void real_weights(void **state) {
    Scratch *scratch = *state;
    static float planes[PHOTOS * 3 * SIDE * SIDE], ours[PHOTOS * VALUES];
    if (!have_file(WEIGHTS) || !read_photos(scratch->ctx, planes) ||
        system("python3 -c 'import torch' >/dev/null 2>&1")) {
        print_message("SKIPPED: needs " WEIGHTS ", photos in " PHOTO_FOLDER
                      ", and python3 with torch\n");
        skip();
    }
    char command[512];
    size_t size;
    embed(scratch->ctx, planes, ours);
    put_file(scratch_path(scratch, "photos"), planes, sizeof planes);
    snprintf(command, sizeof command,
             "python3 -B tests/golden/face_torch.py %s %d %s/photos %s/embeddings", WEIGHTS, SIDE,
             scratch->folder, scratch->folder);
    assert_int_equal(system(command), 0);
    float *theirs = (float *)(void *)get_file(scratch_path(scratch, "embeddings"), &size);
    assert_int_equal(size, sizeof ours);
    double worst = 0;
    for (size_t i = 0; i < PHOTOS * VALUES; i++)
        worst = fmax(worst, fabs((double)ours[i] - theirs[i]));
    free(theirs);
    print_message("real weights: embeddings of %d photos within %.1e of PyTorch's\n", PHOTOS,
                  worst);
    assert_true(worst < 2e-6);
}

const struct CMUnitTest p2c_tests_face_file[] = {
    TEST(every_wrapping),
    TEST(no_face_network),
    TEST(weights_that_do_not_fit),
    TEST(real_weights),
};
const size_t p2c_tests_face_file_count = sizeof p2c_tests_face_file / sizeof *p2c_tests_face_file;
