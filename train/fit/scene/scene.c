/* scene.c: one sample: a portrait is chosen, put over a background, lit, taken by a camera.
 *
 * All is drawn from one stream, named by the task, the side (A: training, B: held out) and the
 * draw.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "parts.h"

/* of the upper rim's alpha: hair that would go on as a tower */
static const double CUT_OFF = 0.002;

size_t fit_scene_bytes(int side) { return 11 * (size_t)side * (size_t)side * sizeof(float) + 64; }

FitScene fit_scene_in(void *scratch, int side) {
    size_t plane = (size_t)side * (size_t)side;
    float *at = (float *)(((uintptr_t)scratch + 63) / 64 * 64);
    return (FitScene){ side, at, at + 3 * plane, at + 6 * plane, at + 9 * plane, at + 10 * plane };
}

/* ---- where the head is ---- */

/* The library's own crops are levelled, of one size about the face: mostly nearly so. Mostly the
 * lower rim stays at or below the scene's, and hair that the portrait cuts off is cut off by the
 * scene too. */
FitWarp fit_warp_matte(Draws *d, const FitPortrait *p, bool *rimmed) {
    double side = FIT_SIDE /
                  (fit_chance(d, 0.5) ? fit_uniform(d, 0.92, 1.12) : fit_uniform(d, 0.75, 1.3)),
           middle = (FIT_SIDE - 1) / 2.0;
    double x = middle + 0.06 * FIT_SIDE * fit_bell(d), y = middle + 0.05 * FIT_SIDE * fit_bell(d);
    double tilt = fit_chance(d, 0.6) ? 4 : 10, degrees = fmin(fmax(tilt * fit_bell(d), -20), 20),
           sink = fit_uniform(d, 0, 1);
    if (p->measures.crown > CUT_OFF) side = fmin(side, FIT_SIDE);
    double lowest = FIT_SIDE - side / 2, highest = p->measures.crown > CUT_OFF ? side / 2 : 0;
    if (sink > 0.15) y = fmax(fmin(y, lowest), highest);
    bool mirrored = fit_chance(d, 0.5);
    *rimmed = fit_chance(d, 0.08); /* white beyond the photo, as published */
    return fit_warp_bend(fit_warp_square(x, y, side, degrees, mirrored, FIT_MATTE_SIZE), d, 0.05,
                         0.12);
}

static double eye_angle(const P2cPoint *points) {
    return atan2(points[45].y - points[36].y, points[45].x - points[36].x) * (180 / M_PI);
}

static P2cBox box_around(const P2cPoint *points) {
    P2cBox box = { points[0].x, points[0].y, points[0].x, points[0].y };
    for (int i = 1; i < P2C_LANDMARKS; i++)
        box = (P2cBox){ fmin(box.left, points[i].x), fmin(box.top, points[i].y),
                        fmax(box.right, points[i].x), fmax(box.bottom, points[i].y) };
    return box;
}

/* About as the library cuts the square of a face: around a detector's box, or levelled around
 * points. */
FitWarp fit_warp_landmarks(Draws *d, const FitPortrait *p, bool *mirrored) {
    bool by_points = fit_chance(d, 0.5);
    P2cBox box = by_points ? box_around(p->points) : p->box;
    double w = box.right - box.left, h = box.bottom - box.top,
           side = P2C_LANDMARK_SQUARE * fmax(w, h), jitter = by_points ? 0.05 : 0.07;
    double x = (box.left + box.right) / 2 + side * fmin(fmax(jitter * fit_bell(d), -0.15), 0.15);
    double y = (box.top + box.bottom) / 2 + side * fmin(fmax(jitter * fit_bell(d), -0.15), 0.15);
    double degrees = eye_angle(p->points) +
                     (fit_chance(d, 0.8) ? fit_uniform(d, -20, 20) : fit_uniform(d, -45, 45));
    *mirrored = fit_chance(d, 0.5);
    side *= 1 + fmin(fmax(0.07 * fit_bell(d), -0.15), 0.15);
    return fit_warp_bend(fit_warp_square(x, y + (by_points ? 0 : P2C_LANDMARK_DROP * h), side,
                                         degrees, *mirrored, FIT_LANDMARK_SIZE),
                         d, 0.06, 0.15);
}

