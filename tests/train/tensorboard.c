/* tensorboard.c (test): event files are equal, byte for byte, to those of TensorBoard's own
 * writer. */
#include "../../train/run/tensorboard.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/support.h"

/* RFC 3720, B.4, and the check value of the catalogue of CRCs. */
static void crc_vectors(void **state) {
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(tensorboard_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(tensorboard_crc32c("", 0), 0);
    memset(bytes, 0, 32);
    assert_int_equal(tensorboard_crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 255, 32);
    assert_int_equal(tensorboard_crc32c(bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
    assert_int_equal(tensorboard_crc32c(bytes, 32), 0x46dd794e);
}

/* The folder below the scratch folder, and the names of its files in order; clear removes both. */
typedef struct Events {
    char names[4][420];
    int count;
} Events;

static void list(Scratch *s, Events *e) {
    *e = (Events){ 0 };
    char folder[160];
    snprintf(folder, sizeof folder, "%s/tensorboard", s->folder);
    struct dirent **found;
    int count = scandir(folder, &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (found[i]->d_name[0] != '.')
            snprintf(e->names[e->count++], sizeof *e->names, "%s/%s", folder, found[i]->d_name);
        free(found[i]);
    }
    if (count >= 0) free(found);
}

static void clear(Scratch *s) {
    Events e;
    list(s, &e);
    for (int i = 0; i < e.count; i++) unlink(e.names[i]);
    rmdir(scratch_path(s, "tensorboard"));
}

/* Three events by TensorBoard 2.21's RecordWriter: the version; a restart at step 301; two scalars,
 * one of a name of 130 letters. */
static const char expected[] = "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e7"
                               "43a322b353110100000000000000095fbfe180900002040fc54d94110ad02"
                               "3a020801596f3f79a60000000000000070f72a150900005040fc54d94110ad022a9"
                               "7010a080a016415000010400a8a010a820174747474747474747474747474"
                               "7474747474747474747474747474747474747474747474747474747474747474747"
                               "4747474747474747474747474747474747474747474747474747474747474"
                               "7474747474747474747474747474747474747474747474747474747474747474747"
                               "47474747474747474747474747474747474747415cdcccc3de3c949e6";

static void same_bytes_as_tensorboard(void **state) {
    Scratch *s = *state;
    char folder[160], name[131] = { 0 }, hex[sizeof expected] = "";
    snprintf(folder, sizeof folder, "%s/tensorboard", s->folder);
    memset(name, 't', 130);
    const Series series[] = { { "d", NULL, 0 }, { name, NULL, 0 } };
    TensorBoard *board;
    assert_int_equal(tensorboard_open(&board, folder, 300, 1700000000.5), 0);
    assert_null(tensorboard_scalars(board, 301, 1700000001.25, 2, series, (double[]){ 2.25, 0.1 }));
    assert_null(tensorboard_sync(board));
    tensorboard_close(&board);
    assert_null(board);
    Events e;
    list(s, &e);
    assert_int_equal(e.count, 1);
    size_t size;
    char *bytes = get_file(e.names[0], &size);
    assert_int_equal(size, (sizeof expected - 1) / 2);
    for (size_t i = 0; i < size; i++) snprintf(hex + 2 * i, 3, "%02x", (uint8_t)bytes[i]);
    assert_string_equal(hex, expected);
    free(bytes);
    clear(s);
}

/* A new run has no restart; a second file in the same second gets the next name, and the folder may
 * already exist. */
static void names(void **state) {
    Scratch *s = *state;
    char folder[160], ending[] = ".p2cnn";
    snprintf(folder, sizeof folder, "%s/tensorboard", s->folder);
    TensorBoard *board;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tensorboard_open(&board, folder, 0, 1700000000.5), 0);
        tensorboard_close(&board);
    }
    Events e;
    list(s, &e);
    assert_int_equal(e.count, 2);
    assert_non_null(strstr(e.names[0], "/events.out.tfevents.1700000000."));
    assert_non_null(strstr(e.names[1], "/events.out.tfevents.1700000001."));
    for (int i = 0; i < 2; i++) {
        size_t size;
        free(get_file(e.names[i], &size));
        assert_int_equal(size, 24 + 16);
        assert_string_equal(e.names[i] + strlen(e.names[i]) - strlen(ending), ending);
    }
    clear(s);
}

static void refused(void **state) {
    Scratch *s = *state;
    TensorBoard *board;
    const char *file = scratch_path(s, "file");
    put_file(file, "x", 1);
    assert_int_equal(tensorboard_open(&board, file, 0, 1), 4);
    assert_null(board);
    assert_int_equal(tensorboard_open(&board, "/nonexistent-folder/tensorboard", 0, 1), 4);
    assert_null(board);
}

const struct CMUnitTest p2c_tests_tensorboard[] = { cmocka_unit_test(crc_vectors),
                                                    TEST(same_bytes_as_tensorboard), TEST(names),
                                                    TEST(refused) };
const size_t p2c_tests_tensorboard_count =
    sizeof p2c_tests_tensorboard / sizeof *p2c_tests_tensorboard;
