/* portrait.c: a prepared portrait, a head and what belongs to the person on white -> its colours
 * and its alpha.
 *
 *     C = a F + (1 - a) 255        a = (255-C).(255-F) / |255-F|^2,    F = (C - (1-a) 255) / a
 *
 * The white that can be reached from the border is outside. Near it, colours are taken for mixed
 * with white: F is that of the nearest place DEEP pixels inside, and a is how far C is on the line
 * from white to F. A bright F says little, as JPEG's noise is as large as what is to be seen: there
 * a follows from the distance only. Deeper than that the person is opaque: highlights stay what
 * they are.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum {
    WHITE = 243,
    DEEP = 10,
    SOLID = 14,
    FAR = 1 << 20,
    LIGHT = 190,
    GREY = 34,
    THICK = 2,
    SMUDGE = 1000
};
/* added to alpha, more and more above a half: F is an estimate, and what is nearly opaque should be
 * so */
static const double GAIN = 0.2;
static const double BRIGHT = 70; /* |255-F| below which alpha is not read off colours */
/* alpha above which a pixel's own colour is freed of white; below, F counts more and more */
static const double SURE = 0.5;
/* pixels from the deep: a rim lighter than what it belongs to is white that alpha did not account
 * for, and shows */
static const double RIM_FROM = 3, RIM_FADE = 4;

typedef struct Work {
    uint8_t outside[FIT_PIXELS];
    int32_t queue[FIT_PIXELS];
    int32_t near[FIT_PIXELS]; /* the nearest pixel of those asked for, -1: none */
    float distance[FIT_PIXELS];
    float alpha[FIT_PIXELS];
} Work;

static bool near_white(const uint8_t *p) { return p[0] >= WHITE && p[1] >= WHITE && p[2] >= WHITE; }

/* From the upper three sides: the lower one may be a white shirt. */
static void flood_white(const uint8_t *rgb, Work *w) {
    int count = 0;
    memset(w->outside, 0, sizeof w->outside);
    for (int i = 0; i < FIT_PIXELS; i++) {
        int x = i % FIT_SIDE;
        if (i >= FIT_SIDE && x && x < FIT_SIDE - 1) continue;
        if (near_white(rgb + 3 * i)) w->outside[i] = 1, w->queue[count++] = i;
    }
    static const int dx[] = { 1, -1, 0, 0 }, dy[] = { 0, 0, 1, -1 };
    for (int k = 0; k < count; k++)
        for (int n = 0; n < 4; n++) {
            int x = w->queue[k] % FIT_SIDE + dx[n], y = w->queue[k] / FIT_SIDE + dy[n],
                i = y * FIT_SIDE + x;
            if (x < 0 || y < 0 || x >= FIT_SIDE || y >= FIT_SIDE || w->outside[i] ||
                !near_white(rgb + 3 * i))
                continue;
            w->outside[i] = 1;
            w->queue[count++] = i;
        }
}

static void closer(Work *w, int i, int j) {
    int k = w->near[j];
    if (k < 0) return;
    float d = (float)hypot(i % FIT_SIDE - k % FIT_SIDE, i / FIT_SIDE - k / FIT_SIDE);
    if (d < w->distance[i]) w->distance[i] = d, w->near[i] = k;
}

/* The nearest seed (near[i] == i) of every pixel, in two passes (Danielsson 1980; nearly exact). */
static void spread_distance(Work *w) {
    for (int i = 0; i < FIT_PIXELS; i++) w->distance[i] = w->near[i] < 0 ? FAR : 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < FIT_PIXELS; k++) {
            int i = pass ? FIT_PIXELS - 1 - k : k, step = pass ? 1 : -1, x = i % FIT_SIDE + step,
                y = i / FIT_SIDE + step;
            bool beside = x >= 0 && x < FIT_SIDE, above = y >= 0 && y < FIT_SIDE;
            int back = i % FIT_SIDE - step;
            if (beside) closer(w, i, i + step);
            if (above) closer(w, i, i + step * FIT_SIDE);
            if (beside && above) closer(w, i, i + step * (FIT_SIDE + 1));
            if (above && back >= 0 && back < FIT_SIDE) closer(w, i, i + step * (FIT_SIDE - 1));
        }
}

