/* plain_picture.c: writes a picture of one colour, for the tests: plain_picture OUT.png WIDTH
 * HEIGHT RED GREEN BLUE [ALPHA] */
#include <stdio.h>
#include <stdlib.h>

#include "p2cnn.h"

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage image = { 0 };
    if (argc != 7 && argc != 8) return 2;
    int channels = argc - 4;
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = p2c_image_init(ctx, &image, atoi(argv[2]), atoi(argv[3]), channels);
    for (size_t i = 0, n = (size_t)image.width * (size_t)image.height * (size_t)channels;
         !status && i < n; i++)
        image.pixels[i] = (uint8_t)atoi(argv[4 + i % (size_t)channels]);
    if (!status) status = p2c_image_write(ctx, argv[1], &image);
    if (status) fprintf(stderr, "plain_picture: %s\n", p2c_error(ctx));
    p2c_image_clear(&image);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