/* ---- the scene ---- */

static void lay_layer(FitScene *s) {
    for (int i = 0; i < s->side * s->side; i++)
        for (int c = 0; c < 3; c++)
            s->rgb[3 * i + c] += s->alpha[i] * (s->layer[3 * i + c] - s->rgb[3 * i + c]);
}

/* White, and nobody there, beyond one straight line: the photo ended. */
static void end_photo(FitScene *s, Draws *d) {
    double turn = M_PI / 2 * fit_choice(d, 4) + 0.1 * fit_bell(d),
           far = s->side * fit_uniform(d, 0.28, 0.5), middle = s->side / 2.0;
    for (int i = 0; i < s->side * s->side; i++) {
        if ((i % s->side - middle) * cos(turn) + (i / s->side - middle) * sin(turn) < far) continue;
        s->alpha[i] = 0;
        s->rgb[3 * i] = s->rgb[3 * i + 1] = s->rgb[3 * i + 2] = 1;
    }
}

static void beyond_white(FitScene *s, const FitWarp *warp) {
    for (int i = 0; i < s->side * s->side; i++) {
        P2cPoint p = fit_warp_apply(warp, i % s->side, (double)(i / s->side));
        if (p.x >= 0 && p.y >= 0 && p.x <= FIT_SIDE - 1 && p.y <= FIT_SIDE - 1) continue;
        s->alpha[i] = 0;
        s->rgb[3 * i] = s->rgb[3 * i + 1] = s->rgb[3 * i + 2] = 1;
    }
}

static void compose_scene(FitScene *s, Draws *d, const FitPeople *people, const FitPortrait *p,
                          const FitWarp *warp, bool held_out) {
    fit_background(s, d, people, p, held_out);
    fit_warp_picture(warp, p->rgba, 4, FIT_SIDE, FIT_SIDE, s->side, s->layer, s->alpha);
    fit_tint(s, d, s->layer);
    lay_layer(s);
    fit_light(s, d);
}

static void put_planes(const FitScene *s, float *picture) {
    int plane = s->side * s->side;
    for (int i = 0; i < plane; i++) /* running sums drift */
        for (int c = 0; c < 3; c++)
            picture[c * plane + i] = fminf(fmaxf(2 * s->rgb[3 * i + c] - 1, -1), 1);
}

void fit_make_matte(FitScene *s, Draws *d, const FitPeople *people, const FitPortrait *p,
                    bool held_out, float *picture, float *target) {
    bool rimmed;
    FitWarp warp = fit_warp_matte(d, p, &rimmed);
    compose_scene(s, d, people, p, &warp, held_out);
    if (rimmed) beyond_white(s, &warp);
    else if (fit_chance(d, 0.1)) end_photo(s, d);
    fit_camera(s, d);
    put_planes(s, picture);
    memcpy(target, s->alpha, (size_t)s->side * (size_t)s->side * sizeof *target);
}

void fit_make_landmarks(FitScene *s, Draws *d, const FitPeople *people, const FitPortrait *p,
                        bool held_out, float *picture, float *target) {
    bool mirrored;
    FitWarp warp = fit_warp_landmarks(d, p, &mirrored), back = fit_warp_inverse(&warp);
    compose_scene(s, d, people, p, &warp, held_out);
    fit_camera(s, d);
    put_planes(s, picture);
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        const P2cPoint *from = &p->points[mirrored ? p2c_mirrored_landmark(i) : i];
        P2cPoint to = fit_warp_apply(&back, from->x, from->y);
        target[2 * i] = (float)((to.x + 0.5) / s->side);
        target[2 * i + 1] = (float)((to.y + 0.5) / s->side);
    }
}
