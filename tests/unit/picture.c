/* picture.c: what the picture tests share. */
#include "picture.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- folder ---- */

int test_folder_new(void **state) {
    const char *base = getenv("TMPDIR");
    if (!base || !*base) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* thousands of small files: in memory, please */
    char *folder = malloc(512);
    snprintf(folder, 512, "%s/p2cnn-test-XXXXXX", base);
    *state = folder;
    return mkdtemp(folder) ? 0 : -1;
}

static int each_entry(const char *folder, bool delete) {
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count++;
        if (delete) remove(path);
    }
    if (dir) closedir(dir);
    return count;
}

int test_folder_count(void **state) { return each_entry(*state, false); }

int test_folder_free(void **state) {
    each_entry(*state, true);
    int failed = rmdir(*state);
    free(*state);
    return failed;
}

const char *test_path(void **state, const char *name) {
    static char paths[2][1024];
    static int next;
    next = !next;
    snprintf(paths[next], sizeof paths[next], "%s/%s", (const char *)*state, name);
    return paths[next];
}

/* ---- files ---- */

uint8_t *test_load(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s: cannot open; tests run in the repository's root", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

const char *test_data_path(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "tests/unit/data/%s", name);
    return path;
}

uint8_t *test_data(const char *name, size_t *size) { return test_load(test_data_path(name), size); }

void test_save(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
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
    for (size_t i = 0; i < (size_t)width * (size_t)height * (size_t)channels; i++) image.pixels[i] = (uint8_t)(test_random(&seed) >> 8);
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
