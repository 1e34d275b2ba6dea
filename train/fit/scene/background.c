/* background.c: what is behind a head, by formula: a kind of the table, perhaps another over a part
 * of it, perhaps a second person, blurred or sharp.
 *
 * Kinds marked TRAINING or HELD are drawn for those samples only, so that what is held out has
 * backgrounds of a sort that was never seen.
 */
#include <math.h>
#include <string.h>

#include "parts.h"

typedef struct Behind {
    const FitPeople *people;
    const FitPortrait *in_front;
} Behind;

/* Each number is drawn in a statement or a declarator of its own: the order of arguments is the
 * compiler's choice. */

/* A colour of the head in front itself, or any. */
static void head_colour(Draws *d, const Behind *b, float colour[3]) {
    const uint8_t *p = b->in_front->rgba;
    for (int tries = 0; tries < 16; tries++) {
        const uint8_t *pixel = p + 4 * fit_choice(d, FIT_PIXELS);
        if (pixel[3] < 200) continue;
        for (int c = 0; c < 3; c++) colour[c] = (float)pixel[c] / 255;
        return;
    }
    fit_colour(d, colour);
}

static void gradient(FitScene *s, Draws *d, const Behind *b) {
    (void)b;
    float low[3], high[3];
    double turn = fit_uniform(d, 0, 2 * M_PI), dx = cos(turn) / s->side, dy = sin(turn) / s->side;
    fit_colour(d, low);
    if (fit_chance(d, 0.5)) fit_colour(d, high);
    else fit_colour_near(d, low, 0.15, high);
    for (int i = 0; i < s->side * s->side; i++)
        s->mask[i] = (float)fmin(fmax(0.5 + dx * (i % s->side - s->side / 2) +
                                          dy * ((double)(i / s->side) - s->side / 2),
                                      0),
                                 1);
    fit_fill_by(s, s->mask, low, high);
}

/* Plain, or nearly so; in one of three the colour is the head's own. */
static void wall(FitScene *s, Draws *d, const Behind *b) {
    float low[3], high[3];
    if (fit_chance(d, 0.4)) head_colour(d, b, low);
    else fit_colour(d, low);
    fit_colour_near(d, low, 0.05, high);
    double cell = s->side * fit_uniform(d, 0.1, 1);
    fit_noise(s, d, s->mask, cell, 1 + fit_choice(d, 3));
    fit_fill_by(s, s->mask, low, high);
}

static void clouds(FitScene *s, Draws *d, const Behind *b) {
    float low[3], high[3], third[3];
    fit_colour(d, low);
    fit_colour(d, high);
    double cell = s->side * fit_uniform(d, 0.05, 0.6);
    fit_noise(s, d, s->mask, cell, 1 + fit_choice(d, 5));
    fit_fill_by(s, s->mask, low, high);
    if (fit_chance(d, 0.5)) return;
    if (fit_chance(d, 0.5)) head_colour(d, b, third);
    else fit_colour(d, third);
    fit_noise(s, d, s->mask, s->side * fit_uniform(d, 0.05, 0.4), 3);
    for (int i = 0; i < s->side * s->side; i++)
        for (int c = 0; c < 3; c++)
            s->rgb[3 * i + c] +=
                (float)fmin(fmax(4 * s->mask[i] - 1.8, 0), 1) * (third[c] - s->rgb[3 * i + c]);
}

/* Greens and browns, hard edges at many sizes. */
static void foliage(FitScene *s, Draws *d, const Behind *b) {
    (void)b;
    float low[3] = { 0.05f, 0.08f, 0.03f }, high[3] = { 0.45f, 0.6f, 0.25f };
    fit_colour_near(d, low, 0.06, low);
    fit_colour_near(d, high, 0.15, high);
    fit_noise(s, d, s->mask, s->side * fit_uniform(d, 0.06, 0.25), 5);
    for (int i = 0; i < s->side * s->side; i++)
        s->mask[i] = (float)fmin(fmax(3.5 * s->mask[i] - 1.25, 0), 1);
    fit_fill_by(s, s->mask, low, high);
}

