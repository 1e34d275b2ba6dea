/* sheet.c: contact_sheet.png: all pictures of the manifest in small, in its order: photos, then
 * cartoons on a new line.
 *
 *     grey frame   for training             red frame, pale, crossed out   rejected
 *     blue frame   for testing              dark, crossed out              could not be read */
#include <stdlib.h>
#include <string.h>

#include "data.h"

enum { TILE = 96, FRAME = 3, INNER = TILE - 2 * FRAME, COLUMNS = 16, MOST = 2000 };

typedef struct Colour {
    uint8_t rgb[3];
} Colour;
static const Colour grey = { { 200, 200, 200 } }, blue = { { 0, 114, 178 } },
                    red = { { 200, 30, 30 } }, dark = { { 90, 90, 90 } };

typedef struct Tile {
    const Row *row;
    int x, y;
} Tile;

typedef struct Sheet {
    const char *folder;
    P2cImage image;
    Tile *tiles;
    int count;
} Sheet;

/* ---- drawing ---- */

static void fill(P2cImage *image, int x, int y, int w, int h, Colour colour) {
    for (int j = y; j < y + h; j++)
        for (int i = x; i < x + w; i++)
            memcpy(image->pixels + 3 * ((size_t)j * (size_t)image->width + (size_t)i), colour.rgb,
                   3);
}

static void cross_out(P2cImage *image, const Tile *tile) {
    for (int i = FRAME; i < TILE - FRAME - 1; i++) {
        fill(image, tile->x + i, tile->y + i, 2, 1, red);
        fill(image, tile->x + TILE - 2 - i, tile->y + i, 2, 1, red);
    }
}

/* picture: RGB, INNER x INNER. */
static void paste(P2cImage *image, const Tile *tile, const P2cImage *picture, bool pale) {
    for (int j = 0; j < INNER; j++) {
        uint8_t *to = image->pixels + 3 * ((size_t)(tile->y + FRAME + j) * (size_t)image->width +
                                           (size_t)(tile->x + FRAME));
        const uint8_t *from = picture->pixels + 3 * (size_t)INNER * (size_t)j;
        for (int i = 0; i < 3 * INNER; i++)
            to[i] = pale ? (uint8_t)(255 - (255 - from[i]) * 2 / 5) : from[i];
    }
}

static P2cStatus read_small(P2cContext *ctx, const Sheet *sheet, const Row *row, P2cImage *small) {
    P2cImage picture = { 0 };
    char *path = row->status == ROW_ACCEPTED ? text_make("%s/%s", sheet->folder, row->output)
                                             : text_make("%s", row->source);
    P2cStatus status = path ? p2c_image_read(ctx, path, &picture) : P2C_ERR_MEMORY;
    bool face = row->status != ROW_ACCEPTED && row->has_box;
    if (!status)
        status = face ? frame_box(ctx, &picture, row->box, INNER, small)
                      : frame_square(ctx, &picture, false, INNER, small);
    if (!status) p2c_image_over_white(small);
    p2c_image_clear(&picture);
    free(path);
    return status;
}

/* A piece of the job; each has its own part of the sheet. A picture that cannot be read becomes
 * dark. */
static void draw_tile(void *job, P2cContext *ctx, int i) {
    Sheet *sheet = job;
    const Tile *tile = &sheet->tiles[i];
    const Row *row = tile->row;
    P2cImage small = { 0 };
    bool accepted = row->status == ROW_ACCEPTED,
         test = accepted && !strncmp(row->output, "test", 4);
    bool there = row->status != ROW_FAILED && !read_small(ctx, sheet, row, &small);
    fill(&sheet->image, tile->x, tile->y, TILE, TILE, test ? blue : accepted ? grey : red);
    if (there) paste(&sheet->image, tile, &small, !accepted);
    else fill(&sheet->image, tile->x + FRAME, tile->y + FRAME, INNER, INNER, dark);
    if (!there || !accepted) cross_out(&sheet->image, tile);
    p2c_image_clear(&small);
}

/* ---- the sheet ---- */

/* Chooses evenly spaced rows if there are too many. Returns the height of the sheet. */
static int place_tiles(Sheet *sheet, const Manifest *manifest) {
    int shown = manifest->count < MOST ? manifest->count : MOST, column = 0, line = 0;
    for (int i = 0; i < shown; i++) {
        const Row *row = &manifest->rows[(int64_t)i * manifest->count / shown];
        bool next = i && row->domain != sheet->tiles[i - 1].row->domain;
        if (column == COLUMNS || next) line++, column = 0;
        sheet->tiles[sheet->count++] = (Tile){ row, TILE * column++, TILE * line };
    }
    return TILE * (line + 1);
}

int sheet_write(Pool *pool, const Manifest *manifest, const char *folder) {
    P2cContext *ctx = pool_context(pool);
    char *path = text_make("%s/contact_sheet.png", folder);
    Sheet sheet = { .folder = folder, .tiles = malloc((MOST + 1) * sizeof *sheet.tiles) };
    int code = path && sheet.tiles ? 0 : text_no_memory();
    if (code || !manifest->count) goto cleanup;
    int height = place_tiles(&sheet, manifest);
    int columns = sheet.count < COLUMNS ? sheet.count : COLUMNS;
    code = report_status(ctx, p2c_image_init(ctx, &sheet.image, TILE * columns, height, 3));
    if (code) goto cleanup;
    fill(&sheet.image, 0, 0, sheet.image.width, height, (Colour){ { 255, 255, 255 } });
    pool_start(pool, draw_tile, &sheet, sheet.count);
    pool_wait(pool, -1);
    code = report_status(ctx, p2c_image_write(ctx, path, &sheet.image));
    if (!code && sheet.count < manifest->count)
        say("%s shows %d of %d pictures, evenly spaced", path, sheet.count, manifest->count);
cleanup:
    p2c_image_clear(&sheet.image);
    free(sheet.tiles);
    free(path);
    return code;
}
