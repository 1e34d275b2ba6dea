/* beside.c: puts pictures of one height side by side into one: beside OUT.png LEFT RIGHT... */
#include <stdio.h>
#include <string.h>

#include "p2cnn.h"

enum { GAP = 8, MAX_PICTURES = 16 };

static void paste(P2cImage *sheet, const P2cImage *picture, int left) {
    for (int i = 0; i < picture->height && i < sheet->height; i++)
        memcpy(sheet->pixels + ((size_t)i * (size_t)sheet->width + (size_t)left) * 3,
               picture->pixels + (size_t)i * (size_t)picture->width * 3, (size_t)picture->width * 3);
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    P2cImage pictures[MAX_PICTURES] = { 0 }, sheet = { 0 };
    int count = argc - 2, width = 0, height = 0;
    if (count < 1 || count > MAX_PICTURES) {
        fprintf(stderr, "usage: beside OUT.png LEFT RIGHT... (at most %d)\n", MAX_PICTURES);
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    for (int i = 0; !status && i < count; i++) {
        if ((status = p2c_image_read(ctx, argv[i + 2], &pictures[i]))) break;
        p2c_image_over_white(&pictures[i]);
        width += pictures[i].width + (i ? GAP : 0);
        height = pictures[i].height > height ? pictures[i].height : height;
    }
    if (!status) status = p2c_image_init(ctx, &sheet, width, height, 3);
    if (!status) {
        memset(sheet.pixels, 255, (size_t)width * (size_t)height * 3);
        for (int i = 0, left = 0; i < count; left += pictures[i++].width + GAP) paste(&sheet, &pictures[i], left);
        status = p2c_image_write(ctx, argv[1], &sheet);
    }
    if (status) fprintf(stderr, "beside: %s\n", p2c_error(ctx));
    for (int i = 0; i < count; i++) p2c_image_clear(&pictures[i]);
    p2c_image_clear(&sheet);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
