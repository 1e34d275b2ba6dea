/* p2cnn_files.h: files of networks: PyTorch's, ONNX and TensorFlow. */
#ifndef P2CNN_FILES_H
#define P2CNN_FILES_H

#include "p2cnn_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- PyTorch files ----------------------------------------------------------------------------
 * A tree of dicts, lists, plain values and tensors, as torch.save writes it. Reading runs no
 * code. */

typedef struct P2cValue P2cValue;
typedef enum P2cKind {
    P2C_NONE,
    P2C_BOOL,
    P2C_INT,
    P2C_FLOAT,
    P2C_STRING,
    P2C_LIST,
    P2C_DICT,
    P2C_TENSOR
} P2cKind;
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
#define P2C_MAX_RANK 8
typedef struct P2cShape {
    int rank;
    int64_t size[P2C_MAX_RANK];
} P2cShape;

/* Both forms of torch.save: zip archives and the legacy stream. *out is NULL on failure. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read(P2cContext *ctx, const char *path, P2cValue **out);
/* The same of a file that is in memory already, such as one that was linked into a program; name:
 * for error texts. Nothing of bytes is kept. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_read_memory(P2cContext *ctx, const char *name,
                                                 const void *bytes, size_t size, P2cValue **out);
/* A zip archive that torch.load(weights_only=True) accepts; beside the target, fsynced, renamed. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_write(P2cContext *ctx, const char *path,
                                           const P2cValue *value);
/* Whether a file is whole: every byte is read and no tensor kept. Stricter than p2c_pt_read, since
 * all members of a zip archive are compared with their checksums, and their headers with its
 * directory; the legacy stream has neither. */
P2C_API P2C_CHECKED P2cStatus p2c_pt_verify(P2cContext *ctx, const char *path);

/* Constructors return NULL when memory is out; containers own what is put into them. */
P2C_API P2cValue *p2c_value_none(void);
P2C_API P2cValue *p2c_value_bool(bool value);
P2C_API P2cValue *p2c_value_int(int64_t value);
P2C_API P2cValue *p2c_value_float(double value);
P2C_API P2cValue *p2c_value_string(const char *text);
P2C_API P2cValue *p2c_value_list(void);
P2C_API P2cValue *p2c_value_dict(void);
/* copies; NULL data: zeros */
P2C_API P2cValue *p2c_value_tensor(P2cType type, P2cShape shape, const void *data);
P2C_API void p2c_value_free(P2cValue **value);
/* Takes `value` in every case (it is freed on failure); a NULL value fails with P2C_ERR_MEMORY. A
 * key set twice is replaced. */
P2C_API P2C_CHECKED P2cStatus p2c_value_append(P2cValue *list, P2cValue *value);
P2C_API P2C_CHECKED P2cStatus p2c_value_set(P2cValue *dict, const char *key, P2cValue *value);

P2C_API P2cKind p2c_value_kind(const P2cValue *value);
/* entries of a list or dict */
P2C_API size_t p2c_value_count(const P2cValue *value);
/* entry i of a list or dict */
P2C_API const P2cValue *p2c_value_at(const P2cValue *value, size_t i);
/* integer keys read as decimal text */
P2C_API const char *p2c_value_key(const P2cValue *dict, size_t i);
/* NULL: no such key, or not a dict */
P2C_API const P2cValue *p2c_value_get(const P2cValue *dict, const char *key);
/* of BOOL, INT, FLOAT; else 0 */
P2C_API int64_t p2c_value_as_int(const P2cValue *value);
P2C_API double p2c_value_as_float(const P2cValue *value);
/* of STRING, else NULL */
P2C_API const char *p2c_value_as_string(const P2cValue *value);
P2C_API P2cType p2c_value_type(const P2cValue *tensor);
P2C_API P2cShape p2c_value_shape(const P2cValue *tensor);
/* contiguous, in its own type */
P2C_API const void *p2c_value_data(const P2cValue *tensor);
/* converted from any type */
P2C_API void p2c_value_to_float(const P2cValue *tensor, float *values);
/* PyTorch's, such as "float32" */
P2C_API const char *p2c_type_name(P2cType type);

/* ---- state dicts ----------------------------------------------------------------------------- */

/* Copies a state dict (name -> tensor) into the parameters below `prefix` ("genA2B"; "" for all).
 * Names and shapes must agree one to one; else nothing is changed, and the error counts and names
 * the first three that are missing, extra or misshapen. */
P2C_API P2C_CHECKED P2cStatus p2c_store_load(P2cStore *store, const char *prefix,
                                             const P2cValue *state_dict);
