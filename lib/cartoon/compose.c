/* compose.c: lays a cartoon over a background in the portrait's square, and prepares a photo into
 * which paste.c puts cartoons.
 *
 * Over white it computes photo2cartoon's last step: out = trunc(cartoon*a + 255*(1-a)), where a is
 * the portrait's matte reduced to the cartoon's size by area. The cartoon was made from a portrait
 * on white, so at the edge of the matte it contains white, which over any other background would be
 * a bright rim. So for these the cartoon's own colours are estimated first, like those of a head
 * before a photo's background (foreground.c), and out = F*a + background*(1-a). */
#include "cartoon.h"
#include "face/pixel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLUR 0.02 /* standard deviation, as a fraction of the longer side */
/* BLUR_SIDE: a blurred picture needs no more pixels. The gap of a sheet is its height / GAPS. */
enum { BLUR_SIDE = 256, GAPS = 32 };

/* ---- pieces ---- */

static P2cStatus copy_image(P2cContext *ctx, const P2cImage *image, P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, image->width, image->height, image->channels);
    if (!status) memcpy(out->pixels, image->pixels, pixel_count(image) * (size_t)image->channels);
    return status;
}

static P2cStatus fill_image(P2cContext *ctx, int width, int height, const uint8_t colour[3],
                            P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, width, height, 3);
    for (size_t i = 0; !status && i < pixel_count(out); i++) memcpy(out->pixels + 3 * i, colour, 3);
    return status;
}

static P2cFilter filter_to(const P2cImage *image, int width, int height) {
    return width <= image->width && height <= image->height ? P2C_FILTER_AREA
                                                            : P2C_FILTER_ANTIALIAS;
}

P2cStatus p2c_compose_head(P2cContext *ctx, const P2cPortrait *portrait, int width, int height,
                           P2cImage *out) {
    assert(portrait->picture.channels == 4);
    return p2c_image_resize(ctx, &portrait->picture, width, height,
                            filter_to(&portrait->picture, width, height), out);
}

P2cStatus p2c_compose_matted(P2cContext *ctx, const P2cImage *cartoon, const P2cPortrait *portrait,
                             P2cImage *out) {
    assert(cartoon->channels == 3);
    P2cStatus status = p2c_compose_head(ctx, portrait, cartoon->width, cartoon->height, out);
    for (size_t i = 0; !status && i < pixel_count(out); i++)
        memcpy(out->pixels + 4 * i, cartoon->pixels + 3 * i, 3);
    return status;
}

/* ---- backgrounds ---- */

/* Scales the picture so that it covers width x height, cuts it evenly, and removes transparency. */
static P2cStatus cover(P2cContext *ctx, const P2cImage *picture, int width, int height,
                       P2cImage *out) {
    *out = (P2cImage){ 0 };
    P2cImage part;
    double scale = fmax((double)width / picture->width, (double)height / picture->height);
    int w = (int)fmin(fmax(width / scale + 0.5, 1), picture->width),
        h = (int)fmin(fmax(height / scale + 0.5, 1), picture->height);
    int left = (picture->width - w) / 2, top = (picture->height - h) / 2;
    P2cStatus status = p2c_image_init(ctx, &part, w, h, picture->channels);
    if (status) return status;
    size_t row = (size_t)w * (size_t)picture->channels;
    for (int y = 0; y < h; y++)
        memcpy(part.pixels + (size_t)y * row, pixel_at(picture, left, top + y), row);
    status = p2c_image_resize(ctx, &part, width, height, filter_to(&part, width, height), out);
    p2c_image_clear(&part);
    if (!status) p2c_image_over_white(out);
    return status;
}

/* Blurs in one direction: n pixels of RGBA, `step` floats apart, as colour*alpha and alpha -> out,
 * in the same form. weights: 2r+1. */
static void blur_line(const float *in, int n, int step, const float *weights, int r, float *out) {
    for (int i = 0; i < n; i++) {
        float sum[4] = { 0 };
        for (int k = -r; k <= r; k++) {
            int from = i + k < 0 ? 0 : i + k >= n ? n - 1 : i + k;
            for (int c = 0; c < 4; c++) sum[c] += weights[k + r] * in[from * step + c];
        }
        for (int c = 0; c < 4; c++) out[i * step + c] = sum[c];
    }
}

