/* p2cnn_files.h: files of networks. PyTorch's, which hold trees of tensors, are read and written:
 * weights and whole checkpoints. Networks in ONNX are read and written, TensorFlow's are read. No
 * code in a file is ever run.
 *
 *     P2cValue *file;
 *     if (p2c_pt_read(ctx, "checkpoint.pt", &file)) die(p2c_error(ctx));
 *     const P2cValue *weights = p2c_value_get(file, "genA2B");           borrowed from the tree
 *     if (p2c_store_load(store, "genA2B", weights)) die(p2c_error(ctx)); into parameters, by name
 *     p2c_value_free(&file);
 *
 *     P2cModel *model;
 *     if (p2c_model_read(ctx, "detector.onnx", &model) ||
 *         p2c_model_build(model, p2c_net(g, store, "detector"), &picture, outputs))
 *         die(p2c_error(ctx));
 *     p2c_model_free(&model);
 *
 * Rules about errors, ownership and threads stand in p2cnn_base.h.
 */
#ifndef P2CNN_FILES_H
#define P2CNN_FILES_H

#include "p2cnn_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- trees of values --------------------------------------------------------------------------
 * What torch.save writes: dicts, lists, plain values and tensors. */

typedef struct P2cValue P2cValue;

typedef enum P2cKind {
    P2C_NONE,
    P2C_BOOL,
    P2C_INT,
    P2C_FLOAT,
    P2C_STRING,
    P2C_LIST, /* tuples, too */
    P2C_DICT, /* in order of insertion */
    P2C_TENSOR
} P2cKind;

/* Elements of a tensor. */
typedef enum P2cType {
    P2C_F32,
    P2C_F16,
    P2C_BF16,
    P2C_F64,
    P2C_U8,
    P2C_I8,
    P2C_I16,
    P2C_I32,
    P2C_I64,
    P2C_TYPE_BOOL
} P2cType;
/* PyTorch's name of it, such as "float32". A constant. */
P2C_API const char *p2c_type_name(P2cType type);

/* The shape of a tensor in a file: unlike P2cDims up to eight axes, and sizes may be 0. */
#define P2C_MAX_RANK 8
typedef struct P2cShape {
    int rank;
    int64_t size[P2C_MAX_RANK];
} P2cShape;

/* Make a value, which the caller owns; NULL: memory is out. */
P2C_API P2cValue *p2c_value_none(void);
P2C_API P2cValue *p2c_value_bool(bool value);
P2C_API P2cValue *p2c_value_int(int64_t value);
P2C_API P2cValue *p2c_value_float(double value);
P2C_API P2cValue *p2c_value_string(const char *text); /* a copy of text */
P2C_API P2cValue *p2c_value_list(void);
P2C_API P2cValue *p2c_value_dict(void);
/* data: contiguous, and copied; NULL: zeros. A size below 0, or too many bytes, gives NULL, too. */
P2C_API P2cValue *p2c_value_tensor(P2cType type, P2cShape shape, const void *data);
/* Frees the value and all that it contains. */
P2C_API void p2c_value_free(P2cValue **value);
/* Put `value` into a list or dict, which owns it from then on. A key that is there already gets the
 * new value. They fail only with P2C_ERR_MEMORY, which frees `value`; having no
 * context, they leave no line of text. A NULL value fails so, too:
 * what a constructor returns need not be checked before. */
P2C_API P2C_CHECKED P2cStatus p2c_value_append(P2cValue *list, P2cValue *value);
P2C_API P2C_CHECKED P2cStatus p2c_value_set(P2cValue *dict, const char *key, P2cValue *value);

P2C_API P2cKind p2c_value_kind(const P2cValue *value);
/* The number of entries of a list or dict; 0 for other kinds. */
P2C_API size_t p2c_value_count(const P2cValue *value);
/* Entry i of a list or dict, and the key of entry i of a dict, from 0. Keys that are whole numbers
 * in a file are decimal text here. Borrowed. */
P2C_API const P2cValue *p2c_value_at(const P2cValue *value, size_t i);
P2C_API const char *p2c_value_key(const P2cValue *dict, size_t i);
/* The value of a key. NULL: there is no such key, or `dict` is NULL or no dict. Borrowed. */
P2C_API const P2cValue *p2c_value_get(const P2cValue *dict, const char *key);
/* The number in a BOOL, INT or FLOAT; 0 for other kinds. Where a FLOAT has no int64_t: the nearest
 * one, and 0 for NaN. */
