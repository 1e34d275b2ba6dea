/* import_tensorflow.h: the rules for TensorFlow's operations, by file. The table is in
 * import_tensorflow.c. */
#ifndef P2C_IO_IMPORT_TENSORFLOW_H
#define P2C_IO_IMPORT_TENSORFLOW_H

#include "import.h"

/* import_tensorflow_blocks.c */
P2cImportRule p2c_tf_space_to_batch, p2c_tf_batch_to_space;
/* Makes a convolution of blocks, which waits to become a dilated one. *done: x was blocks. */
P2cStatus p2c_tf_conv_of_blocks(P2cImporter *im, P2cImported *x, const P2cImported *w,
                                const P2cConvolution *c, P2cImported *out, bool *done);

/* import_tensorflow_shape.c */
/* Reads pairs (before, after) for each axis. */
P2cStatus p2c_tf_pairs(P2cImporter *im, const P2cImported *v, int count, int64_t before[],
                       int64_t after[]);
P2cImportRule p2c_tf_reshape, p2c_tf_squeeze, p2c_tf_expand_dims, p2c_tf_transpose, p2c_tf_concat,
    p2c_tf_pack, p2c_tf_unpack, p2c_tf_slice, p2c_tf_strided_slice, p2c_tf_split, p2c_tf_gather,
    p2c_tf_tile, p2c_tf_fill, p2c_tf_pad, p2c_tf_mirror_pad, p2c_tf_depth_to_space,
    p2c_tf_space_to_depth, p2c_tf_shape, p2c_tf_size, p2c_tf_rank, p2c_tf_range, p2c_tf_select,
    p2c_tf_cast, p2c_tf_identity;

#endif
