/* loader.c (test): compares batches with folders, orders and crops, for any number of workers and
 * any memory; pictures that cannot be read, before training and during it. */
#include "../../train/loader.h"
#include "../../train/augment.h"
#include "../../train/run/order.h"

#include "cli/cli.h"
#include "dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 16,
    SIDE = SIZE + CROP_MARGIN,
    PIXELS = 3 * SIZE * SIZE,
    BATCH = 3,
    KEPT = 3 * SIDE * SIDE
};

static const char *const names_a[] = { "A/Z.png", "A/a.png", "A/a/b.png", "A/10.png", "A/9.png" };
static const char *const names_b[] = { "B/1.png", "B/2.jpg" };
enum { COUNT_A = sizeof names_a / sizeof *names_a, COUNT_B = sizeof names_b / sizeof *names_b };

/* Of different sizes, shapes and content. */
static void put_pictures(Dataset *d) {
    for (int i = 0; i < COUNT_A; i++)
        dataset_put_picture(d, names_a[i], 20 + 9 * i, 50 - 5 * i, 10 + (uint32_t)i);
    for (int i = 0; i < COUNT_B; i++)
        dataset_put_picture(d, names_b[i], SIDE, SIDE - i, 20 + (uint32_t)i);
}

typedef struct Paths {
    char a[128], b[128];
} Paths;

static LoaderOptions options(Dataset *d, Paths *paths) {
    snprintf(paths->a, sizeof paths->a, "%s/A", d->folder);
    snprintf(paths->b, sizeof paths->b, "%s/B", d->folder);
    return (LoaderOptions){ .folder_a = paths->a,
                            .folder_b = paths->b,
                            .batch = BATCH,
                            .size = SIZE,
                            .augment = true,
                            .seed = 42 };
}

static Loader *open_loader(const LoaderOptions *o) {
    Loader *loader;
    assert_int_equal(loader_open(&loader, o), 0);
    return loader;
}

/* The expected batch of `step` in one domain, computed by the pure functions, without a loader. */
static void expect_batch(Dataset *d, const LoaderOptions *o, int domain, int64_t step, int branch,
                         float *planes) {
    Folder folder;
    assert_int_equal(folder_open(&folder, domain ? o->folder_b : o->folder_a, FOLDER_DATASET), 0);
    for (int i = 0; i < o->batch; i++, planes += PIXELS) {
        int64_t draw = step * o->batch + i;
        int pictures[16], n = folder.count;
        if (!o->augment) {
            assert_int_equal(picture_load(d->ctx, folder.paths[draw % n], SIZE, planes), P2C_OK);
            continue;
        }
        P2cImage picture;
        order_permutation(o->seed, domain, branch, draw / n, n, pictures);
        assert_int_equal(picture_read(d->ctx, folder.paths[pictures[draw % n]], SIDE, &picture),
                         P2C_OK);
        assert_int_equal(
            picture_crop(d->ctx, &picture, crop_draw(o->seed, domain, branch, draw), SIZE, planes),
            P2C_OK);
        p2c_image_clear(&picture);
    }
    folder_clear(&folder);
}

static void assert_batch(Dataset *d, Loader *loader, const LoaderOptions *o, int64_t step,
                         int branch) {
    static float a[BATCH * PIXELS], b[BATCH * PIXELS], expected[BATCH * PIXELS];
    assert_int_equal(loader_next(loader, step, branch, a, b), 0);
    expect_batch(d, o, 0, step, branch, expected);
    if (memcmp(a, expected, sizeof a) != 0)
        fail_msg("A of step %d, branch %d, is another batch", (int)step, branch);
    expect_batch(d, o, 1, step, branch, expected);
    if (memcmp(b, expected, sizeof b) != 0)
        fail_msg("B of step %d, branch %d, is another batch", (int)step, branch);
}

/* What fits in memory: nothing; two pictures of A and one of B; everything. */
static const size_t caches[] = { 0, 3 * KEPT + KEPT - 1, SIZE_MAX };

static void same_bits_always(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_pictures(d);
    for (int augment = 0; augment < 2; augment++)
        for (o.workers = 0; o.workers <= 3; o.workers++)
            for (size_t c = 0; c < sizeof caches / sizeof *caches; c++) {
                o.augment = augment;
                o.cache_bytes = caches[c];
                Loader *loader = open_loader(&o);
                for (int step = 0; step < 7; step++) assert_batch(d, loader, &o, step, 0);
                loader_close(&loader);
                assert_null(loader);
            }
}

