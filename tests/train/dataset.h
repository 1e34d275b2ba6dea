/* dataset.h: what the tests of the data loader share: a tree of pictures that is deleted
 * afterwards, and a capture of stderr. */
#ifndef P2C_TESTS_TRAIN_DATASET_H
#define P2C_TESTS_TRAIN_DATASET_H

#include "../unit/support.h"

typedef struct Dataset {
    P2cContext *ctx;
    char folder[64];
    char path[256]; /* the last result of dataset_path */
} Dataset;

/* For cmocka_unit_test_setup_teardown: *state is a Dataset. */
int dataset_setup(void **state);
int dataset_teardown(void **state);
#define DATASET_TEST(function) \
    cmocka_unit_test_setup_teardown(function, dataset_setup, dataset_teardown)

const char *dataset_path(Dataset *d, const char *name); /* borrowed; valid until the next call */
/* Makes files below the data set's folder, and the folders on the way. */
/* noise */
void dataset_put_picture(Dataset *d, const char *name, int width, int height, uint32_t seed);
/* not a picture, whatever its name */
void dataset_put_text(Dataset *d, const char *name);
void dataset_put_link(Dataset *d, const char *name, const char *target);
void dataset_remove(Dataset *d, const char *name);

/* Captures stderr between the two calls; the text must be freed. */
typedef struct Heard {
    int kept;
    FILE *file;
} Heard;
Heard hear_begin(void);
char *hear_end(Heard heard);
int count_lines(const char *text);
void assert_says(const char *text, const char *part);

/* The folder of the real pictures, or NULL, with a message, if it does not exist. */
const char *real_pictures(void);

#endif
