/* detach: the plan makes y a view of x, and no gradient goes back. */
#include "cpu.h"

const P2cKernel P2C_CPU(detach) = { 0 };
