/* png.c: PNG files of every kind, written here through libpng from known samples, and damaged
 * files. */
#include "picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* ---- a PNG of any kind, and the pixels it should give ---- */

typedef struct Kind {
    int type, depth;
} Kind;
static const Kind kinds[] = {
    { PNG_COLOR_TYPE_GRAY, 1 },        { PNG_COLOR_TYPE_GRAY, 2 },
    { PNG_COLOR_TYPE_GRAY, 4 },        { PNG_COLOR_TYPE_GRAY, 8 },
    { PNG_COLOR_TYPE_GRAY, 16 },       { PNG_COLOR_TYPE_RGB, 8 },
    { PNG_COLOR_TYPE_RGB, 16 },        { PNG_COLOR_TYPE_PALETTE, 1 },
    { PNG_COLOR_TYPE_PALETTE, 2 },     { PNG_COLOR_TYPE_PALETTE, 4 },
    { PNG_COLOR_TYPE_PALETTE, 8 },     { PNG_COLOR_TYPE_GRAY_ALPHA, 8 },
    { PNG_COLOR_TYPE_GRAY_ALPHA, 16 }, { PNG_COLOR_TYPE_RGB_ALPHA, 8 },
    { PNG_COLOR_TYPE_RGB_ALPHA, 16 },
};

typedef struct Sample {
    Kind kind;
    int width, height, parts; /* parts: samples per pixel */
    bool interlaced, trns;
    uint16_t *samples;
    png_color palette[256];
    uint8_t palette_alpha[256];
    int colours; /* in the palette */
} Sample;

