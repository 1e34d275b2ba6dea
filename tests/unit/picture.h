/* picture.h: what the picture tests share: a folder of their own, files, random bytes, comparison. */
#ifndef P2C_TESTS_PICTURE_H
#define P2C_TESTS_PICTURE_H

#include "context.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

/* A test with an empty folder as its state, removed with all that is in it afterwards. */
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, test_folder_new, test_folder_free)
int test_folder_new(void **state);
int test_folder_free(void **state);
int test_folder_count(void **state); /* files in it */
/* The path of a file in the folder; overwritten by the second next call. */
const char *test_path(void **state, const char *name);

/* A file of tests/unit/data, or any other; malloced. */
uint8_t *test_data(const char *name, size_t *size);
uint8_t *test_load(const char *path, size_t *size);
void test_save(const char *path, const void *data, size_t size);
const char *test_data_path(const char *name);

uint32_t test_random(uint32_t *state);
P2cImage test_noise(int width, int height, int channels, uint32_t seed);
/* The largest difference of two bytes at the same place. */
int test_worst(const uint8_t *a, const uint8_t *b, size_t size);

/* Everything that is written to stderr between the two calls is counted. */
typedef struct TestSilence {
    int kept;
    FILE *file;
} TestSilence;
TestSilence test_silence_begin(void);
long test_silence_end(TestSilence silence);

#define assert_fails(ctx, call, expected, part)                                                                                            \
    do {                                                                                                                                   \
        P2cStatus got_ = (call);                                                                                                           \
        if (got_ != (expected) || !strstr((ctx)->error, part)) fail_msg("%s: status %d, text '%s'", #call, (int)got_, (ctx)->error);       \
    } while (0)
#define assert_works(ctx, call)                                                                                                            \
    do {                                                                                                                                   \
        if ((call) != P2C_OK) fail_msg("%s: %s", #call, (ctx)->error);                                                                     \
    } while (0)

#endif
