/* pickle_reduce.c: the globals that a pickle may name, what calling them does, and persistent ids,
 * which name storages.
 *
 *   _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])
 *       _rebuild_tensor takes the first four
 *   _rebuild_parameter(tensor, requires_grad, backward_hooks)
 *       returns the tensor
 *   OrderedDict() and OrderedDict([(key, value), ...])
 *       return a dict
 *   torch.Size((n, c, ...))
 *       returns the tuple
 *   persistent id: ('storage', <type>Storage, key, device, count[, view]). view is None or, before
 *       PyTorch 0.4, (key, begin, count)
 *
 * The device is ignored: everything is read into host memory. Source: torch/_utils.py,
 * torch/serialization.py. */
#include "pickle.h"
#include "pt.h"

#include <stdlib.h>
#include <string.h>

typedef enum Action { STORAGE_TYPE, ORDERED_DICT, REBUILD_TENSOR, REBUILD_PARAMETER, SIZE } Action;

struct P2cGlobal {
    const char *module, *name;
    Action action;
    P2cType type; /* of the elements of a STORAGE_TYPE */
    size_t min_args, max_args;
};

static const P2cGlobal globals[] = {
    { "collections", "OrderedDict", ORDERED_DICT, 0, 0, 1 },
    { "torch._utils", "_rebuild_tensor", REBUILD_TENSOR, 0, 4, 4 },
    { "torch._utils", "_rebuild_tensor_v2", REBUILD_TENSOR, 0, 6, 7 },
    { "torch._utils", "_rebuild_parameter", REBUILD_PARAMETER, 0, 3, 3 },
    { "torch._utils", "_rebuild_parameter_with_state", REBUILD_PARAMETER, 0, 4, 4 },
    { "torch", "Size", SIZE, 0, 1, 1 },
    { "torch", "FloatStorage", STORAGE_TYPE, P2C_F32, 0, 0 },
    { "torch", "HalfStorage", STORAGE_TYPE, P2C_F16, 0, 0 },
    { "torch", "BFloat16Storage", STORAGE_TYPE, P2C_BF16, 0, 0 },
    { "torch", "DoubleStorage", STORAGE_TYPE, P2C_F64, 0, 0 },
    { "torch", "ByteStorage", STORAGE_TYPE, P2C_U8, 0, 0 },
    { "torch", "CharStorage", STORAGE_TYPE, P2C_I8, 0, 0 },
    { "torch", "ShortStorage", STORAGE_TYPE, P2C_I16, 0, 0 },
    { "torch", "IntStorage", STORAGE_TYPE, P2C_I32, 0, 0 },
    { "torch", "LongStorage", STORAGE_TYPE, P2C_I64, 0, 0 },
    { "torch", "BoolStorage", STORAGE_TYPE, P2C_TYPE_BOOL, 0, 0 },
};

static bool same(P2cText text, const char *name) {
    return text.size == strlen(name) && memcmp(text.bytes, name, text.size) == 0;
}

P2cStatus p2c_pickle_global(P2cPickle *p, P2cText module, P2cText name, const P2cGlobal **out) {
    *out = NULL;
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (same(module, globals[i].module) && same(name, globals[i].name)) *out = &globals[i];
    if (*out) return P2C_OK;
    int longest = 100;
    return p2c_fail(p->ctx, P2C_ERR_FORMAT,
                    "%s: refuses to load '%.*s.%.*s': only tensors and plain values are supported",
                    p->path, (int)module.size < longest ? (int)module.size : longest,
                    (const char *)module.bytes, (int)name.size < longest ? (int)name.size : longest,
                    (const char *)name.bytes);
}

P2cStatus p2c_pickle_text(P2cPickle *p, P2cText text, size_t size, char *buffer) {
    if (text.size >= size) return p2c_pickle_fail(p, "a name is too long");
    if (!p2c_text_valid(text.bytes, text.size))
        return p2c_pickle_fail(p, "a name is not UTF-8 text");
    if (text.size) memcpy(buffer, text.bytes, text.size);
    buffer[text.size] = 0;
    return P2C_OK;
}

/* ---- storages ---- */

