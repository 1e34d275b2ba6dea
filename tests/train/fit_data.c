/* fit_data.c (test): what p2c-fit learns from, with portraits that are drawn by formula. */
#include "../unit/drawn.h"
#include "people.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = FIT_SIDE, PEOPLE = 40 };

/* ---- portraits ---- */

/* Pixels for which the rule is true have one colour, the rest is white. */
static FitVerdict judged(P2cContext *ctx, bool (*rule)(int x, int y)) {
    P2cImage image;
    FitPortrait portrait;
    assert_int_equal(p2c_image_init(ctx, &image, SIDE, SIDE, 3), P2C_OK);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        image.pixels[i] = rule(i / 3 % SIDE, i / 3 / SIDE) ? 90 : 255;
    assert_int_equal(fit_portrait_make(ctx, &image, &portrait), P2C_OK);
    p2c_image_clear(&image);
    free(portrait.rgba);
    return portrait.verdict;
}

static bool nobody(int x, int y) { return (void)x, (void)y, false; }
static bool everywhere(int x, int y) { return (void)x, (void)y, true; }
static bool turned_rectangle(int x, int y) {
    return fabs((x - 128) * 0.97 + (y - 128) * 0.24) < 60 &&
           fabs((y - 128) * 0.97 - (x - 128) * 0.24) < 80;
}
static bool cut_at_the_side(int x, int y) { return y > 60 && x > 40 + 0.1 * y; }
static bool head_and_ball(int x, int y) {
    return hypot(x - 128, y - 140) < 70 || y > 180 + abs(x - 128) / 3 + 8 * sin(x / 9.0) ||
           hypot(x - 30, y - 40) < 22;
}

static void which_are_mattes(void **state) {
    Dataset *d = *state;
    assert_int_equal(judged(d->ctx, nobody), FIT_EMPTY);
    assert_int_equal(judged(d->ctx, everywhere), FIT_FULL);
    assert_int_equal(judged(d->ctx, turned_rectangle), FIT_FLOATING);
    assert_int_equal(judged(d->ctx, cut_at_the_side), FIT_CUT);
    assert_int_equal(judged(d->ctx, head_and_ball), FIT_SCATTERED);
}

/* Alpha is as drawn, and no white shines through any more. */
static void alpha_and_colours(void **state) {
    Dataset *d = *state;
    for (int number = 0; number < 5; number++) {
        Person p = person_of(number);
        P2cImage image = person_draw(d->ctx, number);
        FitPortrait portrait;
        assert_int_equal(fit_portrait_make(d->ctx, &image, &portrait), P2C_OK);
        assert_int_equal(portrait.verdict, FIT_GOOD);
        double off = 0, edge_off = 0;
        int edge = 0, lightest = 0;
        for (int i = 0; i < SIDE * SIDE; i++) {
            const uint8_t *q = portrait.rgba + 4 * i;
            double a = person_alpha(&p, i % SIDE, i / SIDE), wrong = fabs(q[3] / 255.0 - a);
            off += wrong / (SIDE * SIDE);
            if (a <= 0.2 || a >= 1) continue;
            edge_off += wrong;
            edge++;
            lightest = q[0] > lightest ? q[0] : lightest;
        }
        print_message("    person %d: alpha %.4f off, at the edge %.3f; lightest red there %d\n",
                      number, off, edge_off / edge, lightest);
        assert_true(off < 0.004 && edge_off / edge < 0.15);
        assert_in_range(lightest, 0, 205);
        p2c_image_clear(&image);
        free(portrait.rgba);
    }
}

/* ---- warps ---- */

