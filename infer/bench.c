/* bench.c: --benchmark N: times N forward passes after a warm-up, and prints the times and memory
 * as one line of JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "infer.h"

enum { WARM_UP = 2 };

/* The picture to time with, at the network's size: the given one, or stripes, because the time does
 * not depend on the content. */
static P2cStatus any_picture(P2cContext *ctx, const Options *options, int size, P2cImage *picture) {
    P2cImage file = { 0 };
    P2cStatus status;
    if (options->input_count) {
        status = p2c_image_read(ctx, options->inputs[0], &file);
        if (!status) status = p2c_image_resize(ctx, &file, size, size, P2C_FILTER_AREA, picture);
        p2c_image_clear(&file);
        return status;
    }
    status = p2c_image_init(ctx, picture, size, size, 3);
    for (size_t i = 0; !status && i < (size_t)size * (size_t)size * 3; i++)
        picture->pixels[i] = (uint8_t)(i / 3 + i % 3 * 64);
    return status;
}

static void print_result(const P2cContext *ctx, double *ms, int count, int size) {
    double median = sort_median(ms, count);
    printf("{\"forward_ms_median\": %.3f, \"forward_ms_min\": %.3f, \"peak_rss_mib\": %.1f", median,
           ms[0], peak_memory_mib());
    printf(", \"runs\": %d, \"size\": %d, \"threads\": %d, ", count, size, p2c_thread_count(ctx));
    print_json_device(ctx);
    printf("}\n");
}

int benchmark(P2cContext *ctx, P2cCartoonizer *cartoonizer, const Options *options) {
    int size = p2c_cartoonizer_size(cartoonizer), count = options->benchmark;
    P2cImage picture = { 0 }, cartoon = { 0 };
    double *ms = malloc((size_t)count * sizeof *ms);
    if (!ms) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    P2cStatus status = any_picture(ctx, options, size, &picture);
    for (int i = -WARM_UP; !status && i < count; i++) {
        double start = now_ms();
        status = p2c_cartoonizer_run(cartoonizer, &picture, &cartoon, NULL);
        if (i >= 0) ms[i] = now_ms() - start;
        p2c_image_clear(&cartoon);
    }
    if (status) complain("%s", p2c_error(ctx));
    else print_result(ctx, ms, count, size);
    p2c_image_clear(&picture);
    free(ms);
    return p2c_exit_code(status);
}
