/* folder.c (test): which files are pictures, their order, and the message if there are none. */
#include "cli/folder.h"

#include "dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_names(const Folder *folder, int count, const char *const names[]) {
    for (int i = 0; i < count && i < folder->count; i++)
        assert_string_equal(folder->paths[i] + folder->prefix, names[i]);
    assert_int_equal(folder->count, count);
}
#define ASSERT_NAMES(folder, ...) \
    assert_names(folder, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
                 (const char *[]){ __VA_ARGS__ })

static void byte_order(void **state) {
    Dataset *d = *state;
    static const char *const names[] = { "Z.png", "a.png",   "a/b.png",     "10.png",
                                         "9.png", "a-b.png", "\xc3\xa9.png" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) dataset_put_text(d, names[i]);
    Folder folder;
    assert_int_equal(folder_open(&folder, d->folder, FOLDER_DATASET), 0);
    ASSERT_NAMES(&folder, "10.png", "9.png", "Z.png", "a-b.png", "a.png", "a/b.png",
                 "\xc3\xa9.png");
    assert_true(have_file(folder.paths[5]));
    folder_clear(&folder);
}

static void only_pictures(void **state) {
    Dataset *d = *state;
    static const char *const names[] = { "a.PNG",       "b.JpEg",         "c.jpg",
                                         "notes.txt",   "d.png.txt",      "png",
                                         ".hid.png",    ".hidden/in.png", "deep/er/e.png",
                                         "x.png/f.png", "noise.gif",      ".png" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) dataset_put_text(d, names[i]);
    dataset_put_link(d, "lost.png", "nowhere");
    dataset_put_link(d, "lost", "nowhere");
    Folder folder;
    assert_int_equal(folder_open(&folder, d->folder, FOLDER_DATASET), 0);
    ASSERT_NAMES(&folder, "a.PNG", "b.JpEg", "c.jpg", "deep/er/e.png", "lost.png", "x.png/f.png");
    folder_clear(&folder);
}

static void links(void **state) {
    Dataset *d = *state;
    dataset_put_text(d, "elsewhere/e.png");
    dataset_put_text(d, "set/a/a.png");
    dataset_put_text(d, "set/b/b.png");
    dataset_put_link(d, "set/link", "../elsewhere");
    dataset_put_link(d, "set/a/up", "..");
    dataset_put_link(d, "set/a/self", "self");
    dataset_put_link(d, "set/a/to_b", "../b");
    dataset_put_link(d, "set/b/to_a", "../a");
    dataset_put_link(d, "set/b/of_a.png", "../a/a.png");
    Folder folder;
    assert_int_equal(folder_open(&folder, dataset_path(d, "set"), FOLDER_DATASET), 0);
    ASSERT_NAMES(&folder, "a/a.png", "a/to_b/b.png", "a/to_b/of_a.png", "b/b.png", "b/of_a.png",
                 "b/to_a/a.png", "link/e.png");
    folder_clear(&folder);
}

static void refused(Dataset *d, const char *name, const char *part) {
    Folder folder;
    Heard heard = hear_begin();
    int code = folder_open(&folder, dataset_path(d, name), FOLDER_DATASET);
    char *text = hear_end(heard);
    folder_clear(&folder);
    assert_int_equal(code, 3);
    assert_int_equal(count_lines(text), 1);
    assert_says(text, d->path);
    assert_says(text, part);
    assert_says(text, "dataset/<name>/{trainA,trainB,testA,testB}");
    free(text);
}

static void no_pictures(void **state) {
    Dataset *d = *state;
    dataset_put_text(d, "file.png");
    dataset_put_text(d, "empty/deep/notes.txt");
    refused(d, "missing", "No such file");
    refused(d, "file.png", "Not a directory");
    refused(d, "empty", "no picture");
}

/* Training on a part of a data set must not happen unnoticed. */
static void unsearchable(void **state) {
    Dataset *d = *state;
    if (geteuid() == 0) {
        print_message("    SKIPPED: root may search every folder\n");
        skip();
    }
    dataset_put_text(d, "set/a.png");
    dataset_put_text(d, "set/locked/b.png");
    chmod(dataset_path(d, "set/locked"), 0);
    refused(d, "set", "Permission denied");
    chmod(dataset_path(d, "set/locked"), 0700);
}

static uint64_t hash_of(Dataset *d, const char *name) {
    Folder folder;
    assert_int_equal(folder_open(&folder, dataset_path(d, name), FOLDER_DATASET), 0);
    uint64_t hash = folder_hash(&folder);
    folder_clear(&folder);
    return hash;
}

static void hashes(void **state) {
    Dataset *d = *state;
    static const char *const names[] = { "here/a.png",    "here/b/c.png", "there/a.png",
                                         "there/b/c.png", "other/a.png",  "other/b/d.png",
                                         "fewer/a.png" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) dataset_put_text(d, names[i]);
    uint64_t here = hash_of(d, "here");
    assert_true(here == hash_of(d, "there"));
    assert_true(here == hash_of(d, "here/"));
    assert_true(here != hash_of(d, "other"));
    assert_true(here != hash_of(d, "fewer"));
    char *one[] = { "a.png", "b.png" }, *two[] = { "a.pngb.png" };
    assert_true(folder_hash(&(Folder){ .paths = one, .count = 2 }) !=
                folder_hash(&(Folder){ .paths = two, .count = 1 }));
}

static void leave_out(void **state) {
    Dataset *d = *state;
    static const char *const names[] = { "a.png", "b.png", "c.png", "d.png" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) dataset_put_text(d, names[i]);
    Folder folder;
    assert_int_equal(folder_open(&folder, d->folder, FOLDER_DATASET), 0);
    folder_leave_out(&folder, (bool[]){ true, false, true, false });
    ASSERT_NAMES(&folder, "b.png", "d.png");
    folder_clear(&folder);
}

const struct CMUnitTest p2c_tests_folder[] = {
    DATASET_TEST(byte_order),  DATASET_TEST(only_pictures), DATASET_TEST(links),
    DATASET_TEST(no_pictures), DATASET_TEST(unsearchable),  DATASET_TEST(hashes),
    DATASET_TEST(leave_out),
};
const size_t p2c_tests_folder_count = sizeof p2c_tests_folder / sizeof *p2c_tests_folder;
