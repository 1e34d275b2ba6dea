/* augment.c (test): compares the transforms with Pillow's numbers, and the draws with their
 * distribution. */
#include "../../train/augment.h"
#include "cli/folder.h"

#include "dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 16, COUNT = 3 * SIZE * SIZE };

/* The largest difference between planes and the pixels that they should show. */
static int furthest(const float *planes, const uint8_t *pixels, int pixel_count) {
    double worst = 0;
    for (int i = 0; i < pixel_count; i++)
        for (int c = 0; c < 3; c++)
            worst =
                fmax(worst, fabs((planes[c * pixel_count + i] + 1) * 127.5 - pixels[3 * i + c]));
    return (int)ceil(worst - 1e-3);
}

static uint8_t *fixture(const char *name) {
    char path[128];
    size_t size;
    snprintf(path, sizeof path, "tests/train/data/%s", name);
    uint8_t *pixels = (uint8_t *)get_file(path, &size);
    assert_int_equal(size, COUNT);
    return pixels;
}

static const char source[] = "tests/train/data/source_40x52.png";

static void training_as_pillow(void **state) {
    Dataset *d = *state;
    static const struct {
        Crop crop;
        const char *name;
    } cases[] = {
        { { 0, 0, false }, "crop_0_0.rgb" },
        { { 30, 30, true }, "crop_30_30_mirrored.rgb" },
        { { 7, 19, false }, "crop_7_19.rgb" },
        { { 7, 19, true }, "crop_7_19_mirrored.rgb" },
    };
    P2cImage picture;
    assert_int_equal(picture_read(d->ctx, source, SIZE + CROP_MARGIN, &picture), P2C_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float planes[COUNT];
        uint8_t *expected = fixture(cases[i].name);
        assert_int_equal(picture_crop(d->ctx, &picture, cases[i].crop, SIZE, planes), P2C_OK);
        int levels = furthest(planes, expected, SIZE * SIZE);
        print_message("    %s: at most %d levels from Pillow\n", cases[i].name, levels);
        assert_in_range(levels, 0, 1);
        free(expected);
    }
    p2c_image_clear(&picture);
}

static void test_as_pillow(void **state) {
    Dataset *d = *state;
    float planes[COUNT];
    uint8_t *expected = fixture("test.rgb");
    assert_int_equal(picture_load(d->ctx, source, SIZE, planes), P2C_OK);
    assert_in_range(furthest(planes, expected, SIZE * SIZE), 0, 1);
    free(expected);
}

/* A picture that has the requested size already does not change at all; its corners show that rows
 * and columns are in the right order. */
static void identity(void **state) {
    Dataset *d = *state;
    float planes[COUNT];
    P2cImage image;
    dataset_put_picture(d, "noise.png", SIZE, SIZE, 1);
    assert_int_equal(p2c_image_read(d->ctx, dataset_path(d, "noise.png"), &image), P2C_OK);
    assert_int_equal(picture_load(d->ctx, dataset_path(d, "noise.png"), SIZE, planes), P2C_OK);
    assert_int_equal(furthest(planes, image.pixels, SIZE * SIZE), 0);
    p2c_image_clear(&image);
}

static void mirrored_and_cropped(void **state) {
    Dataset *d = *state;
    static const Crop crops[] = {
        { 0, 0, true }, { 30, 0, false }, { 3, 30, true }, { 30, 30, true }
    };
    P2cImage picture;
    dataset_put_picture(d, "noise.png", SIZE + CROP_MARGIN, SIZE + CROP_MARGIN, 2);
    assert_int_equal(
        picture_read(d->ctx, dataset_path(d, "noise.png"), SIZE + CROP_MARGIN, &picture), P2C_OK);
    for (size_t i = 0; i < sizeof crops / sizeof *crops; i++) {
        float planes[COUNT];
        assert_int_equal(picture_crop(d->ctx, &picture, crops[i], SIZE, planes), P2C_OK);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < SIZE; y++)
                for (int x = 0; x < SIZE; x++) {
                    int from = crops[i].mirrored ? SIZE + CROP_MARGIN - 1 - (crops[i].left + x)
                                                 : crops[i].left + x;
                    uint8_t level =
                        picture.pixels[((crops[i].top + y) * picture.width + from) * 3 + c];
                    assert_float_equal(planes[(c * SIZE + y) * SIZE + x], level / 127.5f - 1, 1e-6);
                }
    }
    p2c_image_clear(&picture);
}

static void over_white(void **state) {
    Dataset *d = *state;
    P2cImage image;
    float planes[COUNT];
    /* black, but fully transparent */
    assert_int_equal(p2c_image_init(d->ctx, &image, SIZE, SIZE, 4), P2C_OK);
    assert_int_equal(p2c_image_write(d->ctx, dataset_path(d, "clear.png"), &image), P2C_OK);
    assert_int_equal(picture_load(d->ctx, dataset_path(d, "clear.png"), SIZE, planes), P2C_OK);
    for (int i = 0; i < COUNT; i++) assert_float_equal(planes[i], 1, 0);
    p2c_image_clear(&image);
}

static void unreadable(void **state) {
    Dataset *d = *state;
    float planes[COUNT];
    P2cImage picture;
    dataset_put_text(d, "text.png");
    assert_int_equal(picture_load(d->ctx, dataset_path(d, "text.png"), SIZE, planes),
                     P2C_ERR_FORMAT);
    assert_error_says(d->ctx, d->path);
    assert_int_equal(picture_read(d->ctx, dataset_path(d, "missing.png"), SIZE, &picture),
                     P2C_ERR_READ);
    assert_error_says(d->ctx, d->path);
    assert_null(picture.pixels);
}

