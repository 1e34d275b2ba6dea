/* quality.c: whether what was read as a matte is one.
 *
 * Of the published portraits a third are rectangular crops that were turned upright, so that the
 * white around them is the rotation's: their outline runs along straight lines (a Hough transform
 * finds the longest). Others keep smudges of background, wide and half transparent.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { ANGLES = 180, REACH = 8, END_ROWS = 3, RIM = 3, LEEWAY = 8 };

/* Found by looking at all 379 of the published ones, those near each limit twice. */
static const double LEAST_COVERED = 0.2, MOST_COVERED = 0.93, LEAST_FOOT = 0.15,
                    MOST_STRAIGHT = 118, MOST_WIDTH = 3.15, MOST_SPECKS = 0.04;

const char *fit_verdict_text(FitVerdict verdict) {
    static const char *const texts[FIT_VERDICTS] = {
        [FIT_GOOD] = "good",
        [FIT_UNREADABLE] = "unreadable",
        [FIT_EMPTY] = "nearly all white",
        [FIT_FULL] = "hardly any white",
        [FIT_FLOATING] = "does not reach the lower side",
        [FIT_CUT] = "cut along a straight line",
        [FIT_SMUDGED] = "smudged",
        [FIT_SCATTERED] = "in pieces",
    };
    return texts[verdict];
}

FitVerdict fit_judge(const FitMeasures *m) {
    if (m->coverage < LEAST_COVERED) return FIT_EMPTY;
    if (m->coverage > MOST_COVERED) return FIT_FULL;
    if (m->foot < LEAST_FOOT) return FIT_FLOATING;
    if (m->straight > MOST_STRAIGHT) return FIT_CUT;
    if (m->specks > MOST_SPECKS) return FIT_SCATTERED;
    if (m->width > MOST_WIDTH) return FIT_SMUDGED;
    return FIT_GOOD;
}

typedef struct Work {
    int32_t piece[FIT_PIXELS]; /* 0: not yet, else the number of its piece */
    int32_t queue[FIT_PIXELS];
    int32_t votes[ANGLES][3 * FIT_SIDE];
} Work;

/* Everything of one kind (in, or out) that hangs together with pixel `start`. */
static int fill(Work *w, const float *alpha, int start, int number) {
    bool in = alpha[start] > 0.5f;
    int count = 1;
    w->queue[0] = start;
    w->piece[start] = number;
    static const int dx[] = { 1, -1, 0, 0 }, dy[] = { 0, 0, 1, -1 };
    for (int k = 0; k < count; k++)
        for (int n = 0; n < 4; n++) {
            int x = w->queue[k] % FIT_SIDE + dx[n], y = w->queue[k] / FIT_SIDE + dy[n],
                i = y * FIT_SIDE + x;
            if (x < 0 || y < 0 || x >= FIT_SIDE || y >= FIT_SIDE || w->piece[i] ||
                (alpha[i] > 0.5f) != in)
                continue;
            w->piece[i] = number;
            w->queue[count++] = i;
        }
    return count;
}

static int largest_piece(Work *w, const float *alpha) {
    int most = 0, largest = 0, number = 0;
    memset(w->piece, 0, sizeof w->piece);
    for (int i = 0; i < FIT_PIXELS; i++) {
        if (w->piece[i]) continue;
        int count = fill(w, alpha, i, ++number);
        if (alpha[i] > 0.5f && count > most) most = count, largest = number;
    }
    return largest;
}

static bool is_near(const Work *w, int i, int piece) {
    int left = i % FIT_SIDE, top = i / FIT_SIDE;
    for (int y = top > REACH ? top - REACH : 0; y <= top + REACH && y < FIT_SIDE; y++)
        for (int x = left > REACH ? left - REACH : 0; x <= left + REACH && x < FIT_SIDE; x++)
            if (w->piece[y * FIT_SIDE + x] == piece) return true;
    return false;
}

/* What is not at the largest piece goes; returns how much that was, in parts of what stays. */
static double remove_specks(const Work *w, float *alpha, int piece) {
    double gone = 0, kept = 0;
    for (int i = 0; i < FIT_PIXELS; i++) {
        if (alpha[i] <= 0) continue;
        bool stays = w->piece[i] == piece || (alpha[i] <= 0.5f && is_near(w, i, piece));
        *(stays ? &kept : &gone) += alpha[i];
        if (!stays) alpha[i] = 0;
    }
    return kept > 0 ? gone / kept : 1;
}

static bool on_outline(const Work *w, int i, int piece) {
    int x = i % FIT_SIDE, y = i / FIT_SIDE;
    if (w->piece[i] != piece || x < RIM || y < RIM || x >= FIT_SIDE - RIM || y >= FIT_SIDE - RIM)
        return false;
    return w->piece[i - 1] != piece || w->piece[i + 1] != piece ||
           w->piece[i - FIT_SIDE] != piece || w->piece[i + FIT_SIDE] != piece;
}

/* The direction in which alpha changes, 0 to pi, from the twenty-five pixels around. */
static double slope(const float *alpha, int i) {
    double dx = 0, dy = 0;
    for (int y = -2; y <= 2; y++)
        for (int x = -2; x <= 2; x++)
            dx += x * (double)alpha[i + y * FIT_SIDE + x],
                dy += y * (double)alpha[i + y * FIT_SIDE + x];
    double turn = atan2(dy, dx);
    return turn < 0 ? turn + M_PI : turn;
}

/* Of the pixels whose edge runs along it, the most within a strip two pixels wide. */
static int longest_line(Work *w, const float *alpha, int piece, int *outline) {
    int most = 0;
    *outline = 0;
    memset(w->votes, 0, sizeof w->votes);
    for (int i = 0; i < FIT_PIXELS; i++) {
        if (!on_outline(w, i, piece)) continue;
        (*outline)++;
        int across = (int)lround(slope(alpha, i) * ANGLES / M_PI);
        for (int near = across - LEEWAY; near <= across + LEEWAY; near++) {
            int k = (near + ANGLES) % ANGLES;
            /* -256 to 363 */
            double turn = k * M_PI / ANGLES,
                   rho = i % FIT_SIDE * cos(turn) + (double)(i / FIT_SIDE) * sin(turn);
            w->votes[k][(int)floor(rho) + FIT_SIDE]++;
        }
    }
    for (int k = 0; k < ANGLES; k++)
        for (int r = 0; r + 1 < 3 * FIT_SIDE; r++) {
            int sum = w->votes[k][r] + w->votes[k][r + 1];
            most = sum > most ? sum : most;
        }
    return most;
}

bool fit_measure(float alpha[FIT_PIXELS], FitMeasures *m) {
    Work *w = malloc(sizeof *w);
    *m = (FitMeasures){ 0 };
    if (!w) return false;
    int piece = largest_piece(w, alpha), outline, soft = 0;
    m->specks = remove_specks(w, alpha, piece);
    m->straight = longest_line(w, alpha, piece, &outline);
    for (int i = 0; i < FIT_PIXELS; i++) {
        m->coverage += (double)alpha[i] / FIT_PIXELS;
        soft += alpha[i] > 0.1f && alpha[i] < 0.8f;
        if (i < END_ROWS * FIT_SIDE) m->crown += (double)alpha[i] / (END_ROWS * FIT_SIDE);
        if (i >= FIT_PIXELS - END_ROWS * FIT_SIDE)
            m->foot += (double)alpha[i] / (END_ROWS * FIT_SIDE);
    }
    m->width = outline ? (double)soft / outline : 0;
    free(w);
    return true;
}
