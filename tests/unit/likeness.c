/* likeness.c: the distance of points against a naive solution; a portrait is like itself, and not
 * like other drawings; the face network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../hash.h"
#include "cartoon/cartoon.h"
#include "drawn.h"

/* ---- distances ---- */

/* Solves the 4 x 4 system m v = r by elimination with pivots. */
static void solve(double m[4][5], double v[4]) {
    for (int i = 0; i < 4; i++) {
        int best = i;
        for (int k = i; k < 4; k++)
            if (fabs(m[k][i]) > fabs(m[best][i])) best = k;
        for (int c = 0; c < 5; c++) {
            double t = m[i][c];
            m[i][c] = m[best][c], m[best][c] = t;
        }
        for (int k = 0; k < 4; k++)
            for (int c = 4; k != i && c >= i; c--) m[k][c] -= m[i][c] * m[k][i] / m[i][i];
    }
    for (int i = 0; i < 4; i++) v[i] = m[i][4] / m[i][i];
}

/* By the normal equations of u = a x - b y + e, v = b x + a y + f. */
static double naive(const P2cPoint photo[], const P2cPoint cartoon[]) {
    double m[4][5] = { { 0 } }, s[4], sum = 0;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double x = cartoon[i].x, y = cartoon[i].y;
        double rows[2][5] = { { x, -y, 1, 0, photo[i].x }, { y, x, 0, 1, photo[i].y } };
        for (int r = 0; r < 2; r++)
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 5; k++) m[j][k] += rows[r][j] * rows[r][k];
    }
    solve(m, s);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double x = cartoon[i].x, y = cartoon[i].y;
        sum += sqrt(pow(s[0] * x - s[1] * y + s[2] - photo[i].x, 2) +
                    pow(s[1] * x + s[0] * y + s[3] - photo[i].y, 2));
    }
    return sum / 68 / sqrt(pow(photo[45].x - photo[36].x, 2) + pow(photo[45].y - photo[36].y, 2));
}

static void some_points(P2cPoint points[P2C_LANDMARKS], uint32_t seed) {
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        points[i].x = 100 + test_random(&seed) % 1000 / 10.0;
        points[i].y = 50 + test_random(&seed) % 1000 / 10.0;
    }
}

static void distances(void **state) {
    (void)state;
    P2cPoint photo[P2C_LANDMARKS], cartoon[P2C_LANDMARKS];
    for (uint32_t seed = 1; seed < 9; seed++) {
        some_points(photo, seed);
        some_points(cartoon, seed + 100);
        double want = naive(photo, cartoon);
        assert_true(want > 0.1);
        assert_true(fabs(p2c_landmark_distance(photo, cartoon) - want) < 1e-9);
        /* the same points, turned by 20 degrees, enlarged, moved */
        for (int i = 0; i < P2C_LANDMARKS; i++)
            cartoon[i] = (P2cPoint){ 2 * (0.9397 * photo[i].x - 0.3420 * photo[i].y) + 7,
                                     2 * (0.3420 * photo[i].x + 0.9397 * photo[i].y) - 50 };
        assert_true(p2c_landmark_distance(photo, cartoon) < 1e-9);
    }
    memset(cartoon, 0, sizeof cartoon);
    assert_true(isinf(p2c_landmark_distance(photo, cartoon)));
}

/* ---- pictures ---- */

static P2cImage over_white(P2cContext *ctx, const P2cPortrait *p, int size) {
    P2cImage out;
    assert_works(ctx, p2c_image_resize(ctx, &p->picture, size, size, P2C_FILTER_AREA, &out));
    p2c_image_over_white(&out);
    return out;
}

static P2cLikeness measured(P2cContext *ctx, const P2cPortrait *p, const P2cImage *cartoon) {
    P2cLandmarker *landmarker;
    P2cLikeness likeness = { NAN, NAN, NAN };
    assert_works(ctx, p2c_landmarker_open(ctx, NULL, &landmarker));
    assert_works(ctx, p2c_likeness_points(landmarker, p, cartoon, &likeness));
    p2c_landmarker_close(&landmarker);
    return likeness;
}

