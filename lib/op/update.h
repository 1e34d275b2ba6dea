/* update.h: the attributes of the operations that update parameters, for every optimiser. */
#ifndef P2C_OP_UPDATE_H
#define P2C_OP_UPDATE_H

/* Of adam_begin and sgd_begin. settings: the caller's P2cAdam or P2cSgd: options, which are read at
 * every run, and the number of the last update. */
typedef struct P2cUpdateBeginAttributes {
    void *settings;
} P2cUpdateBeginAttributes;

/* Of adam and sgd: the parameter's range, which is the store's. */
typedef struct P2cUpdateAttributes {
    const float *low, *high;
} P2cUpdateAttributes;

#endif
