/* bad_weights.c: makes weights that the programs must refuse, or must read although their form is
 * unusual, from the first network of a good checkpoint.
 *
 *     bad_weights missing|extra|misshapen|nan|half|b2a|other IN.pt OUT.pt
 *     bad_weights evil - OUT.pt      a zip archive whose pickle would call os.system */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "p2cnn.h"

enum { BROKEN = 4 }; /* number of tensors, one more than the error names */

static P2cValue *float_tensor(const P2cValue *from, P2cShape shape, size_t count, bool fill_nan) {
    float *data = malloc(count * sizeof *data);
    if (!data) return NULL;
    p2c_value_to_float(from, data);
    for (size_t i = 0; fill_nan && i < count; i++) data[i] = 0.0f / 0.0f;
    P2cValue *tensor = p2c_value_tensor(P2C_F32, shape, data);
    free(data);
    return tensor;
}

/* float32 to float16, by truncation; small and large values become 0 and infinity, but do not occur
 * in these tests. */
static uint16_t to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 23 & 255) - 112;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    return exponent <= 0 ? sign : (uint16_t)(sign | exponent << 10 | (bits >> 13 & 1023));
}

static P2cValue *half_tensor(const P2cValue *from, P2cShape shape, size_t count) {
    float *data = malloc(count * sizeof *data);
    uint16_t *half = malloc(count * sizeof *half);
    P2cValue *tensor = NULL;
    if (data && half) {
        p2c_value_to_float(from, data);
        for (size_t i = 0; i < count; i++) half[i] = to_half(data[i]);
        tensor = p2c_value_tensor(P2C_F16, shape, half);
    }
    free(data);
    free(half);
    return tensor;
}

static P2cValue *copy(const char *mode, const P2cValue *from, bool broken) {
    P2cShape shape = p2c_value_shape(from);
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (size_t)shape.size[i];
    if (!strcmp(mode, "half")) return half_tensor(from, shape, count);
    if (broken && !strcmp(mode, "misshapen")) shape = (P2cShape){ 1, { (int64_t)count } };
    return float_tensor(from, shape, count, broken && !strcmp(mode, "nan"));
}

/* Removes or changes the last BROKEN tensors, or adds others, as the mode says. */
static P2cStatus rewrite(const char *mode, const P2cValue *dict, P2cValue *out) {
    size_t count = p2c_value_count(dict);
    P2cStatus status = P2C_OK;
    for (size_t i = 0; !status && i < count; i++) {
        bool broken = i + BROKEN >= count;
        const char *name = p2c_value_key(dict, i);
        char extra[256];
        snprintf(extra, sizeof extra, "%s.extra", name);
        if (!broken || strcmp(mode, "missing"))
            status = p2c_value_set(out, name, copy(mode, p2c_value_at(dict, i), broken));
        if (!status && broken && !strcmp(mode, "extra"))
            status = p2c_value_set(out, extra, copy(mode, p2c_value_at(dict, i), false));
    }
    return status;
}

static P2cStatus change(P2cContext *ctx, const char *mode, const char *in, const char *path) {
    P2cValue *file = NULL, *out = p2c_value_dict(), *dict = p2c_value_dict();
    bool other = !strcmp(mode, "other"); /* a dict of something else */
    P2cStatus status = p2c_pt_read(ctx, in, &file);
    if (!status && !other) status = rewrite(mode, p2c_value_at(file, 0), dict);
    if (!status)
        status = p2c_value_set(out,
                               other                  ? "epoch"
                               : !strcmp(mode, "b2a") ? "genB2A"
                                                      : p2c_value_key(file, 0),
                               other ? p2c_value_int(3) : dict);
    if (!status && !other) dict = NULL;
    if (!status) status = p2c_pt_write(ctx, path, out);
    p2c_value_free(&dict);
    p2c_value_free(&out);
    p2c_value_free(&file);
    return status;
}

static P2cStatus write_evil(const char *path) {
    static const char pickle[] = "\x80\x02"
                                 "cos\nsystem\nX\x0d\0\0\0touch pwned.x\x85R.",
                      version[] = "3\n";
    int error;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (!zip) return P2C_ERR_WRITE;
    bool added = zip_file_add(zip, "archive/data.pkl",
                              zip_source_buffer(zip, pickle, sizeof pickle - 1, 0), 0) >= 0 &&
                 zip_file_add(zip, "archive/version",
                              zip_source_buffer(zip, version, sizeof version - 1, 0), 0) >= 0;
    for (zip_uint64_t i = 0; i < 2; i++) zip_set_file_compression(zip, i, ZIP_CM_STORE, 0);
    return added && !zip_close(zip) ? P2C_OK : P2C_ERR_WRITE;
}

int main(int argc, char **argv) {
    P2cContext *ctx = NULL;
    if (argc != 4) return 2;
    P2cStatus status = p2c_context_new(&ctx, "cpu", 1);
    if (!status)
        status =
            strcmp(argv[1], "evil") ? change(ctx, argv[1], argv[2], argv[3]) : write_evil(argv[3]);
    if (status) fprintf(stderr, "bad_weights: %s\n", p2c_error(ctx));
    p2c_context_free(&ctx);
    return p2c_exit_code(status);
}