static Sample sample_new(Kind kind, int width, int height, bool interlaced, bool trns,
                         uint32_t seed) {
    static const int parts[] = { [PNG_COLOR_TYPE_GRAY] = 1,
                                 [PNG_COLOR_TYPE_RGB] = 3,
                                 [PNG_COLOR_TYPE_PALETTE] = 1,
                                 [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
                                 [PNG_COLOR_TYPE_RGB_ALPHA] = 4 };
    Sample s = { .kind = kind,
                 .width = width,
                 .height = height,
                 .parts = parts[kind.type],
                 .interlaced = interlaced,
                 .trns = trns };
    s.samples = calloc((size_t)(width * height * s.parts), sizeof *s.samples);
    for (int i = 0; i < width * height * s.parts; i++)
        s.samples[i] = (uint16_t)((test_random(&seed) >> 8) & ((1u << kind.depth) - 1));
    /* make the transparent colour appear */
    for (int i = s.parts; trns && i + s.parts <= width * height * s.parts; i += 3 * s.parts)
        memcpy(s.samples + i, s.samples, (size_t)s.parts * sizeof *s.samples);
    s.colours = 1 << (kind.depth < 8 ? kind.depth : 8);
    for (int i = 0; i < s.colours; i++) {
        s.palette[i] = (png_color){ (uint8_t)test_random(&seed), (uint8_t)test_random(&seed),
                                    (uint8_t)test_random(&seed) };
        /* tRNS may be shorter */
        s.palette_alpha[i] = trns && i < (s.colours + 1) / 2 ? (uint8_t)test_random(&seed) : 255;
    }
    return s;
}

static void sample_write(const Sample *s, const char *path) {
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    size_t row_bytes = ((size_t)(s->width * s->parts * s->kind.depth) + 7) / 8;
    uint8_t *pixels = calloc(row_bytes, (size_t)s->height),
            **rows = calloc((size_t)s->height, sizeof *rows);
    for (int y = 0; y < s->height; y++) {
        rows[y] = pixels + (size_t)y * row_bytes;
        /* big-endian, leftmost pixel in the high bits */
        for (int i = 0; i < s->width * s->parts; i++) {
            int bit = i * s->kind.depth, v = s->samples[y * s->width * s->parts + i];
            if (s->kind.depth == 16)
                rows[y][2 * i] = (uint8_t)(v >> 8), rows[y][2 * i + 1] = (uint8_t)v;
            else rows[y][bit / 8] |= (uint8_t)(v << (8 - s->kind.depth - bit % 8));
        }
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)s->width, (png_uint_32)s->height, s->kind.depth,
                 s->kind.type, s->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (s->kind.type == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, s->palette, s->colours);
    png_color_16 clear = { .red = s->samples[0], .gray = s->samples[0] };
    if (s->parts >= 3) clear.green = s->samples[1], clear.blue = s->samples[2];
    if (s->trns) png_set_tRNS(png, info, s->palette_alpha, (s->colours + 1) / 2, &clear);
    png_write_info(png, info);
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    free(pixels);
    free(rows);
    fclose(file);
}

/* v of d bits to 8, rounded to nearest. */
static uint8_t to_8(unsigned v, int depth) {
    return (uint8_t)(v * 255.0 / ((1u << depth) - 1) + 0.5);
}

static void expected_pixel(const Sample *s, int i, uint8_t rgba[4]) {
    const uint16_t *v = s->samples + i * s->parts;
    int depth = s->kind.depth;
    bool grey = !(s->kind.type & PNG_COLOR_MASK_COLOR);
    if (s->kind.type == PNG_COLOR_TYPE_PALETTE) {
        memcpy(rgba,
               (uint8_t[]){ s->palette[*v].red, s->palette[*v].green, s->palette[*v].blue,
                            s->palette_alpha[*v] },
               4);
        return;
    }
    for (int c = 0; c < 3; c++) rgba[c] = to_8(v[grey ? 0 : c], depth);
    rgba[3] = 255;
    if (s->kind.type & PNG_COLOR_MASK_ALPHA) rgba[3] = to_8(v[s->parts - 1], depth);
    else if (s->trns && memcmp(v, s->samples, (size_t)s->parts * sizeof *v) == 0) rgba[3] = 0;
}

static void check_sample(void **state, const Sample *s) {
    P2cContext ctx = { 0 };
    P2cImage image;
    int channels = s->trns || s->kind.type & PNG_COLOR_MASK_ALPHA ? 4 : 3;
    const char *path = scratch_path(*state, "a.png");
    sample_write(s, path);
    assert_works(&ctx, p2c_image_read(&ctx, path, &image));
    assert_true(image.width == s->width && image.height == s->height && image.channels == channels);
    for (int i = 0; i < s->width * s->height; i++) {
        uint8_t rgba[4];
        expected_pixel(s, i, rgba);
        if (memcmp(rgba, image.pixels + i * channels, (size_t)channels) != 0)
            fail_msg("type %d, depth %d, interlaced %d, tRNS %d, %dx%d: pixel %d", s->kind.type,
                     s->kind.depth, s->interlaced, s->trns, s->width, s->height, i);
    }
    p2c_image_clear(&image);
}

static void every_kind(void **state) {
    /* small ones have empty passes */
    static const int sizes[][2] = {
        { 13, 11 }, { 1, 1 }, { 3, 2 }, { 40, 1 }, { 1, 9 }, { 64, 33 }
    };
    int count = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int options = 0; options < 4; options++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                bool interlaced = options & 1, trns = options & 2;
                if (trns && kinds[k].type & PNG_COLOR_MASK_ALPHA) continue;
                Sample s = sample_new(kinds[k], sizes[i][0], sizes[i][1], interlaced, trns,
                                      (uint32_t)(1 + 100 * k + i));
                check_sample(state, &s);
                free(s.samples);
                count++;
            }
    print_message("%d kinds and sizes of PNG\n", count);
}

static void turned_by_exif(void **state) {
    (void)state;
    P2cContext ctx = { 0 };
    P2cImage image;
    size_t size;
    uint8_t *upright = test_data("upright_24x16.rgb", &size);
    assert_works(&ctx, p2c_image_read(&ctx, test_data_path("orientation_6.png"), &image));
    assert_true(image.width == 24 && image.height == 16);
    assert_int_equal(test_worst(upright, image.pixels, size), 0);
    p2c_image_clear(&image);
    free(upright);
}

/* ---- damage ---- */

static uint8_t *small_png(void **state, Kind kind, bool interlaced, size_t *size) {
    Sample s = sample_new(kind, 7, 5, interlaced, !(kind.type & PNG_COLOR_MASK_ALPHA), 3);
    sample_write(&s, scratch_path(*state, "whole.png"));
    free(s.samples);
    return (uint8_t *)get_file(scratch_path(*state, "whole.png"), size);
}

