/* layer.h: what the networks share. A layer makes its parameters below a scope and calls one
 * builder.
 *
 * Initial values are PyTorch's defaults: weights uniform within 1/sqrt(fan-in) (kaiming uniform
 * with a = sqrt 5, He 2015), biases within the same bound. Widths are arguments and not read from
 * x, so that a failed graph (x is NULL) needs no special case. */
#ifndef P2C_MODEL_LAYER_H
#define P2C_MODEL_LAYER_H

#include "graph/node.h"

/* Parameters "weight" (out, in/groups, k, k) and, if requested, "bias" (out).  x (n,in,h,w) ->
 * (n,out,...) */
P2cNode *p2c_layer_conv(P2cNet net, P2cNode *x, int in, int out, int k, bool bias,
                        P2cConv2d options);
/* The same with a bias, for networks without normalisation: weights uniform within sqrt(6/fan-in),
 * which keeps the variance through a ReLU (He 2015), biases 0. */
P2cNode *p2c_layer_conv_he(P2cNet net, P2cNode *x, int in, int out, int k, P2cConv2d options);
/* relu(x + conv(relu(norm(conv(x))))), 3x3 convolutions "conv1" and "conv2" (He 2016); norm is an
 * instance norm. The second convolution starts as zeros, so that at first the block is the identity
 * for x after a ReLU. (n,c,h,w) -> the same */
P2cNode *p2c_layer_residual(P2cNet net, P2cNode *x, int c);
/* One level of a narrowing network: "0" halves, then `blocks` residual blocks "1", "2", ... It
 * halves by pooling, because a convolution with a stride has a slower gradient and sees no more.
 * (n,in,h,w) -> (n,out,h/2,w/2). The result has the scope's name. */
P2cNode *p2c_layer_down(P2cNet net, P2cNode *x, int in, int out, int blocks);
/* "weight" (out, in), "bias" (out).  x (n,in) -> (n,out) */
P2cNode *p2c_layer_linear(P2cNet net, P2cNode *x, int in, int out);
/* Parameter "bias" (out) of a layer with that fan-in. */
P2cNode *p2c_layer_bias(P2cNet net, int out, int fan_in);

/* Class activation map (Zhou 2016) as in U-GAT-IT (Kim 2020, section 2.1). Two linear classifiers,
 * one of average-pooled and one of max-pooled features, tell the domains apart. The features are
 * multiplied by the weights of each classifier. */
typedef struct P2cClassifiers {
    P2cNode *gap, *gmp;               /* (1,c): weights of the classifiers */
    P2cNode *gap_bias, *gmp_bias;     /* (1), or NULL */
    P2cNode *gap_factor, *gmp_factor; /* (1,c): the factors of the features */
} P2cClassifiers;
/* x (n,c,h,w) -> logits (n,2), and the features times the factors of both (n,2c,h,w). */
P2cNode *p2c_layer_class_activation(P2cNode *x, P2cClassifiers classifiers, P2cNode **logits);

#endif
