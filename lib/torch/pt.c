/* pt.c: reads and writes PyTorch files.
 *
 * Reading has three steps, so that every byte is checked before it is used and tensors are held
 * twice only briefly:
 *   1. the container is opened and its pickle is run, which says which values there are, and which
 *       tensors are views of which storages (pickle*.c);
 *   2. the tree is made, with zeroed tensors;
 *   3. storage by storage, the bytes are read, checked (a zip file has checksums) and gathered into
 *       the tensors that view them. */
#include "pt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- gathering ---- */

static bool contiguous(const P2cTensorView *view) {
    int64_t step = 1;
    for (int i = view->shape.rank - 1; i >= 0; i--) {
        if (view->shape.size[i] != 1 && view->stride[i] != step) return false;
        step *= view->shape.size[i];
    }
    return true;
}

/* Gathers a view into out, contiguous of shape (size[0], size[1], ...). Element i of the view is
 * the storage's element offset + sum of index * stride. */
static void gather(const P2cTensorView *view, const unsigned char *storage, unsigned char *out) {
    size_t count, bytes, each = p2c_type_bytes(view->type);
    if (!p2c_shape_bytes(view->type, view->shape, &count, &bytes) || count == 0) return;
    if (contiguous(view)) {
        memcpy(out, storage + (size_t)view->offset * each, bytes);
        return;
    }
    int64_t index[P2C_MAX_RANK] = { 0 }, at = view->offset;
    for (size_t k = 0; k < count; k++, out += each) {
        memcpy(out, storage + (size_t)at * each, each);
        for (int i = view->shape.rank - 1; i >= 0; i--) { /* the last index runs fastest */
            at += view->stride[i];
            if (++index[i] < view->shape.size[i]) break;
            at -= index[i] * view->stride[i];
            index[i] = 0;
        }
    }
}

static int by_storage(const void *a, const void *b) {
    size_t x = ((const P2cFill *)a)->view->storage, y = ((const P2cFill *)b)->view->storage;
    return (x > y) - (x < y);
}

static P2cStatus load(P2cPtFile *file, size_t storage, void *data, size_t bytes) {
    return file->zip ? p2c_pt_zip_load(file, storage, data, bytes)
                     : p2c_pt_legacy_load(file, storage, data, bytes);
}

/* Fills the tensors that view one storage. */
static P2cStatus fill_from_storage(P2cPtFile *file, const P2cFill *fills, size_t count,
                                   size_t bytes) {
    const P2cTensorView *view = fills[0].view;
    size_t elements, wanted;
    bool whole = count == 1 && contiguous(view) &&
                 p2c_shape_bytes(view->type, view->shape, &elements, &wanted) && wanted == bytes;
    if (whole) return load(file, view->storage, p2c_value_mutable_data(fills[0].tensor), bytes);
    void *data = malloc(bytes ? bytes : 1);
    if (!data) return p2c_fail_memory(file->ctx, file->path, bytes);
    P2cStatus status = load(file, view->storage, data, bytes);
    for (size_t i = 0; i < count && !status; i++)
        gather(fills[i].view, data, p2c_value_mutable_data(fills[i].tensor));
    free(data);
    return status;
}

static P2cStatus fill_tensors(P2cPtFile *file, P2cFills *fills, uint64_t max_bytes) {
    P2cStatus status = P2C_OK;
    if (fills->count) qsort(fills->at, fills->count, sizeof *fills->at, by_storage);
    for (size_t first = 0, next; first < fills->count && !status; first = next) {
        size_t storage = fills->at[first].view->storage;
        for (next = first + 1; next < fills->count && fills->at[next].view->storage == storage;)
            next++;
        const P2cStorage *s = &file->pickle.storages[storage];
        uint64_t bytes = (uint64_t)s->count * p2c_type_bytes(s->type);
        if (bytes > max_bytes)
            status =
                p2c_fail(file->ctx, P2C_ERR_FORMAT,
                         "%s: unpacks to far more than a file of its size should; it is refused",
                         file->path);
        else status = fill_from_storage(file, fills->at + first, next - first, (size_t)bytes);
        max_bytes -= bytes;
    }
    return status;
}

/* ---- entry ---- */