/* Whether p2c_store_load would take it; changes nothing in either case. */
P2C_API P2C_CHECKED P2cStatus p2c_store_check(const P2cStore *store, const char *prefix,
                                              const P2cValue *state_dict);
/* The parameters below `prefix` as a new state dict, to be freed by the caller; *out is NULL on
 * failure. */
P2C_API P2C_CHECKED P2cStatus p2c_store_save(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The same for writing it at once, without a second copy of the weights: on the CPU its tensors are
 * the store's own memory, to be freed before the store is written to, loaded, updated by a graph or
 * freed. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view(const P2cStore *store, const char *prefix,
                                             P2cValue **out);
/* The values of the parameters below `from` into those below `to`, which must have the same names
 * and shapes one to one. */
P2C_API P2C_CHECKED P2cStatus p2c_store_copy(P2cStore *store, const char *from, const char *to);
/* Adam's moments, in PyTorch's words: {"exp_avg": {full name: tensor, ...}, "exp_avg_sq": {...}} of
 * the parameters below `prefix` that have any, which are those that a p2c_minimize updates; a view
 * like p2c_store_view's. Loading is as strict as p2c_store_load; build the graph first. */
P2C_API P2C_CHECKED P2cStatus p2c_store_view_moments(const P2cStore *store, const char *prefix,
                                                     P2cValue **out);
P2C_API P2C_CHECKED P2cStatus p2c_store_load_moments(P2cStore *store, const char *prefix,
                                                     const P2cValue *moments);

/* What a state dict of a generator was made with; fails when it is none. *size: of the picture, 0
 * when any will do. */
P2C_API P2C_CHECKED P2cStatus p2c_generator_options(P2cContext *ctx, const P2cValue *state_dict,
                                                    P2cGenerator *options, int *size);
/* Which layout a state dict is of; fails when it is of neither, and says what it begins with. */
P2C_API P2C_CHECKED P2cStatus p2c_face_kind(P2cContext *ctx, const P2cValue *state_dict,
                                            P2cFaceKind *kind);

/* ---- networks from elsewhere: ONNX and TensorFlow files ---------------------------------------
 * A file is read as a list of operations and weights; building adds them to a graph of ours. */

typedef struct P2cModel P2cModel;
/* An .onnx file, or a frozen TensorFlow graph (.pb), told apart by content. *out is NULL on
 * failure. ONNX weights in files of their own are read from the model's folder alone. */
P2C_API P2C_CHECKED P2cStatus p2c_model_read(P2cContext *ctx, const char *path, P2cModel **out);
P2C_API void p2c_model_free(P2cModel **model);
P2C_API int p2c_model_input_count(const P2cModel *model);
P2C_API const char *p2c_model_input_name(const P2cModel *model, int i);
P2C_API P2cShape p2c_model_input_shape(const P2cModel *model, int i); /* sizes -1: any */
P2C_API int p2c_model_output_count(const P2cModel *model);
P2C_API const char *p2c_model_output_name(const P2cModel *model, int i);
/* Adds the network to net.graph. inputs: one node for each input, of its shape in the file's own
 * order of axes (TensorFlow's is mostly n,h,w,c). outputs: set to one node for each output, the
 * same. Weights become parameters below net.prefix, by their names in the file. Refuses, by its
 * name and its node's, an operation that is not known here. */
P2C_API P2C_CHECKED P2cStatus p2c_model_build(const P2cModel *model, P2cNet net,
                                              P2cNode *const inputs[], P2cNode *outputs[]);
/* Writes what leads from inputs to `count` outputs of a graph, which is not finished yet, as ONNX
 * (operator set 17), with weights. Names of inputs and outputs are those of the nodes. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_write(P2cContext *ctx, const char *path, int count,
                                             P2cNode *const outputs[]);
/* Whether the file computes what the graph does, which is finished by now: both are run on the same
 * numbers, and may differ by rounding. `outputs` as they were written, all of them outputs of their
 * graph. */
P2C_API P2C_CHECKED P2cStatus p2c_onnx_check(P2cContext *ctx, const char *path, P2cNode *input,
                                             int count, P2cNode *const outputs[]);

/* ---- writing files --------------------------------------------------------------------------- */

/* Beside the target, fsynced, renamed: the file is complete or as it was. */
P2C_API P2C_CHECKED P2cStatus p2c_file_write(P2cContext *ctx, const char *path, const void *data,
                                             size_t size);

#ifdef __cplusplus
}
#endif
#endif
