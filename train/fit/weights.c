/* weights.c: see weights.h. */
#include "weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "step.h"

/* IEEE 754's binary16, to nearest, halves to even: a float's value in units of the last place of a
 * half is rounded by the processor. */
static uint16_t half_of(float value) {
    int exponent = 0;
    double size = fabs((double)value);
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    if (!(size < 65520)) return sign | (size > 0 ? 0x7c00 : 0x7e00); /* too large: infinity; NaN */
    frexp(size, &exponent);
    if (size == 0 || exponent < -13) exponent = -13;      /* down there all have the same unit */
    double units = nearbyint(ldexp(size, 11 - exponent)); /* up to 2048 */
    return sign | (uint16_t)((exponent + 13) * 1024 + (int)units);
}

static P2cValue *half_tensor(const P2cValue *tensor, float *values) {
    P2cShape shape = p2c_value_shape(tensor);
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (size_t)shape.size[i];
    uint16_t *halves = (uint16_t *)values; /* each behind what is still to be read */
    p2c_value_to_float(tensor, values);
    for (size_t i = 0; i < count; i++) {
        float value = values[i];
        uint16_t half = half_of(value);
        memcpy(halves + i, &half, sizeof half);
    }
    return p2c_value_tensor(P2C_F16, shape, halves);
}

static size_t largest_tensor(const P2cStore *store) {
    size_t most = 1;
    for (int i = 0; i < p2c_store_count(store); i++) {
        size_t count = p2c_dims_count(p2c_store_dims(store, i));
        if (count > most) most = count;
    }
    return most;
}

static P2cStatus halve_tensors(const P2cStore *store, const P2cValue *dict, P2cValue *halves) {
    float *values = malloc(largest_tensor(store) * sizeof *values);
    P2cStatus status = values ? P2C_OK : P2C_ERR_MEMORY;
    for (size_t i = 0; !status && i < p2c_value_count(dict); i++)
        status = p2c_value_set(halves, p2c_value_key(dict, i),
                               half_tensor(p2c_value_at(dict, i), values));
    free(values);
    return status;
}

int fit_weights_write(P2cContext *ctx, const P2cStore *store, FitTask task, const char *name,
                      const char *path) {
    P2cValue *dict = NULL, *halves = p2c_value_dict(), *tree = p2c_value_dict();
    P2cStatus status = halves && tree ? p2c_store_view(store, name, &dict) : P2C_ERR_MEMORY;
    if (!status) status = halve_tensors(store, dict, halves);
    if (!status) {
        status = p2c_value_set(tree, fit_name(task), halves);
        halves = NULL;
    }
    if (status == P2C_ERR_MEMORY) complain("%s: out of memory", path);
    else if (!status) status = p2c_pt_write(ctx, path, tree);
    if (status && status != P2C_ERR_MEMORY) complain("%s", p2c_error(ctx));
    p2c_value_free(&dict);
    p2c_value_free(&halves);
    p2c_value_free(&tree);
    return p2c_exit_code(status);
}

int fit_weights_read(P2cContext *ctx, const char *path, FitTask *task, P2cValue **tree,
                     const P2cValue **weights) {
    *weights = NULL;
    int code = report_status(ctx, p2c_pt_read(ctx, path, tree));
    for (FitTask t = FIT_MATTE; !code && t <= FIT_LANDMARKS && !*weights; t++) {
        const P2cValue *own = p2c_value_get(*tree, fit_name(t)),
                       *average = p2c_value_get(*tree, fit_average_name(t));
        *weights = average ? average : own;
        *task = t;
    }
    if (code || *weights) return code;
    complain(
        "%s: expected weights or a checkpoint of p2c-fit, with an entry 'matte' or 'landmarks'",
        path);
    return EXIT_BAD_INPUT;
}