static void mirrored_points(void **state) {
    (void)state;
    static const int pairs[][2] = { { 0, 16 },  { 8, 8 },   { 17, 26 }, { 30, 30 }, { 31, 35 },
                                    { 36, 45 }, { 37, 44 }, { 39, 42 }, { 41, 46 }, { 48, 54 },
                                    { 57, 57 }, { 60, 64 }, { 67, 65 } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_int_equal(p2c_mirrored_landmark(pairs[i][0]), pairs[i][1]);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        assert_int_equal(p2c_mirrored_landmark(p2c_mirrored_landmark(i)), i);
}

/* A spot of alpha in a portrait is, in a sample, where the warp's inverse says; and the portrait's
 * mirrored twin has it at the target's place. */
static void points_follow(void **state) {
    (void)state;
    FitPortrait p = { .rgba = calloc(FIT_PIXELS, 4),
                      .verdict = FIT_GOOD,
                      .box = { 70, 70, 186, 186 } };
    const FitPortrait *people[] = { &p };
    FitPeople others = { people, 1, NULL, 0 };
    void *scratch = malloc(fit_scene_bytes(FIT_LANDMARK_SIZE));
    float *picture = malloc(3 * FIT_LANDMARK_SIZE * FIT_LANDMARK_SIZE * sizeof *picture),
          target[2 * P2C_LANDMARKS];
    assert_true(p.rgba && scratch && picture);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        p.points[i] = (P2cPoint){ 128 + 50 * cos(i), 128 + 50 * sin(i) };
    p.points[36] = (P2cPoint){ 100, 110 }, p.points[45] = (P2cPoint){ 156, 110 };
    for (int i = 0; i < FIT_PIXELS; i++)
        p.rgba[4 * i + 3] = hypot(i % SIDE - 100, i / SIDE - 110) < 6 ? 255 : 0;
    int mirrors = 0;
    for (int k = 0; k < 40; k++) {
        FitScene s = fit_scene_in(scratch, FIT_LANDMARK_SIZE);
        Draws draws = draws_start(3, "points", 0, 0, k), again = draws;
        bool mirrored;
        fit_warp_landmarks(&again, &p, &mirrored);
        fit_make_landmarks(&s, &draws, &others, &p, false, picture, target);
        double x = 0, y = 0, sum = 0;
        for (int i = 0; i < s.side * s.side; i++)
            x += s.alpha[i] * (i % s.side), y += s.alpha[i] * (double)(i / s.side),
                sum += s.alpha[i];
        const float *seen = target + 2 * (mirrored ? 45 : 36);
        assert_float_equal((x / sum + 0.5) / s.side, seen[0], 0.004);
        assert_float_equal((y / sum + 0.5) / s.side, seen[1], 0.004);
        assert_true(target[2 * 36] < target[2 * 45]); /* the eye on the left stays on the left */
        mirrors += mirrored;
    }
    assert_in_range(mirrors, 10, 30);
    free(p.rgba);
    free(scratch);
    free(picture);
}

/* ---- whole ---- */

static FitData *open_people(Dataset *d, const char *teacher, FitTask task, int expected) {
    char name[32], folder[256], backgrounds[256];
    FitData *data = NULL;
    people_write(d, PEOPLE);
    snprintf(folder, sizeof folder, "%s", dataset_path(d, "people"));
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "backgrounds/%d.png", i);
        dataset_put_picture(d, name, 60 + 40 * i, 200, (uint32_t)i);
    }
    snprintf(backgrounds, sizeof backgrounds, "%s", dataset_path(d, "backgrounds"));
    FitDataOptions options = {
        .task = task, .portraits = folder, .backgrounds = backgrounds, .teacher = teacher, .seed = 5
    };
    assert_int_equal(fit_data_open(&data, &options), expected);
    return data;
}

typedef struct Taken {
    const FitData *data;
    float *values; /* picture and target */
    bool held_out;
    uint64_t draw;
    int rubbish; /* contents of the scratch beforehand */
} Taken;

enum {
    PICTURE = 3 * FIT_MATTE_SIZE * FIT_MATTE_SIZE,
    VALUES = PICTURE + FIT_MATTE_SIZE * FIT_MATTE_SIZE
};

static void *take(void *what) {
    Taken *t = what;
    void *scratch = malloc(fit_data_scratch(t->data));
    t->values = malloc(VALUES * sizeof *t->values);
    assert_true(scratch && t->values);
    memset(scratch, t->rubbish, fit_data_scratch(t->data));
    fit_data_sample(t->data, t->held_out, t->draw, scratch, t->values, t->values + PICTURE);
    free(scratch);
    return NULL;
}

