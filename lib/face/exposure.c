/* exposure.c: warnings about what spoils results, from a face and its photo. Thresholds were chosen
 * on 378 good training portraits, so that at most one or two in a hundred get a warning, and none
 * because of the colour of its skin.
 *
 *     SMALL      the box is narrower than 80 pixels: a cartoon of 256 pixels would be made of
 *                enlarged ones
 *     SIDE_VIEW  the tip of the nose, along the line of the eyes' outer corners, is within a fifth
 *                of one end or beyond it: 0.5 is straight ahead; 2 % of the portraits are below 0.2
 *                or above 0.8
 *     DARK       the median luma of the box is below 50 (darkest portrait: 64, 1 %: 67)
 *     BRIGHT     the median luma is above 215 (99 %: 205), or three tenths of the box are at 250
 *                and more (99 %: 0.27)
 *     BORDER     more than a quarter of the square lies outside the photo */
#include "face.h"

#include <math.h>
#include <string.h>

enum { NARROWEST = 80, DARKEST = 50, BRIGHTEST = 215, CLIPPED = 250, GRID = 128 };
static const double ASIDE = 0.2, CLIPPED_SHARE = 0.3, OUTSIDE = 0.25;

static bool side_view(const P2cPoint p[P2C_LANDMARKS]) {
    double x = p[45].x - p[36].x, y = p[45].y - p[36].y, length = x * x + y * y;
    double along = (p[30].x - p[36].x) * x + (p[30].y - p[36].y) * y;
    return along < ASIDE * length || along > (1 - ASIDE) * length;
}

/* Counts the luma of up to GRID x GRID places of the box, those that lie in the photo. */
static int count_luma(const P2cImage *photo, P2cBox box, int counts[256]) {
    int n = 0;
    memset(counts, 0, 256 * sizeof *counts);
    for (int i = 0; i < GRID * GRID; i++) {
        double x = box.left + (box.right - box.left) * (i % GRID + 0.5) / GRID,
               y = box.top + (box.bottom - box.top) * ((double)(i / GRID) + 0.5) / GRID;
        if (!(x > -0.5 && y > -0.5 && x < photo->width - 0.5 && y < photo->height - 0.5)) continue;
        const uint8_t *p =
            photo->pixels + ((size_t)lround(y) * (size_t)photo->width + (size_t)lround(x)) *
                                (size_t)photo->channels;
        if (photo->channels == 4 && p[3] < 128) continue;
        counts[(77 * p[0] + 150 * p[1] + 29 * p[2] + 128) >> 8]++;
        n++;
    }
    return n;
}

static unsigned exposure(const P2cImage *photo, P2cBox box) {
    int counts[256], n = count_luma(photo, box, counts), median = 0, below = counts[0], clipped = 0;
    if (!n) return 0;
    while (2 * below < n) below += counts[++median];
    for (int v = CLIPPED; v < 256; v++) clipped += counts[v];
    return median < DARKEST                                    ? P2C_FACE_DARK
           : median > BRIGHTEST || clipped > CLIPPED_SHARE * n ? P2C_FACE_BRIGHT
                                                               : 0;
}

static bool outside(const P2cImage *photo, const P2cAlignment *a) {
    const double *m = a->to_photo;
    int n = 0;
    for (int i = 0; i < GRID * GRID; i++) {
        double u = (i % GRID + 0.5) / GRID * a->size - 0.5,
               v = ((double)(i / GRID) + 0.5) / GRID * a->size - 0.5;
        double x = m[0] * u + m[1] * v + m[2], y = m[3] * u + m[4] * v + m[5];
        n += !(x >= -0.5 && y >= -0.5 && x <= photo->width - 0.5 && y <= photo->height - 0.5);
    }
    return n > OUTSIDE * GRID * GRID;
}

unsigned p2c_face_warnings(const P2cImage *photo, const P2cFace *face,
                           const P2cAlignment *alignment) {
    unsigned warnings = exposure(photo, face->box);
    if (face->box.right - face->box.left < NARROWEST) warnings |= P2C_FACE_SMALL;
    if (!(face->warnings & P2C_FACE_ESTIMATED) && side_view(face->landmarks))
        warnings |= P2C_FACE_SIDE_VIEW;
    if (alignment && outside(photo, alignment)) warnings |= P2C_FACE_BORDER;
    return warnings;
}