P2C_API int64_t p2c_value_as_int(const P2cValue *value);
P2C_API double p2c_value_as_float(const P2cValue *value);
/* The text of a STRING; NULL for other kinds. Borrowed. */
P2C_API const char *p2c_value_as_string(const P2cValue *value);
/* Of a tensor (other kinds are an assertion): type, shape, and the elements, contiguous, in their
 * own type; borrowed. to_float converts all of them from any type. */
P2C_API P2cType p2c_value_type(const P2cValue *tensor);
P2C_API P2cShape p2c_value_shape(const P2cValue *tensor);
P2C_API const void *p2c_value_data(const P2cValue *tensor);
P2C_API void p2c_value_to_float(const P2cValue *tensor, float *values);

/* ---- PyTorch files --------------------------------------------------------------------------- */

/* Reads a file of torch.save, a zip archive or the legacy stream, into a tree that the caller owns.
 * On failure *out is NULL. P2C_ERR_READ: it cannot be read. P2C_ERR_FORMAT: it is damaged, or holds
 * something else than values and tensors. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read(P2cContext *ctx, const char *path, P2cValue **out);
/* The same of `size` bytes in memory, such as a file that was linked into the program. name: for
 * error texts. Nothing of the bytes is kept. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read_memory(P2cContext *ctx, const char *name,
                                                 const void *bytes, size_t size, P2cValue **out);
/* Writes a zip archive that torch.load(weights_only=True) accepts. It is written beside its target,
 * flushed to the disk and then renamed: on failure (P2C_ERR_WRITE) the target is as it was. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_write(P2cContext *ctx, const char *path,
                                           const P2cValue *value);
/* Fails like p2c_pt_read unless the file is whole: all of it is read, and no tensor is kept.
 * Stricter than p2c_pt_read, since all members of a zip archive are compared with their checksums
 * and their headers with its directory. (The legacy stream has neither.) */
P2C_API P2C_CHECKED P2cStatus p2c_pt_verify(P2cContext *ctx, const char *path);

/* ---- state dicts ------------------------------------------------------------------------------
 * Parameters of a store as a dict from names to tensors. prefix: a scope, such as "genA2B", whose
 * parameters are meant, by their names in it; "": all of them. What a dict holds and what a store
 * has must agree one to one in names and shapes. Otherwise nothing is changed, and P2C_ERR_SHAPE
 * comes with a line that counts the tensors which are missing, extra or misshapen, and names the
 * first three. */

/* Copies a state dict into the parameters. Types other than float32 are converted. */
P2C_API P2C_CHECKED P2cStatus p2c_store_load(P2cStore *store, const char *prefix,
                                             const P2cValue *state_dict);
/* Whether p2c_store_load would accept it. Changes nothing in either case. */
P2C_API P2C_CHECKED P2cStatus p2c_store_check(const P2cStore *store, const char *prefix,
                                              const P2cValue *state_dict);