/* The sample is the same bit for bit in another thread and with other contents of the scratch. */
static void same_draw_same_sample(void **state) {
    FitData *data = open_people(*state, NULL, FIT_MATTE, 0);
    assert_int_equal(fit_data_count(data, false) + fit_data_count(data, true), PEOPLE);
    assert_in_range(fit_data_count(data, true), 2, PEOPLE / 2);
    for (int k = 0; k < 60; k++) {
        Taken here = { data, NULL, k % 2, (uint64_t)k, 0 }, there = here,
              other = { data, NULL, !here.held_out, (uint64_t)k, 0 },
              next = { data, NULL, here.held_out, (uint64_t)k + 2, 0 };
        there.rubbish = 0x3d;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, take, &there), 0);
        take(&here);
        take(&other);
        take(&next);
        pthread_join(thread, NULL);
        assert_memory_equal(here.values, there.values, VALUES * sizeof *here.values);
        assert_memory_not_equal(here.values, other.values, VALUES * sizeof *here.values);
        assert_memory_not_equal(here.values, next.values, VALUES * sizeof *here.values);
        double alpha = 0;
        for (int i = 0; i < VALUES; i++)
            assert_true(here.values[i] >= (i < PICTURE ? -1 : 0) && here.values[i] <= 1);
        for (int i = PICTURE; i < VALUES; i++)
            alpha += here.values[i] / (FIT_MATTE_SIZE * FIT_MATTE_SIZE);
        assert_true(alpha > 0.05 && alpha < 0.98);
        free(here.values);
        free(there.values);
        free(other.values);
        free(next.values);
    }
    fit_data_close(&data);
}

/* A person who appears twice is on one side only, whatever the order of the portraits; one in five
 * is held out. */
static void people_stay_apart(void **state) {
    (void)state;
    enum { COUNT = 400 };
    FitPortrait *portraits = calloc(2 * COUNT, sizeof *portraits),
                *turned = calloc(2 * COUNT, sizeof *portraits);
    Draws draws = draws_start(2, "prints", 0, 0, 0);
    assert_true(portraits && turned);
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < 4; k++)
            portraits[i].print[k] =
                (uint64_t)draws_below(&draws, 1u << 31) * draws_below(&draws, 1u << 31) * 4;
        portraits[COUNT + i] = portraits[i];
        for (int k = 0; k < 4; k++)
            portraits[COUNT + i].print[k] ^=
                (uint64_t)1 << fit_choice(&draws, 64) | (uint64_t)1 << fit_choice(&draws, 64);
    }
    for (int i = 0; i < 2 * COUNT; i++) turned[i] = portraits[2 * COUNT - 1 - i];
    assert_true(fit_split(portraits, 2 * COUNT) && fit_split(turned, 2 * COUNT));
    int held = 0;
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(portraits[i].held_out, portraits[COUNT + i].held_out);
        assert_int_equal(portraits[i].held_out, turned[2 * COUNT - 1 - i].held_out);
        held += portraits[i].held_out;
    }
    assert_in_range(held, COUNT / 5 - 32, COUNT / 5 + 32);
    free(portraits);
    free(turned);
}

static bool has_dlib(P2cContext *ctx) {
    P2cPreparer *preparer = NULL;
    P2cPreparerOptions options = { .detector = "dlib", .landmarks = "none", .matte = "none" };
    P2cStatus status = p2c_preparer_open(ctx, &options, &preparer);
    p2c_preparer_close(&preparer);
    if (!status) return true;
    assert_error_says(ctx, "no dlib");
    print_message("    SKIPPED: this build has no dlib\n");
    return false;
}

static void no_teacher(void **state) {
    Dataset *d = *state;
    if (!has_dlib(d->ctx)) skip();
    Heard heard = hear_begin();
    assert_null(open_people(d, "missing.onnx", FIT_LANDMARKS, 3));
    char *text = hear_end(heard);
    assert_int_equal(count_lines(text), 1);
    assert_says(text, "missing.onnx: ");
    assert_says(text, "No such file");
    free(text);
}