static P2cStatus open_container(P2cPtFile *file, const P2cPickled **root) {
    unsigned char start[4] = { 0 };
    size_t count = fread(start, 1, sizeof start, file->stream);
    rewind(file->stream);
    if (count == 4 && memcmp(start, "PK\3\4", 4) == 0) return p2c_pt_zip_open(file, root);
    if (count == 4 && start[0] == 0x80) return p2c_pt_legacy_open(file, root);
    if (file->size == 0) return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: is empty", file->path);
    return p2c_fail(file->ctx, P2C_ERR_FORMAT,
                    "%s: is not a PyTorch file (neither a zip archive nor a pickle)", file->path);
}

static P2cPtFile new_file(P2cContext *ctx, const char *path) {
    return (P2cPtFile){ .ctx = ctx, .path = path, .pickle = { .ctx = ctx, .path = path } };
}

/* The caller must close the file even after a failure. */
static P2cStatus open_file(P2cPtFile *file, const P2cPickled **root) {
    P2cStatus status = p2c_input_open(file->ctx, file->path, &file->stream, &file->size);
    return status ? status : open_container(file, root);
}

static P2cStatus open_memory(P2cPtFile *file, const P2cPickled **root) {
    file->stream = fmemopen((void *)file->memory, (size_t)file->size, "rb");
    return file->stream ? open_container(file, root) : p2c_fail_memory(file->ctx, file->path, 0);
}

static void close_file(P2cPtFile *file) {
    p2c_pickle_clear(&file->pickle);
    p2c_pt_zip_close(file);
    free(file->bytes);
    free(file->offsets);
    if (file->stream) fclose(file->stream);
}

/* Deflated weights are about as long as their numbers. Only files made to do harm unpack to a
 * hundred times their size. */
static uint64_t max_bytes(const P2cPtFile *file) { return (256u << 20) + 16 * file->size; }

/* Makes the tree of an opened file and closes the file. status is the result of opening it. */
static P2cStatus read_tree(P2cPtFile *file, const P2cPickled *root, P2cStatus status,
                           P2cValue **out) {
    P2cFills fills = { 0 };
    if (!status) status = p2c_pickle_tree(&file->pickle, root, max_bytes(file), &fills, out);
    if (!status) status = fill_tensors(file, &fills, max_bytes(file));
    if (status) p2c_value_free(out);
    free(fills.at);
    close_file(file);
    return status;
}

P2cStatus p2c_pt_read(P2cContext *ctx, const char *path, P2cValue **out) {
    assert(path && out);
    *out = NULL;
    P2cPtFile file = new_file(ctx, path);
    const P2cPickled *root = NULL;
    P2cStatus status = open_file(&file, &root);
    return read_tree(&file, root, status, out);
}

P2cStatus p2c_pt_read_memory(P2cContext *ctx, const char *name, const void *bytes, size_t size,
                             P2cValue **out) {
    assert(name && bytes && out);
    *out = NULL;
    P2cPtFile file = new_file(ctx, name);
    const P2cPickled *root = NULL;
    file.memory = bytes;
    file.size = size;
    P2cStatus status = open_memory(&file, &root);
    return read_tree(&file, root, status, out);
}

P2cStatus p2c_pt_verify(P2cContext *ctx, const char *path) {
    assert(path);
    P2cPtFile file = new_file(ctx, path);
    P2cValue *tree = NULL;
    const P2cPickled *root;
    file.strict = true;
    P2cStatus status = open_file(&file, &root);
    if (!status) status = p2c_pickle_tree(&file.pickle, root, max_bytes(&file), NULL, &tree);
    /* for a legacy stream, opening it has checked that all storages are there */
    if (!status && file.zip) status = p2c_pt_zip_verify(&file);
    p2c_value_free(&tree);
    close_file(&file);
    return status;
}

P2cStatus p2c_pt_write(P2cContext *ctx, const char *path, const P2cValue *value) {
    assert(path && value);
    P2cPickleText text = { 0 };
    P2cStatus status = p2c_pickle_write(ctx, path, value, &text);
    if (!status) status = p2c_pt_zip_write(ctx, path, &text);
    p2c_pickle_text_clear(&text);
    return status;
}
