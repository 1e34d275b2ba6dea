/* image.c: pictures in memory; which files are read and written, and what is said about the
 * others. */
#include "picture.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- memory ---- */

static void init_checks_sizes(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage image;
    assert_fails(&ctx, p2c_image_init(&ctx, &image, 0, 5, 3), P2C_ERR_ARGUMENT, "0 x 5");
    assert_fails(&ctx, p2c_image_init(&ctx, &image, 5, -1, 3), P2C_ERR_ARGUMENT, "5 x -1");
    assert_fails(&ctx, p2c_image_init(&ctx, &image, 5, 5, 2), P2C_ERR_ARGUMENT, "2 channels");
    assert_fails(&ctx, p2c_image_init(&ctx, &image, 1 << 14, (1 << 13) + 1, 3), P2C_ERR_ARGUMENT,
                 "134217728");
    assert_fails(&ctx, p2c_image_init(&ctx, &image, (1 << 20) + 1, 1, 3), P2C_ERR_ARGUMENT,
                 "1048576 a side");
    assert_fails(&ctx, p2c_image_init(&ctx, &image, 0x7fffffff, 0x7fffffff, 4), P2C_ERR_ARGUMENT,
                 "2147483647");
    assert_null(image.pixels);
    assert_works(&ctx, p2c_image_init(&ctx, &image, 7, 3, 4));
    for (int i = 0; i < 7 * 3 * 4; i++) assert_int_equal(image.pixels[i], 0);
    p2c_image_clear(&image);
    assert_null(image.pixels);
    assert_int_equal(image.width, 0);
    p2c_image_clear(&image);
}

static void over_white(void **state) {
    (void)state;
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, 256, 256, 4));
    for (int i = 0; i < 65536; i++)
        memcpy(image.pixels + 4 * i, (uint8_t[]){ (uint8_t)i, 0, 255, (uint8_t)(i >> 8) }, 4);
    p2c_image_over_white(&image);
    assert_int_equal(image.channels, 3);
    for (int i = 0; i < 65536; i++) {
        double v = i & 255, a = (i >> 8) / 255.0;
        assert_int_equal(image.pixels[3 * i], (int)floor(v * a + 255 * (1 - a) + 0.5));
        assert_int_equal(image.pixels[3 * i + 1], 255 - (i >> 8));
        assert_int_equal(image.pixels[3 * i + 2], 255);
    }
    uint8_t first = image.pixels[0];
    p2c_image_over_white(&image);
    assert_int_equal(image.channels, 3);
    assert_int_equal(image.pixels[0], first);
    p2c_image_clear(&image);
}

static void planes(void **state) {
    (void)state;
    P2cImage image = test_noise(13, 7, 3, 5), back;
    float p[3 * 13 * 7];
    p2c_image_to_planes(&image, p);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 13 * 7; i++)
            assert_true(p[c * 13 * 7 + i] == image.pixels[3 * i + c] / 127.5f - 1);
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &back, 13, 7, 3));
    p2c_image_from_planes(p, &back);
    /* truncation may lose one */
    assert_true(test_worst(image.pixels, back.pixels, 3 * 13 * 7) <= 1);
    p2c_image_clear(&image);
    p2c_image_clear(&back);
}

static void planes_clamp_and_truncate(void **state) {
    (void)state;
    static const struct {
        float y;
        int v;
    } cases[] = {
        { -1, 0 },      { 1, 255 },    { 0, 127 },      { 0.9999f, 254 },  { 1.001f, 255 },
        { 3e38f, 255 }, { -3e38f, 0 }, { -1.0001f, 0 }, { INFINITY, 255 }, { -INFINITY, 0 },
        { NAN, 0 },     { -NAN, 0 },   { -0.9922f, 0 }, { -0.992f, 1 },
    };
    P2cImage image;
    assert_works(&(P2cContext){ 0 }, p2c_image_init(NULL, &image, 1, 1, 3));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(image.pixels, 77, 3);
        p2c_image_from_planes((float[]){ cases[i].y, cases[i].y, cases[i].y }, &image);
        for (int c = 0; c < 3; c++) assert_int_equal(image.pixels[c], cases[i].v);
    }
    p2c_image_clear(&image);
}

