/* support.h: what unit tests share: a context and a separate folder, deleted afterwards; files in
 * it; comparison of trees. */
#ifndef P2C_TESTS_UNIT_SUPPORT_H
#define P2C_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "p2cnn.h"

typedef struct Scratch {
    P2cContext *ctx;
    char folder[64];
    char path[128]; /* the last result of scratch_path */
} Scratch;

/* For cmocka_unit_test_setup_teardown: *state is a Scratch. */
int scratch_setup(void **state);
int scratch_teardown(void **state);
#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

/* borrowed; valid until the next call */
const char *scratch_path(Scratch *scratch, const char *name);
int scratch_file_count(const Scratch *scratch);
void put_file(const char *path, const void *bytes, size_t size);
/* The file as text, to be freed; with a 0 at its end. */
char *get_file(const char *path, size_t *size);
bool have_file(const char *path);

bool same_tree(const P2cValue *a, const P2cValue *b);
/* Checks that the last error contains this text and is one line. */
void assert_error_says(const P2cContext *ctx, const char *text);

#endif
