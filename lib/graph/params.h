/* params.h: the inside of a parameter store. */
#ifndef P2C_PARAMS_H
#define P2C_PARAMS_H

#include "base/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct P2cParam {
    char *name;
    P2cDims dims;
    P2cInit init;
    float low, high; /* every update ends within */
    float *data;     /* device memory; int64 parameters keep theirs in `count` */
    int64_t count;
    float *m, *v;    /* Adam's moments; NULL until an update is built */
    float *momentum; /* SGD's buffer; the same */
} P2cParam;

struct P2cStore {
    P2cContext *ctx;
    uint64_t seed;
    P2cParam **params; /* stable addresses: graphs point to them */
    int count, capacity;
};

/* Finds or creates; fails when the stored one has another shape. */
P2cStatus p2c_store_param(P2cStore *store, const char *name, P2cDims dims, P2cInit init,
                          P2cParam **out);
/* Gives a parameter its moments, zero at first. */
P2cStatus p2c_store_moments(P2cStore *store, P2cParam *param);
/* Gives a parameter its momentum buffer, the same. */
P2cStatus p2c_store_momentum(P2cStore *store, P2cParam *param);

/* The part of a parameter's name below `prefix` ("" is above all), or NULL when it is not below. */
const char *p2c_name_below(const char *name, const char *prefix);

#ifdef __cplusplus
}
#endif
#endif
