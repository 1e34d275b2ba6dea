/* widen.c: see widen.h.
 *
 * Interleaved copies stay in order through concatenations and sums. What a layer reads is there
 * twice, so its columns are doubled and halved; the sum is the same. Statistics of a map do not
 * change when its channels are doubled. Three things are special:
 *
 *   class activation   the weights of gap_fc and gmp_fc make the logit and also multiply the
 *                      features. They are columns, hence halved; so conv1x1, which reads those
 *                      features, must not halve again.
 *   spectral norm      divides by the largest singular value, which doubling multiplies by sqrt 2
 *                      for rows and sqrt 2 for columns. Where both are doubled, the normalised
 *                      weight is halved, as it must be. The first layer doubles only rows: its
 *                      result is smaller by sqrt 2. With biases smaller by sqrt 2, too, every
 *                      layer's is (leaky ReLU scales along), until the last ones, which double only
 *                      columns and give sqrt 2 back.
 *   FC of full ones    reads flattened maps: a channel is a group of columns. */
#include "widen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tensor as rows x columns x inner; each row and column is copied once or twice. */
typedef struct Layout {
    size_t rows, columns, inner;
    size_t row_copies, column_copies;
    float scale;
} Layout;

enum { NAME_SIZE = 256 };

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

static bool is_weight(const char *key) {
    return ends_with(key, "weight") || ends_with(key, "weight_orig");
}

/* ---- layouts --------------------------------------------------------------------------------- */

/* 1 or 2; 0: the sizes do not fit. */
static size_t copies_of(int64_t small, int64_t wide) {
    return small == wide ? 1 : 2 * small == wide ? 2 : 0;
}

/* Elements of an input channel in weight_v, which is a row of the weight: those of its kernel. */
static size_t kernel_of(const P2cStore *store, const char *full_name) {
    char weight[NAME_SIZE];
    snprintf(weight, sizeof weight, "%.*sorig", (int)(strlen(full_name) - 1), full_name);
    int i = p2c_store_find(store, weight);
    P2cDims dims = p2c_store_dims(store, i);
    return dims.rank == 4 ? (size_t)dims.d[2] * (size_t)dims.d[3] : 1;
}

static float scale_of(const char *key, bool spectral, size_t row_copies, size_t column_copies) {
    const float root = sqrtf(0.5f);
    if (ends_with(key, "weight_u") || ends_with(key, "weight_v")) /* of length 1 */
        return row_copies == 2 ? root : 1;
    if (spectral && ends_with(key, "bias") && row_copies == 2) return root;
    bool reads_twice = is_weight(key) && column_copies == 2;
    return reads_twice && strcmp(key, "conv1x1.weight") ? 0.5f : 1;
}

/* Consecutive elements that belong to one channel of the axis that counts channels last. */
static size_t group_of(const P2cStore *store, int i, const char *key, const Layout *l) {
    if (ends_with(key, "weight_v")) return kernel_of(store, p2c_store_name(store, i));
    return strcmp(key, "FC.0.weight") ? 1 : l->columns / l->rows;
}

/* Parameter i of the store, `key` in its network, from a tensor of that shape. False: it cannot. */
static bool find_layout(const P2cStore *store, int i, const char *key, P2cShape small,
                        bool spectral, Layout *l) {
    P2cDims wide = p2c_store_dims(store, i);
    if (small.rank != wide.rank || small.rank == 0) return false;
    *l = (Layout){ .rows = (size_t)small.size[0], .columns = 1, .inner = 1, .column_copies = 1 };
    l->row_copies = copies_of(small.size[0], wide.d[0]);
    if (small.rank > 1) {
        l->columns = (size_t)small.size[1];
        l->column_copies = copies_of(small.size[1], wide.d[1]);
    }
    if (!l->row_copies || !l->column_copies) return false;
    for (int k = 2; k < small.rank; k++) {
        l->inner *= (size_t)small.size[k];
        if (small.size[k] != wide.d[k]) return false;
    }
    size_t group = group_of(store, i, key, l);
    l->inner *= group;
    if (small.rank == 1) l->rows /= group;
    else l->columns /= group;
    l->scale = scale_of(key, spectral, l->row_copies, l->column_copies);
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static size_t wide_count(const Layout *l) {
    return l->rows * l->row_copies * l->columns * l->column_copies * l->inner;
}

static void copy_values(const Layout *l, const float *small, float *wide) {
    size_t rows = l->rows * l->row_copies, columns = l->columns * l->column_copies;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const float *from =
                small + (r / l->row_copies * l->columns + c / l->column_copies) * l->inner;
            for (size_t k = 0; k < l->inner; k++) *wide++ = l->scale * from[k];
        }
}

