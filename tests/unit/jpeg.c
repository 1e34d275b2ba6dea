/* jpeg.c: JPEG files of every kind: Pillow's, with Pillow's pixels; files with four inks, written
 * here through libjpeg; damaged files. */
#define _GNU_SOURCE /* memmem */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* ---- undamaged files ---- */

static void against_pillow(void **state) {
    (void)state;
    static const char *const names[] = { "grey", "ycc420", "progressive", "rgb", "cmyk" };
    P2cContext ctx = { 0 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[64];
        size_t size;
        P2cImage image;
        snprintf(file, sizeof file, "%s_29x19.rgb", names[i]);
        uint8_t *expected = test_data(file, &size);
        snprintf(file, sizeof file, "%s_29x19.jpg", names[i]);
        assert_works(&ctx, p2c_image_read(&ctx, test_data_path(file), &image));
        assert_true(image.width == 29 && image.height == 19 && image.channels == 3);
        int worst = test_worst(expected, image.pixels, size);
        print_message("%s: at most %d levels from Pillow\n", names[i], worst);
        assert_in_range(worst, 0, 1);
        p2c_image_clear(&image);
        free(expected);
    }
}

static void turned_by_exif(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    size_t size;
    uint8_t *upright = test_data("upright_24x16.rgb", &size);
    for (int orientation = 1; orientation <= 8; orientation++) {
        char file[64];
        P2cImage image;
        snprintf(file, sizeof file, "orientation_%d.jpg", orientation);
        assert_works(&ctx, p2c_image_read(&ctx, test_data_path(file), &image));
        assert_true(image.width == 24 && image.height == 16);
        assert_in_range(test_worst(upright, image.pixels, size), 0, 5);
        p2c_image_clear(&image);
    }
    free(upright);
}

/* If EXIF has no valid orientation, the picture stays as it is stored. */
static void odd_exif(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    size_t size;
    uint8_t *data = test_data("orientation_6.jpg", &size);
    /* big-endian, a short */
    uint8_t *exif = memmem(data, size, "Exif\0\0", 6), *tag = memmem(exif, 64, "\x01\x12\0\3", 4);
    assert_non_null(tag);
    static const struct {
        int at, value;
    } cases[] = { { 9, 0 }, { 9, 9 }, { 8, 6 }, { 3, 2 }, { 3, 4 }, { 7, 0 }, { 0, 7 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cImage image;
        uint8_t kept = tag[cases[i].at];
        tag[cases[i].at] = (uint8_t)cases[i].value;
        assert_works(&ctx, p2c_image_read(&ctx, test_memory_file(data, size), &image));
        assert_true(image.width == 16 && image.height == 24);
        p2c_image_clear(&image);
        tag[cases[i].at] = kept;
    }
    free(data);
}

/* ---- four inks ---- */

enum { W = 32, H = 24 };

/* Ink c of pixel (x, y), 255 for full. */
static uint8_t ink(int x, int y, int c) {
    return (uint8_t)(c == 3 ? y * 5 : c == 0 ? x * 8 : c == 1 ? 255 - x * 4 : (x + y) * 3);
}

static void write_inks(const char *path, bool adobe, bool ycck, bool arithmetic, bool progressive,
                       unsigned restart_interval) {
    FILE *file = fopen(path, "wb");
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg = { .err = jpeg_std_error(&errors) };
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = W, jpeg.image_height = H, jpeg.input_components = 4,
    jpeg.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, ycck ? JCS_YCCK : JCS_CMYK);
    jpeg_set_quality(&jpeg, 98, TRUE);
    if (progressive) jpeg_simple_progression(&jpeg);
    jpeg.arith_code = arithmetic;
    jpeg.restart_interval = restart_interval;
    jpeg.write_Adobe_marker = adobe;
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < H; y++) {
        uint8_t row[W * 4], *rows = row;
        for (int i = 0; i < W * 4; i++)
            row[i] = adobe ? 255 - ink(i / 4, y, i % 4) : ink(i / 4, y, i % 4);
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

static void four_inks(void **state) {
    static const struct {
        bool adobe, ycck, arithmetic, progressive;
    } cases[] = {
        { 1, 0, 0, 0 }, { 0, 0, 0, 0 }, { 1, 1, 0, 0 },
        { 1, 0, 1, 0 }, { 1, 1, 0, 1 }, { 0, 0, 1, 1 },
    };
    P2cContext ctx = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        P2cImage image;
        write_inks(scratch_path(*state, "a.jpg"), cases[i].adobe, cases[i].ycck,
                   cases[i].arithmetic, cases[i].progressive, 0);
        assert_works(&ctx, p2c_image_read(&ctx, scratch_path(*state, "a.jpg"), &image));
        int worst = 0;
        for (int k = 0; k < W * H * 3; k++) {
            int x = k / 3 % W, y = k / 3 / W,
                expected = (255 - ink(x, y, k % 3)) * (255 - ink(x, y, 3)) / 255;
            int difference = abs(expected - image.pixels[k]);
            if (difference > worst) worst = difference;
        }
        assert_in_range(worst, 0, 8); /* what the compression itself loses */
        p2c_image_clear(&image);
    }
}

