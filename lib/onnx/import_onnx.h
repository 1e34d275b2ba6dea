/* import_onnx.h: the rules for ONNX's operations, by file. The table is in import_onnx.c. */
#ifndef P2C_IO_IMPORT_ONNX_H
#define P2C_IO_IMPORT_ONNX_H

#include "import.h"

/* import_onnx_shape.c */
P2cImportRule p2c_onnx_reshape, p2c_onnx_flatten, p2c_onnx_squeeze, p2c_onnx_unsqueeze,
    p2c_onnx_transpose, p2c_onnx_concat, p2c_onnx_slice, p2c_onnx_split, p2c_onnx_gather,
    p2c_onnx_expand, p2c_onnx_tile, p2c_onnx_pad, p2c_onnx_depth_to_space, p2c_onnx_space_to_depth,
    p2c_onnx_shape, p2c_onnx_size, p2c_onnx_constant, p2c_onnx_constant_of_shape, p2c_onnx_range,
    p2c_onnx_where, p2c_onnx_cast, p2c_onnx_identity;
/* import_onnx_window.c */
P2cImportRule p2c_onnx_conv, p2c_onnx_conv_transpose, p2c_onnx_max_pool, p2c_onnx_average_pool,
    p2c_onnx_global_average_pool, p2c_onnx_global_max_pool, p2c_onnx_resize, p2c_onnx_upsample;

/* Reads a list that is an attribute up to some operator set and operand `at` after that. *count is
 * -1 if there is neither. */
P2cStatus p2c_onnx_ints(P2cImporter *im, P2cImported **in, int at, const char *attribute,
                        int64_t values[P2C_MAX_RANK], int *count);

#endif
