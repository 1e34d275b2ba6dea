/* grid.c (test): compares every tile of a sheet with separate forward passes; which pictures,
 * columns and names there are; the effect of a bad picture. */
#include "../../train/grid.h"

#include <stdlib.h>
#include <string.h>

#include "../hash.h"
#include "../unit/support.h"
#include "cli/cli.h"

enum { SIDE = 32, CH = 4, ROWS = 7, MOST = 12 };

/* Lists of pictures in a scratch folder, and a store with both generators and their averages. */
typedef struct Gallery {
    Scratch *scratch;
    P2cContext *ctx;
    P2cStore *store;
    char *paths[4][MOST]; /* trainA trainB testA testB */
    GridOptions options;
} Gallery;

enum { TRAIN_A, TRAIN_B, TEST_A, TEST_B };

static void add_generator(Gallery *g, const char *name) {
    P2cGraph *graph = NULL;
    assert_int_equal(p2c_graph_new(&graph, g->ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, SIDE, SIDE));
    assert_non_null(
        p2c_generator(p2c_net(graph, g->store, name), x, (P2cGenerator){ .ch = CH }).image);
    p2c_graph_free(&graph);
}

/* Its size differs from the tiles', so that scaling is tested, too. */
static void put_picture(Gallery *g, const char *path, const char *tag) {
    enum { FILE_SIDE = 40 };
    static float planes[3 * FILE_SIDE * FILE_SIDE];
    P2cImage image;
    test_image(tag, 1, FILE_SIDE, planes);
    assert_int_equal(p2c_image_init(g->ctx, &image, FILE_SIDE, FILE_SIDE, 3), P2C_OK);
    p2c_image_from_planes(planes, &image);
    assert_int_equal(p2c_image_write(g->ctx, path, &image), P2C_OK);
    p2c_image_clear(&image);
}

static void put_list(Gallery *g, int list, const char *name, int count) {
    for (int i = 0; i < count; i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.%d.png", name, i); /* a stem may contain a dot */
        g->paths[list][i] = strdup(scratch_path(g->scratch, file));
        assert_non_null(g->paths[list][i]);
        put_picture(g, g->paths[list][i], file);
    }
}

static void gallery_open(Gallery *g, void **state, const int counts[4]) {
    static const char *const lists[] = { "ta", "tb", "va", "vb" }, *const names[] = {
        "genA2B", "genB2A", "genA2B_ema", "genB2A_ema"
    };
    *g = (Gallery){ .scratch = *state, .ctx = ((Scratch *)*state)->ctx };
    assert_int_equal(p2c_store_new(&g->store, g->ctx, 3), P2C_OK);
    for (int i = 0; i < 4; i++) {
        add_generator(g, names[i]);
        put_list(g, i, lists[i], counts[i]);
    }
    assert_int_equal(hash_fill(g->store), P2C_OK);
    g->options = (GridOptions){ .size = SIDE,
                                .ch = CH,
                                .folder = g->scratch->folder,
                                .train_a = g->paths[TRAIN_A],
                                .train_b = g->paths[TRAIN_B],
                                .test_a = g->paths[TEST_A],
                                .test_b = g->paths[TEST_B],
                                .train_a_count = counts[TRAIN_A],
                                .train_b_count = counts[TRAIN_B],
                                .test_a_count = counts[TEST_A],
                                .test_b_count = counts[TEST_B] };
}

static void gallery_close(Gallery *g) {
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < MOST; k++) free(g->paths[i][k]);
    p2c_store_free(&g->store);
}

/* ---- what is expected ---- */

/* One generator alone. made (3,s,s); heat: the coloured map */
static void forward(Gallery *g, const char *name, const float *planes, float *made,
                    P2cImage *heat) {
    P2cGraph *graph = NULL;
    int s = g->options.size;
    static float map[64 * 64];
    assert_int_equal(p2c_graph_new(&graph, g->ctx), P2C_OK);
    P2cNode *x = p2c_input(graph, "x", P2C_DIMS(1, 3, s, s));
    P2cGenerated y = p2c_generator(p2c_net(graph, g->store, name), x, (P2cGenerator){ .ch = CH });
    p2c_output(y.image);
    p2c_output(y.heatmap);
    assert_int_equal(p2c_graph_finish(graph), P2C_OK);
    assert_int_equal(p2c_node_write(x, planes), P2C_OK);
    assert_int_equal(p2c_graph_run(graph), P2C_OK);
    assert_int_equal(p2c_node_read(y.image, made), P2C_OK);
    assert_int_equal(p2c_node_read(y.heatmap, map), P2C_OK);
    assert_int_equal(p2c_heatmap_image(g->ctx, map, s / 4, s / 4, s, s, heat), P2C_OK);
    p2c_graph_free(&graph);
}

static void as_image(Gallery *g, const float *planes, P2cImage *image) {
    assert_int_equal(p2c_image_init(g->ctx, image, g->options.size, g->options.size, 3), P2C_OK);
    p2c_image_from_planes(planes, image);
}