/* The fixture puts an average face into everything it looks at. So all readings, even mirrored
 * ones, must come back to the same points; a reading that is not brought back would be off by a
 * third of the face. Readings that differ give no points, and neither does a picture without a
 * face. */
static void teacher_reads(void **state) {
    Dataset *d = *state;
    if (!has_dlib(d->ctx)) skip();
    FitPortrait portraits[2];
    for (int k = 0; k < 2; k++) {
        P2cImage image = test_drawn(SIDE, SIDE, 122, 130, k ? 0 : 110);
        for (int i = 0; i < 3 * SIDE * SIDE; i++)
            image.pixels[i] = image.pixels[i] == 225 ? 255 : image.pixels[i];
        assert_int_equal(fit_portrait_make(d->ctx, &image, &portraits[k]), P2C_OK);
        p2c_image_clear(&image);
    }
    assert_int_equal(fit_points_read("tests/unit/data/face_landmarks.onnx", portraits, 2), 0);
    const FitPortrait *p = &portraits[0];
    double side = p->box.right - p->box.left, x = (p->box.left + p->box.right) / 2;
    print_message(
        "    box %.0f wide, middle at %.1f; eyes %.1f apart, middle at %.1f; spread %.4f\n", side,
        x, p->points[45].x - p->points[36].x, (p->points[45].x + p->points[36].x) / 2, p->spread);
    assert_true(side > 70 && side < 140 && fabs(x - 122) < 5);
    assert_true(p->points[45].x - p->points[36].x > 0.3 * side &&
                fabs((p->points[45].x + p->points[36].x) / 2 - x) < 3);
    assert_true(p->points[8].y > p->points[30].y && p->points[30].y > p->points[27].y);
    /* the fixture's face is always upright, but two readings are turned */
    assert_true(p->spread > 0.01 && p->spread < 0.08);
    assert_false(p->has_points);
    assert_false(portraits[1].has_points);
    for (int k = 0; k < 2; k++) free(portraits[k].rgba);
}

/* JPEG may lose nothing of even areas, up to half a step of one colour, but much of noise. */
static void jpeg_loses_detail(void **state) {
    (void)state;
    enum { SMALL = 16 };
    void *scratch = malloc(fit_scene_bytes(SMALL));
    assert_non_null(scratch);
    FitScene s = fit_scene_in(scratch, SMALL);
    const float colour[3] = { 0.2f, 0.5f, 0.7f };
    fit_fill(&s, colour);
    fit_jpeg(&s, 0.1, true);
    for (int i = 0; i < 3 * SMALL * SMALL; i++) assert_float_equal(s.rgb[i], colour[i % 3], 0.006);
    Draws draws = draws_start(1, "jpeg", 0, 0, 0);
    for (int coarse = 0; coarse < 2; coarse++) {
        double before = 0, after = 0;
        for (int i = 0; i < 3 * SMALL * SMALL; i++)
            s.rgb[i] = (float)(i % 3 ? s.rgb[i - 1] : fit_uniform(&draws, 0.3, 0.7));
        for (int i = 3; i < 3 * SMALL * SMALL; i += 3) before += fabs(s.rgb[i] - s.rgb[i - 3]);
        fit_jpeg(&s, coarse ? 4 : 0.05, false);
        for (int i = 3; i < 3 * SMALL * SMALL; i += 3) after += fabs(s.rgb[i] - s.rgb[i - 3]);
        assert_true(coarse ? after < 0.5 * before : fabs(after - before) < 0.05 * before);
    }
    free(scratch);
}

const struct CMUnitTest p2c_tests_fit_data[] = {
    DATASET_TEST(which_are_mattes),
    DATASET_TEST(alpha_and_colours),
    cmocka_unit_test(mirrored_points),
    cmocka_unit_test(points_follow),
    DATASET_TEST(same_draw_same_sample),
    cmocka_unit_test(people_stay_apart),
    DATASET_TEST(no_teacher),
    DATASET_TEST(teacher_reads),
    cmocka_unit_test(jpeg_loses_detail),
};
const size_t p2c_tests_fit_data_count = sizeof p2c_tests_fit_data / sizeof *p2c_tests_fit_data;