static void any_step_may_be_asked_for(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_pictures(d);
    static const struct {
        int64_t step;
        int branch;
    } asked[] = {
        { 5, 0 },
        { 6, 0 },
        { 6, 0 },
        { 0, 0 },
        { 1, 1 },
        { 2, 0 },
        { 123456789012, 2 },
        { 123456789013, 2 },
        { 5, 0 },
    };
    for (o.workers = 0; o.workers <= 2; o.workers++) {
        Loader *loader = open_loader(&o);
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
            assert_batch(d, loader, &o, asked[i].step, asked[i].branch);
        loader_close(&loader);
    }
}

/* Closing works at any moment: before the first batch, while the next is prepared, with one that
 * nobody will take. */
static void closed_at_any_time(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    static float a[BATCH * PIXELS], b[BATCH * PIXELS];
    put_pictures(d);
    for (o.workers = 0; o.workers <= 3; o.workers++)
        for (int batches = 0; batches < 8; batches++) {
            Loader *loader = open_loader(&o);
            for (int i = 0; i < batches; i++)
                assert_int_equal(loader_next(loader, 10 * i, 0, a, b), 0);
            loader_close(&loader);
        }
    Loader *never = NULL;
    loader_close(&never);
}

static void memory_is_limited(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_pictures(d);
    size_t expected[] = { 0, 3 * KEPT, (COUNT_A + COUNT_B) * KEPT };
    for (o.workers = 0; o.workers <= 2; o.workers++)
        for (size_t c = 0; c < sizeof caches / sizeof *caches; c++) {
            o.cache_bytes = caches[c];
            Loader *loader = open_loader(&o);
            assert_int_equal(loader_kept_bytes(loader), expected[c]);
            loader_close(&loader);
        }
}

static void answers(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_pictures(d);
    Loader *loader = open_loader(&o);
    assert_int_equal(loader_count(loader, 0), COUNT_A);
    assert_int_equal(loader_count(loader, 1), COUNT_B);
    assert_true(loader_hash(loader, 0) == folder_hash(loader_folder(loader, 0)));
    assert_true(loader_hash(loader, 0) != loader_hash(loader, 1));
    assert_string_equal(loader_folder(loader, 1)->paths[1] + loader_folder(loader, 1)->prefix,
                        "2.jpg");
    loader_close(&loader);
}

/* Opening must fail with this code. Returns its message, to be freed. */
static char *refused(const LoaderOptions *o, int expected) {
    Loader *loader;
    Heard heard = hear_begin();
    int code = loader_open(&loader, o);
    char *text = hear_end(heard);
    assert_null(loader);
    if (code != expected) fail_msg("exit code %d instead of %d: %s", code, expected, text);
    return text;
}

static void no_such_folder(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    dataset_put_picture(d, "A/a.png", 8, 8, 1);
    char *text = refused(&o, EXIT_BAD_INPUT);
    assert_says(text, paths.b);
    assert_int_equal(count_lines(text), 1);
    free(text);
}

/* Cut off in the middle of its pixels. */
static void put_truncated(Dataset *d, const char *name) {
    size_t size;
    dataset_put_picture(d, name, 30, 30, 5);
    char *bytes = get_file(dataset_path(d, name), &size);
    put_file(d->path, bytes, size / 2);
    free(bytes);
}

static void put_bad_pictures(Dataset *d) {
    put_pictures(d);
    dataset_put_text(d, "A/a/text.png");
    put_truncated(d, "A/cut.png");
    dataset_put_link(d, "B/0.png", "nowhere");
}

static void bad_pictures_are_listed(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_bad_pictures(d);
    for (o.workers = 0; o.workers <= 2; o.workers++) {
        char *text = refused(&o, EXIT_BAD_INPUT);
        assert_int_equal(count_lines(text), 4);
        const char *first = strstr(text, "A/a/text.png"), *second = strstr(text, "A/cut.png"),
                   *third = strstr(text, "B/0.png");
        assert_true(first && second && third && first < second && second < third);
        assert_says(text, "3 of 10 pictures cannot be read");
        free(text);
    }
}

static void long_lists_are_cut(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_pictures(d);
    for (int i = 0; i < 25; i++) {
        char name[32];
        snprintf(name, sizeof name, "B/bad_%02d.png", i);
        dataset_put_text(d, name);
    }
    char *text = refused(&o, EXIT_BAD_INPUT);
    assert_int_equal(count_lines(text), 22);
    assert_says(text, "bad_19.png");
    assert_null(strstr(text, "bad_20.png"));
    assert_says(text, "... and 5 more\n");
    assert_says(text, "25 of 32 pictures");
    free(text);
}