/* ---- damage ---- */

static const char *const small[] = { "ycc420_29x19.jpg", "progressive_29x19.jpg", "cmyk_29x19.jpg",
                                     "grey_29x19.jpg", "orientation_6.jpg" };
enum { SMALL = sizeof small / sizeof *small };

static P2cStatus read_bytes(const uint8_t *data, size_t size, const char *what, size_t where) {
    P2cContext ctx = { 0 };
    P2cImage image;
    const char *path = test_memory_file(data, size);
    P2cStatus status = p2c_image_read(&ctx, path, &image);
    if (status == P2C_OK ? !image.pixels
                         : status != P2C_ERR_FORMAT || image.pixels ||
                               strncmp(ctx.error, path, strlen(path)) != 0)
        fail_msg("%s %zu: status %d, '%s'", what, where, (int)status, ctx.error);
    p2c_image_clear(&image);
    return status;
}

/* A file is complete only with its end marker, so every shorter one is an error. */
static void truncated(void **state) {
    (void)state;
    size_t size, count = 0;
    TestSilence silence = test_silence_begin();
    for (size_t i = 0; i < SMALL; i++) {
        uint8_t *data = test_data(small[i], &size);
        for (size_t n = 0; n < size; n++, count++)
            if (!read_bytes(data, n, "cut at", n))
                fail_msg("%s cut at %zu of %zu is read", small[i], n, size);
        assert_int_equal(read_bytes(data, size, "whole", 0), P2C_OK);
        free(data);
    }
    assert_int_equal(test_silence_end(silence), 0);
    print_message("%zu truncations, all refused\n", count);
}

/* JPEG has no checksum, so most flips give another picture. Any result is right, but no crash, and
 * no output on stderr. */
static void flipped_bits(void **state) {
    (void)state;
    size_t size, count = 0, good = 0;
    TestSilence silence = test_silence_begin();
    for (size_t i = 0; i < SMALL; i++) {
        uint8_t *data = test_data(small[i], &size);
        for (size_t bit = 0; bit < size * 8; bit++, count++) {
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            good += !read_bytes(data, size, "flipped bit", bit);
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(data);
    }
    assert_int_equal(test_silence_end(silence), 0);
    print_message("%zu flipped bits: %zu still pictures\n", count, good);
}

static void damaged_pixels_are_errors(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = test_data("ycc420_29x19.jpg", &size);
    /* 40 bytes of pixels are missing, but the end marker is there: libjpeg would only warn */
    memmove(data + size - 42, data + size - 2, 2);
    assert_int_equal(read_bytes(data, size - 40, "shortened", 0), P2C_ERR_FORMAT);
    free(data);
    data = test_data("ycc420_29x19.jpg", &size);
    data = realloc(data, size + 100);
    memset(data + size, 0, 100); /* bytes after the end marker do not belong to the picture */
    assert_int_equal(read_bytes(data, size + 100, "lengthened", 0), P2C_OK);
    free(data);
}

/* libjpeg itself only warns about each of these. */
static void warnings_that_lose_pixels(void **state) {
    size_t size;
    /* the last bit of a coefficient, sent twice */
    uint8_t *data = test_data("progressive_29x19.jpg", &size), *scan = data;
    for (uint8_t *p; (p = memmem(scan + 1, size - (size_t)(scan + 1 - data), "\xff\xda", 2));)
        scan = p;
    size_t length = size - 2 - (size_t)(scan - data);
    uint8_t *twice = malloc(size + length);
    memcpy(twice, data, size - 2);
    memcpy(twice + size - 2, scan, length + 2);
    assert_int_equal(read_bytes(twice, size + length, "bits twice", 0), P2C_ERR_FORMAT);
    free(twice);
    free(data);
    data = test_data("grey_29x19.jpg", &size);
    /* ones only: never a code */
    for (size_t i = size - 12; i < size - 2; i++) data[i] = i % 2 == size % 2 ? 0xff : 0;
    assert_int_equal(read_bytes(data, size, "no code", 0), P2C_ERR_FORMAT);
    free(data);
    write_inks(scratch_path(*state, "a.jpg"), true, false, false, false, 2);
    data = (uint8_t *)get_file(scratch_path(*state, "a.jpg"), &size);
    assert_int_equal(read_bytes(data, size, "restarts", 0), P2C_OK);
    uint8_t *restart = memmem(data, size, "\xff\xd1", 2);
    assert_non_null(restart);
    restart[1] = 0xd2; /* one piece missing */
    assert_int_equal(read_bytes(data, size, "restarts", 1), P2C_ERR_FORMAT);
    free(data);
}

static void huge_header(void **state) {
    (void)state;
    static const struct {
        int width, height;
        const char *text;
    } cases[] = {
        { 65500, 65500, "65500 x 65500" },
        { 65535, 65535, "JPEG" },
        { 0, 19, "damaged" },
        { 29, 0, "damaged" },
        { 40000, 4000, "40000 x 4000" },
    };
    P2cContext ctx = { 0 };
    P2cImage image;
    size_t size;
    uint8_t *data = test_data("ycc420_29x19.jpg", &size),
            *frame = memmem(data, size, "\xff\xc0", 2);
    assert_non_null(frame);
    /* marker, length 2, precision 1, height 2, width 2 */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        frame[5] = (uint8_t)(cases[i].height >> 8), frame[6] = (uint8_t)cases[i].height;
        frame[7] = (uint8_t)(cases[i].width >> 8), frame[8] = (uint8_t)cases[i].width;
        assert_fails(&ctx, p2c_image_read(&ctx, test_memory_file(data, size), &image),
                     P2C_ERR_FORMAT, cases[i].text);
        assert_null(image.pixels);
    }
    free(data);
}

