/* detach: the plan makes y a view of x, and no gradient goes back. */
#include "cuda.cuh"

const P2cKernel p2c_cuda_detach = {};
