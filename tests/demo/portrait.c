/* portrait.c: draws a prepared portrait (a face on white, 256 x 256), so that the demo and the tests need no photo.
 *
 *     portrait OUT.png [SIZE]
 *
 * Coordinates: x to the right, y down, the face within about [-0.4, 0.4] x [-0.5, 0.55] of the picture's [-1, 1]. A picture is a stack of
 * layers, each mixed over the ones below by its coverage: 1 inside, 0 outside, soft between. Nine samples a pixel.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2cnn.h"

typedef struct Colour {
    float r, g, b;
} Colour;

static float limit(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }
static float step(float from, float to, float v) {
    float t = limit((v - from) / (to - from));
    return t * t * (3 - 2 * t);
}
static Colour mix(Colour a, Colour b, float t) { return (Colour){ a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t }; }
static Colour dim(Colour c, float k) { return (Colour){ limit(c.r * k), limit(c.g * k), limit(c.b * k) }; }

/* Coverage of an ellipse, its edge `soft` of the radius wide. */
static float ellipse(float x, float y, float cx, float cy, float rx, float ry, float soft) {
    float d = hypotf((x - cx) / rx, (y - cy) / ry);
    return 1 - step(1 - soft, 1 + soft, d);
}
/* A stroke along the arc y = cy + bend * ((x-cx)/half)^2, thinner towards its ends. */
static float stroke(float x, float y, float cx, float cy, float half, float bend, float thick) {
    float t = (x - cx) / half, edge = 1 - t * t;
    return edge <= 0 ? 0 : 1 - step(0.5f, 1.1f, fabsf(y - cy - bend * t * t) / (thick * sqrtf(edge)));
}

static const Colour skin = { 0.94f, 0.76f, 0.66f }, shade = { 0.74f, 0.50f, 0.42f };
static const Colour hair = { 0.27f, 0.16f, 0.11f }, lip = { 0.78f, 0.33f, 0.34f };

/* Half the width of the face at height y: round above, narrowing to the chin. */
static float face_width(float y) {
    float t = (y - 0.02f) / (y < 0.02f ? 0.62f : 0.56f);
    return fabsf(t) >= 1 ? 0 : 0.42f * powf(1 - powf(fabsf(t), y < 0.02f ? 2 : 2.3f), y < 0.02f ? 0.5f : 0.62f);
}

static Colour strands(float x, float y) {
    float wave = sinf(52 * x + 6 * sinf(3 * y + 2 * x)) * 0.5f + sinf(117 * x - 5 * y) * 0.3f;
    float gloss = ellipse(x, y, -0.18f, -0.52f, 0.42f, 0.10f, 0.9f);
    return dim(hair, 0.95f + 0.22f * wave + 1.1f * gloss);
}

static Colour body(Colour c, float x, float y) {
    float head = ellipse(x, y, 0, -0.17f, 0.60f, 0.66f, 0.02f);
    float sides = 1 - step(0.55f, 0.58f, fabsf(x) + 0.10f * (y - 0.5f) * (y - 0.5f)), ends = 1 - step(0.60f, 0.66f, y + 0.1f * cosf(9 * x));
    c = mix(c, dim(strands(x, y), 0.75f), fmaxf(head, (y > -0.2f) * sides * ends));
    c = mix(c, (Colour){ 0.30f, 0.42f, 0.58f }, ellipse(x, y, 0, 1.22f, 0.86f, 0.50f, 0.01f));
    float neck = 1 - step(0.175f, 0.19f, fabsf(x) - 0.25f * fmaxf(0, y - 0.66f));
    neck *= step(0.2f, 0.22f, y) * (1 - step(0.83f, 0.85f, y + 0.9f * x * x));
    return mix(c, mix(shade, skin, 0.35f + 0.4f * step(0.55f, 0.80f, y)), neck);
}

static Colour face(Colour c, float x, float y) {
    float width = face_width(y), side = x / fmaxf(width, 0.01f);
    for (int s = -1; s <= 1; s += 2) {
        c = mix(c, dim(skin, 0.9f), ellipse(x, y, (float)s * 0.42f, 0.03f, 0.055f, 0.11f, 0.06f));
        c = mix(c, shade, 0.6f * ellipse(x, y, (float)s * 0.425f, 0.03f, 0.028f, 0.07f, 0.3f));
    }
    float dark = 0.75f * powf(limit(0.55f * fabsf(side) + 0.25f * side + 0.10f), 2.2f) + 0.35f * step(0.25f, 0.60f, y) * side * side;
    Colour tone = mix(skin, shade, limit(dark));
    tone = mix(tone, (Colour){ 0.99f, 0.86f, 0.78f }, 0.6f * ellipse(x, y, -0.10f, -0.22f, 0.30f, 0.22f, 0.9f)); /* forehead */
    for (int s = -1; s <= 1; s += 2)
        tone = mix(tone, (Colour){ 0.93f, 0.55f, 0.50f }, 0.35f * ellipse(x, y, (float)s * 0.24f, 0.17f, 0.14f, 0.10f, 0.9f)); /* cheeks */
    return mix(c, tone, 1 - step(width - 0.008f, width + 0.008f, fabsf(x) + (width <= 0)));
}

