/* picture.h: what the picture tests share: files, random bytes, comparison, a watch on stderr. */
#ifndef P2C_TESTS_PICTURE_H
#define P2C_TESTS_PICTURE_H

#include "base/context.h"
#include "support.h"

/* A file of tests/unit/data: its bytes, to be freed, or its path, valid until the next call. */
uint8_t *test_data(const char *name, size_t *size);
const char *test_data_path(const char *name);
/* The path of a file in memory with these bytes, valid until the next call. Thousands of damaged
 * files should not be written to a disk. */
const char *test_memory_file(const void *data, size_t size);

uint32_t test_random(uint32_t *state);
P2cImage test_noise(int width, int height, int channels, uint32_t seed);
/* The largest difference of two bytes at the same index. */
int test_worst(const uint8_t *a, const uint8_t *b, size_t size);

/* Everything that is written to stderr between the two calls is counted. */
typedef struct TestSilence {
    int kept;
    FILE *file;
} TestSilence;
TestSilence test_silence_begin(void);
long test_silence_end(TestSilence silence);

#define assert_fails(ctx, call, expected, part) \
    do { \
        P2cStatus got_ = (call); \
        if (got_ != (expected) || !strstr((ctx)->error, part)) \
            fail_msg("%s: status %d, text '%s'", #call, (int)got_, (ctx)->error); \
    } while (0)
#define assert_works(ctx, call) \
    do { \
        if ((call) != P2C_OK) fail_msg("%s: %s", #call, (ctx)->error); \
    } while (0)

#endif
