/* file.c: outputs appear completely or not at all; what was there before survives every failure. */
#include "support.h"

#include "base/file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_holds(const char *path, const char *expected) {
    char *text = get_file(path, NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void write_text(P2cContext *ctx, const char *path, const char *text) {
    P2cOutput out;
    assert_int_equal(p2c_output_open(ctx, path, &out), P2C_OK);
    assert_true(fputs(text, out.stream) >= 0);
    assert_int_equal(p2c_output_commit(&out), P2C_OK);
    p2c_output_discard(&out); /* a second call does nothing */
}

static void commit_replaces(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target");
    P2cOutput out;
    put_file(path, "old", 3);
    assert_int_equal(p2c_output_open(scratch->ctx, path, &out), P2C_OK);
    assert_true(fputs("new text", out.stream) >= 0);
    assert_int_equal(fflush(out.stream), 0);
    assert_holds(path, "old");
    assert_int_equal(p2c_output_commit(&out), P2C_OK);
    assert_holds(path, "new text");
    assert_int_equal(scratch_file_count(scratch), 1);
}

static void discard_leaves_the_old(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target");
    P2cOutput out;
    put_file(path, "old", 3);
    assert_int_equal(p2c_output_open(scratch->ctx, path, &out), P2C_OK);
    assert_true(fputs("new text", out.stream) >= 0);
    p2c_output_discard(&out);
    p2c_output_discard(&out);
    assert_holds(path, "old");
    assert_int_equal(scratch_file_count(scratch), 1);
}

static void modes(void **state) {
    Scratch *scratch = *state;
    struct stat info;
    mode_t mask = umask(027);
    const char *path = scratch_path(scratch, "fresh");
    write_text(scratch->ctx, path, "x");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(chmod(path, 0604), 0);
    write_text(scratch->ctx, path, "y");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0604);
    umask(mask);
}

