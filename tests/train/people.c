/* people.c: see people.h. */
#include "people.h"

#include <math.h>

Person person_of(int number) {
    Person p = { .draws = draws_start(1, "person", 0, 0, number) };
    p.x = fit_uniform(&p.draws, 110, 146), p.y = fit_uniform(&p.draws, 100, 120),
    p.rx = fit_uniform(&p.draws, 50, 65), p.ry = fit_uniform(&p.draws, 60, 80);
    for (int c = 0; c < 3; c++)
        p.skin[c] = (uint8_t)(60 + fit_choice(&p.draws, 100)),
        p.shirt[c] = (uint8_t)fit_choice(&p.draws, 150);
    return p;
}

/* A head on a neck on shoulders that reach the lower side. */
static bool covers(const Person *p, double x, double y) {
    double u = (x - p->x) / p->rx, v = (y - p->y) / p->ry;
    return u * u + v * v < 1 || (fabs(x - p->x) < 25 && y > p->y) ||
           y > 190 + 0.004 * (x - p->x) * (x - p->x);
}

double person_alpha(const Person *p, int x, int y) {
    int in = 0;
    for (int k = 0; k < 16; k++) in += covers(p, x + (k % 4 - 1.5) / 4, y + (k / 4 - 1.5) / 4);
    return in / 16.0;
}

P2cImage person_draw(P2cContext *ctx, int number) {
    Person p = person_of(number);
    P2cImage image;
    assert_int_equal(p2c_image_init(ctx, &image, FIT_SIDE, FIT_SIDE, 3), P2C_OK);
    uint8_t patches[16][16]; /* of the middle: what tells people apart */
    for (int i = 0; i < 256; i++) patches[i / 16][i % 16] = (uint8_t)fit_choice(&p.draws, 40);
    for (int i = 0; i < FIT_SIDE * FIT_SIDE; i++) {
        int x = i % FIT_SIDE, y = i / FIT_SIDE;
        double a = person_alpha(&p, x, y);
        for (int c = 0; c < 3; c++)
            image.pixels[3 * i + c] = (uint8_t)lround(
                255 + a * ((y > 190 ? p.shirt[c] : p.skin[c] + patches[y / 16][x / 16]) - 255.0));
    }
    return image;
}

void people_write(Dataset *d, int count) {
    for (int i = 0; i < count; i++) {
        char name[32];
        P2cImage image = person_draw(d->ctx, i);
        snprintf(name, sizeof name, "people/%02d.png", i);
        if (i == 0) dataset_put_text(d, "people/no_picture.png");
        assert_int_equal(p2c_image_write(d->ctx, dataset_path(d, name), &image), P2C_OK);
        p2c_image_clear(&image);
    }
}
