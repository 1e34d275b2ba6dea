/* cartoon.c: one prepared portrait becomes a cartoon.
 *
 *     cc cartoon.c $(pkg-config --cflags --libs p2cnn) -o cartoon
 *     ./cartoon weights.pt portrait.png cartoon.png
 */
#include <p2cnn.h>
#include <stdio.h>

static P2cStatus cartoon(P2cContext *ctx, const char *weights, const char *in, const char *out) {
    P2cCartoonizerOptions options = { .weights = weights };
    P2cCartoonizer *cartoonizer = NULL;
    P2cImage portrait = { 0 }, drawn = { 0 };

    /* Open once, then run for as many pictures as you like. */
    P2cStatus status = p2c_cartoonizer_open(ctx, &options, &cartoonizer);
    if (!status) status = p2c_image_read(ctx, in, &portrait);
    if (!status) status = p2c_cartoonizer_run(cartoonizer, &portrait, &drawn, NULL);
    if (!status) status = p2c_image_write(ctx, out, &drawn);

    p2c_image_clear(&drawn);
    p2c_image_clear(&portrait);
    p2c_cartoonizer_close(&cartoonizer);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: cartoon WEIGHTS.pt IN OUT.png\n");
        return 2;
    }
    P2cContext *ctx = NULL;
    P2cStatus status = p2c_context_new(&ctx, "auto", 0);
    if (!status) status = cartoon(ctx, argv[1], argv[2], argv[3]);
    if (status) fprintf(stderr, "cartoon: %s\n", p2c_error(ctx));
    else printf("%s: drawn on %s\n", argv[3], p2c_device_name(ctx));
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
