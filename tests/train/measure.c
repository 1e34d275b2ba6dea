/* measure.c (test): each measure against a naive form of its own, in double; numbers for drawn
 * pictures that must stay; and that it says what it is for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/measure/edges.h"
#include "../../train/measure/faces.h"
#include "../../train/measure/lanczos.h"
#include "../../train/measure/measures.h"
#include "../../train/measure/points.h"
#include "../../train/run/order.h"
#include "../hash.h"
#include "../unit/support.h"

/* ---- drawn pictures -------------------------------------------------------------------------- */

enum { SIDE = 64, PLANE = SIDE * SIDE, PLANES = 3 * PLANE };

/* Discs of one colour with a dark outline ("drawn"), or the same blurred over and grainy. */
static void draw(const char *name, int number, bool cartoon, float *planes) {
    char seed[64];
    double u[8];
    static double grain[PLANES];
    snprintf(seed, sizeof seed, "measure.%s.%d", name, number);
    hash_uniform(seed, 8, u);
    strcat(seed, ".grain");
    hash_uniform(seed, PLANES, grain);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PLANE; i++) {
            double x = i % SIDE - SIDE * (0.4 + 0.2 * u[0]),
                   y = i / SIDE - SIDE * (0.4 + 0.2 * u[1]),
                   r = hypot(x, y) / SIDE - 0.2 - 0.15 * u[2], inside = u[3 + c] - 0.2;
            double value = cartoon ? fabs(r) < 0.025 ? -0.9
                                     : r < 0         ? inside
                                                     : 1
                                   : 1 - (1.1 - inside) / (1 + exp(40 * r)) +
                                         0.2 * (grain[c * PLANE + i] - 0.5);
            planes[c * PLANE + i] = (float)fmin(value, 1);
        }
}

typedef struct Drawn {
    int count;
    float *planes; /* (count,3,SIDE,SIDE) */
} Drawn;

static Drawn draw_set(const char *name, int count, bool cartoon) {
    Drawn drawn = { count, malloc((size_t)count * PLANES * sizeof(float)) };
    assert_non_null(drawn.planes);
    for (int i = 0; i < count; i++) draw(name, i, cartoon, drawn.planes + (size_t)i * PLANES);
    return drawn;
}

/* ---- pyramid --------------------------------------------------------------------------------- */

static double at(const double *plane, int side, int y, int x) {
    y = abs(y), x = abs(x);
    if (y >= side) y = 2 * (side - 1) - y;
    if (x >= side) x = 2 * (side - 1) - x;
    return plane[y * side + x];
}

/* Both ways at once, with the 5x5 kernel. */
static double blurred(const double *plane, int side, int y, int x) {
    static const double k[5] = { 1, 4, 6, 4, 1 };
    double sum = 0;
    for (int i = 0; i < 25; i++)
        sum += k[i / 5] * k[i % 5] / 256 * at(plane, side, y + i / 5 - 2, x + i % 5 - 2);
    return sum;
}

/* plane becomes the level; smaller the next plane. */
static void naive_split(double *plane, int side, double *smaller) {
    int half = side / 2;
    double *large = malloc((size_t)(side * side) * sizeof *large);
    assert_non_null(large);
    for (int i = 0; i < half * half; i++)
        smaller[i] = blurred(plane, side, 2 * (i / half), 2 * (i % half));
    for (int i = 0; i < side * side; i++) large[i] = smaller[i / side / 2 * half + i % side / 2];
    for (int i = 0; i < side * side; i++) plane[i] -= blurred(large, side, i / side, i % side);
    free(large);
}

static void levels_of_a_side(void **state) {
    (void)state;
    static const int sides[][2] = { { 16, 1 },  { 32, 2 },  { 96, 3 },  { 128, 4 }, { 192, 4 },
                                    { 256, 5 }, { 272, 5 }, { 512, 6 }, { 1024, 6 } };
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        assert_int_equal(pyramid_levels(sides[i][0]), sides[i][1]);
}

static void pyramid(void **state) {
    (void)state;
    static float planes[PLANES], smaller[PLANES / 4];
    static double plane[PLANE], half[PLANE / 4];
    float *scratch = malloc(pyramid_scratch(SIDE) * sizeof *scratch);
    assert_non_null(scratch);
    draw("pyramid", 0, true, planes);
    for (int c = 0; c < 3; c++) {
        double worst = 0;
        draw("pyramid", 0, true, planes);
        for (int i = 0; i < PLANE; i++) plane[i] = planes[c * PLANE + i];
        naive_split(plane, SIDE, half);
        pyramid_split(planes, SIDE, smaller, scratch);
        for (int i = 0; i < PLANE; i++) worst = fmax(worst, fabs(plane[i] - planes[c * PLANE + i]));
        for (int i = 0; i < PLANE / 4; i++)
            worst = fmax(worst, fabs(half[i] - smaller[c * PLANE / 4 + i]));
        print_message("pyramid: channel %d within %.1e\n", c, worst);
        assert_true(worst < 1e-6);
    }
    free(scratch);
}

