/* dataset.c: see dataset.h. */
#define _GNU_SOURCE /* nftw */
#include "dataset.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int dataset_setup(void **state) {
    Dataset *d = calloc(1, sizeof *d);
    if (!d) return -1;
    *state = d;
    strcpy(d->folder, "/tmp/p2cnn-test-XXXXXX");
    if (!mkdtemp(d->folder)) return -1;
    return p2c_context_new(&d->ctx, "cpu", 1) == P2C_OK ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where) {
    (void)info, (void)type, (void)where;
    return remove(path);
}

int dataset_teardown(void **state) {
    Dataset *d = *state;
    int failed = nftw(d->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    p2c_context_free(&d->ctx);
    free(d);
    return failed;
}

const char *dataset_path(Dataset *d, const char *name) {
    snprintf(d->path, sizeof d->path, "%s/%s", d->folder, name);
    return d->path;
}

/* Returns the path, after making the folders that lead to it. */
static const char *make_way(Dataset *d, const char *name) {
    char *path = (char *)dataset_path(d, name);
    for (char *slash = path + strlen(d->folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdir(path, 0777); /* or it exists */
    }
    return path;
}

void dataset_put_picture(Dataset *d, const char *name, int width, int height, uint32_t seed) {
    P2cImage image;
    assert_int_equal(p2c_image_init(d->ctx, &image, width, height, 3), P2C_OK);
    for (int i = 0; i < width * height * 3; i++)
        image.pixels[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
    assert_int_equal(p2c_image_write(d->ctx, make_way(d, name), &image), P2C_OK);
    p2c_image_clear(&image);
}

void dataset_put_text(Dataset *d, const char *name) {
    put_file(make_way(d, name), "no picture\n", 11);
}
void dataset_put_link(Dataset *d, const char *name, const char *target) {
    assert_int_equal(symlink(target, make_way(d, name)), 0);
}
void dataset_remove(Dataset *d, const char *name) {
    assert_int_equal(remove(dataset_path(d, name)), 0);
}

Heard hear_begin(void) {
    fflush(stderr);
    Heard heard = { dup(STDERR_FILENO), tmpfile() };
    assert_non_null(heard.file);
    dup2(fileno(heard.file), STDERR_FILENO);
    return heard;
}

char *hear_end(Heard heard) {
    fflush(stderr);
    dup2(heard.kept, STDERR_FILENO);
    close(heard.kept);
    long size = lseek(fileno(heard.file), 0, SEEK_END);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(pread(fileno(heard.file), text, (size_t)size, 0), size);
    fclose(heard.file);
    return text;
}

int count_lines(const char *text) {
    int lines = 0;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}

void assert_says(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("should say '%s', but says '%s'", part, text);
}

const char *real_pictures(void) {
    static const char path[] = "../shared/data/photo2cartoon";
    if (access(path, R_OK) == 0) return path;
    print_message("    SKIPPED: no %s\n", path);
    return NULL;
}
