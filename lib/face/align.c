/* align.c: from 68 landmarks to an upright square around the head, and from the square to its
 * pixels.
 *
 * The geometry is photo2cartoon's. The photo is rotated about its middle by the slope of the line
 * through the outer corners of the eyes (points 36 and 45):
 *     M = [ c  s  (1-c)w/2 - s h/2 + tx ]     c, s = cos, sin of atan(dy/dx)
 *         [-s  c  s w/2 + (1-c)h/2 + ty ]     tx = cw/2 - w/2, ty = ch/2 - h/2, whole numbers
 *     cw = trunc(w|c| + h|s|), ch = trunc(w|s| + h|c|): the canvas that holds the rotated photo
 *
 * The square is the extent of the rotated points plus 0.8 of its height above, 0.3 below, and 0.3
 * of its width on each side, each truncated to a whole number. Then the shorter side is grown
 * evenly; both ends belong to the square. A photo whose face is upright only after quarter turns is
 * turned by them first.
 *
 * All of this is one affine map from the square's pixels to the photo's, and only the square is
 * sampled, without a rotated copy of the photo. The published program loses pixels at the border of
 * its canvas, which is up to a pixel too small; here they are kept. */
#include "pixel.h"

#include "image/image.h"

#include <math.h>
#include <string.h>

enum { EYE_RIGHT = 36, EYE_LEFT = 45, MAX_SIDE = 16384 };
#define ABOVE 0.8
#define AROUND 0.3 /* the same below, left and right */
/* a landmark further away (in pixels) is invalid; the limit keeps all later numbers within an
 * int */
#define FARTHEST 1e8

/* ---- quarter turns ---- */

P2cPoint p2c_turn_point(P2cPoint p, int width, int height, int turns) {
    switch (turns) {
    case 1: return (P2cPoint){ height - 1 - p.y, p.x };
    case 2: return (P2cPoint){ width - 1 - p.x, height - 1 - p.y };
    case 3: return (P2cPoint){ p.y, width - 1 - p.x };
    default: assert(turns == 0); return p;
    }
}

P2cPoint p2c_unturn_point(P2cPoint p, int width, int height, int turns) {
    assert(turns >= 0 && turns <= 3);
    bool lies = turns % 2 == 1; /* after an odd number of turns width and height are exchanged */
    return p2c_turn_point(p, lies ? height : width, lies ? width : height, (4 - turns) % 4);
}

P2cStatus p2c_turn_image(P2cContext *ctx, const P2cImage *photo, int turns, P2cImage *out) {
    /* the EXIF orientation that needs so many turns */
    static const int orientation[4] = { 1, 6, 3, 8 };
    assert(turns >= 0 && turns <= 3 && photo != out);
    P2cStatus status = p2c_image_init(ctx, out, photo->width, photo->height, photo->channels);
    if (status) return status;
    memcpy(out->pixels, photo->pixels, pixel_count(photo) * (size_t)photo->channels);
    status = p2c_image_orient(ctx, out, orientation[turns]);
    if (status) p2c_image_clear(out);
    return status;
}

/* ---- the square ---- */

/* The rotation by `angle` about the middle of a picture onto its canvas, as m (see above). */
static void rotation(double angle, int w, int h, double m[6]) {
    double c = cos(angle), s = sin(angle);
    int tx = (int)(w * fabs(c) + h * fabs(s)) / 2 - w / 2,
        ty = (int)(w * fabs(s) + h * fabs(c)) / 2 - h / 2;
    const double map[6] = { c,  s, (1 - c) * w / 2 - s * h / 2 + tx,
                            -s, c, s * w / 2 + (1 - c) * h / 2 + ty };
    memcpy(m, map, sizeof map);
}

/* The way back from the canvas: the inverse of a rotation is its transpose. */
static P2cPoint unrotate(const double m[6], double x, double y) {
    x -= m[2], y -= m[5];
    return (P2cPoint){ m[0] * x + m[3] * y, m[1] * x + m[4] * y };
}

P2cBox p2c_extent(const P2cPoint points[P2C_LANDMARKS]) {
    P2cBox box = { points[0].x, points[0].y, points[0].x, points[0].y };
    for (int i = 1; i < P2C_LANDMARKS; i++) {
        box.left = fmin(box.left, points[i].x), box.right = fmax(box.right, points[i].x);
        box.top = fmin(box.top, points[i].y), box.bottom = fmax(box.bottom, points[i].y);
    }
    return box;
}

typedef struct Square {
    int left, top, size;
} Square;

static Square square_around(P2cBox box) {
    double width = box.right - box.left, height = box.bottom - box.top;
    int left = (int)(box.left - AROUND * width), right = (int)(box.right + AROUND * width);
    int top = (int)(box.top - ABOVE * height), bottom = (int)(box.bottom + AROUND * height);
    int wide = right - left, high = bottom - top;
    if (high > wide) left -= (high - wide) / 2;
    else top -= (wide - high) / 2;
    return (Square){ left, top, (high > wide ? high : wide) + 1 };
}