/* ---- sliced Wasserstein distance ------------------------------------------------------------- */

/* All patches of one level of a set, from planes in double; the places are those that swd.c
 * draws. */
static double *naive_patches(const double *levels, int side, int count, int patches, int stream,
                             int level) {
    double *out = malloc((size_t)patches * SWD_VALUES * sizeof *out);
    assert_non_null(out);
    for (int i = 0; i < count; i++) {
        Draws draws = draws_start(0, "measure.patch", stream, level, i);
        for (int k = i; k < patches; k += count) {
            int top = (int)draws_below(&draws, (uint32_t)side - 6),
                left = (int)draws_below(&draws, (uint32_t)side - 6);
            for (int v = 0; v < SWD_VALUES; v++)
                out[k * SWD_VALUES + v] =
                    levels[((i * 3 + v / 49) * side + top + v % 49 / 7) * side + left + v % 7];
        }
    }
    return out;
}

static void normalise(double *x, int patches, const double *of) {
    for (int c = 0; c < 3; c++) {
        double mean = 0, variance = 0, n = 49.0 * patches;
        for (int i = 0; i < patches * SWD_VALUES; i++)
            if (i % SWD_VALUES / 49 == c) mean += of[i] / n;
        for (int i = 0; i < patches * SWD_VALUES; i++)
            if (i % SWD_VALUES / 49 == c) variance += (of[i] - mean) * (of[i] - mean) / n;
        for (int i = 0; i < patches * SWD_VALUES; i++)
            if (i % SWD_VALUES / 49 == c) x[i] = (x[i] - mean) / sqrt(variance);
    }
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *projected(const double *x, int patches, const double *direction) {
    double *out = calloc((size_t)patches, sizeof *out);
    assert_non_null(out);
    for (int i = 0; i < patches * SWD_VALUES; i++)
        out[i / SWD_VALUES] += x[i] * direction[i % SWD_VALUES];
    qsort(out, (size_t)patches, sizeof *out, ascending);
    return out;
}

/* Independent directions, of the test's own: what swd.c estimates with others. */
static double naive_level(double *a, double *b, int patches, int directions, const char *name) {
    double sum = 0, u[2 * SWD_VALUES], d[SWD_VALUES];
    double *scale = malloc((size_t)patches * SWD_VALUES * sizeof *scale);
    assert_non_null(scale);
    memcpy(scale, b, (size_t)patches * SWD_VALUES * sizeof *scale);
    normalise(a, patches, scale);
    normalise(b, patches, scale);
    free(scale);
    for (int k = 0; k < directions; k++) {
        char seed[64];
        double length = 0;
        snprintf(seed, sizeof seed, "%s.%d", name, k);
        hash_uniform(seed, 2 * SWD_VALUES, u);
        for (int i = 0; i < SWD_VALUES; i++) {
            d[i] = sqrt(-2 * log(1 - u[2 * i])) * sin(2 * M_PI * u[2 * i + 1]);
            length += d[i] * d[i];
        }
        for (int i = 0; i < SWD_VALUES; i++) d[i] /= sqrt(length);
        double *x = projected(a, patches, d), *y = projected(b, patches, d);
        for (int i = 0; i < patches; i++) sum += fabs(x[i] - y[i]) / patches;
        free(x);
        free(y);
    }
    return 1000 * sum / directions;
}

/* Every plane of a set as double; each call goes a level down. */
static void split_all(double *planes, int side, int count, double *smaller) {
    for (int i = 0; i < 3 * count; i++)
        naive_split(planes + (size_t)i * (size_t)(side * side), side,
                    smaller + (size_t)i * (size_t)(side * side / 4));
}

static double *in_double(const Drawn *drawn) {
    size_t n = (size_t)drawn->count * PLANES;
    double *out = malloc(n * sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) out[i] = drawn->planes[i];
    return out;
}

static double naive_swd(const Drawn *a, const Drawn *b, double levels[]) {
    enum { DIRECTIONS = 1000 };
    int side = SIDE, patches = swd_patches(a->count, b->count), count = pyramid_levels(SIDE);
    double *x = in_double(a), *y = in_double(b), *x2 = in_double(a), *y2 = in_double(b), mean = 0;
    for (int level = 0; level < count; level++, side /= 2) {
        if (level + 1 < count) split_all(x, side, a->count, x2), split_all(y, side, b->count, y2);
        double *p = naive_patches(x, side, a->count, patches, 0, level),
               *q = naive_patches(y, side, b->count, patches, 1, level);
        levels[level] = naive_level(p, q, patches, DIRECTIONS, "measure.directions");
        mean += levels[level] / count;
        double *kept = x;
        x = x2, x2 = kept, kept = y, y = y2, y2 = kept;
        free(p);
        free(q);
    }
    free(x), free(y), free(x2), free(y2);
    return mean;
}

static void fill(SwdSet *set, const Drawn *drawn, int patches, int stream) {
    assert_true(swd_init(set, SIDE, drawn->count, patches, stream));
    /* the order does not matter */
    for (int i = drawn->count - 1; i >= 0; i--)
        assert_true(swd_add(set, i, drawn->planes + (size_t)i * PLANES));
}

static double swd(const Drawn *a, const Drawn *b, double levels[PYRAMID_LEVELS]) {
    SwdSet x, y;
    int patches = swd_patches(a->count, b->count);
    fill(&x, a, patches, 0);
    fill(&y, b, patches, 1);
    double mean = swd_distance(&x, &y, levels);
    swd_clear(&x);
    swd_clear(&y);
    return mean;
}

/* Other directions agree within what is left to chance. */
static void swd_naive(void **state) {
    (void)state;
    Drawn a = draw_set("a", 5, true), b = draw_set("b", 7, true), photos = draw_set("c", 4, false);
    double ours[PYRAMID_LEVELS], naive[PYRAMID_LEVELS];
    for (int k = 0; k < 2; k++) {
        const Drawn *other = k ? &photos : &a;
        double mean = swd(other, &b, ours), expected = naive_swd(other, &b, naive);
        for (int i = 0; i < 3; i++) {
            print_message("SWD, level %d: %.1f, naive %.1f\n", i, ours[i], naive[i]);
            assert_true(fabs(ours[i] / naive[i] - 1) < 0.06);
        }
        assert_true(isnan(ours[3]) && isnan(ours[PYRAMID_LEVELS - 1]));
        assert_true(fabs(mean / expected - 1) < 0.04);
        assert_true(fabs(mean - (ours[0] + ours[1] + ours[2]) / 3) < 1e-9);
    }
    free(a.planes), free(b.planes), free(photos.planes);
}

/* Numbers that must not change: those of older runs are compared with them. */
static void swd_golden(void **state) {
    (void)state;
    static const double golden[2][4] = { { 83.2121, 112.7530, 176.6148, 124.1933 },
                                         { 424.0774, 528.2559, 381.5386, 444.6240 } };
    Drawn a = draw_set("a", 5, true), b = draw_set("b", 7, true), photos = draw_set("c", 4, false);
    for (int k = 0; k < 2; k++) {
        double levels[PYRAMID_LEVELS], mean = swd(k ? &photos : &a, &b, levels);
        print_message("SWD: %.4f, %.4f, %.4f; mean %.4f\n", levels[0], levels[1], levels[2], mean);
        for (int i = 0; i < 3; i++) assert_true(fabs(levels[i] / golden[k][i] - 1) < 1e-4);
        assert_true(fabs(mean / golden[k][3] - 1) < 1e-4);
    }
    free(a.planes), free(b.planes), free(photos.planes);
}

/* ---- lines and flat -------------------------------------------------------------------------- */

static void edges(void **state) {
    (void)state;
    enum { S = 16 };
    static float planes[3 * S * S];
    double lines, flat;
    for (int i = 0; i < 3 * S * S; i++) planes[i] = 1;
    edge_shares(planes, S, &lines, &flat);
    assert_true(lines == 0 && flat == 1);
    /* a black line of 2 pixels from top to bottom: a gradient left of it and at its right end */
    for (int i = 0; i < 3 * S * S; i++) planes[i] = i % S == 5 || i % S == 6 ? -1.f : 1.f;
    edge_shares(planes, S, &lines, &flat);
    assert_true(fabs(lines - 2.0 / 15) < 1e-12 && fabs(flat - 13.0 / 15) < 1e-12);
    /* in one channel of three it is a third as strong: still a line */
    for (int i = 0; i < 2 * S * S; i++) planes[i] = 1;
    edge_shares(planes, S, &lines, &flat);
    assert_true(fabs(lines - 2.0 / 15) < 1e-12);
    /* slopes in both directions, of 0.18 each: 0.2546; of 0.17: 0.2404; of 0.0071: 0.01004 */
    static const double slopes[][3] = {
        { 0.18, 1, 0 }, { 0.17, 0, 0 }, { 0.0071, 0, 0 }, { 0.0070, 0, 1 }
    };
    for (size_t k = 0; k < sizeof slopes / sizeof *slopes; k++) {
        for (int i = 0; i < 3 * S * S; i++)
            planes[i] = (float)(2 * slopes[k][0] * (i % S + i / S % S));
        edge_shares(planes, S, &lines, &flat);
        assert_true(lines == slopes[k][1] && flat == slopes[k][2]);
    }
}

/* ---- faces ----------------------------------------------------------------------------------- */

static float *vectors(const char *name, int n, int d, double shift) {
    size_t count = (size_t)n * (size_t)d;
    double *u = malloc(count * sizeof *u);
    float *x = malloc(count * sizeof *x);
    assert_true(u && x);
    hash_uniform(name, count, u);
    for (size_t i = 0; i < count; i++) x[i] = (float)(4 * u[i] - 2 + shift);
    free(u);
    return x;
}

/* What kid_deviation says of one pair of sets is how much KID really deviates over pairs. */
static void kid_deviates(void **state) {
    enum { N = 40, M = 60, D = 12, DRAWS = 60 };
    (void)state;
    double sum = 0, squares = 0, said = 0;
    for (int i = 0; i < DRAWS; i++) {
        char names[2][32];
        for (int k = 0; k < 2; k++) snprintf(names[k], sizeof names[k], "measure.kid.%d.%d", k, i);
        float *x = vectors(names[0], N, D, 0.4), *y = vectors(names[1], M, D, 0);
        double value = kid(x, N, y, M, D);
        sum += value / DRAWS;
        squares += value * value / DRAWS;
        said += kid_deviation(x, N, y, M, D) / DRAWS;
        if (!i) assert_true(isnan(kid_deviation(x, 3, y, M, D)));
        free(x);
        free(y);
    }
    double deviation = sqrt(squares - sum * sum);
    print_message("KID %.4f deviates by %.4f, said %.4f\n", sum, deviation, said);
    assert_true(said > 0.75 * deviation && said < 1.33 * deviation);
}

static void cosines(void **state) {
    enum { N = 5, M = 3, D = 4 };
    (void)state;
    float *x = vectors("measure.x", N, D, 0), *y = vectors("measure.y", N, D, 0);
    double pairs = 0, others = 0, all = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double dot = 0;
            for (int k = 0; k < D; k++) dot += (double)x[i * D + k] * y[j * D + k] / D;
            if (i == j) pairs += dot / N;
            else others += dot / (N * (N - 1));
            if (j < M) all += dot / (N * M);
        }
    assert_true(fabs(cosine_of_pairs(x, y, N, D) - pairs) < 1e-12);
    assert_true(fabs(cosine_of_others(x, y, N, D) - others) < 1e-12);
    assert_true(fabs(cosine_of_all(x, N, y, M, D) - all) < 1e-12);
    assert_true(isnan(cosine_of_others(x, y, 1, D)) && isnan(cosine_of_pairs(x, y, 0, D)));
    free(x);
    free(y);
}

