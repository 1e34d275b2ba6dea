/* hash.c: see hash.h. */
#include "hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t fnv1a(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    return x ^ x >> 16;
}

static double uniform(uint32_t seed, size_t i) {
    return mix(seed + (uint32_t)i * 0x9E3779B9u) / 4294967296.0;
}

void hash_uniform(const char *name, size_t n, double *u) {
    uint32_t seed = fnv1a(name);
    for (size_t i = 0; i < n; i++) u[i] = uniform(seed, i);
}

/* value = low + scale * u */
typedef struct Range {
    double low, scale;
} Range;

static Range range_of(const char *name, P2cDims dims) {
    static const struct {
        const char *leaf;
        Range range;
    } by_leaf[] = {
        { "num_batches_tracked", { 0, 0 } },
        { "rho", { 0, 1 } },
        { "w_gamma", { 0, 1 } },
        { "w_beta", { 0, 1 } },
        { "gamma", { 0.5, 1 } },
        { "running_var", { 0.5, 1 } },
        { "beta", { -0.1, 0.2 } },
        { "bias", { -0.1, 0.2 } },
        { "running_mean", { -0.1, 0.2 } },
        { "weight_u", { -1, 2 } },
        { "weight_v", { -1, 2 } },
    };
    const char *dot = strrchr(name, '.'), *leaf = dot ? dot + 1 : name;
    for (size_t i = 0; i < sizeof by_leaf / sizeof *by_leaf; i++)
        if (!strcmp(leaf, by_leaf[i].leaf)) return by_leaf[i].range;
    if (dims.rank >= 2) { /* variance 1 / fan-in */
        double bound = sqrt(3.0 / (double)(p2c_dims_count(dims) / (size_t)dims.d[0]));
        return (Range){ -bound, 2 * bound };
    }
    /* else a batch norm's scale */
    return strstr(name, ".prelu.") ? (Range){ 0, 0.25 } : (Range){ 0.5, 1 };
}

void hash_value(const char *name, P2cDims dims, float *values) {
    Range r = range_of(name, dims);
    uint32_t seed = fnv1a(name);
    size_t n = p2c_dims_count(dims), length = strlen(name);
    double norm = 1;
    if (length > 9 &&
        (!strcmp(name + length - 9, ".weight_u") || !strcmp(name + length - 9, ".weight_v"))) {
        norm = 0;
        for (size_t i = 0; i < n; i++) norm += pow(r.low + r.scale * uniform(seed, i), 2);
        norm = sqrt(norm);
    }
    for (size_t i = 0; i < n; i++) values[i] = (float)((r.low + r.scale * uniform(seed, i)) / norm);
}

P2cStatus hash_fill(P2cStore *store) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < p2c_store_count(store) && !status; i++) {
        P2cDims dims = p2c_store_dims(store, i);
        float *values = malloc(p2c_dims_count(dims) * sizeof *values);
        if (!values) return P2C_ERR_MEMORY;
        hash_value(p2c_store_name(store, i), dims, values);
        status = p2c_store_write(store, i, values);
        free(values);
    }
    return status;
}

void test_image(const char *tag, int n, int size, float *pixels) {
    for (int plane = 0; plane < 3 * n; plane++) {
        char name[128];
        double p[6];
        snprintf(name, sizeof name, "image.%s.%d.%d", tag, plane / 3, plane % 3);
        hash_uniform(name, 6, p);
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++) {
                double y = (double)i / size, x = (double)j / size;
                double wave = sin(6.28 * (p[0] + 4 * p[1] * x + 3 * p[2] * y)) *
                              cos(6.28 * (p[3] * x + 5 * p[4] * y * x));
                pixels[((size_t)plane * size + i) * size + j] = (float)(wave * (0.5 + p[5] / 2));
            }
    }
}