/* Turns the landmarks like the photo. Returns false if they cannot belong to a face. */
static bool turn_landmarks(const P2cFace *face, int width, int height,
                           P2cPoint points[P2C_LANDMARKS]) {
    bool usable = true;
    for (int i = 0; i < P2C_LANDMARKS; i++) {
        points[i] = p2c_turn_point(face->landmarks[i], width, height, face->turns);
        /* false for NaN, too */
        usable &= fabs(points[i].x) < FARTHEST && fabs(points[i].y) < FARTHEST;
    }
    P2cBox box = p2c_extent(points);
    bool eyes =
        points[EYE_RIGHT].x != points[EYE_LEFT].x || points[EYE_RIGHT].y != points[EYE_LEFT].y;
    return usable && eyes && box.right > box.left && box.bottom > box.top;
}

/* An affine map follows from what it does to three points. */
static void map_to_photo(const double rotated[6], Square square, int width, int height, int turns,
                         double to_photo[6]) {
    P2cPoint at[3];
    for (int i = 0; i < 3; i++)
        at[i] = p2c_unturn_point(unrotate(rotated, square.left + (i == 1), square.top + (i == 2)),
                                 width, height, turns);
    const double map[6] = { at[1].x - at[0].x, at[2].x - at[0].x, at[0].x,
                            at[1].y - at[0].y, at[2].y - at[0].y, at[0].y };
    memcpy(to_photo, map, sizeof map);
}

P2cStatus p2c_align(P2cContext *ctx, const P2cFace *face, int width, int height,
                    P2cAlignment *out) {
    assert(face->turns >= 0 && face->turns <= 3 && width > 0 && height > 0);
    *out = (P2cAlignment){ 0 };
    P2cPoint points[P2C_LANDMARKS];
    if (!turn_landmarks(face, width, height, points))
        return p2c_fail(ctx, P2C_ERR_FORMAT,
                        "landmarks: all 68 are on one line, or the corners of the eyes are in one "
                        "place, or some are not numbers; expected the landmarks of a face");
    bool lies = face->turns % 2 == 1;
    double m[6], angle = atan((points[EYE_LEFT].y - points[EYE_RIGHT].y) /
                              (points[EYE_LEFT].x - points[EYE_RIGHT].x));
    rotation(angle, lies ? height : width, lies ? width : height, m);
    for (int i = 0; i < P2C_LANDMARKS; i++) points[i] = map_point(m, points[i].x, points[i].y);
    Square square = square_around(p2c_extent(points));
    if (square.size < 2 || square.size > MAX_SIDE)
        return p2c_fail(ctx, P2C_ERR_FORMAT,
                        "face: its square would have %d pixels a side; expected 2 to %d",
                        square.size, MAX_SIDE);
    out->size = square.size;
    out->angle = angle * (180 / acos(-1.0)) - 90 * face->turns;
    if (out->angle <= -180) out->angle += 360;
    map_to_photo(m, square, width, height, face->turns, out->to_photo);
    return P2C_OK;
}

/* ---- the crop ---- */

static const uint8_t outside[4] = { 255, 255, 255, 0 };

static inline const uint8_t *source(const P2cImage *photo, int x, int y) {
    return x >= 0 && y >= 0 && x < photo->width && y < photo->height ? pixel_at(photo, x, y)
                                                                     : outside;
}

static void mix(const uint8_t *const from[4], const double weights[4], uint8_t *to) {
    for (int c = 0; c < 3; c++)
        to[c] = to_byte(weights[0] * from[0][c] + weights[1] * from[1][c] +
                        weights[2] * from[2][c] + weights[3] * from[3][c]);
}

/* Weights colours by alpha, so that transparent pixels do not bleed. The result is white where it
 * is fully transparent. */
static void mix_alpha(const uint8_t *const from[4], const double weights[4], uint8_t *to) {
    double by_alpha[4], alpha = 0;
    for (int k = 0; k < 4; k++) alpha += by_alpha[k] = weights[k] * from[k][3];
    to[3] = to_byte(alpha);
    if (to[3] == 0) memcpy(to, outside, 3);
    else {
        for (int k = 0; k < 4; k++) by_alpha[k] /= alpha;
        mix(from, by_alpha, to);
    }
}

static void cut_row(const P2cImage *photo, const double m[6], int y, P2cImage *crop) {
    uint8_t *to = pixel_at(crop, 0, y);
    for (int x = 0; x < crop->width; x++, to += crop->channels) {
        P2cPoint p = map_point(m, x, y);
        int left = floor_int(p.x), top = floor_int(p.y);
        double u = p.x - left, v = p.y - top;
        const double weights[4] = { (1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v };
        const uint8_t *const from[4] = { source(photo, left, top), source(photo, left + 1, top),
                                         source(photo, left, top + 1),
                                         source(photo, left + 1, top + 1) };
        if (crop->channels == 4) mix_alpha(from, weights, to);
        else mix(from, weights, to);
    }
}

P2cStatus p2c_align_cut(P2cContext *ctx, const P2cImage *photo, const P2cAlignment *alignment,
                        P2cImage *crop) {
    assert(photo != crop && alignment->size > 0);
    P2cStatus status = p2c_image_init(ctx, crop, alignment->size, alignment->size, photo->channels);
    if (status) return status;
    P2cTeam *outer = enter_team(ctx);
#pragma omp parallel for num_threads(thread_count(ctx)) schedule(static)
    for (int y = 0; y < crop->height; y++) cut_row(photo, alignment->to_photo, y, crop);
    p2c_team_enter(outer);
    return P2C_OK;
}
