/* drawn.c: draws a face of ellipses, in units in which the face is 100 wide and 130 high, with its
 * middle at (0,0). */
#include "drawn.h"
#include "face/face.h"

#include <math.h>
#include <string.h>

static const struct {
    double x, y, rx, ry, grey;
    bool both;
} ellipses[] = {
    { 0, -15, 62, 78, 60, false }, /* hair */
    /* face, fringe */
    { 0, 0, 50, 65, 190, false },
    { 0, -58, 50, 22, 60, false },
    /* brow, eye */
    { 22, -22, 14, 4, 70, true },
    { 21, -7, 11, 6, 240, true },
    { 21, -7, 5.5, 5.5, 40, true },
    { 21, -12, 12, 3, 80, true },
    { 21, 2, 13, 5, 170, true },
    /* nose */
    { 7, 22, 4, 2.5, 90, true },
    { 10, 10, 3, 14, 165, true },
    { 0, 18, 7, 5, 205, false },
    /* mouth */
    { 0, 40, 20, 6, 110, false },
    { 0, 40, 17, 1.5, 60, false },
    { 0, 50, 14, 3, 160, false },
};

/* 0 outside of the ellipse, 1 inside, soft in between. */
static double cover(double x, double y, double rx, double ry) {
    double r = hypot(x / rx, y / ry), edge = (r - 1) * fmin(rx, ry) / 1.5;
    return fmin(fmax(0.5 - edge / 2, 0), 1);
}

static double grey_at(double x, double y, double below) {
    double v = below;
    for (size_t i = 0; i < sizeof ellipses / sizeof *ellipses; i++) {
        double across = ellipses[i].both ? fabs(x) : x;
        v += (ellipses[i].grey - v) *
             cover(across - ellipses[i].x, y - ellipses[i].y, ellipses[i].rx, ellipses[i].ry);
    }
    return v;
}

void test_draw_face(P2cImage *image, double x, double y, double width) {
    for (int i = 0; i < image->width * image->height; i++) {
        uint8_t *p = image->pixels + (size_t)i * (size_t)image->channels;
        double u = (i % image->width - x) * 100 / width, v = (i / image->width - y) * 100 / width;
        if (fabs(u) > 70 || fabs(v) > 100) continue;
        for (int c = 0; c < 3; c++) p[c] = (uint8_t)lround(grey_at(u, v, p[c]));
        if (image->channels == 4) p[3] = 255;
    }
}

P2cImage test_drawn(int width, int height, double x, double y, double face) {
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, width, height, 3));
    memset(image.pixels, 225, (size_t)width * (size_t)height * 3);
    if (face > 0) test_draw_face(&image, x, y, face);
    return image;
}

P2cPortrait test_drawn_portrait(P2cContext *ctx, int size) {
    P2cPortrait p = { .to_photo = { 1, 0, 50, 0, 1, 30 } };
    P2cLandmarker *landmarker;
    double middle = size / 2.0, face = size * 0.36, r = face / 2;
    P2cBox box = { middle - r, middle - 0.8 * r, middle + r, middle + 1.2 * r };
    P2cImage drawn = test_drawn(size, size, middle, middle, face);
    assert_works(ctx, p2c_landmarker_open(ctx, NULL, &landmarker));
    assert_works(ctx, p2c_landmarker_run(landmarker, &drawn, box, p.face.landmarks));
    p2c_landmarker_close(&landmarker);
    for (int i = 0; i < P2C_LANDMARKS; i++)
        p.face.landmarks[i].x += 50, p.face.landmarks[i].y += 30;
    assert_works(ctx, p2c_image_init(ctx, &p.picture, size, size, 4));
    for (int i = 0; i < size * size; i++) {
        double x = (i % size - middle) * 100 / face, y = (i / size - middle) * 100 / face;
        memcpy(p.picture.pixels + 4 * i, drawn.pixels + 3 * i, 3);
        p.picture.pixels[4 * i + 3] = (uint8_t)lround(255 * cover(x, y + 15, 62, 78));
    }
    p2c_image_clear(&drawn);
    return p;
}