static void stripes(FitScene *s, Draws *d, const Behind *b) {
    (void)b;
    float low[3], high[3];
    double turn = fit_uniform(d, 0, M_PI), width = s->side * fit_uniform(d, 0.02, 0.2),
           share = fit_uniform(d, 0.3, 0.7);
    bool checks = fit_chance(d, 0.4);
    fit_colour(d, low);
    fit_colour(d, high);
    for (int i = 0; i < s->side * s->side; i++) {
        double x = i % s->side * cos(turn) + (double)(i / s->side) * sin(turn),
               y = (double)(i / s->side) * cos(turn) - i % s->side * sin(turn);
        bool on = x / width - floor(x / width) < share,
             other = y / width - floor(y / width) < share;
        s->mask[i] = checks ? on != other : on;
    }
    fit_fill_by(s, s->mask, low, high);
}

static void rings(FitScene *s, Draws *d, const Behind *b) {
    (void)b;
    float low[3], high[3];
    double x = fit_uniform(d, 0, s->side), y = fit_uniform(d, 0, s->side),
           width = s->side * fit_uniform(d, 0.03, 0.15);
    fit_colour(d, low);
    fit_colour(d, high);
    for (int i = 0; i < s->side * s->side; i++)
        s->mask[i] = (float)(0.5 + 0.5 * sin(hypot(i % s->side - x, i / s->side - y) / width));
    fit_fill_by(s, s->mask, low, high);
}

static void bokeh(FitScene *s, Draws *d, const Behind *b) {
    wall(s, d, b);
    for (int k = 5 + fit_choice(d, 30); k > 0; k--) {
        float colour[3];
        if (fit_chance(d, 0.2)) head_colour(d, b, colour);
        else fit_colour(d, colour);
        double radius = s->side * fit_uniform(d, 0.02, 0.18), x = fit_uniform(d, 0, s->side),
               y = fit_uniform(d, 0, s->side), soft = fit_uniform(d, 0.05, 1);
        fit_disc(s, x, y, radius, radius * soft, colour, fit_uniform(d, 0.3, 1));
    }
}

static void lamps(FitScene *s, Draws *d, const Behind *b) {
    gradient(s, d, b);
    for (int k = 1 + fit_choice(d, 4); k > 0; k--) {
        float light[3] = { 1, 0.95f, 0.85f };
        double radius = s->side * fit_uniform(d, 0.05, 0.5), x = fit_uniform(d, 0, s->side),
               y = fit_uniform(d, 0, s->side * 0.7);
        fit_disc(s, x, y, radius, radius, light, fit_uniform(d, 0.4, 1));
    }
}

/* Panes between bars, some light outside. */
static void window_frame(FitScene *s, Draws *d, const Behind *b) {
    float frame[3], pane[3];
    (fit_chance(d, 0.5) ? clouds : gradient)(s, d, b);
    fit_colour(d, frame);
    fit_colour(d, pane);
    double bar = s->side * fit_uniform(d, 0.015, 0.08), wide = s->side * fit_uniform(d, 0.2, 0.7),
           high = s->side * fit_uniform(d, 0.2, 0.7);
    double x = fit_uniform(d, -wide, 0), y = fit_uniform(d, -high, 0);
    for (; x < s->side; x += wide) fit_rectangle(s, x, 0, x + bar, s->side, frame);
    for (; y < s->side; y += high) fit_rectangle(s, 0, y, s->side, y + bar, frame);
    if (fit_chance(d, 0.5))
        fit_rectangle(s, 0, s->side * fit_uniform(d, 0.5, 0.9), s->side, s->side, pane);
}

