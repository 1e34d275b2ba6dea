/* picture.c: what the picture tests share. */
#define _GNU_SOURCE /* memfd_create */
#include "picture.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- files ---- */

const char *test_data_path(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "tests/unit/data/%s", name);
    return path;
}

uint8_t *test_data(const char *name, size_t *size) {
    const char *path = test_data_path(name);
    if (!have_file(path)) fail_msg("%s: cannot open; tests run in the repository's root", path);
    return (uint8_t *)get_file(path, size);
}

const char *test_memory_file(const void *data, size_t size) {
    static char path[64];
    static int fd = -1;
    if (fd < 0) fd = memfd_create("p2cnn-test", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* ---- pixels ---- */

uint32_t test_random(uint32_t *state) { /* xorshift, Marsaglia 2003 */
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

P2cImage test_noise(int width, int height, int channels, uint32_t seed) {
    P2cImage image;
    assert_int_equal(p2c_image_init(NULL, &image, width, height, channels), P2C_OK);
    for (size_t i = 0; i < (size_t)width * (size_t)height * (size_t)channels; i++)
        image.pixels[i] = (uint8_t)(test_random(&seed) >> 8);
    return image;
}

int test_worst(const uint8_t *a, const uint8_t *b, size_t size) {
    int worst = 0;
    for (size_t i = 0; i < size; i++)
        if (abs(a[i] - b[i]) > worst) worst = abs(a[i] - b[i]);
    return worst;
}

/* ---- stderr ---- */

TestSilence test_silence_begin(void) {
    fflush(stderr);
    TestSilence silence = { dup(STDERR_FILENO), tmpfile() };
    assert_non_null(silence.file);
    dup2(fileno(silence.file), STDERR_FILENO);
    return silence;
}

long test_silence_end(TestSilence silence) {
    fflush(stderr);
    dup2(silence.kept, STDERR_FILENO);
    close(silence.kept);
    long bytes = lseek(fileno(silence.file), 0, SEEK_END);
    fclose(silence.file);
    return bytes;
}
