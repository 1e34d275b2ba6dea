/* look.c: hashes of what pictures look like, for finding duplicates.
 *
 * A look is a difference hash in both directions (Krawetz 2013). The middle three quarters of the
 * picture are reduced to 17 x 16 and 16 x 17 grey values; each bit says whether a value exceeds its
 * neighbour. The hash hardly changes when a picture is scaled, brightened or compressed again. The
 * usual 64 bits are too few here, because prepared portraits are aligned and on white: different
 * people come as near to each other as two copies of one picture. Of 512 bits, copies of
 * photo2cartoon's 583 pictures (JPEG at quality 60, two scalings) differ in at most 20, different
 * pictures in at least 70. LOOK_NEAR lies between. */
#include <stdlib.h>
#include <string.h>

#include "data.h"

enum { WHITE = 240, BLANK = 250, TIE = 1 };

static int brightness(const uint8_t *rgb) {
    return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000;
}

/* The middle of the picture, without alpha. */
static P2cStatus middle(P2cContext *ctx, const P2cImage *picture, P2cImage *out) {
    int dx = picture->width / 8, dy = picture->height / 8, c = picture->channels;
    P2cStatus status =
        p2c_image_init(ctx, out, picture->width - 2 * dx, picture->height - 2 * dy, c);
    for (int y = 0; !status && y < out->height; y++) {
        const uint8_t *from =
            picture->pixels + ((size_t)(y + dy) * (size_t)picture->width + (size_t)dx) * (size_t)c;
        memcpy(out->pixels + (size_t)y * (size_t)out->width * (size_t)c, from,
               (size_t)out->width * (size_t)c);
    }
    if (!status) p2c_image_over_white(out);
    return status;
}

/* Computes LOOK_SIDE * LOOK_SIDE bits, from number `bit` on. Each compares a pixel with the next
 * one of its row, or (down) of its column. */
static P2cStatus compare(P2cContext *ctx, const P2cImage *picture, bool down, int bit, Look *look) {
    P2cImage small = { 0 };
    P2cStatus status = p2c_image_resize(ctx, picture, LOOK_SIDE + !down, LOOK_SIDE + down,
                                        P2C_FILTER_AREA, &small);
    for (int y = 0; !status && y < LOOK_SIDE; y++)
        for (int x = 0; x < LOOK_SIDE; x++, bit++) {
            const uint8_t *here = small.pixels + 3 * ((size_t)y * (size_t)small.width + (size_t)x);
            const uint8_t *next = here + (down ? 3 * (size_t)small.width : 3);
            if (brightness(here) > brightness(next) + TIE)
                look->bits[bit / 64] |= (uint64_t)1 << bit % 64;
        }
    p2c_image_clear(&small);
    return status;
}

P2cStatus look_make(P2cContext *ctx, const P2cImage *picture, Look *look) {
    P2cImage part = { 0 };
    *look = (Look){ 0 };
    P2cStatus status = middle(ctx, picture, &part);
    if (!status) status = compare(ctx, &part, false, 0, look);
    if (!status) status = compare(ctx, &part, true, LOOK_BITS / 2, look);
    p2c_image_clear(&part);
    return status;
}

int look_distance(const Look *a, const Look *b) {
    int sum = 0;
    for (int i = 0; i < LOOK_WORDS; i++) sum += __builtin_popcountll(a->bits[i] ^ b->bits[i]);
    return sum;
}

int look_brightness(const P2cImage *picture) {
    uint64_t sum = 0, count = 0;
    size_t pixels = (size_t)picture->width * (size_t)picture->height, c = (size_t)picture->channels;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *p = picture->pixels + c * i;
        if ((c == 4 && p[3] < 128) || (p[0] >= BLANK && p[1] >= BLANK && p[2] >= BLANK)) continue;
        sum += (uint64_t)brightness(p);
        count++;
    }
    return count ? (int)((sum + count / 2) / count) : -1;
}

static bool is_white(const P2cImage *picture, int x, int y) {
    const uint8_t *p = picture->pixels +
                       (size_t)picture->channels * ((size_t)y * (size_t)picture->width + (size_t)x);
    return (picture->channels == 4 && p[3] < 128) ||
           (p[0] >= WHITE && p[1] >= WHITE && p[2] >= WHITE);
}

double look_white_border(const P2cImage *picture) {
    int w = picture->width, half = picture->height / 2, white = 0;
    for (int x = 0; x < w; x++) white += is_white(picture, x, 0);
    for (int y = 0; y < half; y++) white += is_white(picture, 0, y) + is_white(picture, w - 1, y);
    return (double)white / (w + 2 * half);
}
