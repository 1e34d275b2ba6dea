/* swd.c: see swd.h. The patches' means need not be subtracted: the same shift of both sets moves
 * all sorted projections alike. Neither need the patches be scaled: the directions are, once.
 *
 * Directions come in groups at right angles to each other. Each by itself is as random as before,
 * but a group misses nothing: the results of 512 deviate by 1 % from one seed to another where
 * independent ones deviate by 3 % (at the coarsest level, where patches are nearly of one
 * colour). */
#include "swd.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../run/order.h"

/* Directions are projected on in blocks, so that a block's sums stay in registers. */
enum { BLOCK = 16, BASIS = 128 };
_Static_assert(SWD_DIRECTIONS % BASIS == 0 && BASIS % BLOCK == 0, "only whole blocks and bases");
_Static_assert((int)BASIS <= SWD_VALUES, "no more are at right angles");
typedef float Lanes __attribute__((vector_size(4 * BLOCK), aligned(4), may_alias));

/* ---- patches --------------------------------------------------------------------------------- */

int swd_patches(int pictures, int other_pictures) {
    return SWD_PATCHES * (pictures < other_pictures ? pictures : other_pictures);
}

bool swd_init(SwdSet *set, int side, int pictures, int patches, int stream) {
    assert(pictures > 0 && patches > 0);
    *set = (SwdSet){ .side = side,
                     .levels = pyramid_levels(side),
                     .pictures = pictures,
                     .patches = patches,
                     .stream = stream };
    for (int level = 0; level < set->levels; level++) {
        set->values[level] = malloc((size_t)patches * SWD_VALUES * sizeof(float));
        if (!set->values[level]) return false;
    }
    return true;
}

void swd_clear(SwdSet *set) {
    for (int level = 0; level < PYRAMID_LEVELS; level++) free(set->values[level]);
    *set = (SwdSet){ 0 };
}

static void cut_patch(const float *planes, int side, int left, int top, float *values) {
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SWD_PATCH; y++, values += SWD_PATCH)
            memcpy(values,
                   planes + ((size_t)c * (size_t)side + (size_t)(top + y)) * (size_t)side + left,
                   SWD_PATCH * sizeof *values);
}

/* Of picture i at one level. */
static void cut_patches(SwdSet *set, int i, int level, const float *planes, int side) {
    Draws draws = draws_start(0, "measure.patch", set->stream, level, i);
    uint32_t places = (uint32_t)(side - SWD_PATCH + 1);
    for (int k = i; k < set->patches; k += set->pictures) {
        int top = (int)draws_below(&draws, places), left = (int)draws_below(&draws, places);
        cut_patch(planes, side, left, top, set->values[level] + (size_t)k * SWD_VALUES);
    }
}

bool swd_add(SwdSet *set, int i, const float *planes) {
    int side = set->side;
    size_t size = 3 * (size_t)side * (size_t)side;
    float *picture = malloc((size + size / 4 + pyramid_scratch(side)) * sizeof *picture);
    if (!picture) return false;
    float *smaller = picture + size;
    memcpy(picture, planes, size * sizeof *picture);
    for (int level = 0; level < set->levels; level++) {
        if (level + 1 < set->levels) pyramid_split(picture, side, smaller, smaller + size / 4);
        cut_patches(set, i, level, picture, side);
        side /= 2;
        if (level + 1 < set->levels)
            memcpy(picture, smaller, 3 * (size_t)side * (size_t)side * sizeof *picture);
    }
    free(picture);
    return true;
}

/* ---- directions ------------------------------------------------------------------------------ */

static double dot_product(const double *x, const double *y) {
    double sum = 0;
    for (int i = 0; i < SWD_VALUES; i++) sum += x[i] * y[i];
    return sum;
}

/* Above 0, below 1. */
static double uniform(Draws *draws) { return (draws_below(draws, 1u << 24) + 0.5) / (1u << 24); }

/* BASIS random directions at right angles to each other, each of length 1: normal values have no
 * preferred direction (Box and Muller 1958), Gram and Schmidt make the angles. */
static void draw_basis(int level, int number, double (*basis)[SWD_VALUES]) {
    Draws draws = draws_start(0, "measure.direction", 0, level, number);
    for (int k = 0; k < BASIS; k++) {
        double *v = basis[k];
        for (int i = 0; i < SWD_VALUES; i++) {
            double radius = sqrt(-2 * log(uniform(&draws)));
            v[i] = radius * cos(2 * M_PI * uniform(&draws));
        }
        for (int j = 0; j < k; j++) {
            double dot = dot_product(v, basis[j]);
            for (int i = 0; i < SWD_VALUES; i++) v[i] -= dot * basis[j][i];
        }
        double length = sqrt(dot_product(v, v));
        for (int i = 0; i < SWD_VALUES; i++) v[i] /= length;
    }
}

/* 1 / the standard deviation of a channel over all patches. */
static double channel_scale(const float *values, int patches, int channel) {
    enum { PIXELS = SWD_PATCH * SWD_PATCH };
    double sum = 0, squares = 0, n = (double)patches * PIXELS;
    for (int k = 0; k < patches; k++)
        for (int i = 0; i < PIXELS; i++) {
            double value = values[(size_t)k * SWD_VALUES + (size_t)(channel * PIXELS + i)];
            sum += value;
            squares += value * value;
        }
    return 1 / (sqrt(fmax(squares / n - sum / n * (sum / n), 0)) + 1e-8);
}