/* A progressive file whose last scan is repeated `repeats` times. */
static P2cStatus with_scans(void **state, int repeats) {
    static const jpeg_scan_info script[] = { { 1, { 0 }, 0, 0, 0, 0 }, { 1, { 0 }, 1, 63, 0, 0 } };
    FILE *file = fopen(scratch_path(*state, "scans.jpg"), "wb");
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg = { .err = jpeg_std_error(&errors) };
    uint8_t row[W], *rows = row;
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = W, jpeg.image_height = H, jpeg.input_components = 1,
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg.scan_info = script, jpeg.num_scans = 2;
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) row[x] = (uint8_t)(x * y);
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
    size_t size, scan = 0;
    uint8_t *data = (uint8_t *)get_file(scratch_path(*state, "scans.jpg"), &size);
    for (size_t i = 0; i + 1 < size; i++)
        if (data[i] == 0xff && data[i + 1] == 0xda) scan = i;
    size_t length = size - 2 - scan;
    data = realloc(data, size + (size_t)repeats * length);
    for (int i = 1; i <= repeats; i++)
        memmove(data + scan + (size_t)i * length, data + scan, length);
    size += (size_t)repeats * length;
    memcpy(data + size - 2, "\xff\xd9", 2);
    P2cStatus status = read_bytes(data, size, "scans", (size_t)repeats);
    free(data);
    return status;
}

static void endless_scans(void **state) {
    assert_int_equal(with_scans(state, 0), P2C_OK);
    assert_int_equal(with_scans(state, 90), P2C_OK);
    assert_int_equal(with_scans(state, 110), P2C_ERR_FORMAT);
    assert_int_equal(with_scans(state, 5000), P2C_ERR_FORMAT);
}

/* ---- written files ---- */

static void full_colour_resolution(void **state) {
    P2cContext ctx = { 0 };
    P2cImage image = test_noise(20, 20, 3, 1);
    size_t size;
    assert_works(&ctx, p2c_image_write(&ctx, scratch_path(*state, "a.jpg"), &image));
    uint8_t *data = (uint8_t *)get_file(scratch_path(*state, "a.jpg"), &size),
            *frame = memmem(data, size, "\xff\xc0", 2);
    assert_non_null(frame);
    for (int c = 0; c < 3; c++) assert_int_equal(frame[11 + 3 * c], 0x11); /* sampling factors */
    free(data);
    p2c_image_clear(&image);
}

static void too_long_for_jpeg(void **state) {
    P2cContext ctx = { 0 };
    P2cImage image;
    assert_works(&ctx, p2c_image_init(&ctx, &image, 65501, 1, 3));
    assert_fails(&ctx, p2c_image_write(&ctx, scratch_path(*state, "a.jpg"), &image),
                 P2C_ERR_ARGUMENT, "65500");
    assert_int_equal(scratch_file_count(*state), 0);
    assert_works(&ctx, p2c_image_write(&ctx, scratch_path(*state, "a.png"), &image));
    p2c_image_clear(&image);
}

const struct CMUnitTest p2c_tests_jpeg[] = {
    cmocka_unit_test(against_pillow),
    cmocka_unit_test(turned_by_exif),
    cmocka_unit_test(odd_exif),
    TEST(four_inks),
    cmocka_unit_test(truncated),
    cmocka_unit_test(flipped_bits),
    cmocka_unit_test(damaged_pixels_are_errors),
    cmocka_unit_test(huge_header),
    TEST(warnings_that_lose_pixels),
    TEST(endless_scans),
    TEST(full_colour_resolution),
    TEST(too_long_for_jpeg),
};
const size_t p2c_tests_jpeg_count = sizeof p2c_tests_jpeg / sizeof *p2c_tests_jpeg;