/* A limit on the length of files stands for a full disk. */
static void failed_write(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target");
    static const char block[8192] = { 'x' };
    static char buffer[1 << 16];
    struct rlimit old, low;
    P2cOutput out;
    put_file(path, "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = (struct rlimit){ 4096, old.rlim_max };
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    /* the failure is noticed while writing, or only by the flush in commit */
    for (int early = 0; early < 2; early++) {
        assert_int_equal(p2c_output_open(scratch->ctx, path, &out), P2C_OK);
        if (!early) assert_int_equal(setvbuf(out.stream, buffer, _IOFBF, sizeof buffer), 0);
        setrlimit(RLIMIT_FSIZE, &low);
        size_t written = fwrite(block, 1, sizeof block, out.stream);
        if (early) fflush(out.stream);
        P2cStatus status = p2c_output_commit(&out);
        setrlimit(RLIMIT_FSIZE, &old);
        assert_true(early || written == sizeof block);
        assert_int_equal(status, P2C_ERR_WRITE);
        assert_error_says(scratch->ctx, "cannot write");
        assert_holds(path, "old");
        assert_int_equal(scratch_file_count(scratch), 1);
    }
    signal(SIGXFSZ, handler);
}

static void refused_targets(void **state) {
    Scratch *scratch = *state;
    const char *fifo = scratch_path(scratch, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const struct {
        const char *path, *text;
    } cases[] = {
        { "", "no file name" },     { "/tmp/", "no file name" },
        { "/tmp", "is a folder" },  { "/nonexistent-folder/x", "No such file or directory" },
        { "/dev/null", "regular" }, { fifo, "regular" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cOutput out;
        assert_int_equal(p2c_output_open(scratch->ctx, cases[i].path, &out), P2C_ERR_WRITE);
        assert_error_says(scratch->ctx, cases[i].text);
        assert_null(out.stream);
        p2c_output_discard(&out);
    }
    assert_int_equal(scratch_file_count(scratch), 1);
}

/* Root may write anywhere, so root becomes nobody for this test. */
static void missing_permission(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target");
    P2cOutput out;
    bool root = geteuid() == 0;
    put_file(path, "old", 3);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(scratch->folder, 0777), 0);
    if (root) assert_int_equal(seteuid(65534), 0);
    P2cStatus protected = p2c_output_open(scratch->ctx, path, &out);
    if (root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(protected, P2C_ERR_WRITE);
    assert_error_says(scratch->ctx, "Permission denied");
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(chmod(scratch->folder, 0555), 0);
    if (root) assert_int_equal(seteuid(65534), 0);
    P2cStatus folder = p2c_output_open(scratch->ctx, path, &out);
    if (root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(scratch->folder, 0755), 0);
    assert_int_equal(folder, P2C_ERR_WRITE);
    assert_error_says(scratch->ctx, "Permission denied");
    assert_holds(path, "old");
    assert_int_equal(scratch_file_count(scratch), 1);
}

static void links_are_followed(void **state) {
    Scratch *scratch = *state;
    char target[128];
    snprintf(target, sizeof target, "%s/real", scratch->folder);
    const char *link = scratch_path(scratch, "link");
    put_file(target, "old", 3);
    assert_int_equal(symlink("real", link), 0);
    write_text(scratch->ctx, link, "new");
    assert_holds(target, "new");
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(unlink(target), 0);
    P2cOutput out;
    /* a link that points nowhere */
    assert_int_equal(p2c_output_open(scratch->ctx, link, &out), P2C_ERR_WRITE);
}

static void two_at_once(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "target");
    P2cOutput first, second;
    assert_int_equal(p2c_output_open(scratch->ctx, path, &first), P2C_OK);
    assert_int_equal(p2c_output_open(scratch->ctx, path, &second), P2C_OK);
    assert_string_not_equal(first.temporary, second.temporary);
    assert_true(fputs("first", first.stream) >= 0 && fputs("second", second.stream) >= 0);
    assert_int_equal(p2c_output_commit(&second), P2C_OK);
    assert_holds(path, "second");
    assert_int_equal(p2c_output_commit(&first), P2C_OK);
    assert_holds(path, "first");
    assert_int_equal(scratch_file_count(scratch), 1);
}

static void longest_name(void **state) {
    Scratch *scratch = *state;
    char path[400];
    int folder = snprintf(path, sizeof path, "%s/", scratch->folder);
    memset(path + folder, 'n', 255);
    path[folder + 255] = 0;
    write_text(scratch->ctx, path, "x");
    assert_holds(path, "x");
}

static void relative_name(void **state) {
    Scratch *scratch = *state;
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(scratch->folder), 0);
    write_text(scratch->ctx, "name", "x");
    assert_int_equal(chdir(here), 0);
    assert_holds(scratch_path(scratch, "name"), "x");
}

static void reading(void **state) {
    Scratch *scratch = *state;
    const char *path = scratch_path(scratch, "file");
    uint8_t *data;
    size_t size;
    put_file(path, "12345", 5);
    assert_int_equal(p2c_file_read(scratch->ctx, path, 5, &data, &size), P2C_OK);
    assert_int_equal(size, 5);
    assert_string_equal((char *)data, "12345");
    free(data);
    assert_int_equal(p2c_file_read(scratch->ctx, path, 4, &data, &size), P2C_ERR_FORMAT);
    assert_error_says(scratch->ctx, "too large: 5 bytes, at most 4");
    assert_null(data);
    put_file(path, "", 0);
    assert_int_equal(p2c_file_read(scratch->ctx, path, 4, &data, &size), P2C_OK);
    assert_int_equal(size, 0);
    free(data);
    assert_int_equal(p2c_file_read(scratch->ctx, "/tmp", 4, &data, &size), P2C_ERR_READ);
    assert_error_says(scratch->ctx, "is a folder");
    assert_int_equal(p2c_file_read(scratch->ctx, "/nonexistent", 4, &data, &size), P2C_ERR_READ);
    assert_error_says(scratch->ctx, "/nonexistent: cannot read: No such file");
    path = scratch_path(scratch, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    /* and it does not block */
    assert_int_equal(p2c_file_read(scratch->ctx, path, 4, &data, &size), P2C_ERR_READ);
    assert_error_says(scratch->ctx, "not a regular file");
}

const struct CMUnitTest p2c_tests_file[] = {
    TEST(commit_replaces),
    TEST(discard_leaves_the_old),
    TEST(modes),
    TEST(failed_write),
    TEST(refused_targets),
    TEST(missing_permission),
    TEST(links_are_followed),
    TEST(two_at_once),
    TEST(longest_name),
    TEST(relative_name),
    TEST(reading),
};
const size_t p2c_tests_file_count = sizeof p2c_tests_file / sizeof *p2c_tests_file;
