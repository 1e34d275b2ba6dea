/* paste.c: pastes a cartoon into the photo where its face was.
 *
 * For each pixel of the photo near the square, the inverse of the portrait's map gives its position
 * (x, y) in the square. Its weight is the matte there, bilinear, times a feather s(dx) s(dy), s(d)
 * = 3d^2 - 2d^3, where d goes from 0 at the square's border to 1 at 6 % of its side, 14 % at the
 * bottom. Where the weight is 0, no bit of the photo changes.
 *
 * The cartoon was made from a head on white and contains that white where the matte is soft. So its
 * own colours are estimated first, like those of a head before any background, and continued beyond
 * the matte (foreground.c). Then no white gets into the photo, and the cartoon can be enlarged even
 * if its pixels are coarser than the matte's. Colours are interpolated by cubic convolution (Keys
 * 1981, a = -1/2). A cartoon larger than the portrait is averaged by area first. On a ground with
 * transparency, pixels are composited as in Porter and Duff 1984. */
#include "cartoon.h"
#include "face/pixel.h"

#include <math.h>
#include <string.h>

#define FEATHER 0.06 /* of the square's side */
/* the same at the bottom, where the chin is that far away and the square cuts through neck and
 * shoulders */
#define BELOW 0.14

typedef struct Paste {
    const P2cImage *colours, *portrait; /* RGBA: the cartoon, and the portrait with its matte */
    P2cImage *ground;
    double strength;              /* of the cartoon over the ground, 0 to 1 */
    double to_square[6];          /* maps a pixel of the photo into the square */
    int left, top, right, bottom; /* the part of the photo to be changed */
} Paste;

/* ---- weight ---- */

/* first, last: fractions of the side over which the weight rises at the start and falls at the
 * end */
static double feather(double x, int size, double first, double last) {
    double d = fmin((x + 0.5) / (first * size), (size - 0.5 - x) / (last * size));
    return d <= 0 ? 0 : d >= 1 ? 1 : d * d * (3 - 2 * d);
}

static double weight_at(const Paste *p, P2cPoint at) {
    int size = p->portrait->width;
    double edge = feather(at.x, size, FEATHER, FEATHER) * feather(at.y, size, FEATHER, BELOW);
    return edge > 0 ? edge * matte_at(p->portrait, at.x, at.y) : 0;
}

/* ---- colour ---- */

static void keys(double t, double w[4]) {
    w[0] = ((1 - 0.5 * t) * t - 0.5) * t;
    w[1] = (1.5 * t - 2.5) * t * t + 1;
    w[2] = ((2 - 1.5 * t) * t + 0.5) * t;
    w[3] = (0.5 * t - 0.5) * t * t;
}

/* Beyond the edges their pixels are repeated. */
static void colour_at(const P2cImage *colours, double x, double y, double colour[3]) {
    int left = floor_int(x), top = floor_int(y), last_x = colours->width - 1,
        last_y = colours->height - 1;
    double across[4], down[4];
    keys(x - left, across);
    keys(y - top, down);
    colour[0] = colour[1] = colour[2] = 0;
    for (int j = 0; j < 4; j++) {
        int v = top - 1 + j;
        v = v < 0 ? 0 : v > last_y ? last_y : v;
        for (int i = 0; i < 4; i++) {
            int u = left - 1 + i;
            const uint8_t *from = pixel_at(colours, u < 0 ? 0 : u > last_x ? last_x : u, v);
            for (int c = 0; c < 3; c++) colour[c] += across[i] * down[j] * from[c];
        }
    }
    for (int c = 0; c < 3; c++) colour[c] = fmin(fmax(colour[c], 0), 255);
}

/* ---- rows ---- */

static void put_pixel(const double colour[3], double weight, int channels, uint8_t *to) {
    double under = (1 - weight) * (channels == 4 ? to[3] / 255.0 : 1), alpha = weight + under;
    /* a fully transparent pixel gets no colours */
    if (channels == 4 && to_byte(255 * alpha) == 0) return;
    for (int c = 0; c < 3; c++) to[c] = to_byte((colour[c] * weight + to[c] * under) / alpha);
    if (channels == 4) to[3] = to_byte(255 * alpha);
}

static void paste_row(const Paste *p, int y) {
    double scale = (double)p->colours->width / p->portrait->width;
    uint8_t *to = pixel_at(p->ground, p->left, y);
    for (int x = p->left; x < p->right; x++, to += p->ground->channels) {
        P2cPoint at = map_point(p->to_square, x, y);
        double weight = p->strength * weight_at(p, at), colour[3];
        if (weight <= 0) continue;
        colour_at(p->colours, (at.x + 0.5) * scale - 0.5, (at.y + 0.5) * scale - 0.5, colour);
        put_pixel(colour, weight, p->ground->channels, to);
    }
}

static int within(double v, int size) { return (int)fmin(fmax(v, 0), size); }

/* Sets left to bottom: the box of the square's corners, within the photo. */
static void surround(const double to_photo[6], int size, Paste *p) {
    double left = HUGE_VAL, top = HUGE_VAL, right = -HUGE_VAL, bottom = -HUGE_VAL;
    for (int i = 0; i < 4; i++) {
        P2cPoint corner = map_point(to_photo, i % 2 ? size - 0.5 : -0.5, i / 2 ? size - 0.5 : -0.5);
        left = fmin(left, corner.x), right = fmax(right, corner.x);
        top = fmin(top, corner.y), bottom = fmax(bottom, corner.y);
    }
    p->left = within(floor(left), p->ground->width),
    p->right = within(ceil(right) + 1, p->ground->width);
    p->top = within(floor(top), p->ground->height),
    p->bottom = within(ceil(bottom) + 1, p->ground->height);
}

P2cStatus p2c_compose_paste(P2cContext *ctx, const P2cImage *cartoon, const P2cPortrait *portrait,
                            double strength, P2cImage *ground) {
    const P2cImage *picture = &portrait->picture;
    assert(picture->width == picture->height && picture->channels == 4 &&
           cartoon->width == cartoon->height && cartoon->channels == 3);
    P2cImage small = { 0 }, colours = { 0 };
    P2cStatus status = P2C_OK;
    bool larger = cartoon->width > picture->width;
    if (larger)
        status = p2c_image_resize(ctx, cartoon, picture->width, picture->height, P2C_FILTER_AREA,
                                  &small);
    if (!status) status = p2c_compose_matted(ctx, larger ? &small : cartoon, portrait, &colours);
    if (!status) status = p2c_foreground_beyond(ctx, &colours);
    if (!status) {
        Paste paste = {
            .colours = &colours, .portrait = picture, .ground = ground, .strength = strength
        };
        invert_map(portrait->to_photo, paste.to_square);
        surround(portrait->to_photo, picture->width, &paste);
        P2cTeam *outer = enter_team(ctx);
#pragma omp parallel for num_threads(thread_count(ctx)) schedule(static)
        for (int y = paste.top; y < paste.bottom; y++) paste_row(&paste, y);
        p2c_team_enter(outer);
    }
    p2c_image_clear(&small);
    p2c_image_clear(&colours);
    return status;
}
