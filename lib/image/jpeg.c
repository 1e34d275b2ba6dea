/* jpeg.c: JPEG files through libjpeg-turbo.
 *
 * Reads grey, YCbCr and RGB as RGB; CMYK and YCCK through R = (255-C)(255-K)/255. Files with an
 * Adobe marker store inks inverted (255 is no ink), files without one store them plainly. Reads
 * baseline, progressive and arithmetic coding. Writes RGB at quality 95 without chroma subsampling.
 *
 * After damage libjpeg only warns and goes on with grey pixels. Here the warnings that mean lost
 * pixels are errors, so a file must be whole up to its end marker. Warnings about headers and about
 * stray bytes between segments, which cameras leave, are ignored. libjpeg reports a failure by a
 * callback that must not return: the callback jumps back into `decode` or `encode`, which own
 * nothing that could leak. */
#include "image.h"

#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* A progressive file may repeat scans without end, a few bytes each, and each scan walks over the
 * whole picture. Encoders write about 10. Even one scan for every bit of every group of
 * coefficients stays below 100. */
enum { MAX_SCANS = 100 };

typedef struct File {
    union {
        struct jpeg_common_struct common;
        struct jpeg_decompress_struct in;
        struct jpeg_compress_struct out;
    } jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    P2cContext *ctx;
    const char *path;
    FILE *stream;
    P2cImage *image;  /* filled when reading */
    P2cStatus status; /* why it failed; the text is in ctx */
    int orientation;
    uint8_t block[UINT16_MAX]; /* one APP1 segment */
    jmp_buf jump;
} File;

/* ---- callbacks ---- */

static _Noreturn void fail(File *f, const char *text) {
    bool reading = f->image != NULL;
    if (reading && ferror(f->stream))
        f->status = p2c_fail(f->ctx, P2C_ERR_READ, "%s: cannot read: %s", f->path, strerror(errno));
    else if (reading)
        f->status = p2c_fail(f->ctx, P2C_ERR_FORMAT, "%s: damaged JPEG: %s", f->path, text);
    else
        f->status = p2c_fail(f->ctx, P2C_ERR_WRITE, "%s: cannot write: %s", f->path,
                             ferror(f->stream) && errno ? strerror(errno) : text);
    longjmp(f->jump, 1);
}

static _Noreturn void on_error(j_common_ptr jpeg) {
    File *f = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    if (jpeg->err->msg_code != JERR_OUT_OF_MEMORY) fail(f, text);
    f->status = p2c_fail(f->ctx, P2C_ERR_MEMORY, "%s: out of memory", f->path);
    longjmp(f->jump, 1);
}

/* A level of -1 is a warning, 0 and more are traces. */
static void on_message(j_common_ptr jpeg, int level) {
    static const int lost_pixels[] = { JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_ARITH_BAD_CODE,
                                       JWRN_MUST_RESYNC, JWRN_BOGUS_PROGRESSION };
    if (level >= 0) return;
    if (jpeg->err->msg_code == JWRN_JPEG_EOF) fail(jpeg->client_data, "it ends too early");
    for (size_t i = 0; i < sizeof lost_pixels / sizeof *lost_pixels; i++)
        if (jpeg->err->msg_code == lost_pixels[i]) on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number > MAX_SCANS)
        fail(jpeg->client_data, "it has more than 100 scans");
}

static int next_byte(j_decompress_ptr jpeg) {
    struct jpeg_source_mgr *source = jpeg->src;
    /* a file as source never suspends */
    if (source->bytes_in_buffer == 0) source->fill_input_buffer(jpeg);
    source->bytes_in_buffer--;
    return *source->next_input_byte++;
}

/* Reads APP1 segments, which hold EXIF or something to be skipped. libjpeg could save them, but
 * only all of them, however many there are. */
static boolean on_app1(j_decompress_ptr jpeg) {
    File *f = jpeg->client_data;
    int size = next_byte(jpeg) << 8;
    size = (size | next_byte(jpeg)) - 2;
    for (int i = 0; i < size; i++) f->block[i] = (uint8_t)next_byte(jpeg);
    if (f->orientation == 1 && size > 0)
        f->orientation = p2c_exif_orientation(f->block, (size_t)size);
    return TRUE;
}

static void set_up(File *f) {
    f->jpeg.common.err = jpeg_std_error(&f->errors);
    f->jpeg.common.client_data = f;
    f->errors.error_exit = on_error;
    f->errors.emit_message = on_message;
    f->progress.progress_monitor = on_progress;
}

