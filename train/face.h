/* face.h: the weights of a face network, from the files they come in. */
#ifndef P2C_TRAIN_FACE_H
#define P2C_TRAIN_FACE_H

#include "p2cnn.h"

/* Reads a PyTorch file of either layout: a state dict, bare or in a dict under "net_state_dict",
 * "state_dict" or "model", with or without DataParallel's "module." before its names. Makes the
 * parameters in the store, under "face"; names and shapes must agree one to one. *kind: which
 * layout. Returns 0 or an exit code, the failure told on stderr; what the store then has under
 * "face" is not to be used. */
int face_load(P2cContext *ctx, P2cStore *store, const char *path, P2cFaceKind *kind);

#endif
