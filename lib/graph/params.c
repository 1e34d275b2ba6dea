/* params.c: the parameter store: named tensors that outlive graphs. */
#include "params.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "base/rng.h"
#include "graph.h"

P2cStatus p2c_store_new(P2cStore **out, P2cContext *ctx, uint64_t seed) {
    P2cStore *store = *out = calloc(1, sizeof *store);
    if (!store) return p2c_fail_memory(ctx, "a parameter store", sizeof *store);
    store->ctx = ctx;
    store->seed = seed;
    return P2C_OK;
}

static void param_free(P2cParam *p, P2cContext *ctx) {
    if (!p) return;
    size_t bytes = p2c_dims_count(p->dims) * sizeof(float);
    p2c_device_give(ctx, p->data, bytes);
    p2c_device_give(ctx, p->m, bytes);
    p2c_device_give(ctx, p->v, bytes);
    p2c_device_give(ctx, p->momentum, bytes);
    free(p->name);
    free(p);
}

void p2c_store_free(P2cStore **store) {
    if (!*store) return;
    for (int i = 0; i < (*store)->count; i++) param_free((*store)->params[i], (*store)->ctx);
    free((*store)->params);
    free(*store);
    *store = NULL;
}

static P2cStatus take_floats(P2cContext *ctx, const char *what, size_t count, float **floats) {
    void *memory;
    P2cStatus status = p2c_device_take(ctx, what, count * sizeof(float), &memory);
    *floats = memory;
    return status;
}

/* ---- initial values -------------------------------------------------------------------------- */

static void scale_to_unit(float *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)values[i] * values[i];
    for (size_t i = 0; i < n; i++) values[i] = (float)(values[i] / sqrt(sum));
}

static void draw_values(const P2cParam *p, uint64_t key, float *values) {
    size_t n = p2c_dims_count(p->dims);
    float bound = p->init.value;
    if (p->init.fan_in) bound /= sqrtf((float)(n / (size_t)p->dims.d[0]));
    if (p->init.kind == P2C_INIT_UNIFORM) p2c_rng_uniforms(key, n, values);
    for (size_t i = 0; i < n; i++) {
        switch (p->init.kind) {
        case P2C_INIT_CONSTANT: values[i] = p->init.value; break;
        case P2C_INIT_UNIFORM: values[i] = bound * (2 * values[i] - 1); break;
        case P2C_INIT_UNIT_NORMAL: values[i] = p2c_rng_normal(key, i); break;
        }
    }
    if (p->init.kind == P2C_INIT_UNIT_NORMAL) scale_to_unit(values, n);
}

static P2cStatus init_values(P2cStore *store, P2cParam *p) {
    size_t n = p2c_dims_count(p->dims);
    float *values = malloc(n * sizeof *values);
    if (!values) return p2c_fail_memory(store->ctx, p->name, n * sizeof *values);
    draw_values(p, p2c_rng_key(store->seed, p->name), values);
    P2cStatus status = store->ctx->device->upload(store->ctx, p->data, values, n * sizeof *values);
    free(values);
    return status;
}

/* ---- create and find ------------------------------------------------------------------------- */

static P2cStatus param_new(P2cStore *store, const char *name, P2cDims dims, P2cInit init,
                           P2cParam **out) {
    P2cStatus status = P2C_OK;
    P2cParam *p = calloc(1, sizeof *p);
    if (!p || !p2c_grow(&store->params, store->count, &store->capacity, sizeof *store->params))
        goto fail;
    *p = (P2cParam){ .dims = dims, .init = init, .low = -INFINITY, .high = INFINITY };
    if (!(p->name = strdup(name))) goto fail;
    if (!init.int64) {
        if ((status = take_floats(store->ctx, name, p2c_dims_count(dims), &p->data)) != P2C_OK)
            goto fail;
        if ((status = init_values(store, p)) != P2C_OK) goto fail;
    }
    store->params[store->count++] = *out = p;
    return P2C_OK;
fail:
    param_free(p, store->ctx);
    return status ? status
                  : p2c_fail_memory(store->ctx, name, p2c_dims_count(dims) * sizeof(float));
}

const char *p2c_name_below(const char *name, const char *prefix) {
    size_t n = strlen(prefix);
    if (!n) return name;
    return !strncmp(name, prefix, n) && name[n] == '.' ? name + n + 1 : NULL;
}

int p2c_store_find(const P2cStore *store, const char *name) {
    for (int i = 0; i < store->count; i++)
        if (!strcmp(store->params[i]->name, name)) return i;
    return -1;
}

P2cStatus p2c_store_param(P2cStore *store, const char *name, P2cDims dims, P2cInit init,
                          P2cParam **out) {
    int i = p2c_store_find(store, name);
    if (i < 0) return param_new(store, name, dims, init, out);
    *out = store->params[i];
    if (p2c_dims_equal((*out)->dims, dims)) return P2C_OK;
    return p2c_fail(store->ctx, P2C_ERR_SHAPE, "%s has shape %s in the store, the network wants %s",
                    name, p2c_dims_text((*out)->dims).text, p2c_dims_text(dims).text);
}

P2cStatus p2c_store_moments(P2cStore *store, P2cParam *p) {
    size_t n = p2c_dims_count(p->dims);
    P2cStatus status = p->m ? P2C_OK : take_floats(store->ctx, "the optimiser", n, &p->m);
    return status || p->v ? status : take_floats(store->ctx, "the optimiser", n, &p->v);
}

P2cStatus p2c_store_momentum(P2cStore *store, P2cParam *p) {
    return p->momentum
               ? P2C_OK
               : take_floats(store->ctx, "the optimiser", p2c_dims_count(p->dims), &p->momentum);
}

/* ---- access ---------------------------------------------------------------------------------- */

int p2c_store_count(const P2cStore *store) { return store->count; }
const char *p2c_store_name(const P2cStore *store, int i) { return store->params[i]->name; }
P2cDims p2c_store_dims(const P2cStore *store, int i) { return store->params[i]->dims; }

void p2c_store_set_range(P2cStore *store, int i, float low, float high) {
    assert(low <= high);
    store->params[i]->low = low;
    store->params[i]->high = high;
}

P2cStatus p2c_store_read(const P2cStore *store, int i, float *values) {
    const P2cParam *p = store->params[i];
    if (p->data)
        return store->ctx->device->download(store->ctx, values, p->data,
                                            p2c_dims_count(p->dims) * sizeof *values);
    *values = (float)p->count;
    return P2C_OK;
}

P2cStatus p2c_store_write(P2cStore *store, int i, const float *values) {
    P2cParam *p = store->params[i];
    if (p->data)
        return store->ctx->device->upload(store->ctx, p->data, values,
                                          p2c_dims_count(p->dims) * sizeof *values);
    p->count = (int64_t)*values;
    return P2C_OK;
}
