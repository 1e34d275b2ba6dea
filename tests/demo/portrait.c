/* portrait.c: draws a prepared portrait (a face on white, 256 x 256), so that the tests need no
 * photo: portrait OUT.png [SIZE] */
#include <stdio.h>
#include <stdlib.h>

#include "draw/draw.h"

enum { SEED = 2 };

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage image = { 0 };
    int size = argc > 2 ? atoi(argv[2]) : 256;
    if (argc < 2 || size < 1) {
        fprintf(stderr, "usage: portrait OUT.png [SIZE]\n");
        return 2;
    }
    Person who = person_make(p2c_rng_key(SEED, "portrait"));
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = draw_person(ctx, &who, photo_style, size, &image);
    if (!status) status = p2c_image_write(ctx, argv[1], &image);
    if (status) fprintf(stderr, "portrait: %s\n", p2c_error(ctx));
    p2c_image_clear(&image);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
