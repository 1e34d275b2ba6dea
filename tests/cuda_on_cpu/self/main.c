/* main.c: tests of the CUDA emulation: what kernels do, what hosts do, and that the mistakes of
 * both are found. */
#define GROUPS(X) \
    X(threads) \
    X(warps) \
    X(tensor_cores) \
    X(copies) \
    X(streams) \
    X(graphs) \
    X(launches) \
    X(faults) \
    X(mistakes) \
    X(report)
#define SUITE "emulator tests"
#include "../../groups.h"