static void expected_column(Gallery *g, const char *path, const char *there, const char *back,
                            P2cImage rows[ROWS]) {
    int s = g->options.size;
    P2cImage file;
    float *a = calloc((size_t)12 * (size_t)s * (size_t)s, sizeof *a), *same = a + 3 * s * s,
          *fake = same + 3 * s * s, *cycle = fake + 3 * s * s;
    assert_non_null(a);
    assert_int_equal(p2c_image_read(g->ctx, path, &file), P2C_OK);
    assert_int_equal(p2c_image_resize(g->ctx, &file, s, s, P2C_FILTER_ANTIALIAS, &rows[0]), P2C_OK);
    p2c_image_clear(&file);
    p2c_image_to_planes(&rows[0], a);
    forward(g, back, a, same, &rows[1]);
    as_image(g, same, &rows[2]);
    forward(g, there, a, fake, &rows[3]);
    as_image(g, fake, &rows[4]);
    forward(g, back, fake, cycle, &rows[5]);
    as_image(g, cycle, &rows[6]);
    free(a);
}

static void assert_tile(const P2cImage *sheet, const P2cImage *tile, int row, int column) {
    size_t s = (size_t)tile->width;
    for (size_t i = 0; i < s; i++) {
        const uint8_t *got =
            sheet->pixels + (((size_t)row * s + i) * (size_t)sheet->width + (size_t)column * s) * 3;
        if (memcmp(got, tile->pixels + i * s * 3, s * 3))
            fail_msg("row %d, column %d differs in line %zu", row, column, i);
    }
}

static void assert_column(Gallery *g, const P2cImage *sheet, int column, const char *path,
                          const char *there, const char *back) {
    P2cImage rows[ROWS];
    expected_column(g, path, there, back, rows);
    /* otherwise exchanged rows would go unnoticed */
    assert_memory_not_equal(rows[2].pixels, rows[4].pixels, SIDE * SIDE * 3);
    for (int r = 0; r < ROWS; r++) {
        assert_tile(sheet, &rows[r], r, column);
        p2c_image_clear(&rows[r]);
    }
}

static P2cImage read_sheet(Gallery *g, const char *name, int width, int height) {
    P2cImage sheet;
    if (p2c_image_read(g->ctx, scratch_path(g->scratch, name), &sheet))
        fail_msg("%s", p2c_error(g->ctx));
    assert_int_equal(sheet.width, width);
    assert_int_equal(sheet.height, height);
    return sheet;
}

static void assert_white(const P2cImage *sheet, int size, int column) {
    for (int i = 0; i < sheet->height; i++)
        for (int j = column * size * 3; j < (column + 1) * size * 3; j++)
            assert_int_equal(sheet->pixels[i * sheet->width * 3 + j], 255);
}

/* ---- tests ---- */

static void tiles(void **state) {
    static const int counts[] = { 7, 2, 3, 6 }, chosen_a[] = { 0, 1, 2, 4, 5 },
                     chosen_b[] = { 0, 1, 2, 3, 4 };
    Gallery g;
    gallery_open(&g, state, counts);
    assert_int_equal(grid_write(g.ctx, g.store, &g.options, 123), 0);
    P2cImage a = read_sheet(&g, "A2B_0000123.png", 8 * SIDE, ROWS * SIDE),
             b = read_sheet(&g, "B2A_0000123.png", 7 * SIDE, ROWS * SIDE);
    for (int i = 0; i < 5; i++)
        assert_column(&g, &a, i, g.paths[TRAIN_A][chosen_a[i]], "genA2B", "genB2A");
    for (int i = 0; i < 3; i++)
        assert_column(&g, &a, 5 + i, g.paths[TEST_A][i], "genA2B", "genB2A");
    for (int i = 0; i < 2; i++) assert_column(&g, &b, i, g.paths[TRAIN_B][i], "genB2A", "genA2B");
    for (int i = 0; i < 5; i++)
        assert_column(&g, &b, 2 + i, g.paths[TEST_B][chosen_b[i]], "genB2A", "genA2B");
    p2c_image_clear(&a);
    p2c_image_clear(&b);
    a = read_sheet(&g, "A2B_latest.jpg", 8 * SIDE, ROWS * SIDE);
    b = read_sheet(&g, "B2A_latest.jpg", 7 * SIDE, ROWS * SIDE);
    p2c_image_clear(&a);
    p2c_image_clear(&b);
    assert_int_equal(scratch_file_count(g.scratch), 7 + 2 + 3 + 6 + 4);
    gallery_close(&g);
}

static void averaged_generators(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 1, 0, 0, 0 });
    g.options.ema = true;
    assert_int_equal(grid_write(g.ctx, g.store, &g.options, 1000), 0);
    P2cImage a = read_sheet(&g, "A2B_0001000.png", SIDE, ROWS * SIDE);
    assert_column(&g, &a, 0, g.paths[TRAIN_A][0], "genA2B_ema", "genB2A_ema");
    p2c_image_clear(&a);
    /* it could show no picture */
    assert_false(have_file(scratch_path(g.scratch, "B2A_0001000.png")));
    gallery_close(&g);
}