/* ---- points ---------------------------------------------------------------------------------- */

static void draw_points(const char *name, P2cPoint points[P2C_LANDMARKS], double noise) {
    double u[2 * P2C_LANDMARKS];
    P2cFace face = p2c_face_centred(&(P2cImage){ .width = 200, .height = 200, .channels = 3 });
    hash_uniform(name, 2 * P2C_LANDMARKS, u);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        points[i] = (P2cPoint){ face.landmarks[i].x + noise * (u[2 * i] - 0.5),
                                face.landmarks[i].y + noise * (u[2 * i + 1] - 0.5) };
}

static P2cPoint moved(P2cPoint p, const double m[4]) {
    return (P2cPoint){ m[0] * p.x - m[1] * p.y + m[2], m[1] * p.x + m[0] * p.y + m[3] };
}

/* The least squares by the normal equations of the four numbers, solved by elimination. */
static void naive_fit(const P2cPoint *a, const P2cPoint *b, double m[4]) {
    double e[4][5] = { 0 };
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        const double rows[2][5] = { { b[i].x, -b[i].y, 1, 0, a[i].x },
                                    { b[i].y, b[i].x, 0, 1, a[i].y } };
        for (int r = 0; r < 2; r++)
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 5; k++) e[j][k] += rows[r][j] * rows[r][k];
    }
    for (int j = 0; j < 4; j++)
        for (int i = 0; i < 4; i++) {
            double factor = e[i][j] / e[j][j];
            for (int k = 0; i != j && k < 5; k++) e[i][k] -= factor * e[j][k];
        }
    for (int j = 0; j < 4; j++) m[j] = e[j][4] / e[j][j];
}

