/* model_case.h: the small networks of data/models_onnx.pt and data/models_tensorflow.pt
 * (make_model_fixtures.py), one by one. */
#ifndef P2C_TESTS_UNIT_MODEL_CASE_H
#define P2C_TESTS_UNIT_MODEL_CASE_H

#include "p2cnn.h"

typedef struct ModelCase {
    const char *name;
    const unsigned char *model;
    size_t size;
    const float *in, *out; /* all inputs, and all outputs, one after the other */
    size_t in_count, out_count;
    const P2cValue *dims, *shapes; /* of inputs, and of outputs: lists of lists */
} ModelCase;

typedef struct ModelCases {
    P2cValue *file;
    int count;
    ModelCase *at;
} ModelCases;

void model_cases_read(P2cContext *ctx, const char *path, ModelCases *cases);
void model_cases_clear(ModelCases *cases);
/* Writes the model to `path`, reads and builds it with parameters in `store` below "model", and
 * runs it. Returns false if it is refused; the context has the reason. */
bool model_case_run(P2cContext *ctx, P2cStore *store, const ModelCase *c, const char *path,
                    float *out);
/* Reads and builds the file at `path`, with 1 for every size that the file leaves open, and runs it
 * once if that makes sense. */
P2cStatus model_try(P2cContext *ctx, const char *path);

#endif