static void large_sheets_are_shrunk(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 5, 0, 6, 0 });
    g.options.size = 144;
    assert_int_equal(grid_write(g.ctx, g.store, &g.options, 12345678), 0);
    P2cImage whole = read_sheet(&g, "A2B_12345678.png", 1440, ROWS * 144),
             small = read_sheet(&g, "A2B_latest.jpg", 1280, 896), again;
    assert_int_equal(p2c_image_resize(g.ctx, &small, 1440, ROWS * 144, P2C_FILTER_BILINEAR, &again),
                     P2C_OK);
    double sum = 0, count = 3.0 * 1440 * ROWS * 144;
    for (size_t i = 0; i < (size_t)count; i++) sum += abs(whole.pixels[i] - again.pixels[i]);
    print_message("the shrunk sheet, enlarged: %.2f levels from the whole one on average\n",
                  sum / count);
    assert_true(sum / count < 6);
    P2cImage *all[] = { &whole, &small, &again };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) p2c_image_clear(all[i]);
    gallery_close(&g);
}

static void a_bad_picture_leaves_its_column_white(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 2, 1, 1, 0 });
    put_file(g.paths[TRAIN_A][1], "no picture", 10);
    assert_int_equal(grid_write(g.ctx, g.store, &g.options, 5), EXIT_BAD_INPUT);
    P2cImage a = read_sheet(&g, "A2B_0000005.png", 3 * SIDE, ROWS * SIDE),
             b = read_sheet(&g, "B2A_0000005.png", SIDE, ROWS * SIDE);
    assert_column(&g, &a, 0, g.paths[TRAIN_A][0], "genA2B", "genB2A");
    assert_white(&a, SIDE, 1);
    assert_column(&g, &a, 2, g.paths[TEST_A][0], "genA2B", "genB2A");
    p2c_image_clear(&a);
    p2c_image_clear(&b);
    gallery_close(&g);
}

static void every_test_picture(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 1, 1, 7, 2 });
    assert_int_equal(grid_test(g.ctx, g.store, &g.options), 0);
    for (int i = 0; i < 9; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s.%d.png", i < 7 ? "A2B_va" : "B2A_vb", i < 7 ? i : i - 7);
        P2cImage column = read_sheet(&g, name, SIDE, ROWS * SIDE);
        if (i < 7) assert_column(&g, &column, 0, g.paths[TEST_A][i], "genA2B", "genB2A");
        else assert_column(&g, &column, 0, g.paths[TEST_B][i - 7], "genB2A", "genA2B");
        p2c_image_clear(&column);
    }
    assert_int_equal(scratch_file_count(g.scratch), 1 + 1 + 7 + 2 + 9);
    gallery_close(&g);
}

static void bad_test_pictures_are_skipped(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 0, 0, 3, 1 });
    put_file(g.paths[TEST_A][0], "no picture", 10);
    assert_int_equal(grid_test(g.ctx, g.store, &g.options), EXIT_BAD_INPUT);
    assert_false(have_file(scratch_path(g.scratch, "A2B_va.0.png")));
    assert_true(have_file(scratch_path(g.scratch, "A2B_va.1.png")));
    assert_true(have_file(scratch_path(g.scratch, "A2B_va.2.png")));
    assert_true(have_file(scratch_path(g.scratch, "B2A_vb.0.png")));
    assert_int_equal(scratch_file_count(g.scratch), 3 + 1 + 3);
    gallery_close(&g);
}

/* va.1.jpg (a PNG inside, as its content shows) has the same stem as va.1.png, but is another
 * picture: the first result stays. */
static void no_result_takes_anothers_place(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 0, 0, 3, 0 });
    assert_int_equal(rename(g.paths[TEST_A][2], scratch_path(g.scratch, "va.1.jpg")), 0);
    free(g.paths[TEST_A][2]);
    g.paths[TEST_A][2] = strdup(scratch_path(g.scratch, "va.1.jpg"));
    assert_int_equal(grid_test(g.ctx, g.store, &g.options), EXIT_BAD_INPUT);
    P2cImage column = read_sheet(&g, "A2B_va.1.png", SIDE, ROWS * SIDE);
    assert_column(&g, &column, 0, g.paths[TEST_A][1], "genA2B", "genB2A");
    p2c_image_clear(&column);
    gallery_close(&g);
}

static void no_such_folder(void **state) {
    Gallery g;
    gallery_open(&g, state, (const int[]){ 1, 1, 1, 1 });
    g.options.folder = "/no/such/folder";
    assert_int_equal(grid_write(g.ctx, g.store, &g.options, 1), EXIT_WRITE);
    assert_int_equal(grid_test(g.ctx, g.store, &g.options), EXIT_WRITE);
    gallery_close(&g);
}

const struct CMUnitTest p2c_tests_grid[] = {
    TEST(tiles),
    TEST(averaged_generators),
    TEST(large_sheets_are_shrunk),
    TEST(a_bad_picture_leaves_its_column_white),
    TEST(every_test_picture),
    TEST(bad_test_pictures_are_skipped),
    TEST(no_result_takes_anothers_place),
    TEST(no_such_folder),
};
const size_t p2c_tests_grid_count = sizeof p2c_tests_grid / sizeof *p2c_tests_grid;