/* How far the colour is on the way from white to F. */
static double mixed_alpha(const uint8_t *colour, const uint8_t *full, double distance) {
    double dot = 0, square = 0;
    for (int c = 0; c < 3; c++)
        dot += (255.0 - colour[c]) * (255.0 - full[c]),
            square += (255.0 - full[c]) * (255.0 - full[c]);
    double trust = fmin(sqrt(square) / BRIGHT, 1), by_colour = square > 0 ? dot / square : 0,
           by_distance = distance / 2;
    by_colour += GAIN * fmax(2 * by_colour - 1, 0);
    double inside = (distance - (SOLID - DEEP)) / DEEP; /* ever surer with the distance */
    return fmin(fmax(trust * fmin(by_colour, 1) + (1 - trust) * fmin(by_distance, 1), inside), 1);
}

static bool light_grey(const uint8_t *p) {
    int low = p[0] < p[1] ? p[0] : p[1], high = p[0] > p[1] ? p[0] : p[1];
    low = p[2] < low ? p[2] : low, high = p[2] > high ? p[2] : high;
    return low >= LIGHT && high - low < GREY;
}

/* The light grey pixels, not at the very edge, that hang together with `start`: counted, and
 * whether they come near the outside. They are crossed out in near. */
static int gather(const uint8_t *rgb, Work *w, int start, bool *at_edge) {
    int count = 1;
    *at_edge = false;
    w->queue[0] = start;
    w->near[start] = FAR;
    for (int k = 0; k < count; k++) {
        int at = w->queue[k], x = at % FIT_SIDE;
        *at_edge |= w->distance[at] <= THICK + 1;
        const int beside[4] = { x ? at - 1 : at, x < FIT_SIDE - 1 ? at + 1 : at,
                                at >= FIT_SIDE ? at - FIT_SIDE : at,
                                at < FIT_PIXELS - FIT_SIDE ? at + FIT_SIDE : at };
        for (int n = 0; n < 4; n++) {
            int i = beside[n];
            if (w->near[i] == FAR || w->distance[i] <= THICK || !light_grey(rgb + 3 * i)) continue;
            w->near[i] = FAR;
            w->queue[count++] = i;
        }
    }
    return count;
}

/* What is left of a background: light, grey, at the edge, too thick to be the edge itself and too
 * small for a shirt. It goes outside, with its rim. */
static void remove_smudges(const uint8_t *rgb, Work *w) {
    for (int start = 0; start < FIT_PIXELS; start++) {
        if (w->near[start] == FAR || w->distance[start] <= THICK || !light_grey(rgb + 3 * start))
            continue;
        bool at_edge;
        int count = gather(rgb, w, start, &at_edge);
        if (!at_edge || count > SMUDGE) continue;
        for (int k = 0; k < count; k++)
            for (int n = 0; n < 49; n++) {
                int x = w->queue[k] % FIT_SIDE + n % 7 - 3, y = w->queue[k] / FIT_SIDE + n / 7 - 3,
                    i = y * FIT_SIDE + x;
                if (x >= 0 && y >= 0 && x < FIT_SIDE && y < FIT_SIDE && light_grey(rgb + 3 * i))
                    w->outside[i] = 1;
            }
    }
}

static void find_outside_distance(Work *w) {
    for (int i = 0; i < FIT_PIXELS; i++) w->near[i] = w->outside[i] ? i : -1;
    spread_distance(w);
}

static void find_alpha(const uint8_t *rgb, Work *w) {
    find_outside_distance(w);
    remove_smudges(rgb, w);
    find_outside_distance(w);
    for (int i = 0; i < FIT_PIXELS; i++) {
        /* kept here while `distance` serves once more */
        w->alpha[i] = w->distance[i] < FAR ? w->distance[i] : SOLID;
        w->near[i] = w->alpha[i] > DEEP ? i : -1;
    }
    spread_distance(w);
    for (int i = 0; i < FIT_PIXELS; i++) {
        double distance = w->alpha[i], a = 0;
        if (!w->outside[i])
            a = w->near[i] < 0 || distance >= SOLID
                    ? 1
                    : mixed_alpha(rgb + 3 * i, rgb + 3 * w->near[i], distance);
        w->alpha[i] = (float)(a < 0.06 ? 0 : a > 0.94 ? 1 : a);
    }
}