/* ---- what is read ---- */

static void other_files_are_named(void **state) {
    static const struct {
        int size;
        const char *bytes, *text;
    } cases[] = {
        { 0, "", "empty" },
        { 2, "ab", "too short" },
        { 10, "GIF89a\1\0\1\0", "a GIF picture" },
        { 10, "BM\x46\0\0\0\0\0\0\0", "a BMP picture" },
        { 16, "RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture" },
        { 16,
          "\0\0\0\x1c"
          "ftypheic\0\0\0\0",
          "a HEIC picture" },
        { 16,
          "\0\0\0\x1c"
          "ftypavif\0\0\0\0",
          "an AVIF picture" },
        { 8, "II*\0\x08\0\0\0", "a TIFF picture" },
        { 8, "%PDF-1.7", "a PDF document" },
        { 8, "PK\3\4\0\0\0\0", "a zip archive" },
        { 16, "<!DOCTYPE html>\n", "a web page" },
        { 13, "Hello, world\n", "text" },
        { 8, "\0\0\0\0\0\0\0\0", "not a picture of a known format" },
        { 8, "\x89PMG\r\n\x1a\n", "not a picture of a known format" },
    };
    P2cContext ctx = { 0 };
    P2cImage image;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = scratch_path(*state, "picture.png"); /* the name must not matter */
        put_file(path, cases[i].bytes, (size_t)cases[i].size);
        assert_fails(&ctx, p2c_image_read(&ctx, path, &image), P2C_ERR_FORMAT, cases[i].text);
        assert_non_null(strstr(ctx.error, path));
        assert_non_null(strstr(ctx.error, "PNG and JPEG"));
        assert_null(image.pixels);
    }
}

static void found_by_content(void **state) {
    P2cContext ctx = { 0 };
    P2cImage image = test_noise(5, 4, 3, 1), read;
    assert_works(&ctx, p2c_image_write(&ctx, scratch_path(*state, "a.png"), &image));
    size_t size;
    char *data = get_file(scratch_path(*state, "a.png"), &size);
    put_file(scratch_path(*state, "a.jpg"), data, size);
    free(data);
    assert_works(&ctx, p2c_image_read(&ctx, scratch_path(*state, "a.jpg"), &read));
    assert_int_equal(test_worst(image.pixels, read.pixels, 5 * 4 * 3), 0);
    p2c_image_clear(&read);
    p2c_image_clear(&image);
}

static void unreadable(void **state) {
    P2cContext ctx = { 0 };
    P2cImage image;
    assert_fails(&ctx, p2c_image_read(&ctx, scratch_path(*state, "none.png"), &image), P2C_ERR_READ,
                 "No such file");
    assert_fails(&ctx, p2c_image_read(&ctx, ((Scratch *)*state)->folder, &image), P2C_ERR_READ,
                 "folder");
    assert_fails(&ctx, p2c_image_read(&ctx, "", &image), P2C_ERR_READ, "cannot read");
    assert_null(image.pixels);
}

/* ---- what is written ---- */

