/* face.h: reads the weights of a face network. */
#ifndef P2C_TRAIN_FACE_H
#define P2C_TRAIN_FACE_H

#include "p2cnn.h"

/* Reads a PyTorch file of either layout: a state dict, bare or in a dict under "net_state_dict",
 * "state_dict" or "model", with or without DataParallel's "module." before its names. Makes the
 * parameters in the store, under "face"; names and shapes must agree one to one. *kind: which
 * layout. Returns 0, or the exit code of a failure that has been reported; the store's "face" must
 * not be used then. */
int face_load(P2cContext *ctx, P2cStore *store, const char *path, P2cFaceKind *kind);

#endif