static double deviation(const float *x, size_t n) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    return sqrt(squares / (double)n);
}

/* Uniform numbers, not normal ones: their bits do not depend on a library's log and cos. */
static double random_number(uint64_t key, size_t i) {
    uint32_t words[4];
    p2c_rng_block(key, i / 4, words);
    return sqrt(3) * (2 * ((double)words[i % 4] + 0.5) / 4294967296.0 - 1); /* deviation 1 */
}

static void add_noise(const Layout *l, float *wide, double noise, uint64_t key) {
    size_t columns = l->columns * l->column_copies, count = wide_count(l);
    double size = noise * deviation(wide, count);
    for (size_t i = 0; i < count; i++) {
        size_t r = i / l->inner / columns, c = i / l->inner % columns;
        bool second = r % l->row_copies || c % l->column_copies;
        if (second) wide[i] += (float)(size * random_number(key, i));
    }
}

/* ---- tensors --------------------------------------------------------------------------------- */

static size_t count_of(P2cShape shape) {
    size_t count = 1;
    for (int k = 0; k < shape.rank; k++) count *= (size_t)shape.size[k];
    return count;
}

/* NULL: out of memory. */
static P2cValue *new_tensor(P2cDims dims, const float *values) {
    P2cShape shape = { .rank = dims.rank };
    for (int k = 0; k < dims.rank; k++) shape.size[k] = dims.d[k];
    return p2c_value_tensor(P2C_F32, shape, values);
}

static P2cValue *unchanged(const P2cValue *tensor) {
    return p2c_value_tensor(p2c_value_type(tensor), p2c_value_shape(tensor),
                            p2c_value_data(tensor));
}

static P2cValue *widen_tensor(const P2cStore *store, int i, const Layout *l, const P2cValue *tensor,
                              double noise, uint64_t key) {
    size_t count = count_of(p2c_value_shape(tensor));
    float *small = malloc((count + wide_count(l)) * sizeof *small), *wide = small + count;
    if (!small) return NULL;
    p2c_value_to_float(tensor, small);
    copy_values(l, small, wide);
    if (noise > 0) add_noise(l, wide, noise, key);
    P2cValue *value = new_tensor(p2c_store_dims(store, i), wide);
    free(small);
    return value;
}

static P2cValue *widen_entry(const P2cStore *store, const char *full_name, const char *key,
                             const P2cValue *tensor, bool spectral, double noise, uint64_t seed) {
    Layout layout;
    int i = p2c_store_find(store, full_name);
    if (i < 0 || !find_layout(store, i, key, p2c_value_shape(tensor), spectral, &layout))
        return unchanged(tensor);
    return widen_tensor(store, i, &layout, tensor, is_weight(key) ? noise : 0,
                        p2c_rng_key(seed, full_name));
}

P2cStatus widen_network(const P2cStore *store, const char *name, const P2cValue *small,
                        double noise, uint64_t seed, P2cValue **wide) {
    bool spectral = p2c_value_get(small, "gap_fc.weight_orig") != NULL;
    P2cStatus status = (*wide = p2c_value_dict()) ? P2C_OK : P2C_ERR_MEMORY;
    for (size_t i = 0; i < p2c_value_count(small) && !status; i++) {
        char full_name[NAME_SIZE];
        const char *key = p2c_value_key(small, i);
        const P2cValue *tensor = p2c_value_at(small, i);
        if (p2c_value_kind(tensor) != P2C_TENSOR) continue;
        snprintf(full_name, sizeof full_name, "%s.%s", name, key);
        status = p2c_value_set(*wide, key,
                               widen_entry(store, full_name, key, tensor, spectral, noise, seed));
    }
    if (status) p2c_value_free(wide);
    return status;
}
