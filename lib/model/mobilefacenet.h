/* mobilefacenet.h: what the two layouts of MobileFaceNet share: their layers and their faces.
 *
 * The network is never trained here, only evaluated: every parameter is frozen. */
#ifndef P2C_MODEL_MOBILEFACENET_H
#define P2C_MODEL_MOBILEFACENET_H

#include "graph/node.h"

/* ---- layers; initial values are PyTorch's defaults ---- */

P2cInit p2c_face_weights(void); /* of convolution and linear layers */
/* "weight" (out, in/groups, kh, kw), no bias.  x (n,in,h,w) -> (n,out,...) */
P2cNode *p2c_face_conv(P2cNet net, P2cNode *x, int in, int out, int kh, int kw, P2cConv2d options);
/* Batch norm in evaluation mode: "weight", "bias", "running_mean", "running_var" (c).  x (n,c,...)
 * -> the same */
P2cNode *p2c_face_norm(P2cNet net, P2cNode *x, int c);
/* "weight" (c).  x (n,c,...) -> the same */
P2cNode *p2c_face_prelu(P2cNet net, P2cNode *x, int c);
/* "conv", "bn", and "prelu" below `net`. */
P2cNode *p2c_face_conv_norm(P2cNet net, P2cNode *x, int in, int out, int kh, int kw,
                            P2cConv2d options);
P2cNode *p2c_face_conv_norm_prelu(P2cNet net, P2cNode *x, int in, int out, int kh, int kw,
                                  P2cConv2d options);

/* ---- faces ---- */

/* face (n,3,112,96), made by p2c_face_crop_96 -> unit embedding (n,128) */
P2cNode *p2c_mobilefacenet_xiaoccer(P2cNet net, P2cNode *face);
/* picture (n,3,h,w) in [-1,1] -> face (n,3,112,96), scaled as that network wants it */
P2cNode *p2c_face_crop_96(P2cNode *picture);

#endif
