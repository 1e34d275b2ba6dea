/* layer.h: what the networks have in common: a layer is its parameters, below a scope, and one
 * builder.
 *
 * Initial values are PyTorch's defaults: weights uniform within 1/sqrt(fan-in) (kaiming uniform
 * with a = sqrt 5, He 2015), biases within the same bound. Widths are passed, not read from x, so
 * that a failed graph (x NULL) needs no care.
 */
#ifndef P2C_MODEL_LAYER_H
#define P2C_MODEL_LAYER_H

#include "graph/node.h"

/* "weight" (out, in/groups, k, k) and, when asked for, "bias" (out).  x (n,in,h,w) ->
 * (n,out,...) */
P2cNode *p2c_layer_conv(P2cNet net, P2cNode *x, int in, int out, int k, bool bias,
                        P2cConv2d options);
/* The same with a bias, for networks without norms: weights uniform within sqrt(6/fan-in), which
 * keeps the variance through a ReLU (He 2015), biases 0. */
P2cNode *p2c_layer_conv_he(P2cNet net, P2cNode *x, int in, int out, int k, P2cConv2d options);
/* relu(x + conv(relu(norm(conv(x))))), 3x3 "conv1" and "conv2" (He 2016), norm: instance norm; the
 * second convolution starts as zeros, so that x, after a ReLU, passes as it is at first.  (n,c,h,w)
 * -> the same */
P2cNode *p2c_layer_residual(P2cNet net, P2cNode *x, int c);
/* A level of a network that narrows: "0" halves, then `blocks` residual blocks "1", "2", ... Halved
 * by pooling first: a convolution with a stride has the slower gradient, and sees no more.
 * (n,in,h,w) -> (n,out,h/2,w/2), named as the scope is */
P2cNode *p2c_layer_down(P2cNet net, P2cNode *x, int in, int out, int blocks);
/* "weight" (out, in), "bias" (out).  x (n,in) -> (n,out) */
P2cNode *p2c_layer_linear(P2cNet net, P2cNode *x, int in, int out);
/* "bias" (out) of a layer with that fan-in. */
P2cNode *p2c_layer_bias(P2cNet net, int out, int fan_in);

/* Class activation map (Zhou 2016), as U-GAT-IT has it (Kim 2020, section 2.1): two linear
 * classifiers, one of average-, one of max-pooled features, tell the domains apart; each weighs the
 * features by how much it looks at them. */
typedef struct P2cClassifiers {
    P2cNode *gap, *gmp;               /* (1,c): weights of the classifiers */
    P2cNode *gap_bias, *gmp_bias;     /* (1), or NULL */
    P2cNode *gap_factor, *gmp_factor; /* (1,c): what the features are multiplied by */
} P2cClassifiers;
/* x (n,c,h,w) -> logits (n,2), and the features weighted by both (n,2c,h,w). */
P2cNode *p2c_layer_class_activation(P2cNode *x, P2cClassifiers classifiers, P2cNode **logits);

#endif
