/* photo.c: an ordinary photo, with every face in it turned into a cartoon.
 *
 *     cc photo.c $(pkg-config --cflags --libs p2cnn) -o photo
 *     ./photo weights.pt photo.jpg cartoon.png
 *
 * Faces are found and cut out by the built-in networks, or by others if the folder of models has
 * them.
 */
#include <p2cnn.h>
#include <stdio.h>

static void describe(const P2cPhotoResult *result) {
    for (int i = 0; i < result->portrait_count; i++) {
        const P2cPortrait *p = &result->portraits[i];
        printf("a face at (%.0f,%.0f), turned by %.1f degrees, %.0f%% of its square is head\n",
               p->face.box.left, p->face.box.top, p->face.angle, 100 * p->coverage);
    }
}

/* From pixels to pixels: the photo may come from anywhere. */
static P2cStatus cartoon(P2cContext *ctx, const char *weights, const P2cImage *photo,
                         P2cPhotoResult *result) {
    P2cCartoonizer *cartoonizer = NULL;
    P2cPreparer *preparer = NULL;
    P2cPhotoOptions keep = { .layout = P2C_LAYOUT_KEEP,
                             .background = { .kind = P2C_BACKGROUND_PHOTO } };

    /* Open both once, then use them for as many photos as you like. */
    P2cStatus status =
        p2c_cartoonizer_open(ctx, &(P2cCartoonizerOptions){ .weights = weights }, &cartoonizer);
    if (!status) status = p2c_preparer_open(ctx, &(P2cPreparerOptions){ 0 }, &preparer);
    if (!status) status = p2c_cartoonizer_photo(cartoonizer, preparer, photo, &keep, result);

    p2c_preparer_close(&preparer);
    p2c_cartoonizer_close(&cartoonizer);
    return status;
}

static P2cStatus run(P2cContext *ctx, char **argv) {
    P2cImage photo = { 0 };
    P2cPhotoResult result = { 0 };
    P2cStatus status = p2c_image_read(ctx, argv[2], &photo);
    if (!status) status = cartoon(ctx, argv[1], &photo, &result);
    if (!status) describe(&result);
    if (!status && !result.portrait_count) printf("no face in %s\n", argv[2]);
    else if (!status) status = p2c_image_write(ctx, argv[3], &result.images[0]);
    p2c_photo_result_clear(&result);
    p2c_image_clear(&photo);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: photo WEIGHTS.pt PHOTO OUT.png\n");
        return 2;
    }
    P2cContext *ctx = NULL;
    P2cStatus status = p2c_context_new(&ctx, "auto", 0);
    if (!status) status = run(ctx, argv);
    if (status) fprintf(stderr, "photo: %s\n", p2c_error(ctx));
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
