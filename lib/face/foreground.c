/* foreground.c: the colours of the foreground where a soft edge mixes it with the background: blur
 * fusion (Forte and Pitie 2021).
 *
 * A pixel is I = a F + (1-a) B. Let Q(v) be the mean of v over a window. Then F^ = Q(a F)/Q(a) and
 * B^ = Q((1-a) B)/Q(1-a) are the mean colours of foreground and background nearby, and F = F^ + a
 * (I - a F^ - (1-a) B^) agrees with I in proportion to a. There are two passes: the first with
 * windows that reach 8 % of the picture to each side and F = B = I, the second with 1 % and with F
 * and B^ of the first. (The paper uses 90 and 6 pixels. Smaller windows keep more of the background
 * when an edge is as soft as in rough mattes.)
 *
 * All sums are sums of whole numbers, c*a of bytes, in whole numbers. Running sums are therefore
 * exact, and the rows may be split among any number of threads. The memory beside the picture is
 * two of its size, for F and B^, in bytes. */
#include "pixel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAR 0.08 /* half a window's size, as a fraction of the picture's longer side */
#define NEAR 0.01

enum { FRONT, BACK = 3, ALPHA = 6, SUMS = 7 }; /* sums of a F, of (255-a) B, of a */

/* One pass computes F and B^ from the picture and the F and B so far. f_out may be the picture
 * itself, because windows use only its alpha. */
typedef struct Pass {
    const P2cImage *picture, *f, *b; /* picture: RGBA; f and b: RGB or RGBA */
    P2cImage *f_out, *b_out;         /* b_out may be NULL: the last pass does not need it */
    int r;
} Pass;

static void add_row(const Pass *pass, int y, uint32_t sign, uint32_t *columns) {
    const uint8_t *a = pixel_at(pass->picture, 0, y) + 3, *f = pixel_at(pass->f, 0, y),
                  *b = pixel_at(pass->b, 0, y);
    for (int x = 0; x < pass->picture->width;
         x++, columns += SUMS, a += 4, f += pass->f->channels, b += pass->b->channels) {
        /* arithmetic modulo 2^32, so that a sign of -1 subtracts */
        uint32_t front = sign * *a, back = sign * (255u - *a);
        for (int c = 0; c < 3; c++)
            columns[FRONT + c] += front * f[c], columns[BACK + c] += back * b[c];
        columns[ALPHA] += front;
    }
}

/* count: pixels of the window. The formula gives F = I where a is 1, and F = F^ where a is 0. */
static void estimate(const Pass *pass, const uint64_t sum[SUMS], uint64_t count, int x, int y) {
    const uint8_t *in = pixel_at(pass->picture, x, y), *f_in = pixel_at(pass->f, x, y),
                  *b_in = pixel_at(pass->b, x, y);
    uint8_t *f_out = pixel_at(pass->f_out, x, y);
    uint64_t front = sum[ALPHA], back = 255 * count - front;
    double a = in[3] / 255.0;
    for (int c = 0; c < 3; c++) {
        double f = front ? (double)sum[FRONT + c] / (double)front : f_in[c],
               b = back ? (double)sum[BACK + c] / (double)back : b_in[c];
        if (pass->b_out) pixel_at(pass->b_out, x, y)[c] = to_byte(b);
        f_out[c] = to_byte(f + a * (in[c] - a * f - (1 - a) * b));
    }
}

static void pass_row(const Pass *pass, const uint32_t *columns, int rows, int y) {
    int w = pass->picture->width, r = pass->r;
    uint64_t sum[SUMS] = { 0 };
    for (int x = 0; x < r && x < w; x++)
        for (int c = 0; c < SUMS; c++) sum[c] += columns[x * SUMS + c];
    for (int x = 0; x < w; x++) {
        int enters = x + r, leaves = x - r - 1,
            count = (enters < w ? enters : w - 1) - (leaves < 0 ? 0 : leaves + 1) + 1;
        for (int c = 0; c < SUMS && enters < w; c++) sum[c] += columns[enters * SUMS + c];
        for (int c = 0; c < SUMS && leaves >= 0; c++) sum[c] -= columns[leaves * SUMS + c];
        estimate(pass, sum, (uint64_t)rows * (uint64_t)count, x, y);
    }
}

/* Computes rows [begin, end). columns: (w, SUMS). */
static void pass_strip(const Pass *pass, int begin, int end, uint32_t *columns) {
    /* rows [top, bottom) are summed in columns */
    int h = pass->picture->height, r = pass->r, top = begin > r ? begin - r : 0;
    int bottom = top;
    memset(columns, 0, (size_t)pass->picture->width * SUMS * sizeof *columns);
    for (int y = begin; y < end; y++) {
        while (bottom < h && bottom <= y + r) add_row(pass, bottom++, 1, columns);
        while (top < y - r) add_row(pass, top++, (uint32_t)-1, columns);
        pass_row(pass, columns, bottom - top, y);
    }
}

static void run_pass(const Pass *pass, int threads, uint32_t *columns) {
    int h = pass->picture->height;
    size_t each = (size_t)pass->picture->width * SUMS;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++)
        pass_strip(pass, (int)((int64_t)h * t / threads), (int)((int64_t)h * (t + 1) / threads),
                   columns + (size_t)t * each);
}

static int half_window(const P2cImage *picture, double part, int least) {
    int r =
        (int)(part * (picture->width > picture->height ? picture->width : picture->height) + 0.5);
    /* 32,001 rows of at most 65,025 fit into 32 bits */
    return r < least ? least : r > 16000 ? 16000 : r;
}

P2cStatus p2c_foreground_beyond(P2cContext *ctx, P2cImage *rgba) {
    assert(rgba->channels == 4);
    int threads = thread_count(ctx);
    P2cImage f = { 0 }, b = { 0 };
    size_t bytes = (size_t)rgba->width * SUMS * sizeof(uint32_t) * (size_t)threads;
    uint32_t *columns = malloc(bytes);
    P2cStatus status = columns ? p2c_image_init(ctx, &f, rgba->width, rgba->height, 3)
                               : p2c_fail_memory(ctx, "the head's colours", bytes);
    if (!status) status = p2c_image_init(ctx, &b, rgba->width, rgba->height, 3);
    if (!status) {
        P2cTeam *outer = enter_team(ctx);
        run_pass(&(Pass){ .picture = rgba,
                          .f = rgba,
                          .b = rgba,
                          .f_out = &f,
                          .b_out = &b,
                          .r = half_window(rgba, FAR, 2) },
                 threads, columns);
        run_pass(
            &(Pass){
                .picture = rgba, .f = &f, .b = &b, .f_out = rgba, .r = half_window(rgba, NEAR, 1) },
            threads, columns);
        p2c_team_enter(outer);
    }
    free(columns);
    p2c_image_clear(&f);
    p2c_image_clear(&b);
    return status;
}

P2cStatus p2c_foreground_colours(P2cContext *ctx, P2cImage *rgba) {
    P2cStatus status = p2c_foreground_beyond(ctx, rgba);
    for (size_t i = 0; !status && i < pixel_count(rgba); i++)
        if (rgba->pixels[4 * i + 3] == 0) memset(rgba->pixels + 4 * i, 255, 3);
    return status;
}