static void written_and_read_back(void **state) {
    static const char *const names[] = { "a.png", "b.PNG", "c.jpg", "d.JPEG", "e.x.Jpg" };
    P2cContext ctx = { 0 };
    for (int channels = 3; channels <= 4; channels++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            bool png = i < 2;
            P2cImage image, read;
            assert_works(&ctx, p2c_image_init(&ctx, &image, 50, 33, channels));
            for (int k = 0; k < 50 * 33 * channels; k++)
                image.pixels[k] = (uint8_t)(k % channels * 60 + k / channels % 50 * 2);
            assert_works(&ctx, p2c_image_write(&ctx, scratch_path(*state, names[i]), &image));
            assert_works(&ctx, p2c_image_read(&ctx, scratch_path(*state, names[i]), &read));
            assert_int_equal(read.channels, png ? channels : 3);
            if (!png) p2c_image_over_white(&image);
            assert_int_equal(read.width, 50);
            assert_int_equal(read.height, 33);
            assert_in_range(test_worst(image.pixels, read.pixels, 50 * 33 * (size_t)read.channels),
                            0, png ? 0 : 6);
            p2c_image_clear(&image);
            p2c_image_clear(&read);
        }
    assert_int_equal(scratch_file_count(*state), 5); /* no temporary file is left */
}

static void unknown_endings(void **state) {
    static const char *const names[] = { "a.gif", "a", "a.", ".d/a", "png", "a.png.bak", "a.jpg~" };
    P2cContext ctx = { 0 };
    P2cImage image = test_noise(4, 4, 3, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_fails(&ctx, p2c_image_write(&ctx, scratch_path(*state, names[i]), &image),
                     P2C_ERR_ARGUMENT, ".png, .jpg or .jpeg");
    assert_int_equal(scratch_file_count(*state), 0);
    p2c_image_clear(&image);
}

static void unwritable(void **state) {
    P2cContext ctx = { 0 };
    P2cImage image = test_noise(4, 4, 3, 1);
    put_file(scratch_path(*state, "file"), "x", 1);
    assert_int_equal(mkdir(scratch_path(*state, "folder.png"), 0777), 0);
    assert_fails(&ctx, p2c_image_write(&ctx, scratch_path(*state, "none/a.png"), &image),
                 P2C_ERR_WRITE, "No such file");
    assert_fails(&ctx, p2c_image_write(&ctx, scratch_path(*state, "file/a.png"), &image),
                 P2C_ERR_WRITE, "Not a directory");
    assert_fails(&ctx, p2c_image_write(&ctx, scratch_path(*state, "folder.png"), &image),
                 P2C_ERR_WRITE, "is a folder");
    assert_fails(&ctx, p2c_image_write(&ctx, "/proc/a.jpg", &image), P2C_ERR_WRITE,
                 "/proc/a.jpg: cannot write");
    assert_int_equal(scratch_file_count(*state), 2);
    rmdir(scratch_path(*state, "folder.png"));
    p2c_image_clear(&image);
}

/* A limit on the size of files stands for a full disk: write fails in the middle. */
static void full_disk(void **state) {
    static const char *const names[] = { "a.png", "a.jpg" };
    P2cContext ctx = { 0 };
    P2cImage image = test_noise(200, 200, 3, 1);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < 2; i++) {
        const char *path = scratch_path(*state, names[i]);
        put_file(path, "precious", 8);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 9000, before.rlim_max });
        P2cStatus status = p2c_image_write(&ctx, path, &image);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_fails(&ctx, status, P2C_ERR_WRITE, "cannot write: File too large");
        size_t size;
        char *data = get_file(path, &size);
        assert_int_equal(size, 8);
        assert_memory_equal(data, "precious", 8);
        free(data);
    }
    assert_int_equal(scratch_file_count(*state), 2);
    signal(SIGXFSZ, handler);
    p2c_image_clear(&image);
}

const struct CMUnitTest p2c_tests_image[] = {
    cmocka_unit_test(init_checks_sizes),
    cmocka_unit_test(over_white),
    cmocka_unit_test(planes),
    cmocka_unit_test(planes_clamp_and_truncate),
    TEST(other_files_are_named),
    TEST(found_by_content),
    TEST(unreadable),
    TEST(written_and_read_back),
    TEST(unknown_endings),
    TEST(unwritable),
    TEST(full_disk),
};
const size_t p2c_tests_image_count = sizeof p2c_tests_image / sizeof *p2c_tests_image;
