/* samples.c: a sheet of held-out samples, a column each.   MATTE: sample, truth, answer, cut
 *                                                          out.   LANDMARKS: the teacher's
 *                                                          points, the network's. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "trainer.h"

enum { COLUMNS = 8, MATTE_ROWS = 4, LANDMARK_ROWS = 2, TWICE = 2 };
static const uint8_t GREEN[3] = { 60, 190, 90 };

typedef struct Tile { /* of a sheet */
    P2cImage *sheet;
    int left, top, size;
} Tile;

static uint8_t *pixel(Tile t, int x, int y) {
    return t.sheet->pixels +
           3 * ((size_t)(t.top + y) * (size_t)t.sheet->width + (size_t)(t.left + x));
}

static uint8_t byte_of(double value) {
    return value <= 0 ? 0 : value >= 1 ? 255 : (uint8_t)(255 * value + 0.5);
}

/* alpha NULL: as it is; else over green. The planes are enlarged `times`. */
static void draw_planes(Tile t, const float *planes, const float *alpha, int times) {
    int side = t.size / times;
    size_t plane = (size_t)side * (size_t)side;
    for (int y = 0; y < t.size; y++)
        for (int x = 0; x < t.size; x++)
            for (size_t c = 0; c < 3; c++) {
                size_t i = (size_t)(y / times) * (size_t)side + (size_t)(x / times);
                double a = alpha ? alpha[i] : 1;
                pixel(t, x, y)[c] =
                    byte_of(a * (planes[c * plane + i] + 1.0) / 2 + (1 - a) * GREEN[c] / 255);
            }
}

static void draw_alpha(Tile t, const float *alpha) {
    for (int y = 0; y < t.size; y++)
        for (int x = 0; x < t.size; x++) memset(pixel(t, x, y), byte_of(alpha[y * t.size + x]), 3);
}

/* Squares of three pixels; points outside are left out. */
static void draw_points(Tile t, const float *points) {
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        double x = (double)points[2 * i] * t.size, y = (double)points[2 * i + 1] * t.size;
        if (!(x >= 1 && y >= 1 && x < t.size - 1 && y < t.size - 1)) continue;
        for (int k = 0; k < 9; k++)
            memcpy(pixel(t, (int)x + k % 3 - 1, (int)y + k / 3 - 1), GREEN, 3);
    }
}

static void draw_column(P2cImage *sheet, FitTask task, int column, const float *picture,
                        const float *target, const float *y) {
    int size = task == FIT_MATTE ? FIT_MATTE_SIZE : TWICE * FIT_LANDMARK_SIZE;
    Tile rows[MATTE_ROWS];
    for (int i = 0; i < MATTE_ROWS; i++) rows[i] = (Tile){ sheet, column * size, i * size, size };
    if (task == FIT_MATTE) {
        draw_planes(rows[0], picture, NULL, 1);
        draw_alpha(rows[1], target);
        draw_alpha(rows[2], y);
        draw_planes(rows[3], picture, y, 1);
        return;
    }
    for (int i = 0; i < LANDMARK_ROWS; i++) {
        draw_planes(rows[i], picture, NULL, TWICE);
        draw_points(rows[i], i ? y : target);
    }
}

static P2cStatus draw_sheet(P2cContext *ctx, P2cStore *store, const FitData *data, FitTask task,
                            float *memory, void *scratch, P2cImage *sheet) {
    size_t p = fit_picture_floats(task), q = fit_target_floats(task);
    float *pictures = memory, *targets = pictures + COLUMNS * p, *y = targets + COLUMNS * q;
    FitNet net;
    for (size_t i = 0; i < COLUMNS; i++)
        fit_data_sample(data, true, i, scratch, pictures + i * p, targets + i * q);
    P2cStatus status = fit_net_init(&net, ctx, store, task, fit_average_name(task), COLUMNS);
    if (!status) status = p2c_node_write(net.x, pictures);
    if (!status) status = p2c_graph_run(net.graph);
    if (!status) status = p2c_node_read(net.y, y);
    for (size_t i = 0; i < COLUMNS && !status; i++)
        draw_column(sheet, task, (int)i, pictures + i * p, targets + i * q, y + i * q);
    fit_net_clear(&net);
    return status;
}

int fit_samples_write(P2cContext *ctx, P2cStore *store, const FitData *data, FitTask task,
                      const char *path) {
    int size = task == FIT_MATTE ? FIT_MATTE_SIZE : TWICE * FIT_LANDMARK_SIZE,
        rows = task == FIT_MATTE ? MATTE_ROWS : LANDMARK_ROWS;
    P2cImage sheet = { 0 };
    void *scratch = malloc(fit_data_scratch(data) + 1);
    float *memory =
        calloc(COLUMNS, (fit_picture_floats(task) + 2 * fit_target_floats(task)) * sizeof *memory);
    P2cStatus status = p2c_image_init(ctx, &sheet, COLUMNS * size, rows * size, 3);
    if (!status && scratch && memory)
        status = draw_sheet(ctx, store, data, task, memory, scratch, &sheet);
    if (!status) status = p2c_image_write(ctx, path, &sheet);
    p2c_image_clear(&sheet);
    free(scratch);
    free(memory);
    return report_unless_device(ctx, status);
}