/* Makes a state dict of copies, which the caller owns. On failure *out is NULL. */
P2C_API P2C_CHECKED P2cStatus p2c_store_save(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The same for writing it at once, without a second copy of the weights. On the CPU its tensors are
 * the store's own memory: free it before the store is freed, written to, loaded or updated. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The same as p2c_store_view and p2c_store_load for Adam's moments, under PyTorch's names:
 * {"exp_avg": {full name: tensor, ...}, "exp_avg_sq": {...}}. Only parameters that a p2c_minimize
 * updates have moments: build the graph before loading. If a p2c_minimize_sgd updates any, there is
 * "momentum_buffer" too. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view_moments(const P2cStore *store, const char *prefix,
                                                     P2cValue **out);
P2C_API P2C_CHECKED P2cStatus p2c_store_load_moments(P2cStore *store, const char *prefix,
                                                     const P2cValue *moments);

/* With which options the generator of a state dict was made. *size: of the only pictures that it
 * takes, or 0 when it takes all. P2C_ERR_FORMAT: it is not of a generator. */
P2C_API P2C_CHECKED P2cStatus p2c_generator_options(P2cContext *ctx, const P2cValue *state_dict,
                                                    P2cGenerator *options, int *size);
/* Which face network a state dict is of. P2C_ERR_FORMAT: of none of them. */
P2C_API P2C_CHECKED P2cStatus p2c_face_kind(P2cContext *ctx, const P2cValue *state_dict,
                                            P2cFaceKind *kind);
/* Reads the weights of a face network from a PyTorch file: a state dict, bare or in a dict under
 * "net_state_dict", "state_dict" or "model", with or without DataParallel's "module." before its
 * names. Makes the parameters in the store, under `name`; names and shapes must agree one to one.
 * *kind: which layout, for p2c_face_embedding. P2C_ERR_READ, P2C_ERR_FORMAT, P2C_ERR_SHAPE,
 * P2C_ERR_MEMORY: then the store's `name` must not be used. */
P2C_API P2C_CHECKED P2cStatus p2c_face_load(P2cContext *ctx, P2cStore *store, const char *name,
                                            const char *path, P2cFaceKind *kind);

/* ---- ONNX and TensorFlow --------------------------------------------------------------------- */

/* A network from a file: a list of operations and weights, which can be added to graphs. */
typedef struct P2cModel P2cModel;

/* Reads an .onnx file or a frozen TensorFlow graph (.pb), told apart by content. Where an ONNX file
 * keeps weights in other files, they must be in its own folder. On failure *out is NULL:
 * P2C_ERR_READ, P2C_ERR_FORMAT or P2C_ERR_MEMORY. */
P2C_API P2C_CHECKED P2cStatus p2c_model_read(P2cContext *ctx, const char *path, P2cModel **out);
P2C_API void p2c_model_free(P2cModel **model);

/* Inputs and outputs are numbered from 0 in the order of the file. Names are borrowed. */
P2C_API int p2c_model_input_count(const P2cModel *model);
P2C_API const char *p2c_model_input_name(const P2cModel *model, int i);
P2C_API P2cShape p2c_model_input_shape(const P2cModel *model, int i); /* size -1: any */
P2C_API int p2c_model_output_count(const P2cModel *model);
P2C_API const char *p2c_model_output_name(const P2cModel *model, int i);

/* Adds the network to net.graph. inputs: a node for each input, whose axes are in the order of the
 * file (TensorFlow's is mostly (n, h, w, c)). outputs: set to a node for each output, with axes in
 * the same order. Weights become parameters in the scope of net, by their names in the file.
 * P2C_ERR_FORMAT: the file has an operation that is not supported, which the error names; then the
 * graph has failed, and outputs are NULL. The model may be freed afterwards. */
P2C_API P2C_CHECKED P2cStatus p2c_model_build(const P2cModel *model, P2cNet net,
                                              P2cNode *const inputs[], P2cNode *outputs[]);

/* Writes what leads to `count` outputs of a graph as an ONNX file (operator set 17), weights
 * included. Call it before p2c_graph_finish. Inputs and outputs have the names of their nodes.
 * P2C_ERR_ARGUMENT: an output is NULL, or needs an operation that cannot be written (losses, sum,
 * mean, gradients, ...), which the error names; P2C_ERR_WRITE, P2C_ERR_MEMORY. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_write(P2cContext *ctx, const char *path, int count,
                                             P2cNode *const outputs[]);
/* Whether such a file computes what its graph does: both are run on the same numbers, and may
 * differ by rounding. Call it after p2c_graph_finish, with the same outputs (at most 8), each of
 * which was given to p2c_output. input: the graph's only input. Fills it. P2C_ERR_FORMAT: they
 * differ. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_check(P2cContext *ctx, const char *path, P2cNode *input,
                                             int count, P2cNode *const outputs[]);

/* ---- any file -------------------------------------------------------------------------------- */

/* Writes `size` bytes beside the target, flushes them to the disk, and renames: the file is either
 * complete or as it was (P2C_ERR_WRITE). */
P2C_API P2C_CHECKED P2cStatus p2c_file_write(P2cContext *ctx, const char *path, const void *data,
                                             size_t size);

#ifdef __cplusplus
}
#endif
#endif
