/* mobilefacenet.c (test): crop, embedding, distance of two pictures and its gradient. */
#include "golden.h"

/* distance = mean(1 - cosine(face(crop(x)), face(crop(ref)))) */
void test_mobilefacenet(void **state) {
    Bench b;
    Results results = { 0 };
    P2cNode *dx;
    (void)state;
    bench_open(&b, 0);
    P2cNet net = p2c_net(b.graph, b.store, "face");
    P2cNode *x = p2c_input(b.graph, "x", P2C_DIMS(2, 3, 128, 128)), *ref = p2c_input(b.graph, "ref", p2c_node_dims(x));
    P2cNode *crop = p2c_output(p2c_face_crop(x)), *embedding = p2c_output(p2c_mobilefacenet(net, crop));
    P2cNode *other = p2c_mobilefacenet(net, p2c_face_crop(ref));
    P2cNode *distance = p2c_output(p2c_affine(p2c_mean(p2c_cosine_similarity(embedding, other)), -1, 1));
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

/* A face of the wrong size; a portrait too narrow for its face. */
void test_mobilefacenet_refuses(void **state) {
    static const struct { P2cDims dims; const char *words; } faces[] = {
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
    assert_null(p2c_output(p2c_face_crop(p2c_input(b.graph, "x", P2C_DIMS(1, 3, 128, 64)))));
    bench_must_refuse(&b, P2C_ERR_SHAPE, "face_crop|(1,3,128,64)");
    bench_close(&b);
}