/* Pictures that are left out have no effect: order, hash and memory are those of the data set
 * without them. */
static void bad_pictures_are_left_out(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    put_bad_pictures(d);
    o.skip_bad = true;
    Loader *loaders[3];
    for (o.workers = 0; o.workers < 3; o.workers++) {
        o.cache_bytes = caches[o.workers];
        Heard heard = hear_begin();
        int code = loader_open(&loaders[o.workers], &o);
        char *text = hear_end(heard);
        assert_int_equal(code, 0);
        assert_int_equal(count_lines(text), 4);
        assert_says(text, "3 of 10 pictures cannot be read and are left out");
        free(text);
    }
    dataset_remove(d, "A/a/text.png");
    dataset_remove(d, "A/cut.png");
    dataset_remove(d, "B/0.png");
    Loader *clean = open_loader(&o);
    for (int i = 0; i < 3; i++) {
        for (int step = 0; step < 5; step++) assert_batch(d, loaders[i], &o, step, 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(loader_count(loaders[i], k), loader_count(clean, k));
            assert_true(loader_hash(loaders[i], k) == loader_hash(clean, k));
        }
        loader_close(&loaders[i]);
    }
    loader_close(&clean);
}

static void none_left(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    dataset_put_picture(d, "A/a.png", 8, 8, 1);
    dataset_put_text(d, "B/b.png");
    o.skip_bad = true;
    char *text = refused(&o, EXIT_BAD_INPUT);
    assert_says(text, paths.b);
    assert_says(text, "none of its 1 pictures");
    free(text);
}

/* The draws of a pass: draw k of A in pass 0 is picture order[k]. */
static void first_order(const LoaderOptions *o, int order[COUNT_A]) {
    order_permutation(o->seed, 0, 0, 0, COUNT_A, order);
}

static void kept_pictures_outlive_their_files(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    static float a[7][BATCH * PIXELS], b[7][BATCH * PIXELS], again[2][BATCH * PIXELS];
    put_pictures(d);
    o.workers = 2;
    o.cache_bytes = (COUNT_A + COUNT_B) * KEPT;
    Loader *loader = open_loader(&o);
    for (int step = 0; step < 7; step++)
        assert_int_equal(loader_next(loader, step, 0, a[step], b[step]), 0);
    for (int i = 0; i < COUNT_A; i++) dataset_remove(d, names_a[i]);
    for (int i = 0; i < COUNT_B; i++) dataset_remove(d, names_b[i]);
    for (int step = 0; step < 7; step++) {
        assert_int_equal(loader_next(loader, step, 0, again[0], again[1]), 0);
        assert_memory_equal(again[0], a[step], sizeof again[0]);
        assert_memory_equal(again[1], b[step], sizeof again[1]);
    }
    loader_close(&loader);
}

static void deleted_while_training(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    static float a[BATCH * PIXELS], b[BATCH * PIXELS];
    put_pictures(d);
    for (o.workers = 0; o.workers <= 2; o.workers++) {
        Loader *loader = open_loader(&o);
        int order[COUNT_A];
        first_order(&o, order);
        /* the first picture of step 1 */
        dataset_put_text(d, loader_folder(loader, 0)->paths[order[BATCH]] + strlen(d->folder) + 1);
        assert_int_equal(loader_next(loader, 0, 0, a, b), 0);
        Heard heard = hear_begin();
        int code = loader_next(loader, 1, 0, a, b);
        char *text = hear_end(heard);
        assert_int_equal(code, EXIT_BAD_INPUT);
        assert_int_equal(count_lines(text), 1);
        assert_says(text, loader_folder(loader, 0)->paths[order[BATCH]]);
        assert_says(text, "--skip_bad");
        free(text);
        assert_int_equal(loader_next(loader, 0, 0, a, b), 0); /* everything else still works */
        loader_close(&loader);
        put_pictures(d);
    }
}

/* The item of draw k, which shows picture `of` instead of its own. */
static void expect_replaced(Dataset *d, const LoaderOptions *o, const char *of, int64_t draw,
                            const float *planes) {
    static float expected[PIXELS];
    P2cImage picture;
    assert_int_equal(picture_read(d->ctx, of, SIDE, &picture), P2C_OK);
    assert_int_equal(picture_crop(d->ctx, &picture, crop_draw(o->seed, 0, 0, draw), SIZE, expected),
                     P2C_OK);
    p2c_image_clear(&picture);
    if (memcmp(expected, planes, sizeof expected) != 0)
        fail_msg("draw %d should show %s", (int)draw, of);
}