/* Shelves of upright rectangles; or bricks, when they are wide. */
static void rows(FitScene *s, Draws *d, const Behind *b, double narrowest, double widest,
                 double alike) {
    float board[3], base[3], colour[3];
    fit_colour(d, board);
    fit_fill(s, board);
    head_colour(d, b, base);
    double gap = s->side * fit_uniform(d, 0.005, 0.03), high = s->side * fit_uniform(d, 0.1, 0.35);
    for (double y = fit_uniform(d, -high, 0); y < s->side; y += high + gap)
        for (double x = fit_uniform(d, -20, 0); x < s->side;) {
            double wide = s->side * fit_uniform(d, narrowest, widest),
                   lower = alike > 0 ? 0 : fit_uniform(d, 0, 0.3) * high;
            if (alike > 0) fit_colour_near(d, base, alike, colour);
            else fit_colour(d, colour);
            fit_rectangle(s, x, y + lower, x + wide, y + high, colour);
            x += wide + (alike > 0 ? gap : 1);
        }
}
static void shelf(FitScene *s, Draws *d, const Behind *b) { rows(s, d, b, 0.02, 0.09, 0); }
static void bricks(FitScene *s, Draws *d, const Behind *b) { rows(s, d, b, 0.2, 0.3, 0.05); }

/* Things: rectangles and discs of any size over one another. */
static void clutter(FitScene *s, Draws *d, const Behind *b) {
    wall(s, d, b);
    for (int k = 4 + fit_choice(d, 20); k > 0; k--) {
        float colour[3];
        double x = fit_uniform(d, -0.2, 1) * s->side, y = fit_uniform(d, -0.2, 1) * s->side;
        double w = fit_uniform(d, 0.03, 0.5) * s->side, h = fit_uniform(d, 0.03, 0.5) * s->side;
        if (fit_chance(d, 0.3)) head_colour(d, b, colour);
        else fit_colour(d, colour);
        if (fit_chance(d, 0.6)) fit_rectangle(s, x, y, x + w, y + h, colour);
        else fit_disc(s, x, y, w / 2, 1.5, colour, 1);
    }
}

/* Pieces of another portrait, enlarged: hair, skin and clothes where there is no head. */
static void pieces(FitScene *s, Draws *d, const Behind *b) {
    const FitPortrait *other = b->people->portraits[fit_choice(d, b->people->count)];
    double side = FIT_SIDE * fit_uniform(d, 0.1, 0.5), from = side / 2, to = FIT_SIDE - side / 2;
    double x = fit_uniform(d, from, to), y = fit_uniform(d, from, to),
           degrees = fit_uniform(d, -180, 180);
    FitWarp warp = fit_warp_square(x, y, side, degrees, fit_chance(d, 0.5), s->side);
    fit_warp_picture(&warp, other->rgba, 4, FIT_SIDE, FIT_SIDE, s->side, s->rgb, NULL);
    fit_blur(s->rgb, s->spare, s->side, 3, fit_choice(d, 6));
}

static void photo(FitScene *s, Draws *d, const Behind *b) {
    if (!b->people->picture_count) {
        clutter(s, d, b);
        return;
    }
    const uint8_t *picture = b->people->pictures[fit_choice(d, b->people->picture_count)];
    double side = FIT_SIDE * fit_uniform(d, 0.4, 1), from = side / 2, to = FIT_SIDE - side / 2;
    double x = fit_uniform(d, from, to), y = fit_uniform(d, from, to), degrees = 5 * fit_bell(d);
    FitWarp warp = fit_warp_square(x, y, side, degrees, fit_chance(d, 0.5), s->side);
    fit_warp_picture(&warp, picture, 3, FIT_SIDE, FIT_SIDE, s->side, s->rgb, NULL);
}

