/* faces.c: draws two small sets of portraits that have nothing to do with each other, photos and cartoons, as p2c-train reads them:
 *
 *     faces DIR TRAIN TEST [SIZE [BORDER]]     DIR/trainA/0001.png ... (photos) DIR/trainB (cartoons) DIR/testA DIR/testB
 *
 * Everybody is drawn once: no photo has its cartoon, which is what the network has to do without. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "draw/draw.h"

enum { SEED = 1, PATH_SIZE = 4096 };

static P2cStatus draw_folder(P2cContext *ctx, const char *dir, const char *name, Style *style, int count, int size, float border) {
    char path[PATH_SIZE];
    uint64_t key = p2c_rng_key(SEED, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (mkdir(path, 0777) && errno != EEXIST) fprintf(stderr, "faces: cannot make the folder %s: %s\n", path, strerror(errno));
    P2cStatus status = P2C_OK;
    for (int i = 0; !status && i < count; i++) {
        P2cImage image = { 0 };
        Person who = person_make(key + (uint64_t)i);
        snprintf(path, sizeof path, "%s/%s/%04d.png", dir, name, i + 1);
        status = draw_person(ctx, &who, style, size, border, &image);
        if (!status) status = p2c_image_write(ctx, path, &image);
        p2c_image_clear(&image);
    }
    return status;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    int train = argc > 3 ? atoi(argv[2]) : 0, test = argc > 3 ? atoi(argv[3]) : 0, size = argc > 4 ? atoi(argv[4]) : 96;
    float border = argc > 5 ? (float)atof(argv[5]) : 0;
    if (train < 1 || test < 1 || size < 1 || border < 0 || border >= 0.5f) {
        fprintf(stderr, "usage: faces DIR TRAIN TEST [SIZE [BORDER]], such as faces build/faces 100 10\n");
        return 2;
    }
    P2cStatus status = p2c_context_new(&ctx, "cpu", 0);
    if (!status) status = draw_folder(ctx, argv[1], "trainA", photo_style, train, size, border);
    if (!status) status = draw_folder(ctx, argv[1], "trainB", cartoon_style, train, size, border);
    if (!status) status = draw_folder(ctx, argv[1], "testA", photo_style, test, size, 0);
    if (!status) status = draw_folder(ctx, argv[1], "testB", cartoon_style, test, size, 0);
    if (status) fprintf(stderr, "faces: %s\n", p2c_error(ctx));
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
