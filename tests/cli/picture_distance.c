/* picture_distance.c: picture_distance A B MOST succeeds if both pictures have the same size and no
 * 8-bit value differs by more than MOST. */
#include <stdio.h>
#include <stdlib.h>

#include "p2cnn.h"

static int largest_difference(const P2cImage *a, const P2cImage *b) {
    int worst =
        a->width == b->width && a->height == b->height && a->channels == b->channels ? 0 : 256;
    for (size_t i = 0;
         worst < 256 && i < (size_t)a->width * (size_t)a->height * (size_t)a->channels; i++) {
        int d = abs(a->pixels[i] - b->pixels[i]);
        worst = d > worst ? d : worst;
    }
    return worst;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage a = { 0 }, b = { 0 };
    if (argc != 4) return 2;
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_image_read(ctx, argv[1], &a);
    if (!status) status = p2c_image_read(ctx, argv[2], &b);
    int worst = status ? 256 : largest_difference(&a, &b);
    if (worst > atoi(argv[3]))
        fprintf(stderr, "%s\n", status ? p2c_error(ctx) : "the pictures differ");
    if (worst > atoi(argv[3]) && !status) fprintf(stderr, "by %d (256: in size)\n", worst);
    p2c_image_clear(&a);
    p2c_image_clear(&b);
    p2c_context_free(&ctx);
    return worst > atoi(argv[3]);
}