/* CRC-32 of a chunk's name and data, stored after them (PNG specification, annex D). */
static void sign_chunk(uint8_t *chunk) {
    uint32_t length = png_get_uint_32(chunk) + 4, crc = 0xffffffff;
    for (uint32_t i = 0; i < length; i++) {
        crc ^= chunk[4 + i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    png_save_uint_32(chunk + 4 + length, ~crc);
}

static void must_fail(const uint8_t *data, size_t size, const char *what, size_t where) {
    P2cContext ctx = { 0 };
    P2cImage image;
    const char *path = test_memory_file(data, size);
    P2cStatus status = p2c_image_read(&ctx, path, &image);
    if (status != P2C_ERR_FORMAT) fail_msg("%s %zu: status %d", what, where, (int)status);
    if (strncmp(ctx.error, path, strlen(path)) != 0 || image.pixels)
        fail_msg("%s %zu: '%s'", what, where, ctx.error);
}

/* A file is complete only up to IEND with its checksum, so every shorter one is an error. */
static void truncated(void **state) {
    size_t size, count = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        uint8_t *data = small_png(state, kinds[k], k % 2, &size);
        for (size_t n = 0; n < size; n++, count++) must_fail(data, n, "cut at", n);
        free(data);
    }
    print_message("%zu truncations, all refused\n", count);
}

/* Every bit is covered by a checksum or by the signature. */
static void flipped_bits(void **state) {
    size_t size, count = 0;
    TestSilence silence = test_silence_begin();
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k += 3) {
        uint8_t *data = small_png(state, kinds[k], k % 2, &size);
        for (size_t bit = 0; bit < size * 8; bit++, count++) {
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            must_fail(data, size, "flipped bit", bit);
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(data);
    }
    assert_int_equal(test_silence_end(silence), 0);
    print_message("%zu flipped bits, all refused\n", count);
}

/* Flips with a corrected checksum reach the decoder itself. Any result is right, but no crash, and
 * no output on stderr. */
static void flipped_and_signed(void **state) {
    size_t size, count = 0, good = 0;
    P2cContext ctx = { 0 };
    TestSilence silence = test_silence_begin();
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        uint8_t *whole = small_png(state, kinds[k], k % 2, &size), *data = malloc(size);
        /* for all chunks: length, name, data, checksum */
        for (size_t begin = 8; begin + 12 <= size;) {
            uint32_t length = png_get_uint_32(whole + begin);
            for (size_t bit = 32; bit < (length + 8) * 8; bit++, count++) {
                memcpy(data, whole, size);
                data[begin + bit / 8] ^= (uint8_t)(1 << bit % 8);
                sign_chunk(data + begin);
                P2cImage image;
                P2cStatus status = p2c_image_read(&ctx, test_memory_file(data, size), &image);
                assert_true(status == P2C_ERR_FORMAT ? !image.pixels : !status && image.pixels);
                good += !status;
                p2c_image_clear(&image);
            }
            begin += length + 12;
        }
        free(whole);
        free(data);
    }
    assert_int_equal(test_silence_end(silence), 0);
    print_message("%zu flipped bits under a right checksum: %zu still pictures\n", count, good);
}

static void huge_header(void **state) {
    (void)state;
    static const struct {
        uint32_t width, height;
        const char *text;
    } cases[] = {
        { 0x80000000, 0x80000000, "2147483648 x 2147483648" },
        { 0x7fffffff, 0x7fffffff, "2147483647 x 2147483647" },
        { 0xffffffff, 1, "4294967295 x 1" },
        { 0, 5, "0 x 5" },
        { 5, 0, "5 x 0" },
        { (1 << 20) + 1, 1, "1048577 x 1" },
        { 1 << 14, (1 << 13) + 1, "at most 134217728" },
    };
    P2cContext ctx = { 0 };
    P2cImage image;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t data[33] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0\x08\2";
        png_save_uint_32(data + 16, cases[i].width);
        png_save_uint_32(data + 20, cases[i].height);
        sign_chunk(data + 8);
        assert_fails(&ctx, p2c_image_read(&ctx, test_memory_file(data, sizeof data), &image),
                     P2C_ERR_FORMAT, cases[i].text);
    }
}

const struct CMUnitTest p2c_tests_png[] = {
    TEST(every_kind),         TEST(truncated),
    TEST(flipped_bits),       cmocka_unit_test(huge_header),
    TEST(flipped_and_signed), cmocka_unit_test(turned_by_exif),
};
const size_t p2c_tests_png_count = sizeof p2c_tests_png / sizeof *p2c_tests_png;
