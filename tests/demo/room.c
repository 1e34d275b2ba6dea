/* room.c: draws a photo like people take them, to show all steps from a photo to a cartoon:
 * somebody in a room, 640 x 480.
 *
 *     room OUT.png [PERSON] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "draw/draw.h"

enum { SEED = 3, WIDTH = 640, HEIGHT = 480, SAMPLES = 2 };
static const float ROOM = 1.9f; /* half the picture's height in units in which a portrait's is 1 */

/* A wall in window light, with a picture on it and a shelf with books. */
static Colour room_at(Point p) {
    Colour c = mix((Colour){ 0.78f, 0.74f, 0.66f }, (Colour){ 0.50f, 0.49f, 0.50f },
                   limit(0.5f + 0.25f * p.x + 0.1f * p.y));
    c = dim(c, 1 + 0.02f * noise(1, 9 * p.x, 9 * p.y));
    float frame = fmaxf(fabsf(p.x + 1.75f) - 0.55f, fabsf(p.y + 0.75f) - 0.75f),
          bars = fminf(fabsf(p.x + 1.75f), fabsf(p.y + 0.75f)) - 0.03f;
    Colour sky = mix((Colour){ 0.75f, 0.88f, 1.0f }, (Colour){ 0.55f, 0.70f, 0.50f },
                     ramp(-0.7f, 0.0f, p.y + 0.1f * noise(2, 5 * p.x, 0)));
    c = lay(c, (Colour){ 0.92f, 0.90f, 0.86f }, frame - 0.07f, 0.01f);
    c = lay(c, sky, fmaxf(frame, -bars), 0.01f);
    float shelf = fmaxf(fabsf(p.x - 1.7f) - 0.75f, fabsf(p.y - 0.62f) - 0.04f);
    int book = (int)floorf((p.x - 0.95f) / 0.11f);
    float top = 0.12f + 0.12f * noise(3, 7.3f * (float)book, 0.5f),
          middle = 0.95f + 0.11f * ((float)book + 0.5f);
    Colour cover = { 0.5f + 0.4f * noise(4, 3.1f * (float)book, 0.5f),
                     0.4f + 0.3f * noise(5, 3.7f * (float)book, 0.5f),
                     0.4f + 0.3f * noise(6, 4.1f * (float)book, 0.5f) };
    if (book >= 0 && book < 12)
        c = lay(c, dim(cover, 1),
                fmaxf(fabsf(p.x - middle) - 0.048f, fabsf(p.y - 0.58f + top) - top), 0.008f);
    c = lay(c, (Colour){ 0.36f, 0.24f, 0.15f }, shelf, 0.01f);
    float picture = fmaxf(fabsf(p.x - 1.55f) - 0.42f, fabsf(p.y + 0.95f) - 0.3f);
    c = lay(c, (Colour){ 0.2f, 0.16f, 0.13f }, picture, 0.01f);
    return lay(c,
               mix((Colour){ 0.85f, 0.55f, 0.30f }, (Colour){ 0.25f, 0.40f, 0.55f },
                   limit(0.5f + noise(7, 4 * p.x, 6 * p.y))),
               picture + 0.05f, 0.01f);
}

static Colour at(const Person *who, Point p) {
    return photo_before(who, to_person(who, p), room_at(p));
}

static void draw_pixel(const Person *who, int column, int row, uint8_t *pixel) {
    Colour sum = { 0, 0, 0 };
    for (int s = 0; s < SAMPLES * SAMPLES; s++) {
        float x = (float)(column * SAMPLES + s % SAMPLES) + 0.5f,
              y = (float)(row * SAMPLES + s / SAMPLES) + 0.5f, unit = HEIGHT * SAMPLES / 2.0f;
        Colour c = at(who, (Point){ (x / unit - (float)WIDTH / HEIGHT) * ROOM,
                                    (y / unit - 1) * ROOM - 0.35f });
        sum = (Colour){ sum.r + c.r, sum.g + c.g, sum.b + c.b };
    }
    const float rgb[] = { sum.r, sum.g, sum.b };
    for (int k = 0; k < 3; k++)
        pixel[k] = (uint8_t)(limit(rgb[k] / (SAMPLES * SAMPLES)) * 255 + 0.5f);
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage image = { 0 };
    if (argc < 2) {
        fprintf(stderr, "usage: room OUT.png [PERSON]\n");
        return 2;
    }
    Person who = person_make(p2c_rng_key(SEED, "room") + (argc > 2 ? (uint64_t)atoi(argv[2]) : 0));
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_image_init(ctx, &image, WIDTH, HEIGHT, 3);
    for (int i = 0; !status && i < WIDTH * HEIGHT; i++)
        draw_pixel(&who, i % WIDTH, i / WIDTH, image.pixels + 3 * i);
    if (!status) status = p2c_image_write(ctx, argv[1], &image);
    if (status) fprintf(stderr, "room: %s\n", p2c_error(ctx));
    p2c_image_clear(&image);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