/* Gaussian blur with colours weighted by alpha; RGBA -> RGB in place. A pixel without opaque pixels
 * nearby keeps its colour. */
static P2cStatus blur_small(P2cContext *ctx, P2cImage *image) {
    int w = image->width, h = image->height, longer = w > h ? w : h;
    double sigma = fmax(BLUR * longer, 0.5);
    int r = (int)(3 * sigma + 0.5);
    size_t n = pixel_count(image), bytes = (8 * n + 2 * (size_t)r + 1) * sizeof(float);
    float *a = malloc(bytes), *b = a ? a + 4 * n : NULL, *weights = a ? b + 4 * n : NULL, total = 0;
    if (!a) return p2c_fail_memory(ctx, "blurring a picture", bytes);
    for (int k = -r; k <= r; k++)
        total += weights[k + r] = (float)exp(-k * k / (2 * sigma * sigma));
    for (int k = 0; k <= 2 * r; k++) weights[k] /= total;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = image->pixels + 4 * i;
        a[4 * i + 3] = (float)p[3] + 1e-3f; /* avoids a division by zero */
        for (int c = 0; c < 3; c++) a[4 * i + c] = (float)p[c] * a[4 * i + 3];
    }
    for (int y = 0; y < h; y++)
        blur_line(a + (size_t)y * (size_t)w * 4, w, 4, weights, r, b + (size_t)y * (size_t)w * 4);
    for (int x = 0; x < w; x++)
        blur_line(b + (size_t)x * 4, h, 4 * w, weights, r, a + (size_t)x * 4);
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < 3; c++)
            image->pixels[4 * i + c] = to_byte((double)a[4 * i + c] / (double)a[4 * i + 3]);
        image->pixels[4 * i + 3] = 255;
    }
    p2c_image_over_white(image);
    free(a);
    return P2C_OK;
}

/* Makes the heads of a reduced photo transparent, in proportion to their mattes. small: the whole
 * photo, reduced. */