static Colour eye(Colour c, float x, float y, float cx) {
    const Colour white = { 0.97f, 0.96f, 0.95f }, iris = { 0.36f, 0.24f, 0.14f }, black = { 0.07f, 0.05f, 0.05f };
    float opening = ellipse(x, y, cx, -0.03f, 0.095f, 0.047f, 0.08f);
    c = mix(c, shade, 0.45f * ellipse(x, y, cx, -0.045f, 0.125f, 0.085f, 0.7f));
    c = mix(c, dim(white, 0.86f + 0.14f * step(-0.07f, -0.02f, y)), opening);
    c = mix(c, mix(black, iris, step(-0.075f, 0.0f, y)), opening * ellipse(x, y, cx, -0.032f, 0.048f, 0.048f, 0.10f));
    c = mix(c, black, opening * ellipse(x, y, cx, -0.032f, 0.022f, 0.022f, 0.2f));
    c = mix(c, white, ellipse(x, y, cx - 0.018f, -0.050f, 0.011f, 0.011f, 0.3f));
    c = mix(c, black, 0.95f * stroke(x, y, cx, -0.080f, 0.112f, 0.050f, 0.014f));            /* upper lid */
    c = mix(c, shade, 0.6f * stroke(x, y, cx, 0.020f, 0.090f, -0.030f, 0.007f));              /* lower lid */
    return mix(c, dim(hair, 0.9f), 0.9f * stroke(x, y, cx * 1.04f, -0.165f, 0.125f, 0.035f, 0.020f)); /* brow */
}

static Colour nose_and_mouth(Colour c, float x, float y) {
    c = mix(c, shade, 0.40f * ellipse(x, y, 0.055f, 0.08f, 0.035f, 0.13f, 0.9f));
    c = mix(c, (Colour){ 1, 0.90f, 0.84f }, 0.55f * ellipse(x, y, -0.010f, 0.10f, 0.026f, 0.13f, 0.9f));
    c = mix(c, shade, 0.55f * ellipse(x, y, 0, 0.215f, 0.080f, 0.026f, 0.7f));
    for (int s = -1; s <= 1; s += 2) c = mix(c, dim(shade, 0.5f), 0.8f * ellipse(x, y, (float)s * 0.034f, 0.208f, 0.017f, 0.009f, 0.5f));
    float bow = 0.008f * (1 + cosf(34 * x)) * (fabsf(x) < 0.0924f);
    c = mix(c, lip, stroke(x, y, 0, 0.340f + bow, 0.150f, -0.020f, 0.026f));                  /* upper lip */
    c = mix(c, mix(lip, skin, 0.25f), stroke(x, y, 0, 0.388f, 0.125f, -0.042f, 0.030f));       /* lower lip */
    c = mix(c, dim(lip, 0.45f), stroke(x, y, 0, 0.366f, 0.155f, -0.030f, 0.008f));
    c = mix(c, (Colour){ 1, 0.85f, 0.82f }, 0.5f * ellipse(x, y, -0.02f, 0.392f, 0.05f, 0.012f, 0.9f));
    return mix(c, shade, 0.35f * ellipse(x, y, 0, 0.450f, 0.09f, 0.022f, 0.9f));
}

/* Hair over the forehead, parted on one side, and along the cheeks. */
static Colour fringe(Colour c, float x, float y) {
    float line = -0.28f - 0.32f * expf(-30 * (x + 0.14f) * (x + 0.14f)) + 0.9f * powf(fabsf(x + 0.14f), 2.2f);
    float head = ellipse(x, y, 0, -0.17f, 0.585f, 0.65f, 0.02f);
    float shadow = head * (1 - step(line - 0.02f, line + 0.09f, y));
    float cover = head * (1 - step(line - 0.012f, line + 0.012f, y + 0.004f * sinf(60 * x)));
    c = mix(c, shade, 0.5f * shadow * (fabsf(x) < 0.43f));
    return mix(c, strands(x, y), cover);
}

static Colour portrait(float x, float y) {
    Colour c = body((Colour){ 1, 1, 1 }, x, y);
    c = face(c, x, y);
    c = eye(eye(c, x, y, -0.185f), x, y, 0.185f);
    return fringe(nose_and_mouth(c, x, y), x, y);
}

static void draw(P2cImage *image) {
    for (int i = 0; i < image->height; i++)
        for (int j = 0; j < image->width; j++) {
            Colour sum = { 0, 0, 0 };
            for (int s = 0; s < 9; s++) {
                float x = ((float)j + (float)(s % 3 * 2 + 1) / 6) / (float)image->width;
                float y = ((float)i + (float)(s / 3 * 2 + 1) / 6) / (float)image->height;
                Colour c = portrait(2 * x - 1, 2 * y - 1);
                sum = (Colour){ sum.r + c.r, sum.g + c.g, sum.b + c.b };
            }
            const float rgb[] = { sum.r, sum.g, sum.b };
            uint8_t *pixel = image->pixels + ((size_t)i * (size_t)image->width + (size_t)j) * 3;
            for (int k = 0; k < 3; k++) pixel[k] = (uint8_t)(limit(rgb[k] / 9) * 255 + 0.5f);
        }
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage image = { 0 };
    int size = argc > 2 ? atoi(argv[2]) : 256;
    if (argc < 2 || size < 1) {
        fprintf(stderr, "usage: portrait OUT.png [SIZE]\n");
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_image_init(ctx, &image, size, size, 3);
    if (!status) {
        draw(&image);
        status = p2c_image_write(ctx, argv[1], &image);
    }
    if (status) fprintf(stderr, "portrait: %s\n", p2c_error(ctx));
    p2c_image_clear(&image);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
