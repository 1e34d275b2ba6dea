/* png.c: PNG files through libpng's row interface.
 *
 * Every colour type (grey, RGB, palette; with alpha or a transparent colour) and depth (1 to 16
 * bits) becomes RGB or RGBA of 8 bits; 16 bits are rounded to 8. Interlaced pictures are assembled
 * in place, pass by pass. A file must be whole, from the signature to IEND. Every chunk must have a
 * valid checksum, even one that is not needed: otherwise a flipped bit in a tRNS chunk would
 * quietly change the picture. Chunks other than IHDR, PLTE, tRNS, IDAT, IEND and eXIf are skipped
 * unread, so that compressed text and colour profiles cannot unfold.
 *
 * libpng reports a failure by a callback that must not return: the callback jumps back into
 * `decode` or `encode`, which own nothing. What they made is kept in the File and freed by their
 * callers. */
#include "image.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct File {
    P2cContext *ctx;
    const char *path;
    FILE *stream;
    P2cImage *image; /* filled when reading */
    png_structp png;
    png_infop info;
    P2cStatus status; /* why it failed; the text is in ctx */
    jmp_buf jump;
} File;

/* ---- callbacks ---- */

/* Keeps the first reason, because our callbacks may know better than the text with which libpng
 * follows. */
static _Noreturn void on_error(png_structp png, png_const_charp text) {
    File *f = png_get_error_ptr(png);
    bool reading = f->image != NULL;
    if (f->status) {
    } else if (reading) {
        f->status = p2c_fail(f->ctx, P2C_ERR_FORMAT, "%s: damaged PNG: %s", f->path, text);
    } else {
        f->status = p2c_fail(f->ctx, P2C_ERR_WRITE, "%s: cannot write: %s", f->path,
                             errno ? strerror(errno) : text);
    }
    longjmp(f->jump, 1);
}

static void on_warning(png_structp png, png_const_charp text) { (void)png, (void)text; }

static png_voidp on_malloc(png_structp png, png_alloc_size_t size) {
    File *f = png_get_mem_ptr(png);
    void *memory = malloc(size);
    if (!memory) f->status = p2c_fail_memory(f->ctx, f->path, size);
    return memory;
}

static void on_free(png_structp png, png_voidp memory) { (void)png, free(memory); }

static void on_read(png_structp png, png_bytep data, size_t size) {
    File *f = png_get_io_ptr(png);
    if (fread(data, 1, size, f->stream) == size) return;
    if (ferror(f->stream))
        f->status = p2c_fail(f->ctx, P2C_ERR_READ, "%s: cannot read: %s", f->path, strerror(errno));
    png_error(png, "it ends too early");
}

/* ---- reading ---- */

static uint32_t big_endian(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The size is at a fixed offset, so it is checked before libpng takes any memory. */
static P2cStatus check_header(P2cContext *ctx, const char *path, FILE *stream) {
    uint8_t head[24];
    P2cStatus status = P2C_OK;
    if (fread(head, 1, sizeof head, stream) != sizeof head)
        status = p2c_fail(ctx, P2C_ERR_FORMAT, "%s: damaged PNG: it ends too early", path);
    else if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) != 0 || memcmp(head + 12, "IHDR", 4) != 0)
        status = p2c_fail(ctx, P2C_ERR_FORMAT,
                          "%s: damaged PNG: it does not begin with a signature and IHDR", path);
    else
        status = p2c_image_check_size(ctx, P2C_ERR_FORMAT, path, big_endian(head + 16),
                                      big_endian(head + 20));
    rewind(stream);
    return status;
}

/* Reads what comes after the pixels, because a file without its end is damaged. Returns the
 * orientation in the eXIf chunk. */
static int read_end(png_structp png, png_infop info) {
    png_read_end(png, info);
    uint8_t *chunk, block[UINT16_MAX] = "Exif\0";
    png_uint_32 size;
    if (!png_get_eXIf_1(png, info, &size, &chunk) || size > sizeof block - 6) return 1;
    memcpy(block + 6, chunk, size);
    return p2c_exif_orientation(block, size + 6);
}

static void set_up_reading(File *f) {
    static const uint8_t wanted[] = "eXIf";
    png_set_read_fn(f->png, f, on_read);
    png_set_user_limits(f->png, P2C_IMAGE_MAX_SIDE, P2C_IMAGE_MAX_SIDE);
    png_set_crc_action(f->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(f->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(f->png, PNG_HANDLE_CHUNK_AS_DEFAULT, wanted, 1);
}

/* Returns the orientation, 0 after an error. */
static int decode(File *f) {
    if (setjmp(f->jump)) return 0;
    set_up_reading(f);
    png_read_info(f->png, f->info);
    png_set_expand(f->png); /* palette to RGB, few bits to 8, tRNS to alpha */
    png_set_scale_16(f->png);
    png_set_gray_to_rgb(f->png);
    int passes = png_set_interlace_handling(f->png);
    png_read_update_info(f->png, f->info);
    uint32_t width = png_get_image_width(f->png, f->info),
             height = png_get_image_height(f->png, f->info);
    int channels = png_get_channels(f->png, f->info);
    size_t row = (size_t)width * (size_t)channels;
    if (png_get_rowbytes(f->png, f->info) != row) png_error(f->png, "unknown kind of pixels");
    if ((f->status = p2c_image_init(f->ctx, f->image, (int)width, (int)height, channels))) return 0;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++)
            png_read_row(f->png, f->image->pixels + y * row, NULL);
    return read_end(f->png, f->info);
}

P2cStatus p2c_png_read(P2cContext *ctx, const char *path, FILE *stream, P2cImage *image) {
    *image = (P2cImage){ 0 };
    File f = { .ctx = ctx, .path = path, .stream = stream, .image = image };
    int orientation = 0;
    f.status = check_header(ctx, path, stream);
    if (f.status) return f.status;
    f.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning, &f, on_malloc,
                                     on_free);
    if (f.png) f.info = png_create_info_struct(f.png);
    if (f.info) orientation = decode(&f);
    else if (!f.status) f.status = p2c_fail_memory(ctx, path, sizeof f);
    png_destroy_read_struct(&f.png, &f.info, NULL);
    if (!f.status) f.status = p2c_image_orient(ctx, image, orientation);
    if (f.status) p2c_image_clear(image);
    return f.status;
}

/* ---- writing ---- */

static void encode(File *f, const P2cImage *image) {
    if (setjmp(f->jump)) return;
    png_init_io(f->png, f->stream);
    png_set_user_limits(f->png, P2C_IMAGE_MAX_SIDE, P2C_IMAGE_MAX_SIDE);
    png_set_IHDR(f->png, f->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 4 ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(f->png, f->info);
    size_t row = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++) png_write_row(f->png, image->pixels + (size_t)y * row);
    png_write_end(f->png, f->info);
}

P2cStatus p2c_png_write(P2cContext *ctx, const char *path, FILE *stream, const P2cImage *image) {
    File f = { .ctx = ctx, .path = path, .stream = stream };
    errno = 0;
    f.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning, &f,
                                      on_malloc, on_free);
    if (f.png) f.info = png_create_info_struct(f.png);
    if (f.info) encode(&f, image);
    else if (!f.status) f.status = p2c_fail_memory(ctx, path, sizeof f);
    png_destroy_write_struct(&f.png, &f.info);
    return f.status;
}
