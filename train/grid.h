/* grid.h: sheets of sample pictures of a training, seven rows, one column for each picture:
 *
 *     input, heatmap of the identity, identity, heatmap of the fake, fake, heatmap of the cycle,
 *         cycle
 *     A2B:  identity = genB2A(a)   fake = genA2B(a)   cycle = genB2A(fake)        B2A: the other
 *         way round
 *
 * The network that draws the pictures is built for each sheet, on the store of the training, and
 * freed afterwards, so that training steps do not pay for its memory. */
#ifndef P2C_TRAIN_GRID_H
#define P2C_TRAIN_GRID_H

#include "p2cnn.h"

typedef struct GridOptions {
    int size, ch;
    int ch_b2a; /* channels of genB2A; 0: ch */
    bool full;
    bool ema;           /* the averaged generators, "genA2B_ema" and "genB2A_ema" */
    const char *folder; /* where pictures go; must exist */
    /* paths of prepared pictures, of any size */
    char *const *train_a, *const *train_b, *const *test_a, *const *test_b;
    int train_a_count, train_b_count, test_a_count, test_b_count;
} GridOptions;

/* <folder>/A2B_<step>.png and B2A_<step>.png: up to five training and five test pictures, evenly
 * spaced over the lists, always the same; and A2B_latest.jpg, B2A_latest.jpg: the same, at most
 * 1280 pixels wide. The store must hold both generators. Returns 0 or the exit code of a failure,
 * which has been reported unless it is EXIT_DEVICE (see p2c_error). The column of a picture that
 * cannot be read stays white; the sheet is written all the same. */
int grid_write(P2cContext *ctx, P2cStore *store, const GridOptions *options, int64_t step);

/* <folder>/A2B_<name>.png, B2A_<name>.png: one column for each test picture, with its name without
 * the ending. A picture that cannot be read, or whose result would overwrite another one's, is
 * reported and skipped, and the exit code says so. */
int grid_test(P2cContext *ctx, P2cStore *store, const GridOptions *options);

/* A file's name without folders and ending: its length, and where it begins in path. */
int picture_stem(const char *path, const char **begin);

#endif