/* ---- reading ---- */

/* ink (width, CMYK) -> rgb. In ink 255 means none, unless plain. */
static void inks_to_rgb(const uint8_t *ink, int width, bool plain, uint8_t *rgb) {
    unsigned flip = plain ? 255 : 0;
    for (int x = 0; x < width; x++, ink += 4, rgb += 3)
        for (int c = 0; c < 3; c++)
            rgb[c] = (uint8_t)(((ink[c] ^ flip) * (ink[3] ^ flip) + 127) / 255);
}

static void read_rows(j_decompress_ptr jpeg, P2cImage *image) {
    bool inks = jpeg->out_color_space == JCS_CMYK;
    JSAMPROW line =
        inks ? *jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1)
             : NULL;
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *row = image->pixels + (size_t)jpeg->output_scanline * (size_t)image->width * 3;
        jpeg_read_scanlines(jpeg, inks ? &line : &row, 1);
        if (inks) inks_to_rgb(line, image->width, !jpeg->saw_Adobe_marker, row);
    }
}

static void decode(File *f) {
    j_decompress_ptr jpeg = &f->jpeg.in;
    if (setjmp(f->jump)) return;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &f->progress;
    jpeg_stdio_src(jpeg, f->stream);
    jpeg_set_marker_processor(jpeg, JPEG_APP0 + 1, on_app1);
    jpeg_read_header(jpeg, TRUE);
    f->status = p2c_image_check_size(f->ctx, P2C_ERR_FORMAT, f->path, jpeg->image_width,
                                     jpeg->image_height);
    if (!f->status)
        f->status =
            p2c_image_init(f->ctx, f->image, (int)jpeg->image_width, (int)jpeg->image_height, 3);
    if (f->status) return;
    jpeg->out_color_space = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK
                                ? JCS_CMYK
                                : JCS_RGB;
    jpeg_start_decompress(jpeg);
    read_rows(jpeg, f->image);
    /* checks that the rest of the file is there, up to the end marker */
    jpeg_finish_decompress(jpeg);
}

P2cStatus p2c_jpeg_read(P2cContext *ctx, const char *path, FILE *stream, P2cImage *image) {
    *image = (P2cImage){ 0 };
    File f = { .ctx = ctx, .path = path, .stream = stream, .image = image, .orientation = 1 };
    set_up(&f);
    decode(&f);
    jpeg_destroy(&f.jpeg.common);
    if (!f.status) f.status = p2c_image_orient(ctx, image, f.orientation);
    if (f.status) p2c_image_clear(image);
    return f.status;
}

/* ---- writing ---- */

static void write_rows(j_compress_ptr jpeg, const P2cImage *image) {
    JSAMPROW line =
        *jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->image_width * 3, 1);
    int channels = image->channels;
    while (jpeg->next_scanline < jpeg->image_height) {
        const uint8_t *from =
            image->pixels + (size_t)jpeg->next_scanline * (size_t)image->width * (size_t)channels;
        for (int x = 0; x < image->width; x++, from += channels)
            for (int c = 0; c < 3; c++)
                line[3 * x + c] = channels == 4 ? p2c_over_white(from[c], from[3]) : from[c];
        jpeg_write_scanlines(jpeg, &line, 1);
    }
}

static void encode(File *f, const P2cImage *image) {
    j_compress_ptr jpeg = &f->jpeg.out;
    if (setjmp(f->jump)) return;
    jpeg_create_compress(jpeg);
    jpeg_stdio_dest(jpeg, f->stream);
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, 95, TRUE);
    /* 4:4:4, so that drawn lines keep their colour */
    jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    write_rows(jpeg, image);
    jpeg_finish_compress(jpeg);
}

P2cStatus p2c_jpeg_write(P2cContext *ctx, const char *path, FILE *stream, const P2cImage *image) {
    if (image->width > JPEG_MAX_DIMENSION || image->height > JPEG_MAX_DIMENSION)
        return p2c_fail(ctx, P2C_ERR_ARGUMENT,
                        "%s: a JPEG picture has at most %ld pixels a side, not %d x %d; try .png",
                        path, (long)JPEG_MAX_DIMENSION, image->width, image->height);
    File f = { .ctx = ctx, .path = path, .stream = stream };
    set_up(&f);
    errno = 0;
    encode(&f, image);
    jpeg_destroy(&f.jpeg.common);
    return f.status;
}
