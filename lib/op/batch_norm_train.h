/* batch_norm_train.h: attributes of batch_norm_train. */
#ifndef P2C_OP_BATCH_NORM_TRAIN_H
#define P2C_OP_BATCH_NORM_TRAIN_H

typedef struct P2cBatchNormTrainAttributes {
    float momentum, eps;
} P2cBatchNormTrainAttributes;

#endif
