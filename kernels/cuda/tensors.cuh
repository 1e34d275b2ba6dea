/* tensors.cuh: one launch for many tensors, of sizes that differ by thousands. They are cut into
 * pieces of PIECE elements, one a block, so that large and small ones share the GPU evenly; a block
 * finds the tensor of its piece in a table that travels as the kernel's parameter. */
#ifndef P2C_CUDA_TENSORS_CUH
#define P2C_CUDA_TENSORS_CUH

#include "cuda.cuh"

/* COUNT elements for each thread: thread t of a block takes t, t + THREADS, ... of the piece. */
enum { COUNT = 4, PIECE = COUNT * THREADS, MOST_PARAMETER_BYTES = 4096 - 64 };

/* By value to the kernel, with up to 64 bytes besides. Tensor: what a kernel wants to know of
 * one. */
template <class Tensor> struct Batch {
    static constexpr int ROOM = (MOST_PARAMETER_BYTES - 16) / (int)(sizeof(Tensor) + sizeof(int));
    int count, pieces;
    int first[ROOM]; /* number of the tensor's first piece */
    Tensor tensors[ROOM];
};

/* A tensor of that many pieces. */
template <class Tensor>
static inline void append_pieces(Batch<Tensor> *batch, Tensor tensor, int pieces) {
    batch->first[batch->count] = batch->pieces;
    batch->tensors[batch->count++] = tensor;
    batch->pieces += pieces;
}

/* size: elements of the tensor, 1 or more. */
template <class Tensor>
static inline void append(Batch<Tensor> *batch, Tensor tensor, size_t size) {
    append_pieces(batch, tensor, (int)blocks_for(size, PIECE));
}

/* The tensor that a piece belongs to: the last one that does not begin after it. */
template <class Tensor>
static __device__ inline int tensor_of(const Batch<Tensor> &batch, int piece) {
    int low = 0, high = batch.count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (batch.first[middle] <= piece) low = middle;
        else high = middle - 1;
    }
    return low;
}

#endif
