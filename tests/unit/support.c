/* support.c: see support.h. */
#include "support.h"

#include "../device.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int scratch_setup(void **state) {
    Scratch *scratch = calloc(1, sizeof *scratch);
    if (!scratch) return -1;
    *state = scratch;
    strcpy(scratch->folder, "/tmp/p2cnn-test-XXXXXX");
    if (!mkdtemp(scratch->folder)) return -1;
    if (p2c_context_new(&scratch->ctx, test_device(), 1) != P2C_OK) return -1;
    return p2c_context_set_precision(scratch->ctx, P2C_PRECISION_FP32) == P2C_OK ? 0 : -1;
}

int scratch_teardown(void **state) {
    Scratch *scratch = *state;
    DIR *folder = opendir(scratch->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder) closedir(folder);
    int failed = rmdir(scratch->folder);
    p2c_context_free(&scratch->ctx);
    free(scratch);
    return failed;
}

const char *scratch_path(Scratch *scratch, const char *name) {
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->folder, name);
    return scratch->path;
}

int scratch_file_count(const Scratch *scratch) {
    DIR *folder = opendir(scratch->folder);
    assert_non_null(folder);
    int count = -2; /* . and .. */
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

void put_file(const char *path, const void *bytes, size_t size) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

char *get_file(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    struct stat info;
    assert_int_equal(fstat(fileno(stream), &info), 0);
    char *text = calloc((size_t)info.st_size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)info.st_size, stream), info.st_size);
    fclose(stream);
    if (size) *size = (size_t)info.st_size;
    return text;
}

bool have_file(const char *path) { return access(path, R_OK) == 0; }

static bool same_tensor(const P2cValue *a, const P2cValue *b) {
    static const size_t bytes_of[] = {
        [P2C_F32] = 4, [P2C_F16] = 2, [P2C_BF16] = 2, [P2C_F64] = 8, [P2C_U8] = 1,
        [P2C_I8] = 1,  [P2C_I16] = 2, [P2C_I32] = 4,  [P2C_I64] = 8, [P2C_TYPE_BOOL] = 1
    };
    P2cShape x = p2c_value_shape(a), y = p2c_value_shape(b);
    if (p2c_value_type(a) != p2c_value_type(b) || x.rank != y.rank) return false;
    size_t bytes = bytes_of[p2c_value_type(a)];
    for (int i = 0; i < x.rank; i++) {
        if (x.size[i] != y.size[i]) return false;
        bytes *= (size_t)x.size[i];
    }
    return memcmp(p2c_value_data(a), p2c_value_data(b), bytes) == 0;
}

bool same_tree(const P2cValue *a, const P2cValue *b) {
    if (p2c_value_kind(a) != p2c_value_kind(b) || p2c_value_count(a) != p2c_value_count(b))
        return false;
    for (size_t i = 0; i < p2c_value_count(a); i++) {
        if (p2c_value_kind(a) == P2C_DICT && strcmp(p2c_value_key(a, i), p2c_value_key(b, i)) != 0)
            return false;
        if (!same_tree(p2c_value_at(a, i), p2c_value_at(b, i))) return false;
    }
    switch (p2c_value_kind(a)) {
    case P2C_TENSOR: return same_tensor(a, b);
    case P2C_STRING: return strcmp(p2c_value_as_string(a), p2c_value_as_string(b)) == 0;
    case P2C_FLOAT: return p2c_value_as_float(a) == p2c_value_as_float(b);
    default: return p2c_value_as_int(a) == p2c_value_as_int(b);
    }
}

void assert_error_says(const P2cContext *ctx, const char *text) {
    const char *error = p2c_error(ctx);
    if (!strstr(error, text)) fail_msg("the error should say '%s', but is '%s'", text, error);
    if (strchr(error, '\n')) fail_msg("the error has more than one line: '%s'", error);
}
