/* detach: forward is the plan's business (a view), and nothing goes back. */
#include "cpu.h"

const P2cKernel P2C_CPU(detach) = { 0 };
