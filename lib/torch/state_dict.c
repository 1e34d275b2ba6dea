/* state_dict.c: turns a store's parameters and Adam's moments into trees of values, and loads such
 * trees.
 *
 *     parameters below "genA2B"     {"gap_fc.weight": tensor, ...}      the name after the prefix
 *     moments below any prefix      {"exp_avg": {"genA2B.gap_fc.weight": tensor, ...},
 *                                   "exp_avg_sq": {...}}                the full name
 *                                   and "momentum_buffer", SGD's, when there is any
 *
 * Loading first compares all names and shapes and then copies, so that a mismatch changes
 * nothing. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "graph/node.h"
#include "graph/params.h"
#include "pt.h"

/* Which numbers of a parameter a dict holds. */
typedef enum Part { VALUES, EXP_AVG, EXP_AVG_SQ, MOMENTUM } Part;
static const char *const part_names[] = {
    [EXP_AVG] = "exp_avg", [EXP_AVG_SQ] = "exp_avg_sq", [MOMENTUM] = "momentum_buffer"
};

/* NULL for values that are not floats: int64 values live in p->count. */
static float *memory_of(const P2cParam *p, Part part) {
    return part == VALUES       ? p->data
           : part == EXP_AVG    ? p->m
           : part == EXP_AVG_SQ ? p->v
                                : p->momentum;
}

/* Returns the key of a parameter in the dict of this part, or NULL when it does not belong
 * there. */
static const char *key_of(const P2cParam *p, const char *prefix, Part part) {
    const char *name = p2c_name_below(p->name, prefix);
    if (!name || part == VALUES) return name;
    return memory_of(p, part) ? p->name : NULL;
}

/* ---- compare --------------------------------------------------------------------------------- */

/* Collects mismatches: their number and the first three. */
typedef struct Complaints {
    int count;
    char text[600];
} Complaints;

static void complain(Complaints *c, const char *what, Part part, const char *name,
                     const char *detail) {
    size_t used = strlen(c->text);
    if (c->count++ >= 3) return;
    snprintf(c->text + used, sizeof c->text - used, "%s%s %s%s%s%s", used ? "; " : "", what,
             part == VALUES ? "" : part_names[part], part == VALUES ? "" : " of ", name, detail);
}

static bool same_shape(P2cDims dims, P2cShape shape) {
    if (dims.rank != shape.rank) return false;
    for (int i = 0; i < dims.rank; i++)
        if (dims.d[i] != shape.size[i]) return false;
    return true;
}

static void shape_text(P2cShape shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < shape.rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? "," : "",
                                 (long long)shape.size[i]);
    if (used < size) snprintf(text + used, size - used, ")");
}

static void compare_one(const P2cParam *p, Part part, const char *key, const P2cValue *value,
                        Complaints *c) {
    char got[160], detail[280];
    if (!value || p2c_value_kind(value) != P2C_TENSOR) {
        complain(c, "missing", part, key, "");
    } else if (!same_shape(p->dims, p2c_value_shape(value))) {
        shape_text(p2c_value_shape(value), got, sizeof got);
        snprintf(detail, sizeof detail, " has shape %s, expected %s", got,
                 p2c_dims_text(p->dims).text);
        complain(c, "misshapen", part, key, detail);
    }
}

static bool belongs(const P2cStore *store, const char *prefix, Part part, const char *key) {
    char full[512];
    snprintf(full, sizeof full, "%s%s%s", part == VALUES ? prefix : "",
             part == VALUES && *prefix ? "." : "", key);
    int i = p2c_store_find(store, full);
    return i >= 0 && key_of(store->params[i], prefix, part);
}

static void compare(const P2cStore *store, const char *prefix, Part part, const P2cValue *dict,
                    Complaints *c) {
    for (int i = 0; i < store->count; i++) {
        const char *key = key_of(store->params[i], prefix, part);
        if (key) compare_one(store->params[i], part, key, p2c_value_get(dict, key), c);
    }
    if (!dict || p2c_value_kind(dict) != P2C_DICT) return;
    for (size_t i = 0; i < p2c_value_count(dict); i++)
        if (!belongs(store, prefix, part, p2c_value_key(dict, i)))
            complain(c, "extra", part, p2c_value_key(dict, i), "");
}

static P2cStatus report(const P2cStore *store, const char *what, const char *prefix,
                        const Complaints *c) {
    if (!c->count) return P2C_OK;
    return p2c_fail(store->ctx, P2C_ERR_SHAPE, "%s of %s do not fit, %d tensor%s: %s%s", what,
                    *prefix ? prefix : "the network", c->count, c->count == 1 ? "" : "s", c->text,
                    c->count > 3 ? "; ..." : "");
}

P2cStatus p2c_store_check(const P2cStore *store, const char *prefix, const P2cValue *dict) {
    Complaints c = { 0 };
    compare(store, prefix, VALUES, dict, &c);
    return report(store, "weights", prefix, &c);
}

/* ---- load ------------------------------------------------------------------------------------ */

static P2cStatus copy_in(const P2cStore *store, P2cParam *p, Part part, const P2cValue *value) {
    float *memory = memory_of(p, part), *values;
    size_t bytes = p2c_dims_count(p->dims) * sizeof *values;
    if (!memory && p2c_value_type(value) == P2C_I64) {
        memcpy(&p->count, p2c_value_data(value), sizeof p->count);
        return P2C_OK;
    }
    if (memory && p2c_value_type(value) == P2C_F32) /* the usual case, which needs no buffer */
        return store->ctx->device->upload(store->ctx, memory, p2c_value_data(value), bytes);
    if (!(values = malloc(bytes))) return p2c_fail_memory(store->ctx, p->name, bytes);
    p2c_value_to_float(value, values);
    P2cStatus status =
        memory ? store->ctx->device->upload(store->ctx, memory, values, bytes) : P2C_OK;
    if (!memory) p->count = (int64_t)*values;
    free(values);
    return status;
}