static void deleted_and_skipped(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    static float a[BATCH * PIXELS], b[BATCH * PIXELS];
    o.skip_bad = true;
    put_pictures(d);
    for (o.workers = 0; o.workers <= 3; o.workers++) {
        Loader *loader = open_loader(&o);
        int order[COUNT_A];
        first_order(&o, order);
        char *const *found = loader_folder(loader, 0)->paths;
        dataset_remove(d, found[order[0]] + strlen(d->folder) + 1);
        dataset_remove(d, found[order[1]] + strlen(d->folder) + 1);
        Heard heard = hear_begin();
        int code = loader_next(loader, 0, 0, a, b);
        char *text = hear_end(heard);
        assert_int_equal(code, 0);
        assert_int_equal(count_lines(text), 2);
        assert_says(text, found[order[0]]);
        assert_says(text, found[order[1]]);
        free(text);
        for (int draw = 0; draw < 3; draw++)
            expect_replaced(d, &o, found[order[2]], draw, a + draw * PIXELS);
        heard = hear_begin();
        for (int step = 1; step < 9 && !code; step++) code = loader_next(loader, step, 0, a, b);
        if (!code) code = loader_next(loader, 0, 0, a, b);
        text = hear_end(heard);
        assert_int_equal(code, 0);
        assert_string_equal(text, "");
        free(text);
        for (int draw = 0; draw < 3; draw++)
            expect_replaced(d, &o, found[order[2]], draw, a + draw * PIXELS);
        loader_close(&loader);
        put_pictures(d);
    }
}

static void all_deleted(void **state) {
    Dataset *d = *state;
    Paths paths;
    LoaderOptions o = options(d, &paths);
    static float a[BATCH * PIXELS], b[BATCH * PIXELS];
    o.skip_bad = true;
    put_pictures(d);
    Loader *loader = open_loader(&o);
    for (int i = 0; i < COUNT_B; i++) dataset_remove(d, names_b[i]);
    Heard heard = hear_begin();
    int code = loader_next(loader, 0, 0, a, b);
    char *text = hear_end(heard);
    assert_int_equal(code, EXIT_BAD_INPUT);
    assert_int_equal(count_lines(text), COUNT_B + 1);
    assert_says(text, "none of its pictures can be read any more");
    assert_says(text, paths.b);
    free(text);
    loader_close(&loader);
}

static void real_pictures_all(void **state) {
    (void)state;
    const char *root = real_pictures();
    if (!root) skip();
    char a[128], b[128];
    snprintf(a, sizeof a, "%s/trainA", root);
    snprintf(b, sizeof b, "%s/trainB", root);
    LoaderOptions o = { .folder_a = a,
                        .folder_b = b,
                        .batch = 1,
                        .size = 256,
                        .workers = 2,
                        .augment = true,
                        .cache_bytes = 1u << 30,
                        .seed = 1 };
    double start = now_ms();
    Loader *loader = open_loader(&o);
    print_message("    %d and %d pictures checked and kept (%.0f MiB) in %.1f s\n",
                  loader_count(loader, 0), loader_count(loader, 1),
                  (double)loader_kept_bytes(loader) / (1 << 20), (now_ms() - start) / 1e3);
    size_t count = 3 * 256 * 256;
    float *planes = malloc(2 * count * sizeof *planes);
    assert_non_null(planes);
    for (int step = 0; step < 20; step++) {
        assert_int_equal(loader_next(loader, step, 0, planes, planes + count), 0);
        for (size_t i = 0; i < 2 * count; i++)
            if (!(planes[i] >= -1 && planes[i] <= 1)) fail_msg("step %d: %g", step, planes[i]);
    }
    free(planes);
    loader_close(&loader);
}

const struct CMUnitTest p2c_tests_loader[] = {
    DATASET_TEST(same_bits_always),
    DATASET_TEST(any_step_may_be_asked_for),
    DATASET_TEST(closed_at_any_time),
    DATASET_TEST(memory_is_limited),
    DATASET_TEST(answers),
    DATASET_TEST(no_such_folder),
    DATASET_TEST(bad_pictures_are_listed),
    DATASET_TEST(long_lists_are_cut),
    DATASET_TEST(bad_pictures_are_left_out),
    DATASET_TEST(none_left),
    DATASET_TEST(kept_pictures_outlive_their_files),
    DATASET_TEST(deleted_while_training),
    DATASET_TEST(deleted_and_skipped),
    DATASET_TEST(all_deleted),
    cmocka_unit_test(real_pictures_all),
};
const size_t p2c_tests_loader_count = sizeof p2c_tests_loader / sizeof *p2c_tests_loader;