typedef enum Use { BOTH, TRAINING, HELD } Use;
static const struct {
    void (*paint)(FitScene *s, Draws *d, const Behind *b);
    int weight;
    Use use;
} kinds[] = {
    { gradient, 8, BOTH },    { wall, 14, BOTH },  { clouds, 12, BOTH },      { foliage, 8, BOTH },
    { stripes, 5, TRAINING }, { rings, 5, HELD },  { bokeh, 10, BOTH },       { lamps, 6, BOTH },
    { shelf, 8, TRAINING },   { bricks, 8, HELD }, { window_frame, 8, BOTH }, { clutter, 12, BOTH },
    { pieces, 14, BOTH },     { photo, 12, BOTH },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool allowed(int kind, bool held_out) {
    return kinds[kind].use == BOTH || (kinds[kind].use == HELD) == held_out;
}

static void paint_kind(FitScene *s, Draws *d, const Behind *b, bool held_out) {
    int total = 0, kind = 0;
    for (int k = 0; k < KINDS; k++) total += allowed(k, held_out) ? kinds[k].weight : 0;
    /* photos, when there are any, count more */
    int at = b->people->picture_count && fit_chance(d, 0.4) ? -1 : fit_choice(d, total);
    if (at < 0) {
        photo(s, d, b);
        return;
    }
    for (;; kind++) {
        if (!allowed(kind, held_out)) continue;
        if (at < kinds[kind].weight) break;
        at -= kinds[kind].weight;
    }
    kinds[kind].paint(s, d, b);
}

/* A second painting over one side of a line, or where a noise is high. */
static void divide_scene(FitScene *s, Draws *d, const Behind *b, bool held_out) {
    size_t bytes = 3 * (size_t)s->side * (size_t)s->side * sizeof *s->rgb;
    memcpy(s->layer, s->rgb, bytes);
    paint_kind(s, d, b, held_out);
    double turn = fit_chance(d, 0.6) ? M_PI / 2 * fit_choice(d, 4) + 0.1 * fit_bell(d)
                                     : fit_uniform(d, 0, 2 * M_PI);
    double x = fit_uniform(d, 0.1, 0.9), y = fit_uniform(d, 0.1, 0.9);
    bool by_noise = fit_chance(d, 0.3);
    if (by_noise) fit_noise(s, d, s->mask, s->side * fit_uniform(d, 0.2, 0.6), 2);
    for (int i = 0; i < s->side * s->side; i++) {
        double along = by_noise ? (s->mask[i] - 0.5) * 60
                                : (i % s->side - x * s->side) * cos(turn) +
                                      (i / s->side - y * s->side) * sin(turn);
        float a = (float)fmin(fmax(along + 0.5, 0), 1);
        for (int c = 0; c < 3; c++)
            s->rgb[3 * i + c] += a * (s->layer[3 * i + c] - s->rgb[3 * i + c]);
    }
}

/* Somebody else, mostly beside the head, who is background too. */
static void second_person(FitScene *s, Draws *d, const Behind *b) {
    const FitPortrait *other = b->people->portraits[fit_choice(d, b->people->count)];
    double size = fit_uniform(d, 0.4, 1.1), beside = fit_chance(d, 0.5) ? 1 : -1,
           x = beside * fit_uniform(d, 0.3, 0.7), y = fit_uniform(d, -0.1, 0.3);
    double side = FIT_SIDE / size, middle = FIT_SIDE / 2.0;
    double degrees = 8 * fit_bell(d);
    FitWarp warp = fit_warp_square(middle - x * side, middle - y * side, side, degrees,
                                   fit_chance(d, 0.5), s->side);
    if (other->verdict != FIT_GOOD) return;
    fit_warp_picture(&warp, other->rgba, 4, FIT_SIDE, FIT_SIDE, s->side, s->layer, s->mask);
    fit_tint(s, d, s->layer);
    for (int i = 0; i < 3 * s->side * s->side; i++)
        s->rgb[i] += s->mask[i / 3] * (s->layer[i] - s->rgb[i]);
}

void fit_background(FitScene *s, Draws *draws, const FitPeople *people, const FitPortrait *in_front,
                    bool held_out) {
    Behind behind = { people, in_front };
    paint_kind(s, draws, &behind, held_out);
    if (fit_chance(draws, 0.4)) divide_scene(s, draws, &behind, held_out);
    if (fit_chance(draws, 0.12)) second_person(s, draws, &behind);
    if (fit_chance(draws, 0.6))
        fit_blur(s->rgb, s->spare, s->side, 3, (int)(s->side * fabs(fit_bell(draws)) * 0.015));
}
