/* beside.c: puts pictures side by side, and rows of them below each other, into one picture:
 *
 *     beside OUT.png PICTURE... [/ PICTURE...]...     as they are, from the top left
 *     beside OUT.png -s SIDE PICTURE... [/ ...]       each scaled to a square of SIDE first */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2cnn.h"

enum { GAP = 8, MAX_PICTURES = 64 };

typedef struct Sheet {
    P2cImage image, pictures[MAX_PICTURES];
    int left[MAX_PICTURES], top[MAX_PICTURES], count;
    int width, height; /* of the part placed so far */
} Sheet;

static P2cStatus read_picture(P2cContext *ctx, const char *path, int side, P2cImage *out) {
    P2cImage picture = { 0 };
    P2cStatus status = p2c_image_read(ctx, path, &picture);
    if (status) return status;
    p2c_image_over_white(&picture);
    if (side) status = p2c_image_resize(ctx, &picture, side, side, P2C_FILTER_BILINEAR, out);
    else {
        *out = picture;
        picture = (P2cImage){ 0 };
    }
    p2c_image_clear(&picture);
    return status;
}

/* Reads the pictures and gives each its place. */
static P2cStatus arrange(P2cContext *ctx, char **arguments, int count, int side, Sheet *sheet) {
    int left = 0, top = 0;
    for (int i = 0; i < count; i++) {
        if (!strcmp(arguments[i], "/")) {
            left = 0;
            top = sheet->height + GAP;
            continue;
        }
        P2cImage *picture = &sheet->pictures[sheet->count];
        P2cStatus status = read_picture(ctx, arguments[i], side, picture);
        if (status) return status;
        sheet->left[sheet->count] = left;
        sheet->top[sheet->count++] = top;
        left += picture->width + GAP;
        sheet->width = left - GAP > sheet->width ? left - GAP : sheet->width;
        sheet->height =
            top + picture->height > sheet->height ? top + picture->height : sheet->height;
    }
    return P2C_OK;
}

static P2cStatus paste(P2cContext *ctx, Sheet *sheet) {
    P2cStatus status = p2c_image_init(ctx, &sheet->image, sheet->width, sheet->height, 3);
    if (status) return status;
    size_t stride = (size_t)sheet->width * 3;
    memset(sheet->image.pixels, 255, stride * (size_t)sheet->height);
    for (int k = 0; k < sheet->count; k++) {
        size_t row = (size_t)sheet->pictures[k].width * 3;
        uint8_t *corner =
            sheet->image.pixels + (size_t)sheet->top[k] * stride + (size_t)sheet->left[k] * 3;
        for (int i = 0; i < sheet->pictures[k].height; i++)
            memcpy(corner + (size_t)i * stride, sheet->pictures[k].pixels + (size_t)i * row, row);
    }
    return P2C_OK;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    Sheet sheet = { .count = 0 };
    bool scaled = argc > 3 && !strcmp(argv[2], "-s");
    int side = scaled ? atoi(argv[3]) : 0, first = scaled ? 4 : 2, count = argc - first;
    if (count < 1 || count > MAX_PICTURES || (scaled && side < 1)) {
        fprintf(stderr,
                "usage: beside OUT.png [-s SIDE] PICTURE... [/ PICTURE...]... (at most %d)\n",
                MAX_PICTURES);
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status) status = arrange(ctx, argv + first, count, side, &sheet);
    if (!status) status = paste(ctx, &sheet);
    if (!status) status = p2c_image_write(ctx, argv[1], &sheet.image);
    if (status) fprintf(stderr, "beside: %s\n", p2c_error(ctx));
    for (int i = 0; i < sheet.count; i++) p2c_image_clear(&sheet.pictures[i]);
    p2c_image_clear(&sheet.image);
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