static void like_itself(void **state) {
    Scratch *s = *state;
    P2cPortrait p = test_drawn_portrait(s->ctx, 256);
    for (int size = 64; size <= 256; size *= 2) {
        P2cImage same = over_white(s->ctx, &p, size);
        P2cLikeness likeness = measured(s->ctx, &p, &same);
        if (!(likeness.distance < 0.02) || p2c_likeness_poor(&likeness))
            fail_msg("size %d: distance %g, doubt %g", size, likeness.distance, likeness.doubt);
        p2c_image_clear(&same);
    }
    p2c_portrait_clear(&p);
}

/* A longer face: every row of its lower half twice. */
static void unlike_others(void **state) {
    Scratch *s = *state;
    P2cPortrait p = test_drawn_portrait(s->ctx, 256);
    P2cImage same = over_white(s->ctx, &p, 256), longer = over_white(s->ctx, &p, 256),
             noise = test_noise(256, 256, 3, 5);
    for (int y = 128; y < 256; y++)
        memcpy(longer.pixels + (size_t)y * 768, same.pixels + (size_t)(128 + (y - 128) / 2) * 768,
               768);
    P2cLikeness self = measured(s->ctx, &p, &same), other = measured(s->ctx, &p, &longer),
                none = measured(s->ctx, &p, &noise);
    if (!(other.distance > 3 * self.distance))
        fail_msg("distances %g and %g", self.distance, other.distance);
    if (!p2c_likeness_poor(&none))
        fail_msg("noise: distance %g, doubt %g", none.distance, none.doubt);
    assert_false(p2c_likeness_poor(&(P2cLikeness){ NAN, NAN, 0 }));
    p2c_image_clear(&same);
    p2c_image_clear(&longer);
    p2c_image_clear(&noise);
    p2c_portrait_clear(&p);
}

/* ---- the face network ---- */

static void put_network(Scratch *s) {
    P2cStore *store = NULL;
    P2cGraph *graph = NULL;
    P2cValue *dict = NULL;
    assert_int_equal(p2c_store_new(&store, s->ctx, 1), P2C_OK);
    assert_int_equal(p2c_graph_new(&graph, s->ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, 64, 64));
    assert_non_null(p2c_face_embedding(p2c_net(graph, store, "face"), x, P2C_FACENET_XIAOCCER));
    p2c_graph_free(&graph);
    assert_int_equal(hash_fill(store), P2C_OK);
    assert_int_equal(p2c_store_save(store, "face", &dict), P2C_OK);
    assert_works(s->ctx, p2c_pt_write(s->ctx, scratch_path(s, "face.pth"), dict));
    p2c_value_free(&dict);
    p2c_store_free(&store);
}

/* A picture is itself, at any size and with any transparency; another picture is another. */
static void identity(void **state) {
    Scratch *s = *state;
    P2cIdentity *network = NULL;
    put_network(s);
    P2cPortrait p = test_drawn_portrait(s->ctx, 256);
    P2cImage same = over_white(s->ctx, &p, 256), noise = test_noise(100, 100, 3, 5);
    double self, other;
    assert_works(s->ctx, p2c_identity_open(s->ctx, s->path, &network));
    assert_works(s->ctx, p2c_identity_similarity(network, &p.picture, &same, &self));
    assert_works(s->ctx, p2c_identity_similarity(network, &p.picture, &noise, &other));
    if (!(self > 0.9999 && self < 1.0001 && other < 0.999)) fail_msg("%g and %g", self, other);
    p2c_identity_close(&network);
    assert_null(network);
    assert_int_equal(p2c_identity_open(s->ctx, "nowhere.pth", &network), P2C_ERR_READ);
    assert_null(network);
    assert_error_says(s->ctx, "nowhere.pth");
    p2c_image_clear(&same);
    p2c_image_clear(&noise);
    p2c_portrait_clear(&p);
}

const struct CMUnitTest p2c_tests_likeness[] = {
    cmocka_unit_test(distances),
    TEST(like_itself),
    TEST(unlike_others),
    TEST(identity),
};
const size_t p2c_tests_likeness_count = sizeof p2c_tests_likeness / sizeof *p2c_tests_likeness;
