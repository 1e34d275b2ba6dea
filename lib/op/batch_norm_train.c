/* batch_norm_train: y = (x - m) / sqrt(v + eps) * weight + bias, each (c); m and v are the mean and
 * the biased variance of a channel over the batch. Then the running ones move on:
 *   mean += momentum * (m - mean)     var += momentum * (v * n/(n-1) - var), n values a channel
 *   x (n,c) or (n,c,h,w), two values a channel or more. No gradient to mean and var.
 * Keeps m and 1 / sqrt(v + eps).   Ioffe & Szegedy 2015, algorithm 1; as torch.nn.BatchNorm2d */
#include "batch_norm_train.h"

#include "graph/node.h"

static P2cStatus shape(P2cNode *node) {
    static const char *const names[] = { "input", "weight", "bias", "mean", "var" };
    const P2cDims x = node->x[0]->dims;
    if (x.rank != 2 && x.rank != 4)
        return p2c_node_fail(node, "expected input (n,c) or (n,c,h,w), got %s",
                             p2c_dims_text(x).text);
    if (x.d[0] * x.d[2] * x.d[3] < 2)
        return p2c_node_fail(node, "%s has one value for each channel: expected two or more",
                             p2c_dims_text(x).text);
    for (int i = 1; i < 5; i++)
        if (node->x[i]->dims.rank != 1 || node->x[i]->dims.d[0] != x.d[1])
            return p2c_node_fail(node, "%s has shape %s, expected (%d)", names[i],
                                 p2c_dims_text(node->x[i]->dims).text, x.d[1]);
    node->dims = x;
    node->saved_bytes = 2 * (size_t)x.d[1] * sizeof(float);
    return P2C_OK;
}

const P2cOp p2c_op_batch_norm_train = { .id = P2C_OP_batch_norm_train,
                                        .name = "batch_norm_train",
                                        .shape = shape,
                                        .keeps_x = true,
                                        .in_place = true,
                                        .writes = 1u << 3 | 1u << 4 };

P2cNode *p2c_batch_norm_train(P2cNode *x, P2cNode *weight, P2cNode *bias, P2cNode *mean,
                              P2cNode *var, float momentum, float eps) {
    P2cBatchNormTrainAttributes attributes = { momentum, eps };
    return x ? p2c_node_new(&p2c_op_batch_norm_train, 5,
                            (P2cNode *[]){ x, weight, bias, mean, var }, &attributes,
                            sizeof attributes)
             : NULL;
}
