/* tensors.cuh: one launch for many tensors whose sizes differ by a factor of thousands. They are
 * cut into pieces of PIECE elements, one per block, so that large and small ones share the GPU
 * evenly. A block finds the tensor of its piece in a table that is a parameter of the kernel. */
#ifndef P2C_CUDA_TENSORS_CUH
#define P2C_CUDA_TENSORS_CUH

#include "cuda.cuh"

/* COUNT elements for each thread: thread t of a block takes t, t + THREADS, ... of the piece. */
enum { COUNT = 4, PIECE = COUNT * THREADS, MOST_PARAMETER_BYTES = 4096 - 64 };

/* Passed to the kernel by value, with up to 64 more bytes. Tensor: what a kernel needs to know of
 * one tensor. */
template <class Tensor> struct Batch {
    static constexpr int CAPACITY =
        (MOST_PARAMETER_BYTES - 16) / (int)(sizeof(Tensor) + sizeof(int));
    int count, pieces;
    int first[CAPACITY]; /* number of the tensor's first piece */
    Tensor tensors[CAPACITY];
};

/* Adds a tensor of that many pieces. */
template <class Tensor>
static inline void append_pieces(Batch<Tensor> *batch, Tensor tensor, int pieces) {
    batch->first[batch->count] = batch->pieces;
    batch->tensors[batch->count++] = tensor;
    batch->pieces += pieces;
}

/* size: number of elements of the tensor, 1 or more. */
template <class Tensor>
static inline void append(Batch<Tensor> *batch, Tensor tensor, size_t size) {
    append_pieces(batch, tensor, (int)blocks_for(size, PIECE));
}

/* Finds the tensor that a piece belongs to: the last one that does not begin after it. */
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
