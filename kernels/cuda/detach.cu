/* detach: forward is the plan's business (a view), and nothing goes back. */
#include "cuda.cuh"

const P2cKernel p2c_cuda_detach = {};
