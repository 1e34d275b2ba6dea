/* pickle_tree.c: turns the objects of the pickle machine into a tree of values.
 *
 * The machine's objects form a graph: through the memo one object may appear in many places, even
 * inside itself. In the tree each place gets its own copy. Three bounds keep the tree finite: its
 * depth; the number of values, in proportion to the pickle's length; the bytes of tensors and
 * texts. */
#include "pickle.h"
#include "pt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Builder {
    P2cPickle *pickle;
    size_t values_left;
    uint64_t bytes_left;
    P2cFills *fills;
} Builder;

static P2cStatus convert(Builder *b, const P2cPickled *object, int depth, P2cValue **out);

static P2cStatus fail(Builder *b, const char *what) {
    return p2c_fail(b->pickle->ctx, P2C_ERR_FORMAT, "%s: %s", b->pickle->path, what);
}

static P2cStatus spend(Builder *b, uint64_t bytes) {
    if (bytes > b->bytes_left)
        return fail(b, "unpacks to far more than a file of its size should; it is refused");
    b->bytes_left -= bytes;
    return P2C_OK;
}

/* Copies a text as a C string, which the caller frees. */
static P2cStatus copy_text(Builder *b, P2cText text, char **out) {
    *out = NULL;
    P2cStatus status = spend(b, text.size);
    if (status) return status;
    if (!p2c_text_valid(text.bytes, text.size))
        return fail(b, "a text in it is not UTF-8, or holds a zero byte");
    if (!(*out = malloc(text.size + 1)))
        return p2c_fail_memory(b->pickle->ctx, b->pickle->path, text.size);
    if (text.size) memcpy(*out, text.bytes, text.size);
    (*out)[text.size] = 0;
    return P2C_OK;
}

static P2cStatus copy_key(Builder *b, const P2cPickled *key, char **out) {
    if (key->kind == P2C_PICKLED_TEXT) return copy_text(b, key->text, out);
    *out = NULL;
    if (key->kind != P2C_PICKLED_INT)
        return fail(b, "a dict in it has a key that is neither text nor an integer");
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, key->integer);
    P2cText text = { (const uint8_t *)digits, strlen(digits) };
    return copy_text(b, text, out);
}

static P2cStatus convert_dict(Builder *b, const P2cPickled *object, int depth, P2cValue *dict) {
    P2cStatus status = P2C_OK;
    for (size_t i = 0; i < object->list.count && !status; i += 2) {
        char *key;
        P2cValue *value = NULL;
        status = copy_key(b, object->list.items[i], &key);
        if (!status && p2c_value_get(dict, key))
            status = p2c_fail(b->pickle->ctx, P2C_ERR_FORMAT,
                              "%s: a dict in it has two keys that read as '%.100s'",
                              b->pickle->path, key);
        if (!status) status = convert(b, object->list.items[i + 1], depth + 1, &value);
        if (!status && p2c_value_set(dict, key, value))
            status = p2c_fail_memory(b->pickle->ctx, b->pickle->path, sizeof(P2cPickled));
        free(key);
    }
    return status;
}

static P2cStatus convert_list(Builder *b, const P2cPickled *object, int depth, P2cValue *list) {
    P2cStatus status = P2C_OK;
    for (size_t i = 0; i < object->list.count && !status; i++) {
        P2cValue *value;
        status = convert(b, object->list.items[i], depth + 1, &value);
        if (!status && p2c_value_append(list, value))
            status = p2c_fail_memory(b->pickle->ctx, b->pickle->path, sizeof(P2cPickled));
    }
    return status;
}

/* Makes a tensor of zeros and notes what to fill it with. Without a list of notes it makes None
 * instead. */
static P2cStatus convert_tensor(Builder *b, const P2cTensorView *view, P2cValue **out) {
    size_t count, bytes;
    if (!p2c_shape_bytes(view->type, view->shape, &count, &bytes))
        return fail(b, "a tensor of impossible size");
    P2cStatus status = spend(b, bytes);
    if (status) return status;
    P2cFills *fills = b->fills;
    if (!fills) {
        *out = p2c_value_none();
        return P2C_OK;
    }
    if (fills->count == fills->capacity) {
        size_t capacity = 2 * fills->capacity + 64;
        P2cFill *more = realloc(fills->at, capacity * sizeof *more);
        if (!more) return p2c_fail_memory(b->pickle->ctx, b->pickle->path, capacity * sizeof *more);
        fills->at = more;
        fills->capacity = capacity;
    }
    if (!(*out = p2c_value_tensor(view->type, view->shape, NULL)))
        return p2c_fail_memory(b->pickle->ctx, b->pickle->path, bytes);
    fills->at[fills->count++] = (P2cFill){ *out, view };
    return P2C_OK;
}

static P2cStatus convert_text(Builder *b, P2cText text, P2cValue **out) {
    char *copy;
    P2cStatus status = copy_text(b, text, &copy);
    if (!status) *out = p2c_value_string(copy);
    free(copy);
    return status;
}

/* On failure *out is NULL, and everything made so far is freed. */
static P2cStatus convert(Builder *b, const P2cPickled *object, int depth, P2cValue **out) {
    *out = NULL;
    if (depth > P2C_PT_MAX_DEPTH)
        return fail(b, "lists and dicts in it are nested too deeply (more than 100 levels)");
    if (b->values_left-- == 0) {
        b->values_left = 0;
        return fail(b, "unpacks to far more values than a file of its size should; it is refused");
    }
    P2cStatus status = P2C_OK;
    switch (object->kind) {
    case P2C_PICKLED_NONE: *out = p2c_value_none(); break;
    case P2C_PICKLED_BOOL: *out = p2c_value_bool(object->integer); break;
    case P2C_PICKLED_INT: *out = p2c_value_int(object->integer); break;
    case P2C_PICKLED_FLOAT: *out = p2c_value_float(object->real); break;
    case P2C_PICKLED_TEXT: status = convert_text(b, object->text, out); break;
    case P2C_PICKLED_TENSOR: status = convert_tensor(b, object->tensor, out); break;
    case P2C_PICKLED_LIST:
    case P2C_PICKLED_TUPLE: *out = p2c_value_list(); break;
    case P2C_PICKLED_DICT: *out = p2c_value_dict(); break;
    case P2C_PICKLED_BIG: return fail(b, "an integer in it has more than 64 bits");
    case P2C_PICKLED_GLOBAL: return fail(b, "a class or function in it is in the place of a value");
    case P2C_PICKLED_STORAGE: return fail(b, "a storage in it is not used as a tensor");
    }
    if (!status && !*out) status = p2c_fail_memory(b->pickle->ctx, b->pickle->path, 64);
    if (!status && p2c_value_kind(*out) == P2C_LIST) status = convert_list(b, object, depth, *out);
    else if (!status && p2c_value_kind(*out) == P2C_DICT)
        status = convert_dict(b, object, depth, *out);
    if (status) p2c_value_free(out);
    return status;
}

P2cStatus p2c_pickle_tree(P2cPickle *pickle, const P2cPickled *root, uint64_t max_bytes,
                          P2cFills *fills, P2cValue **out) {
    size_t values = 65536 + 4 * (size_t)(pickle->at - pickle->begin);
    Builder b = { pickle, values < P2C_PT_MAX_OBJECTS ? values : P2C_PT_MAX_OBJECTS, max_bytes,
                  fills };
    return convert(&b, root, 0, out);
}
