/* image.c: pictures in memory, and reading and writing their files. When reading, the content
 * decides the format; when writing, the name does.
 *
 * The networks see pictures as float planes (3, h, w) in [-1, 1]: p = v/127.5 - 1, and back v =
 * trunc((p+1)*127.5). */
#include "image.h"

#include "base/file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- memory ---- */

P2cStatus p2c_image_check_size(P2cContext *ctx, P2cStatus status, const char *path, uint64_t width,
                               uint64_t height) {
    if (width == 0 || height == 0)
        return p2c_fail(ctx, status, "%s: %llu x %llu pixels: a picture has at least one pixel",
                        path, (unsigned long long)width, (unsigned long long)height);
    if (width > P2C_IMAGE_MAX_SIDE || height > P2C_IMAGE_MAX_SIDE ||
        width * height > P2C_IMAGE_MAX_PIXELS)
        return p2c_fail(ctx, status,
                        "%s: %llu x %llu pixels are too many: at most %llu in all and %llu a side "
                        "are supported",
                        path, (unsigned long long)width, (unsigned long long)height,
                        (unsigned long long)P2C_IMAGE_MAX_PIXELS,
                        (unsigned long long)P2C_IMAGE_MAX_SIDE);
    return P2C_OK;
}

P2cStatus p2c_image_init(P2cContext *ctx, P2cImage *image, int width, int height, int channels) {
    *image = (P2cImage){ 0 };
    if (channels != 3 && channels != 4)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "picture of %d channels: 3 (RGB) or 4 (RGBA) expected", channels);
    if (width < 0 || height < 0)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT, "picture: %d x %d pixels: negative size", width,
                        height);
    P2cStatus status =
        p2c_image_check_size(ctx, P2C_ERR_ARGUMENT, "picture", (uint64_t)width, (uint64_t)height);
    if (status) return status;
    uint64_t bytes = (uint64_t)width * (uint64_t)height * (uint64_t)channels; /* at most 2^29 */
    uint8_t *pixels = calloc((size_t)bytes, 1);
    if (!pixels) return p2c_fail_memory(ctx, "a picture", (size_t)bytes);
    *image = (P2cImage){ width, height, channels, pixels };
    return P2C_OK;
}

void p2c_image_clear(P2cImage *image) {
    free(image->pixels);
    *image = (P2cImage){ 0 };
}

/* ---- pixels ---- */

void p2c_image_over_white(P2cImage *image) {
    if (image->channels != 4) return;
    size_t count = (size_t)image->width * (size_t)image->height;
    /* in place: pixel i is read (at 4i) before any write gets there (at 3i <= 4i) */
    for (size_t i = 0; i < count; i++) {
        uint8_t *from = image->pixels + 4 * i, *to = image->pixels + 3 * i, alpha = from[3];
        for (int c = 0; c < 3; c++) to[c] = p2c_over_white(from[c], alpha);
    }
    image->channels = 3;
    uint8_t *smaller = realloc(image->pixels, 3 * count);
    if (smaller) image->pixels = smaller;
}

void p2c_image_to_planes(const P2cImage *image, float *planes) {
    assert(image->channels == 3);
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++)
            planes[c * count + i] = image->pixels[3 * i + c] / 127.5f - 1;
}

void p2c_image_from_planes(const float *planes, P2cImage *image) {
    assert(image->channels == 3);
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++) {
            float v = (planes[c * count + i] + 1) * 127.5f;
            /* written so that NaN, which is not > 0, becomes 0 */
            image->pixels[3 * i + c] = !(v > 0) ? 0 : v >= 255 ? 255 : (uint8_t)v;
        }
}

/* ---- files ---- */

/* How other kinds of files begin, so that an error can say what was given. `skip`: offset of the
 * mark. */
static const struct Mark {
    int skip, length;
    const char *bytes, *name;
} marks[] = {
    { 0, 4, "GIF8", "a GIF picture" },
    { 0, 2, "BM", "a BMP picture" },
    { 8, 4, "WEBP", "a WebP picture" },
    { 4, 8, "ftypavif", "an AVIF picture" },
    { 4, 6, "ftyphe", "a HEIC picture" },
    { 4, 8, "ftypmif1", "a HEIC picture" },
    { 4, 4, "ftyp", "a video (MP4 or QuickTime)" },
    { 0, 4, "II*\0", "a TIFF picture" },
    { 0, 4, "MM\0*", "a TIFF picture" },
    { 0, 2, "\xff\x0a", "a JPEG XL picture" },
    { 4, 4, "JXL ", "a JPEG XL picture" },
    { 4, 4, "jP  ", "a JPEG 2000 picture" },
    { 0, 4, "8BPS", "a Photoshop file" },
    { 0, 4, "%PDF", "a PDF document" },
    { 0, 4, "PK\3\4", "a zip archive (weights?)" },
    { 0, 2, "\x1f\x8b", "a gzip file" },
    { 0, 4, "<svg", "an SVG drawing" },
    { 0, 14, "<!DOCTYPE html", "a web page" },
    { 0, 5, "<html", "a web page" },
};

static bool is_text(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < size; i++)
        if ((head[i] < ' ' && !strchr("\t\n\r\f", head[i])) || head[i] == 0 || head[i] == 127)
            return false;
    return true;
}

static const char *looks_like(const uint8_t *head, size_t size) {
    if (size == 0) return "empty";
    if (size < 4) return "too short to be a picture";
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const struct Mark *m = &marks[i];
        if ((size_t)(m->skip + m->length) <= size &&
            memcmp(head + m->skip, m->bytes, (size_t)m->length) == 0)
            return m->name;
    }
    return is_text(head, size) ? "text" : "not a picture of a known format";
}

P2cStatus p2c_image_read(P2cContext *ctx, const char *path, P2cImage *image) {
    assert(path && image);
    *image = (P2cImage){ 0 };
    uint8_t head[16];
    uint64_t bytes;
    FILE *stream;
    P2cStatus status = p2c_input_open(ctx, path, &stream, &bytes);
    if (status) return status;
    size_t size = fread(head, 1, sizeof head, stream);
    if (ferror(stream) || fseek(stream, 0, SEEK_SET) != 0)
        status = p2c_fail(ctx, P2C_ERR_READ, "%s: cannot read", path);
    else if (size >= 4 && memcmp(head, "\x89PNG", 4) == 0)
        status = p2c_png_read(ctx, path, stream, image);
    else if (size >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0)
        status = p2c_jpeg_read(ctx, path, stream, image);
    else
        status = p2c_fail(ctx, P2C_ERR_FORMAT, "%s: %s; only PNG and JPEG pictures are supported",
                          path, looks_like(head, size));
    fclose(stream);
    return status;
}

typedef P2cStatus Writer(P2cContext *ctx, const char *path, FILE *stream, const P2cImage *image);

static Writer *writer_for(const char *path) {
    const char *dot = strrchr(path, '.');
    if (!dot) return NULL;
    if (strcasecmp(dot, ".png") == 0) return p2c_png_write;
    if (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0) return p2c_jpeg_write;
    return NULL;
}

P2cStatus p2c_image_write(P2cContext *ctx, const char *path, const P2cImage *image) {
    assert(path && image && image->pixels && (image->channels == 3 || image->channels == 4));
    Writer *writer = writer_for(path);
    if (!writer)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "%s: the name must end in .png, .jpg or .jpeg, which selects the format",
                        path);
    P2cOutput out;
    P2cStatus status = p2c_output_open(ctx, path, &out);
    if (!status) status = writer(ctx, path, out.stream, image);
    if (!status) status = p2c_output_commit(&out);
    p2c_output_discard(&out);
    return status;
}
