/* half.c: see half.h. */
#include "half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static P2cValue *half_tensor(const P2cValue *tensor) {
    P2cShape shape = p2c_value_shape(tensor);
    size_t count = 1;
    for (int i = 0; i < shape.rank; i++) count *= (size_t)shape.size[i];
    float *values = malloc((count + 1) * sizeof *values);
    if (!values) return NULL;
    uint16_t *halves = (uint16_t *)values; /* each behind what is still to be read */
    p2c_value_to_float(tensor, values);
    for (size_t i = 0; i < count; i++) {
        float value = values[i];
        uint16_t half = half_of(value);
        memcpy(halves + i, &half, sizeof half);
    }
    P2cValue *result = p2c_value_tensor(P2C_F16, shape, halves);
    free(values);
    return result;
}

P2cValue *half_state_dict(const P2cValue *dict) {
    P2cValue *halves = p2c_value_dict();
    for (size_t i = 0; halves && i < p2c_value_count(dict); i++) {
        const P2cValue *tensor = p2c_value_at(dict, i);
        if (p2c_value_kind(tensor) == P2C_TENSOR &&
            p2c_value_set(halves, p2c_value_key(dict, i), half_tensor(tensor)))
            p2c_value_free(&halves);
    }
    return halves;
}