static double naive_distance(const P2cPoint *a, const P2cPoint *b) {
    double m[4], sum = 0;
    naive_fit(a, b, m);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        P2cPoint p = moved(b[i], m);
        sum += hypot(p.x - a[i].x, p.y - a[i].y) / P2C_LANDMARKS;
    }
    return sum / hypot(a[45].x - a[36].x, a[45].y - a[36].y);
}

static void points(void **state) {
    (void)state;
    static const double turn[4] = { 0.9, 0.7, -30, 12 };
    P2cPoint a[P2C_LANDMARKS], b[P2C_LANDMARKS];
    draw_points("measure.a", a, 8);
    for (int i = 0; i < P2C_LANDMARKS; i++) b[i] = moved(a[i], turn);
    PointsDifference same = points_compare(a, b);
    assert_true(same.distance < 1e-12 && fabs(same.eyes - 1) < 1e-12);
    for (int k = 0; k < 5; k++) {
        char name[32];
        snprintf(name, sizeof name, "measure.b.%d", k);
        draw_points(name, b, 10 + k);
        for (int i = 0; i < P2C_LANDMARKS; i++) b[i] = moved(b[i], turn);
        assert_true(fabs(points_compare(a, b).distance - naive_distance(a, b)) < 1e-9);
    }
    /* eyes of half again the height have half again the area, and leave the rest nearly alone */
    draw_points("measure.a", a, 0);
    memcpy(b, a, sizeof b);
    for (int i = 36; i < 48; i++) b[i].y = a[36].y + 1.5 * (a[i].y - a[36].y);
    PointsDifference large = points_compare(a, b);
    print_message("eyes of 1.5 times the height: area %.3f\n", large.eyes);
    assert_true(fabs(large.eyes - 1.5) < 0.02 && large.distance < 0.01);
    P2cPoint nowhere[P2C_LANDMARKS] = { 0 };
    assert_true(isnan(points_compare(a, nowhere).distance) &&
                isnan(points_compare(nowhere, a).eyes));
}