/* 31,000 draws: 1000 of each offset (standard deviation 31), half of them mirrored (88), and the
 * three are independent. */
static void draws_are_fair(void **state) {
    (void)state;
    int left[CROP_MARGIN + 1] = { 0 }, top[CROP_MARGIN + 1] = { 0 }, mirrored = 0, both_small = 0,
                           mirrored_and_small = 0;
    for (int k = 0; k < 31000; k++) {
        Crop crop = crop_draw(11, 0, 0, k);
        assert_in_range(crop.left, 0, CROP_MARGIN);
        assert_in_range(crop.top, 0, CROP_MARGIN);
        left[crop.left]++;
        top[crop.top]++;
        mirrored += crop.mirrored;
        both_small += crop.left < 15 && crop.top < 15;
        mirrored_and_small += crop.mirrored && crop.left < 15;
    }
    for (int i = 0; i <= CROP_MARGIN; i++) {
        assert_in_range(left[i], 850, 1150);
        assert_in_range(top[i], 850, 1150);
    }
    assert_in_range(mirrored, 15100, 15900);
    assert_in_range(both_small, 31000 * 15 / 31 * 15 / 31 - 400, 31000 * 15 / 31 * 15 / 31 + 400);
    assert_in_range(mirrored_and_small, 7500 - 400, 7500 + 400);
}

static bool same_crop(Crop a, Crop b) {
    return a.left == b.left && a.top == b.top && a.mirrored == b.mirrored;
}

/* Of 1000 draws, about one in 1922 is equal by chance. */
static void draws_differ(void **state) {
    (void)state;
    int seeds = 0, domains = 0, branches = 0, neighbours = 0;
    for (int k = 0; k < 1000; k++) {
        Crop crop = crop_draw(1, 0, 0, k);
        seeds += same_crop(crop, crop_draw(2, 0, 0, k));
        domains += same_crop(crop, crop_draw(1, 1, 0, k));
        branches += same_crop(crop, crop_draw(1, 0, 1, k));
        neighbours += same_crop(crop, crop_draw(1, 0, 0, k + 1));
    }
    assert_in_range(seeds, 0, 5);
    assert_in_range(domains, 0, 5);
    assert_in_range(branches, 0, 5);
    assert_in_range(neighbours, 0, 5);
}

/* As in order.c (test): these numbers were checked by another program and must never change. */
static void never_changes(void **state) {
    (void)state;
    assert_true(same_crop(crop_draw(7, 1, 2, 0), (Crop){ 15, 19, true }));
    assert_true(same_crop(crop_draw(7, 1, 2, 1), (Crop){ 14, 20, false }));
    assert_true(same_crop(crop_draw(7, 1, 2, 2), (Crop){ 15, 4, true }));
}

static void compare_folder(Dataset *d, const char *root, const char *name, int side, int every) {
    char path[128], command[256];
    Folder folder;
    size_t count = 3 * (size_t)side * (size_t)side;
    uint8_t *expected = malloc(count);
    assert_non_null(expected);
    snprintf(path, sizeof path, "%s/%s", root, name);
    snprintf(command, sizeof command, "python3 tests/train/scaled_by_pillow.py %s %d %d", path,
             side, every);
    assert_int_equal(folder_open(&folder, path, FOLDER_DATASET), 0);
    FILE *pillow = popen(command, "r");
    assert_non_null(pillow);
    int worst = 0, pictures = 0;
    long off = 0;
    for (int i = 0; i < folder.count; i += every, pictures++) {
        P2cImage picture;
        assert_int_equal(picture_read(d->ctx, folder.paths[i], side, &picture), P2C_OK);
        assert_int_equal(fread(expected, 1, count, pillow), count);
        for (size_t k = 0; k < count; k++) {
            int levels = abs(picture.pixels[k] - expected[k]);
            worst = levels > worst ? levels : worst;
            off += levels > 0;
        }
        p2c_image_clear(&picture);
    }
    assert_int_equal(pclose(pillow), 0);
    print_message(
        "    %d pictures of %s at %dx%d: at most %d levels from Pillow, %.2f%% of values differ\n",
        pictures, name, side, side, worst,
        100.0 * (double)off / ((double)pictures * (double)count));
    assert_in_range(worst, 0, 1);
    folder_clear(&folder);
    free(expected);
}

static void real_ones_as_pillow(void **state) {
    const char *root = real_pictures();
    if (!root) skip();
    if (system("python3 -c 'import PIL' 2>/dev/null") != 0) {
        print_message("    SKIPPED: needs python3 with Pillow\n");
        skip();
    }
    compare_folder(*state, root, "trainA", 286, 18);
    compare_folder(*state, root, "trainB", 286, 18);
    compare_folder(*state, root, "testA", 256, 4);
}

const struct CMUnitTest p2c_tests_augment[] = {
    DATASET_TEST(training_as_pillow), DATASET_TEST(test_as_pillow),
    DATASET_TEST(identity),           DATASET_TEST(mirrored_and_cropped),
    DATASET_TEST(over_white),         DATASET_TEST(unreadable),
    cmocka_unit_test(draws_are_fair), cmocka_unit_test(draws_differ),
    cmocka_unit_test(never_changes),  DATASET_TEST(real_ones_as_pillow),
};
const size_t p2c_tests_augment_count = sizeof p2c_tests_augment / sizeof *p2c_tests_augment;
