/* mobilefacenet.c (test): crop, embedding, distance of two pictures and its gradient, for both
 * layouts. */
#include "golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/mobilefacenet.h"

/* distance = mean(1 - cosine(face(crop(x)), face(crop(ref)))) */
void test_mobilefacenet(void **state) {
    Bench b;
    Results results = { 0 };
    P2cNode *dx;
    (void)state;
    bench_open(&b, 0);
    P2cNet net = p2c_net(b.graph, b.store, "face");
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(2, 3, 128, 128)),
            *ref = p2c_input(b.graph, "ref", p2c_node_dims(x));
    P2cNode *crop = p2c_output(p2c_face_crop(x)),
            *embedding = p2c_output(p2c_mobilefacenet(net, crop));
    P2cNode *other = p2c_mobilefacenet(net, p2c_face_crop(ref));
    P2cNode *distance =
        p2c_output(p2c_affine(p2c_mean(p2c_cosine_similarity(embedding, other)), -1, 1));
    p2c_backward(distance, 1, (P2cNode *[]){ x }, &dx);
    p2c_output(dx);

    bench_finish(&b);
    bench_picture(&b, x, "face", &results, "x");
    bench_picture(&b, ref, "face.ref", &results, "ref");
    must(b.ctx, p2c_graph_run(b.graph));
    result_read(&results, crop, "crop");
    result_read(&results, embedding, "embedding");
    result_read(&results, distance, "distance");
    result_read(&results, dx, "dx");
    assert_true(results_agree(b.ctx, &results, "mobilefacenet"));
    results_clear(&results);
    bench_close(&b);
}

/* The same for the other layout, by the one call that makes crop and network. Its weights are never
 * updated, whatever is minimised. */
void test_mobilefacenet_xiaoccer(void **state) {
    Bench b;
    Results results = { 0 };
    P2cNode *dx;
    (void)state;
    bench_open(&b, 0);
    P2cNet net = p2c_net(b.graph, b.store, "face");
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(2, 3, 64, 64)),
            *ref = p2c_input(b.graph, "ref", p2c_node_dims(x));
    P2cNode *crop = p2c_output(p2c_face_crop_96(x)),
            *embedding = p2c_output(p2c_face_embedding(net, x, P2C_FACENET_XIAOCCER));
    P2cNode *other = p2c_face_embedding(net, ref, P2C_FACENET_XIAOCCER);
    P2cNode *distance =
        p2c_output(p2c_affine(p2c_mean(p2c_cosine_similarity(embedding, other)), -1, 1));
    p2c_backward(distance, 1, (P2cNode *[]){ x }, &dx);
    p2c_output(dx);

    bench_finish(&b);
    bench_picture(&b, x, "face", NULL, "x");
    bench_picture(&b, ref, "face.ref", NULL, "ref");
    must(b.ctx, p2c_graph_run(b.graph));
    result_read(&results, crop, "crop");
    result_read(&results, embedding, "embedding");
    result_read(&results, distance, "distance");
    result_read(&results, dx, "dx");
    assert_true(results_agree(b.ctx, &results, "mobilefacenet_xiaoccer"));
    results_clear(&results);
    bench_close(&b);
}

/* Every parameter of the store, one after another; to be freed. */
static float *all_values(const P2cStore *store, size_t *count) {
    float *values = NULL;
    *count = 0;
    for (int i = 0; i < p2c_store_count(store); i++) {
        size_t n = p2c_dims_count(p2c_store_dims(store, i));
        values = realloc(values, (*count + n) * sizeof *values);
        assert_non_null(values);
        assert_int_equal(p2c_store_read(store, i, values + *count), P2C_OK);
        *count += n;
    }
    return values;
}

/* An embedding equals crop and network to the bit. An update never changes the face network's own
 * parameters, in either layout. */
void test_face_embedding(void **state) {
    (void)state;
    for (int kind = P2C_FACENET_TREB1EN; kind <= P2C_FACENET_XIAOCCER; kind++) {
        P2cAdam adam = { .lr = 1, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 1 };
        Bench b;
        size_t count;
        bench_open(&b, 0);
        P2cNet net = p2c_net(b.graph, b.store, "face");
        P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(1, 3, 64, 64)),
                *y = p2c_output(p2c_face_embedding(net, x, (P2cFaceKind)kind));
        bool treb1en = kind == P2C_FACENET_TREB1EN;
        P2cNode *halves = treb1en ? p2c_mobilefacenet(net, p2c_face_crop(x))
                                  : p2c_mobilefacenet_xiaoccer(net, p2c_face_crop_96(x));
        p2c_output(halves);
        p2c_minimize(p2c_mean(y), 1, &net, &adam, NULL);
        bench_finish(&b);
        bench_picture(&b, x, "face", NULL, "x");
        float *before = all_values(b.store, &count), one[512], other[512];
        must(b.ctx, p2c_graph_run(b.graph));
        float *after = all_values(b.store, &count);
        assert_memory_equal(before, after, count * sizeof *before);
        free(before);
        free(after);
        size_t d = p2c_dims_count(p2c_node_dims(y));
        assert_int_equal(d, treb1en ? 512 : 128);
        must(b.ctx, p2c_node_read(y, one));
        must(b.ctx, p2c_node_read(halves, other));
        assert_memory_equal(one, other, d * sizeof *one);
        double length = 0;
        for (size_t i = 0; i < d; i++) length += (double)one[i] * one[i];
        assert_true(fabs(length - 1) < 1e-5);
        bench_close(&b);
    }
}