/* ---- scaling and the score ------------------------------------------------------------------- */

/* Pillow's pictures, by make_transform_fixtures.py; its weights are whole numbers, so some values
 * are off by one. */
static void lanczos(void **state) {
    Scratch *scratch = *state;
    static const int sides[] = { 24, 60 };
    for (int k = 0; k < 2; k++) {
        char path[64];
        size_t size, off = 0;
        P2cImage image;
        snprintf(path, sizeof path, "tests/train/data/lanczos_%d.rgb", sides[k]);
        char *expected = get_file(path, &size);
        assert_int_equal(
            lanczos_read(scratch->ctx, "tests/train/data/source_40x52.png", sides[k], &image), 0);
        assert_int_equal(size, 3 * sides[k] * sides[k]);
        for (size_t i = 0; i < size; i++) {
            int difference = abs(image.pixels[i] - (uint8_t)expected[i]);
            assert_true(difference <= 1);
            off += difference;
        }
        print_message("lanczos to %d: %zu of %zu values are off by one\n", sides[k], off, size);
        assert_true(off < size / 50);
        free(expected);
        p2c_image_clear(&image);
    }
    P2cImage none = { .width = 1 };
    assert_int_equal(lanczos_read(scratch->ctx, "absent.png", 8, &none), P2C_ERR_READ);
    assert_true(!none.pixels && !none.width);
}

static void score(void **state) {
    (void)state;
    Measures m = measures_none();
    assert_true(isnan(measures_score(&m)));
    m.value[MEASURE_SWD] = 80;
    assert_true(measures_score(&m) == 80);
    m.value[MEASURE_ID_MARGIN] = 0.2;
    assert_true(measures_score(&m) == 80);
    m.value[MEASURE_ID_MARGIN] = 0.05;
    assert_true(fabs(measures_score(&m) - 130) < 1e-9);
}

const struct CMUnitTest p2c_tests_measure[] = {
    cmocka_unit_test(levels_of_a_side),
    cmocka_unit_test(pyramid),
    cmocka_unit_test(swd_naive),
    cmocka_unit_test(swd_golden),
    cmocka_unit_test(edges),
    cmocka_unit_test(kid_deviates),
    cmocka_unit_test(cosines),
    cmocka_unit_test(points),
    TEST(lanczos),
    cmocka_unit_test(score),
};
const size_t p2c_tests_measure_count = sizeof p2c_tests_measure / sizeof *p2c_tests_measure;