static void leave_out(const P2cPortrait *portrait, double scale, P2cImage *small) {
    double to_square[6], size = portrait->picture.width;
    invert_map(portrait->to_photo, to_square);
    for (int y = 0; y < small->height; y++)
        for (int x = 0; x < small->width; x++) {
            P2cPoint at = map_point(to_square, (x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5);
            bool inside = at.x > -0.5 && at.y > -0.5 && at.x < size - 0.5 && at.y < size - 0.5;
            uint8_t *alpha = pixel_at(small, x, y) + 3;
            if (inside) *alpha = to_byte(*alpha * (1 - matte_at(&portrait->picture, at.x, at.y)));
        }
}

/* Makes a blurred RGB copy without the heads. Colours are weighted by alpha, if there is any. A
 * large picture is reduced first. */
static P2cStatus blur(P2cContext *ctx, const P2cImage *image, int heads,
                      const P2cPortrait portraits[], P2cImage *out) {
    *out = (P2cImage){ 0 };
    int w = image->width, h = image->height, longer = w > h ? w : h;
    double scale = longer > BLUR_SIDE ? (double)BLUR_SIDE / longer : 1;
    P2cImage small, small_rgba = { 0 };
    P2cStatus status = p2c_image_resize(ctx, image, (int)fmax(1, w * scale),
                                        (int)fmax(1, h * scale), P2C_FILTER_AREA, &small);
    if (status) return status;
    status = p2c_image_init(ctx, &small_rgba, small.width, small.height, 4);
    for (size_t i = 0; !status && i < pixel_count(&small); i++) {
        const uint8_t *p = small.pixels + (size_t)small.channels * i;
        memcpy(small_rgba.pixels + 4 * i,
               (uint8_t[4]){ p[0], p[1], p[2], small.channels == 4 ? p[3] : 255 }, 4);
    }
    for (int i = 0; !status && i < heads; i++) leave_out(&portraits[i], scale, &small_rgba);
    /* removes what the heads mixed into their surroundings, and continues the surroundings where
     * the heads are */
    if (!status && heads) status = p2c_foreground_beyond(ctx, &small_rgba);
    if (!status) status = blur_small(ctx, &small_rgba);
    if (!status) status = p2c_image_resize(ctx, &small_rgba, w, h, P2C_FILTER_BILINEAR, out);
    p2c_image_clear(&small);
    p2c_image_clear(&small_rgba);
    return status;
}

P2cStatus p2c_compose_before(P2cContext *ctx, const P2cImage *photo, const P2cPortrait *portrait,
                             int width, int height, P2cImage *out) {
    P2cAlignment alignment = { .size = portrait->picture.width };
    memcpy(alignment.to_photo, portrait->to_photo, sizeof alignment.to_photo);
    P2cImage crop;
    *out = (P2cImage){ 0 };
    P2cStatus status = p2c_align_cut(ctx, photo, &alignment, &crop);
    if (status) return status;
    status = p2c_image_resize(ctx, &crop, width, height, filter_to(&crop, width, height), out);
    p2c_image_clear(&crop);
    if (!status) p2c_image_over_white(out);
    return status;
}

/* Makes the photo's background of the portrait, at the cartoon's size. If blurred, only the
 * background is used, so that the head leaves no shadow. */
static P2cStatus make_background(P2cContext *ctx, const P2cImage *photo,
                                 const P2cPortrait *portrait, const P2cImage *matted, bool blurred,
                                 P2cImage *out) {
    P2cImage small;
    P2cStatus status =
        p2c_compose_before(ctx, photo, portrait, matted->width, matted->height, &small);
    if (!status && blurred) {
        P2cImage rest;
        status = copy_image(ctx, matted, &rest);
        for (size_t i = 0; !status && i < pixel_count(&rest); i++) {
            memcpy(rest.pixels + 4 * i, small.pixels + 3 * i, 3);
            rest.pixels[4 * i + 3] = (uint8_t)(255 - rest.pixels[4 * i + 3]);
        }
        p2c_image_clear(&small);
        /* removes what the head mixed into its surroundings */
        if (!status) status = p2c_foreground_colours(ctx, &rest);
        if (!status) status = blur(ctx, &rest, 0, NULL, &small);
        p2c_image_clear(&rest);
    }
    if (status) p2c_image_clear(&small);
    *out = small;
    return status;
}

static P2cStatus no_picture(P2cContext *ctx) {
    return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                    "background: no picture was given for the place behind the head");
}

/* ---- the square ---- */

static bool is_white(const P2cBackground *b) {
    return b->kind == P2C_BACKGROUND_COLOUR && b->colour[0] == 255 && b->colour[1] == 255 &&
           b->colour[2] == 255;
}

/* matted over white by photo2cartoon's formula, truncated -> RGB */
static P2cStatus over_white(P2cContext *ctx, const P2cImage *matted, P2cImage *out) {
    P2cStatus status = p2c_image_init(ctx, out, matted->width, matted->height, 3);
    for (size_t i = 0; !status && i < pixel_count(out); i++) {
        const uint8_t *p = matted->pixels + 4 * i;
        for (int c = 0; c < 3; c++)
            out->pixels[3 * i + c] = (uint8_t)((p[c] * p[3] + 255 * (255 - p[3])) / 255);
    }
    return status;
}

/* Mixes the photo's colours into the head's, in place. */
static P2cStatus mix_in_photo(P2cContext *ctx, const P2cPortrait *portrait, double share,
                              P2cImage *head) {
    P2cImage photo;
    if (!(share > 0)) return P2C_OK;
    P2cStatus status = p2c_compose_head(ctx, portrait, head->width, head->height, &photo);
    if (status) return status;
    for (size_t i = 0; i < 4 * pixel_count(head); i++)
        head->pixels[i] = to_byte(head->pixels[i] + share * (photo.pixels[i] - head->pixels[i]));
    p2c_image_clear(&photo);
    return P2C_OK;
}

/* Lays `head` over ground (RGB, of the same size), in place. */
static void lay_over(const P2cImage *head, P2cImage *ground) {
    for (size_t i = 0; i < pixel_count(head); i++) {
        const uint8_t *p = head->pixels + 4 * i;
        uint8_t *to = ground->pixels + 3 * i;
        for (int c = 0; c < 3; c++)
            to[c] = (uint8_t)((p[c] * p[3] + to[c] * (255 - p[3]) + 127) / 255);
    }
}