/* (147,BLOCK): directions of a basis, scaled. */
static void fill_block(float *block, double (*directions)[SWD_VALUES], const double scales[3]) {
    for (int i = 0; i < SWD_VALUES; i++)
        for (int k = 0; k < BLOCK; k++)
            block[i * BLOCK + k] = (float)(directions[k][i] * scales[i / (SWD_PATCH * SWD_PATCH)]);
}

/* ---- projections ----------------------------------------------------------------------------- */

/* out (BLOCK,patches) */
static void project(const float *values, int patches, const float *block, float *out) {
    for (size_t k = 0; k < (size_t)patches; k++, values += SWD_VALUES) {
        Lanes sum = { 0 };
        for (int i = 0; i < SWD_VALUES; i++)
            sum += values[i] * *(const Lanes *)(block + (size_t)i * BLOCK);
        for (size_t j = 0; j < BLOCK; j++) out[j * (size_t)patches + k] = sum[j];
    }
}

/* Floats in the order of their values are integers in the order of these. */
static uint32_t to_key(uint32_t bits) { return bits >> 31 ? ~bits : bits | 1u << 31; }
static uint32_t from_key(uint32_t key) { return key >> 31 ? key ^ 1u << 31 : ~key; }

/* One pass of a radix sort, by one digit of 11 bits. */
static void sort_pass(const uint32_t *from, uint32_t *to, int n, int shift) {
    enum { DIGITS = 1 << 11 };
    int starts[DIGITS + 1] = { 0 };
    for (int i = 0; i < n; i++) starts[(from[i] >> shift & (DIGITS - 1)) + 1]++;
    for (int d = 0; d < DIGITS; d++) starts[d + 1] += starts[d];
    for (int i = 0; i < n; i++) to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* Millions of values are sorted: by comparing them it would take most of the time. keys, other:
 * scratch of n each. */
static void sort_floats(float *values, int n, uint32_t *keys, uint32_t *other) {
    memcpy(other, values, (size_t)n * sizeof *values);
    for (int i = 0; i < n; i++) keys[i] = to_key(other[i]);
    sort_pass(keys, other, n, 0);
    sort_pass(other, keys, n, 11);
    sort_pass(keys, other, n, 22);
    for (int i = 0; i < n; i++) other[i] = from_key(other[i]);
    memcpy(values, other, (size_t)n * sizeof *values);
}

/* ---- distances ------------------------------------------------------------------------------- */

typedef struct Work {
    double (*basis)[SWD_VALUES];
    float *block;      /* (147,BLOCK) */
    float *a, *b;      /* (BLOCK,patches) */
    uint32_t *keys[2]; /* (patches) */
} Work;

static bool work_init(Work *work, int patches) {
    size_t n = (size_t)patches;
    *work = (Work){ .basis = malloc(BASIS * sizeof *work->basis),
                    .block = malloc(SWD_VALUES * BLOCK * sizeof(float)),
                    .a = malloc(BLOCK * n * sizeof(float)),
                    .b = malloc(BLOCK * n * sizeof(float)),
                    .keys = { malloc(n * sizeof(uint32_t)), malloc(n * sizeof(uint32_t)) } };
    return work->basis && work->block && work->a && work->b && work->keys[0] && work->keys[1];
}

static void work_clear(Work *work) {
    free(work->basis);
    free(work->block);
    free(work->a);
    free(work->b);
    free(work->keys[0]);
    free(work->keys[1]);
}

/* Sum of |a - b| over the sorted projections on a block of directions. */
static double compare_block(const Work *work, int patches) {
    double sum = 0;
    for (size_t k = 0; k < BLOCK; k++) {
        float *a = work->a + k * (size_t)patches, *b = work->b + k * (size_t)patches;
        sort_floats(a, patches, work->keys[0], work->keys[1]);
        sort_floats(b, patches, work->keys[0], work->keys[1]);
        for (int i = 0; i < patches; i++) sum += fabs((double)a[i] - b[i]);
    }
    return sum;
}

static double level_distance(const SwdSet *a, const SwdSet *b, int level, const Work *work) {
    double scales[3], sum = 0;
    for (int c = 0; c < 3; c++) scales[c] = channel_scale(b->values[level], b->patches, c);
    for (int k = 0; k < SWD_DIRECTIONS; k += BLOCK) {
        if (k % BASIS == 0) draw_basis(level, k / BASIS, work->basis);
        fill_block(work->block, work->basis + k % BASIS, scales);
        project(a->values[level], a->patches, work->block, work->a);
        project(b->values[level], b->patches, work->block, work->b);
        sum += compare_block(work, a->patches);
    }
    return 1000 * sum / ((double)a->patches * SWD_DIRECTIONS);
}

double swd_distance(const SwdSet *a, const SwdSet *b, double levels[PYRAMID_LEVELS]) {
    assert(a->side == b->side && a->patches == b->patches && a->stream != b->stream);
    Work work;
    double mean = 0;
    bool good = work_init(&work, a->patches);
    for (int level = 0; level < PYRAMID_LEVELS; level++) {
        levels[level] =
            good && level < a->levels ? level_distance(a, b, level, &work) : (double)NAN;
        if (level < a->levels) mean += levels[level] / a->levels;
    }
    work_clear(&work);
    return mean;
}