/* Returns the number of the storage with this key, and enters it into the list when it is new. */
static P2cStatus find_storage(P2cPickle *p, P2cText key, P2cType type, int64_t count,
                              size_t *index) {
    char name[256];
    P2cStatus status = p2c_pickle_text(p, key, sizeof name, name);
    if (status) return status;
    if (!p->storage_index && !(p->storage_index = p2c_value_dict()))
        return p2c_fail_memory(p->ctx, p->path, 0);
    const P2cValue *known = p2c_value_get(p->storage_index, name);
    if (known) {
        *index = (size_t)p2c_value_as_int(known);
        const P2cStorage *s = &p->storages[*index];
        return s->type == type && s->count == count
                   ? P2C_OK
                   : p2c_pickle_fail(p, "one storage with two types or sizes");
    }
    if (p->storage_count == p->storage_capacity) {
        size_t capacity = 2 * p->storage_capacity + 16;
        P2cStorage *more = realloc(p->storages, capacity * sizeof *more);
        if (!more) return p2c_fail_memory(p->ctx, p->path, capacity * sizeof *more);
        p->storages = more;
        p->storage_capacity = capacity;
    }
    *index = p->storage_count;
    p->storages[p->storage_count++] = (P2cStorage){ key, type, count };
    if (p2c_value_set(p->storage_index, name, p2c_value_int((int64_t)*index)))
        return p2c_fail_memory(p->ctx, p->path, 0);
    return P2C_OK;
}

/* Narrows the storage to view = (key, begin, count). */
static P2cStatus narrow(P2cPickle *p, const P2cPickled *view, P2cStorageView *range) {
    if (view->kind == P2C_PICKLED_NONE) return P2C_OK;
    bool good = view->kind == P2C_PICKLED_TUPLE && view->list.count == 3 &&
                view->list.items[1]->kind == P2C_PICKLED_INT &&
                view->list.items[2]->kind == P2C_PICKLED_INT;
    int64_t begin = good ? view->list.items[1]->integer : -1,
            count = good ? view->list.items[2]->integer : -1;
    if (begin < 0 || count < 0 || begin > range->count || count > range->count - begin)
        return p2c_pickle_fail(p, "a view that lies outside its storage");
    range->begin = begin;
    range->count = count;
    return P2C_OK;
}

P2cStatus p2c_pickle_persistent(P2cPickle *p, const P2cPickled *id, P2cPickled **out) {
    *out = NULL;
    if (id->kind != P2C_PICKLED_TUPLE || id->list.count < 5 || id->list.count > 6)
        return p2c_pickle_fail(p, "a persistent id that does not name a storage");
    P2cPickled **item = id->list.items;
    if (item[0]->kind != P2C_PICKLED_TEXT || !same(item[0]->text, "storage") ||
        item[1]->kind != P2C_PICKLED_GLOBAL || item[1]->global->action != STORAGE_TYPE ||
        item[2]->kind != P2C_PICKLED_TEXT || item[4]->kind != P2C_PICKLED_INT)
        return p2c_pickle_fail(p, "a persistent id that does not name a storage");
    P2cType type = item[1]->global->type;
    int64_t count = item[4]->integer;
    if (count < 0 || count > INT64_MAX / 8)
        return p2c_pickle_fail(p, "a storage of impossible size");
    size_t index;
    P2cStatus status = find_storage(p, item[2]->text, type, count, &index);
    if (!status) status = p2c_pickle_new(p, P2C_PICKLED_STORAGE, out);
    if (status) return status;
    (*out)->view = (P2cStorageView){ index, 0, count };
    return id->list.count == 6 ? narrow(p, item[5], &(*out)->view) : P2C_OK;
}

/* ---- tensors ---- */

/* True when all elements that shape, stride and offset reach lie in a storage of `count`
 * elements. */
static bool fits(const P2cTensorView *t, int64_t count) {
    int64_t last = t->offset, reach;
    size_t elements, bytes;
    if (!p2c_shape_bytes(t->type, t->shape, &elements, &bytes) || t->offset < 0) return false;
    for (int i = 0; i < t->shape.rank; i++) {
        if (t->stride[i] < 0) return false;
        if (elements == 0) continue;
        if (__builtin_mul_overflow(t->shape.size[i] - 1, t->stride[i], &reach) ||
            __builtin_add_overflow(last, reach, &last))
            return false;
    }
    return elements == 0 ? t->offset <= count : last < count;
}

