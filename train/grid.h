/* grid.h: what a training looks like: sheets of pictures, seven rows, one column per picture:
 *
 *     input, heatmap of the identity, identity, heatmap of the fake, fake, heatmap of the cycle,
 *         cycle
 *     A2B:  identity = genB2A(a)   fake = genA2B(a)   cycle = genB2A(fake)        B2A: the other
 *         way round
 *
 * A network that draws the pictures is built when a sheet is made, on the store of the training,
 * and freed with it, so that no training step pays for its memory. */
#ifndef P2C_TRAIN_GRID_H
#define P2C_TRAIN_GRID_H

#include "p2cnn.h"

typedef struct GridOptions {
    int size, ch;
    bool full;
    bool ema;           /* the averaged generators, "genA2B_ema" and "genB2A_ema" */
    const char *folder; /* where pictures go; must exist */
    /* paths of prepared pictures, of any size */
    char *const *train_a, *const *train_b, *const *test_a, *const *test_b;
    int train_a_count, train_b_count, test_a_count, test_b_count;
} GridOptions;

/* <folder>/A2B_<step>.png and B2A_<step>.png: up to five training and five test pictures, evenly
 * spaced over the lists, always the same; and A2B_latest.jpg, B2A_latest.jpg: the same, at most
 * 1280 pixels wide. The store must hold both generators. Returns an exit code; what failed has been
 * reported, unless it is EXIT_DEVICE, of which p2c_error tells. A picture that cannot be read
 * leaves its column white; the sheet is written. */
int grid_write(P2cContext *ctx, P2cStore *store, const GridOptions *options, int64_t step);

/* <folder>/A2B_<name>.png, B2A_<name>.png: one column per test picture, called as the picture
 * without its ending. A picture that cannot be read, or would take the place of another one's
 * result, is reported and skipped, and the exit code says so. */
int grid_test(P2cContext *ctx, P2cStore *store, const GridOptions *options);

#endif