static void unmix_colours(const uint8_t *rgb, const Work *w, uint8_t *rgba) {
    for (int i = 0; i < FIT_PIXELS; i++) {
        const uint8_t *own = rgb + 3 * i, *full = w->near[i] < 0 ? own : rgb + 3 * w->near[i];
        double a = w->alpha[i], weight = fmin(a / SURE, 1),
               light = own[0] + own[1] + own[2] - (1 - a) * 765,
               most = a * (full[0] + full[1] + full[2]);
        if (light > most) weight *= fmin(fmax(1 - (w->distance[i] - RIM_FROM) / RIM_FADE, 0), 1);
        for (int c = 0; c < 3; c++) {
            double free_of_white =
                a > 0 ? fmin(fmax((own[c] - (1 - a) * 255) / a, 0), 255) : full[c];
            rgba[4 * i + c] = (uint8_t)lround(weight * free_of_white + (1 - weight) * full[c]);
        }
        rgba[4 * i + 3] = (uint8_t)lround(a * 255);
    }
}

/* Of the middle, where no white is, seventeen by sixteen means, each compared with its right
 * neighbour (dHash): alike for pictures that are nearly the same. */
static P2cStatus fingerprint(P2cContext *ctx, const P2cImage *picture, uint64_t print[4]) {
    P2cImage middle, small = { 0 };
    P2cStatus status = p2c_image_init(ctx, &middle, FIT_SIDE / 2, FIT_SIDE / 2, 3);
    for (int y = 0; !status && y < FIT_SIDE / 2; y++)
        memcpy(middle.pixels + 3 * y * (FIT_SIDE / 2),
               picture->pixels + 3 * ((y + FIT_SIDE / 4) * FIT_SIDE + FIT_SIDE / 4),
               3 * (FIT_SIDE / 2));
    if (!status) status = p2c_image_resize(ctx, &middle, 17, 16, P2C_FILTER_AREA, &small);
    memset(print, 0, 4 * sizeof *print);
    for (int i = 0; !status && i < 256; i++) {
        const uint8_t *p = small.pixels + 3 * (i / 16 * 17 + i % 16);
        print[i / 64] |= (uint64_t)(p[0] + p[1] + p[2] < p[3] + p[4] + p[5]) << i % 64;
    }
    p2c_image_clear(&middle);
    p2c_image_clear(&small);
    return status;
}

P2cStatus fit_portrait_make(P2cContext *ctx, const P2cImage *on_white, FitPortrait *portrait) {
    *portrait = (FitPortrait){ 0 };
    P2cImage square = { 0 };
    Work *work = malloc(sizeof *work);
    portrait->rgba = malloc(4 * (size_t)FIT_PIXELS);
    P2cStatus status = work && portrait->rgba ? p2c_image_resize(ctx, on_white, FIT_SIDE, FIT_SIDE,
                                                                 P2C_FILTER_ANTIALIAS, &square)
                                              : P2C_ERR_MEMORY;
    if (!status) status = fingerprint(ctx, &square, portrait->print);
    if (status) goto cleanup;
    flood_white(square.pixels, work);
    find_alpha(square.pixels, work);
    if (!fit_measure(work->alpha, &portrait->measures)) {
        status = P2C_ERR_MEMORY;
        goto cleanup;
    }
    unmix_colours(square.pixels, work, portrait->rgba);
    portrait->verdict = fit_judge(&portrait->measures);
cleanup:
    p2c_image_clear(&square);
    free(work);
    if (status) free(portrait->rgba), portrait->rgba = NULL;
    return status;
}

P2cStatus fit_portrait_read(P2cContext *ctx, const char *path, FitPortrait *portrait) {
    *portrait = (FitPortrait){ .verdict = FIT_UNREADABLE };
    P2cImage picture;
    P2cStatus status = p2c_image_read(ctx, path, &picture);
    if (status) return status == P2C_ERR_MEMORY ? status : P2C_OK;
    p2c_image_over_white(&picture);
    status = fit_portrait_make(ctx, &picture, portrait);
    p2c_image_clear(&picture);
    return status;
}
