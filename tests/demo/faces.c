/* faces.c: draws two small sets of portraits, photos and cartoons of different people, as p2c-train
 * reads them:
 *
 *     faces DIR TRAIN TEST [SIZE]     DIR/trainA/0001.png ... (photos) DIR/trainB (cartoons)
 *                                     DIR/testA DIR/testB
 *
 * Everybody is drawn only once. So no photo has its cartoon, as in real training. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "draw/draw.h"

enum { SEED = 1, PATH_SIZE = 4096 };

static bool make_folder(const char *path) {
    if (!mkdir(path, 0777) || errno == EEXIST) return true;
    fprintf(stderr, "faces: cannot make the folder %s: %s\n", path, strerror(errno));
    return false;
}

/* Returns an exit code after reporting a failure. */
static int draw_folder(P2cContext *ctx, const char *dir, const char *name, Style *style, int count,
                       int size) {
    char path[PATH_SIZE];
    uint64_t key = p2c_rng_key(SEED, name);
    P2cStatus status = P2C_OK;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!make_folder(path)) return p2c_exit_code(P2C_ERR_WRITE);
    for (int i = 0; !status && i < count; i++) {
        P2cImage image = { 0 };
        Person who = person_make(key + (uint64_t)i);
        snprintf(path, sizeof path, "%s/%s/%04d.png", dir, name, i + 1);
        status = draw_person(ctx, &who, style, size, &image);
        if (!status) status = p2c_image_write(ctx, path, &image);
        p2c_image_clear(&image);
    }
    if (status) fprintf(stderr, "faces: %s\n", p2c_error(ctx));
    return p2c_exit_code(status);
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    int train = argc > 3 ? atoi(argv[2]) : 0, test = argc > 3 ? atoi(argv[3]) : 0,
        size = argc > 4 ? atoi(argv[4]) : 96;
    if (train < 1 || test < 1 || size < 1) {
        fprintf(stderr, "usage: faces DIR TRAIN TEST [SIZE], such as faces build/faces 100 10\n");
        return 2;
    }
    const struct {
        const char *name;
        Style *style;
        int count;
    } folders[] = { { "trainA", photo_style, train },
                    { "trainB", cartoon_style, train },
                    { "testA", photo_style, test },
                    { "testB", cartoon_style, test } };
    int code = p2c_exit_code(p2c_context_new(&ctx, "cpu", 0));
    if (code) fprintf(stderr, "faces: %s\n", p2c_error(ctx));
    if (!code && !make_folder(argv[1])) code = p2c_exit_code(P2C_ERR_WRITE);
    for (size_t i = 0; !code && i < sizeof folders / sizeof *folders; i++)
        code = draw_folder(ctx, argv[1], folders[i].name, folders[i].style, folders[i].count, size);
    p2c_context_free(&ctx);
    return code;
}
