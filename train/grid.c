/* grid.c: see grid.h. One graph per direction draws column after column:
 *
 *     x --back--> identity      x --there--> fake --back--> cycle          each with its heatmap
 */
#include "grid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment.h"
#include "cli/cli.h"
#include "step.h"

enum { PER_LIST = 5, ROWS = 7, LATEST_WIDTH = 1280, PATH_SIZE = 4096 };

typedef struct Direction {
    const char *name, *there, *back; /* the generators */
} Direction;
static const Direction directions[] = { { "A2B", "genA2B", "genB2A" },
                                        { "B2A", "genB2A", "genA2B" } };

typedef struct Sheet {
    P2cContext *ctx;
    int size; /* of a tile */
    P2cGraph *graph;
    P2cNode *x;            /* (1,3,s,s) */
    P2cGenerated shown[3]; /* identity, fake, cycle: two rows each */
    float *planes;         /* (3,s,s), and a heatmap fits too */
    P2cImage image;        /* columns*s wide, 7*s high */
    Progress progress;
} Sheet;

/* What a device's failure means is the caller's to say. */
static int report_failure(const Sheet *sheet, P2cStatus status) {
    if (!status) return 0;
    progress_hide(&sheet->progress);
    return report_unless_device(sheet->ctx, status);
}

/* A bad picture is not the end, but it is remembered. */
static int tolerate_picture(int code, int *bad) {
    if (code != EXIT_BAD_INPUT) return code;
    *bad = code;
    return 0;
}

/* ---- the sheet ---- */

static P2cGenerated generate(Sheet *sheet, P2cStore *store, const GridOptions *o, const char *name,
                             P2cNode *x) {
    char full_name[32];
    snprintf(full_name, sizeof full_name, "%s%s", name, o->ema ? "_ema" : "");
    P2cGenerator options = { .ch = step_channels(name, o->ch, o->ch_b2a), .full = o->full };
    P2cGenerated made = p2c_generator(p2c_net(sheet->graph, store, full_name), x, options);
    p2c_output(made.image);
    p2c_output(made.heatmap);
    return made;
}

static P2cStatus build_graph(Sheet *sheet, P2cStore *store, const GridOptions *o,
                             const Direction *to) {
    int held = p2c_store_count(store), s = o->size;
    P2cStatus status = p2c_graph_new(&sheet->graph, sheet->ctx);
    if (status) return status;
    sheet->x = p2c_input(sheet->graph, "x", P2C_DIMS(1, 3, s, s));
    sheet->shown[0] = generate(sheet, store, o, to->back, sheet->x);
    sheet->shown[1] = generate(sheet, store, o, to->there, sheet->x);
    sheet->shown[2] = generate(sheet, store, o, to->back, sheet->shown[1].image);
    status = p2c_graph_finish(sheet->graph);
    assert(status || p2c_store_count(store) == held); /* else something untrained would be shown */
    (void)held;
    return status;
}

static void sheet_close(Sheet *sheet) {
    p2c_graph_free(&sheet->graph);
    p2c_image_clear(&sheet->image);
    free(sheet->planes);
}

/* To be closed in either case. */
static int sheet_open(Sheet *sheet, P2cContext *ctx, P2cStore *store, const GridOptions *o,
                      const Direction *to, int columns) {
    *sheet = (Sheet){ .ctx = ctx, .size = o->size };
    P2cStatus status = build_graph(sheet, store, o, to);
    if (!status) status = p2c_image_init(ctx, &sheet->image, columns * o->size, ROWS * o->size, 3);
    if (status) return report_failure(sheet, status);
    memset(sheet->image.pixels, 255, (size_t)sheet->image.width * (size_t)sheet->image.height * 3);
    sheet->planes = malloc((size_t)3 * (size_t)o->size * (size_t)o->size * sizeof(float));
    if (sheet->planes) return 0;
    complain("out of memory");
    return EXIT_MEMORY;
}

/* ---- tiles ---- */

static void paste(Sheet *sheet, const P2cImage *tile, int row, int column) {
    size_t size = (size_t)sheet->size, stride = (size_t)sheet->image.width * 3;
    uint8_t *corner = sheet->image.pixels + (size_t)row * size * stride + (size_t)column * size * 3;
    for (size_t i = 0; i < size; i++)
        memcpy(corner + i * stride, tile->pixels + i * size * 3, size * 3);
}

/* Rows `row` and `row`+1. tile: any picture of the tile's size, written over. */
static P2cStatus paste_made(Sheet *sheet, const P2cGenerated *made, int row, int column,
                            P2cImage *tile) {
    P2cImage colours = { 0 };
    P2cDims d = p2c_node_dims(made->heatmap); /* (1,1,s/4,s/4) */
    P2cStatus status = p2c_node_read(made->heatmap, sheet->planes);
    if (!status)
        status = p2c_heatmap_image(sheet->ctx, sheet->planes, d.d[2], d.d[3], sheet->size,
                                   sheet->size, &colours);
    if (!status) paste(sheet, &colours, row, column);
    if (!status) status = p2c_node_read(made->image, sheet->planes);
    if (!status) {
        p2c_image_from_planes(sheet->planes, tile);
        paste(sheet, tile, row + 1, column);
    }
    p2c_image_clear(&colours);
    return status;
}

