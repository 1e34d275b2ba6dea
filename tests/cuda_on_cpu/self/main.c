/* main.c: the emulation of CUDA, tested: what kernels do (threads, warps), what hosts do (streams, faults), and that mistakes show. */
#define GROUPS(X) X(threads)
#define SUITE "emulator tests"
#include "../../groups.h"