P2cStatus p2c_compose_crop(P2cContext *ctx, const P2cImage *cartoon, const P2cPortrait *portrait,
                           const P2cImage *photo, const P2cBackground *background,
                           double photo_share, P2cImage *out) {
    *out = (P2cImage){ 0 };
    P2cImage head, ground = { 0 };
    P2cStatus status = p2c_compose_matted(ctx, cartoon, portrait, &head);
    if (status) return status;
    bool transparent = background->kind == P2C_BACKGROUND_TRANSPARENT, white = is_white(background);
    if (white) status = mix_in_photo(ctx, portrait, photo_share, &head);
    int w = head.width, h = head.height;
    if (status) goto cleanup;
    switch (background->kind) {
    case P2C_BACKGROUND_COLOUR:
        status = white ? over_white(ctx, &head, &ground)
                       : fill_image(ctx, w, h, background->colour, &ground);
        break;
    case P2C_BACKGROUND_TRANSPARENT: break;
    case P2C_BACKGROUND_PHOTO:
        status = make_background(ctx, photo, portrait, &head, false, &ground);
        break;
    case P2C_BACKGROUND_BLUR:
        status = make_background(ctx, photo, portrait, &head, true, &ground);
        break;
    case P2C_BACKGROUND_PICTURE:
        status =
            background->picture ? cover(ctx, background->picture, w, h, &ground) : no_picture(ctx);
        break;
    }
    if (!status && !white) status = p2c_foreground_colours(ctx, &head);
    if (!status && !white) status = mix_in_photo(ctx, portrait, photo_share, &head);
    if (!status && !white && !transparent) lay_over(&head, &ground);
    P2cImage *made = transparent ? &head : &ground;
    if (!status) *out = *made, *made = (P2cImage){ 0 };
cleanup:
    p2c_image_clear(&head);
    p2c_image_clear(&ground);
    return status;
}

/* ---- the photo ---- */

P2cStatus p2c_compose_ground(P2cContext *ctx, const P2cImage *photo,
                             const P2cBackground *background, int heads,
                             const P2cPortrait portraits[], P2cImage *out) {
    int w = photo->width, h = photo->height;
    *out = (P2cImage){ 0 };
    switch (background->kind) {
    case P2C_BACKGROUND_COLOUR: return fill_image(ctx, w, h, background->colour, out);
    case P2C_BACKGROUND_PHOTO: return copy_image(ctx, photo, out);
    case P2C_BACKGROUND_BLUR: return blur(ctx, photo, heads, portraits, out);
    case P2C_BACKGROUND_PICTURE:
        return background->picture ? cover(ctx, background->picture, w, h, out) : no_picture(ctx);
    case P2C_BACKGROUND_TRANSPARENT: break;
    }
    P2cStatus status = p2c_image_init(ctx, out, w, h, 4);
    /* fully transparent white */
    for (size_t i = 0; !status && i < pixel_count(out); i++) memset(out->pixels + 4 * i, 255, 3);
    return status;
}

P2cStatus p2c_compose_sheet(P2cContext *ctx, const P2cImage *before, const P2cImage *after,
                            P2cImage *out) {
    assert(before->height == after->height);
    const P2cImage *sides[2] = { before, after };
    static const uint8_t white[3] = { 255, 255, 255 };
    int gap = before->height / GAPS > 1 ? before->height / GAPS : 1, left = 0;
    P2cStatus status =
        fill_image(ctx, before->width + gap + after->width, before->height, white, out);
    for (int k = 0; !status && k < 2; left += sides[k++]->width + gap) {
        P2cImage opaque;
        status = copy_image(ctx, sides[k], &opaque);
        if (status) break;
        p2c_image_over_white(&opaque);
        for (int y = 0; y < out->height; y++)
            memcpy(pixel_at(out, left, y), pixel_at(&opaque, 0, y), (size_t)opaque.width * 3);
        p2c_image_clear(&opaque);
    }
    if (status) p2c_image_clear(out);
    return status;
}