static P2cStatus rebuild_tensor(P2cPickle *p, const P2cPickled *args, P2cPickled **out) {
    P2cPickled **arg = args->list.items;
    if (arg[0]->kind != P2C_PICKLED_STORAGE || arg[1]->kind != P2C_PICKLED_INT ||
        arg[2]->kind != P2C_PICKLED_TUPLE || arg[3]->kind != P2C_PICKLED_TUPLE ||
        arg[2]->list.count != arg[3]->list.count)
        return p2c_pickle_fail(p, "a tensor without storage, offset, size and stride");
    size_t rank = arg[2]->list.count;
    if (rank > P2C_MAX_RANK) return p2c_pickle_fail(p, "a tensor of more than 8 dimensions");
    if (args->list.count == 7 && arg[6]->kind == P2C_PICKLED_DICT && arg[6]->list.count)
        return p2c_pickle_fail(
            p, "a tensor with flags (such as lazy negation) that are not supported");
    P2cTensorView t = { .storage = arg[0]->view.storage,
                        .type = p->storages[arg[0]->view.storage].type,
                        .shape.rank = (int)rank };
    for (size_t i = 0; i < rank; i++) {
        const P2cPickled *size = arg[2]->list.items[i], *stride = arg[3]->list.items[i];
        if (size->kind != P2C_PICKLED_INT || stride->kind != P2C_PICKLED_INT)
            return p2c_pickle_fail(p, "a tensor whose size is not an integer");
        t.shape.size[i] = size->integer;
        /* the stride of an axis of size 1 is never used and may be any number */
        t.stride[i] = size->integer == 1 ? 0 : stride->integer;
    }
    t.offset = arg[1]->integer;
    if (!fits(&t, arg[0]->view.count))
        return p2c_pickle_fail(p, "a tensor that does not lie inside its storage");
    t.offset += arg[0]->view.begin;
    P2cStatus status = p2c_pickle_new(p, P2C_PICKLED_TENSOR, out);
    if (status) return status;
    P2cTensorView *kept = malloc(sizeof *kept);
    if (!kept) return p2c_fail_memory(p->ctx, p->path, sizeof *kept);
    *kept = t;
    (*out)->tensor = kept;
    return P2C_OK;
}

/* ---- calls ---- */

static P2cStatus ordered_dict(P2cPickle *p, const P2cPickled *args, P2cPickled **out) {
    P2cStatus status = p2c_pickle_new(p, P2C_PICKLED_DICT, out);
    if (status || args->list.count == 0) return status;
    const P2cPickled *pairs = args->list.items[0];
    if (pairs->kind != P2C_PICKLED_LIST && pairs->kind != P2C_PICKLED_TUPLE)
        return p2c_pickle_fail(p, "a dict made from something that is not a list");
    for (size_t i = 0; i < pairs->list.count && !status; i++) {
        const P2cPickled *pair = pairs->list.items[i];
        if ((pair->kind != P2C_PICKLED_LIST && pair->kind != P2C_PICKLED_TUPLE) ||
            pair->list.count != 2)
            return p2c_pickle_fail(p, "a dict made from items that are not pairs");
        status = p2c_pickle_add(p, *out, pair->list.items[0]);
        if (!status) status = p2c_pickle_add(p, *out, pair->list.items[1]);
    }
    return status;
}

P2cStatus p2c_pickle_reduce(P2cPickle *p, const P2cPickled *callable, P2cPickled *args,
                            P2cPickled **out) {
    *out = NULL;
    if (callable->kind != P2C_PICKLED_GLOBAL || args->kind != P2C_PICKLED_TUPLE)
        return p2c_pickle_fail(p, "calls something that is not a function");
    const P2cGlobal *global = callable->global;
    P2cPickled *first = args->list.count ? args->list.items[0] : NULL;
    if (args->list.count < global->min_args || args->list.count > global->max_args)
        return p2c_pickle_fail(p, "a call with too many or too few arguments");
    switch (global->action) {
    case ORDERED_DICT: return ordered_dict(p, args, out);
    case REBUILD_TENSOR: return rebuild_tensor(p, args, out);
    case REBUILD_PARAMETER:
        *out = first;
        return first->kind == P2C_PICKLED_TENSOR
                   ? P2C_OK
                   : p2c_pickle_fail(p, "a parameter that is not a tensor");
    case SIZE:
        *out = first;
        return first->kind == P2C_PICKLED_TUPLE ? P2C_OK
                                                : p2c_pickle_fail(p, "a size that is not a tuple");
    case STORAGE_TYPE: break;
    }
    return p2c_pickle_fail(p, "calls a storage type");
}