/* State dicts of both layouts are recognised; others are refused with a message that shows their
 * first keys. */
void test_face_kind(void **state) {
    (void)state;
    P2cFaceKind kind;
    P2cContext *ctx = NULL;
    for (int made = P2C_FACENET_TREB1EN; made <= P2C_FACENET_XIAOCCER; made++) {
        Bench b;
        P2cValue *dict = NULL;
        bench_open(&b, 0);
        p2c_face_embedding(p2c_net(b.graph, b.store, "face"),
                           p2c_input(b.graph, "x", P2C_DIMS(1, 3, 64, 64)), (P2cFaceKind)made);
        must(b.ctx, p2c_store_save(b.store, "face", &dict));
        must(b.ctx, p2c_face_kind(b.ctx, dict, &kind));
        assert_int_equal(kind, made);
        p2c_value_free(&dict);
        bench_close(&b);
    }
    test_context(&ctx, 1);
    P2cValue *other = p2c_value_dict(), *none = p2c_value_none();
    must(ctx, p2c_value_set(other, "epoch", p2c_value_int(3)));
    must(ctx, p2c_value_set(other, "genA2B", p2c_value_dict()));
    assert_int_equal(p2c_face_kind(ctx, other, &kind), P2C_ERR_FORMAT);
    assert_non_null(strstr(p2c_error(ctx), "got 2 entries: epoch, genA2B, -"));
    /* A dict with the keys of both layouts is neither. */
    must(ctx, p2c_value_set(other, "conv2_dw.conv.weight", p2c_value_none()));
    must(ctx, p2c_face_kind(ctx, other, &kind));
    must(ctx, p2c_value_set(other, "dw_conv1.conv.weight", p2c_value_none()));
    assert_int_equal(p2c_face_kind(ctx, other, &kind), P2C_ERR_FORMAT);
    assert_non_null(
        strstr(p2c_error(ctx), "got 4 entries: epoch, genA2B, conv2_dw.conv.weight, ..."));
    assert_int_equal(p2c_face_kind(ctx, none, &kind), P2C_ERR_FORMAT);
    p2c_value_free(&other);
    p2c_value_free(&none);
    p2c_context_free(&ctx);
}

/* A face of the wrong size; a portrait too narrow for its face. */
void test_mobilefacenet_refuses(void **state) {
    static const struct {
        P2cDims dims;
        const char *words;
    } faces[] = {
        { { 4, { 1, 3, 96, 112 } }, "mobilefacenet|(n,3,112,112)|(1,3,96,112)" },
        { { 4, { 1, 3, 112, 96 } }, "mobilefacenet|(n,3,112,112)|(1,3,112,96)" },
        { { 4, { 2, 1, 112, 112 } }, "mobilefacenet|(n,3,112,112)|(2,1,112,112)" },
    };
    Bench b;
    (void)state;
    bench_open(&b, 0);
    for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) {
        P2cNode *face = p2c_input(b.graph, "face", faces[i].dims);
        assert_null(p2c_output(p2c_mobilefacenet(p2c_net(b.graph, b.store, "face"), face)));
        bench_must_refuse(&b, P2C_ERR_SHAPE, faces[i].words);
        bench_next_graph(&b);
    }
    P2cNode *square = p2c_input(b.graph, "face", P2C_DIMS(1, 3, 112, 112));
    assert_null(p2c_output(p2c_mobilefacenet_xiaoccer(p2c_net(b.graph, b.store, "face"), square)));
    bench_must_refuse(&b, P2C_ERR_SHAPE, "mobilefacenet|(n,3,112,96)|(1,3,112,112)");
    for (int kind = P2C_FACENET_TREB1EN; kind <= P2C_FACENET_XIAOCCER; kind++) {
        bench_next_graph(&b);
        P2cNode *narrow = p2c_input(b.graph, "x", P2C_DIMS(1, 3, 128, 64));
        assert_null(p2c_output(
            p2c_face_embedding(p2c_net(b.graph, b.store, "face"), narrow, (P2cFaceKind)kind)));
        bench_must_refuse(&b, P2C_ERR_SHAPE, "face_crop|(1,3,128,64)");
    }
    bench_close(&b);
}