static int draw_column(Sheet *sheet, const char *path, int column) {
    P2cImage tile = { 0 };
    P2cStatus status = picture_read(sheet->ctx, path, sheet->size, &tile);
    if (status) return report_failure(sheet, status);
    paste(sheet, &tile, 0, column);
    p2c_image_to_planes(&tile, sheet->planes);
    status = p2c_node_write(sheet->x, sheet->planes);
    if (!status) status = p2c_graph_run(sheet->graph);
    for (int k = 0; !status && k < 3; k++)
        status = paste_made(sheet, &sheet->shown[k], 1 + 2 * k, column, &tile);
    p2c_image_clear(&tile);
    return report_failure(sheet, status);
}

/* ---- while training ---- */

static int choose_pictures(char *const *list, int count, const char **chosen) {
    int wanted = count < PER_LIST ? count : PER_LIST;
    for (int i = 0; i < wanted; i++) chosen[i] = list[(int64_t)i * count / wanted];
    return wanted;
}

static P2cStatus write_latest(P2cContext *ctx, const P2cImage *image, const char *path) {
    if (image->width <= LATEST_WIDTH) return p2c_image_write(ctx, path, image);
    P2cImage small = { 0 };
    int height = (int)((int64_t)image->height * LATEST_WIDTH / image->width);
    P2cStatus status =
        p2c_image_resize(ctx, image, LATEST_WIDTH, height, P2C_FILTER_ANTIALIAS, &small);
    if (!status) status = p2c_image_write(ctx, path, &small);
    p2c_image_clear(&small);
    return status;
}

static int write_sheet(const Sheet *sheet, const GridOptions *o, const char *name, int64_t step) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s_%07" PRId64 ".png", o->folder, name, step);
    P2cStatus status = p2c_image_write(sheet->ctx, path, &sheet->image);
    snprintf(path, sizeof path, "%s/%s_latest.jpg", o->folder, name);
    if (!status) status = write_latest(sheet->ctx, &sheet->image, path);
    return report_failure(sheet, status);
}

static int write_direction(P2cContext *ctx, P2cStore *store, const GridOptions *o, int d,
                           int64_t step) {
    const char *paths[2 * PER_LIST];
    int count = choose_pictures(d ? o->train_b : o->train_a,
                                d ? o->train_b_count : o->train_a_count, paths),
        bad = 0;
    count += choose_pictures(d ? o->test_b : o->test_a, d ? o->test_b_count : o->test_a_count,
                             paths + count);
    if (!count) return 0;
    Sheet sheet;
    int code = sheet_open(&sheet, ctx, store, o, &directions[d], count);
    for (int i = 0; !code && i < count; i++)
        code = tolerate_picture(draw_column(&sheet, paths[i], i), &bad);
    if (!code) code = write_sheet(&sheet, o, directions[d].name, step);
    sheet_close(&sheet);
    return code ? code : bad;
}

int grid_write(P2cContext *ctx, P2cStore *store, const GridOptions *o, int64_t step) {
    int a = write_direction(ctx, store, o, 0, step),
        b = a == EXIT_DEVICE ? a : write_direction(ctx, store, o, 1, step);
    return a && b != EXIT_DEVICE ? a : b;
}

/* ---- --phase test ---- */

int picture_stem(const char *path, const char **begin) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
               *dot = strrchr(base, '.');
    *begin = base;
    return (int)(dot && dot != base ? dot - base : (ptrdiff_t)strlen(base));
}

/* The earlier picture whose result would have the name of picture i's; NULL: none. */
static const char *same_name(char *const *paths, int i) {
    const char *mine, *other;
    int length = picture_stem(paths[i], &mine);
    for (int k = 0; k < i; k++)
        if (picture_stem(paths[k], &other) == length && !memcmp(mine, other, (size_t)length))
            return paths[k];
    return NULL;
}

static int test_picture(Sheet *sheet, const GridOptions *o, const char *name, char *const *paths,
                        int i) {
    char path[PATH_SIZE];
    const char *begin, *earlier = same_name(paths, i);
    int length = picture_stem(paths[i], &begin);
    snprintf(path, sizeof path, "%s/%s_%.*s.png", o->folder, name, length, begin);
    if (earlier) {
        progress_hide(&sheet->progress);
        complain("%s and %s would both be written to %s; the second is skipped; rename one of them",
                 earlier, paths[i], path);
        return EXIT_BAD_INPUT;
    }
    int code = draw_column(sheet, paths[i], 0);
    return code ? code : report_failure(sheet, p2c_image_write(sheet->ctx, path, &sheet->image));
}

static int test_direction(P2cContext *ctx, P2cStore *store, const GridOptions *o, int d) {
    char *const *paths = d ? o->test_b : o->test_a;
    int count = d ? o->test_b_count : o->test_a_count, bad = 0;
    if (!count) return 0;
    Sheet sheet;
    int code = sheet_open(&sheet, ctx, store, o, &directions[d], 1);
    sheet.progress = progress_start(count);
    for (int i = 0; !code && i < count; i++) {
        sheet.progress.done = i;
        progress_show(&sheet.progress);
        code = tolerate_picture(test_picture(&sheet, o, directions[d].name, paths, i), &bad);
    }
    progress_hide(&sheet.progress);
    sheet_close(&sheet);
    return code ? code : bad;
}

int grid_test(P2cContext *ctx, P2cStore *store, const GridOptions *o) {
    int a = test_direction(ctx, store, o, 0),
        b = a && a != EXIT_BAD_INPUT ? a : test_direction(ctx, store, o, 1);
    return a ? a : b;
}