static P2cStatus load_part(P2cStore *store, const char *prefix, Part part, const P2cValue *dict) {
    P2cStatus status = P2C_OK;
    for (int i = 0; i < store->count && status == P2C_OK; i++) {
        const char *key = key_of(store->params[i], prefix, part);
        if (key) status = copy_in(store, store->params[i], part, p2c_value_get(dict, key));
    }
    return status;
}

P2cStatus p2c_store_load(P2cStore *store, const char *prefix, const P2cValue *dict) {
    P2cStatus status = p2c_store_check(store, prefix, dict);
    return status ? status : load_part(store, prefix, VALUES, dict);
}

P2cStatus p2c_store_load_moments(P2cStore *store, const char *prefix, const P2cValue *moments) {
    Complaints c = { 0 };
    for (Part part = EXP_AVG; part <= EXP_AVG_SQ; part++)
        compare(store, prefix, part, p2c_value_get(moments, part_names[part]), &c);
    P2cStatus status = report(store, "Adam's moments", prefix, &c);
    c = (Complaints){ 0 };
    compare(store, prefix, MOMENTUM, p2c_value_get(moments, part_names[MOMENTUM]), &c);
    if (status == P2C_OK) status = report(store, "SGD's momentum buffers", prefix, &c);
    for (Part part = EXP_AVG; part <= MOMENTUM && status == P2C_OK; part++)
        status = load_part(store, prefix, part, p2c_value_get(moments, part_names[part]));
    return status;
}

/* ---- save ------------------------------------------------------------------------------------ */

static P2cStatus no_memory(const P2cStore *store, const char *what, const char *prefix) {
    return p2c_fail(store->ctx, P2C_ERR_MEMORY, "out of memory: a list of the %s of %s", what,
                    *prefix ? prefix : "the network");
}

/* A value over the parameter's own memory where the host can read it, else a copy. Returns NULL
 * when out of memory or when the device failed (then *status says so). */
static P2cValue *to_value(const P2cStore *store, const P2cParam *p, Part part, bool borrow,
                          P2cStatus *status) {
    const float *memory = memory_of(p, part);
    P2cShape shape = { .rank = p->dims.rank };
    for (int k = 0; k < p->dims.rank; k++) shape.size[k] = p->dims.d[k];
    assert(memory || p2c_dims_count(p->dims) == 1);
    if (!memory)
        return borrow ? p2c_value_tensor_borrowed(P2C_I64, shape, &p->count)
                      : p2c_value_tensor(P2C_I64, shape, &p->count);
    if (borrow && p2c_device_is_host(store->ctx->device))
        return p2c_value_tensor_borrowed(P2C_F32, shape, memory);
    P2cValue *value = p2c_value_tensor(P2C_F32, shape, NULL);
    if (value)
        *status = store->ctx->device->download(store->ctx, p2c_value_mutable_data(value), memory,
                                               p2c_dims_count(p->dims) * sizeof *memory);
    if (*status) p2c_value_free(&value);
    return value;
}

static P2cStatus save_part(const P2cStore *store, const char *prefix, Part part, bool borrow,
                           P2cValue **out) {
    P2cStatus status = P2C_OK;
    P2cValue *dict = p2c_value_dict();
    for (int i = 0; i < store->count && dict; i++) {
        const char *key = key_of(store->params[i], prefix, part);
        if (key &&
            p2c_value_set(dict, key, to_value(store, store->params[i], part, borrow, &status)))
            p2c_value_free(&dict);
    }
    *out = dict;
    return status || dict ? status
                          : no_memory(store, part == VALUES ? "parameters" : "moments", prefix);
}

P2cStatus p2c_store_save(const P2cStore *store, const char *prefix, P2cValue **out) {
    return save_part(store, prefix, VALUES, false, out);
}

P2cStatus p2c_store_view(const P2cStore *store, const char *prefix, P2cValue **out) {
    return save_part(store, prefix, VALUES, true, out);
}

P2cStatus p2c_store_copy(P2cStore *store, const char *from, const char *to) {
    P2cValue *values;
    /* written memory must not be a view */
    P2cStatus status = p2c_store_view(store, from, &values);
    if (!status) status = p2c_store_load(store, to, values);
    p2c_value_free(&values);
    return status;
}

static bool has_momentum(const P2cStore *store, const char *prefix) {
    for (int i = 0; i < store->count; i++)
        if (key_of(store->params[i], prefix, MOMENTUM)) return true;
    return false;
}

P2cStatus p2c_store_view_moments(const P2cStore *store, const char *prefix, P2cValue **out) {
    P2cValue *moments = *out = p2c_value_dict();
    P2cStatus status = moments ? P2C_OK : no_memory(store, "moments", prefix);
    for (Part part = EXP_AVG; part <= MOMENTUM && status == P2C_OK; part++) {
        P2cValue *values;
        if (part == MOMENTUM && !has_momentum(store, prefix)) continue;
        status = save_part(store, prefix, part, true, &values);
        if (!status && p2c_value_set(moments, part_names[part], values))
            status = no_memory(store, "moments", prefix);
    }
    if (status) p2c_value_free(out);
    return status;
}
