/* pickle.c: the pickle machine. It turns bytes into objects.
 *
 * An instruction is one byte and its arguments. It works on a stack of objects, a stack of marks
 * (heights of the first stack), and a memo. The table at the end lists every supported instruction.
 * Numbers are little-endian, except in BINFLOAT. See CPython's Lib/pickletools.py. Nothing in the
 * file is trusted: every argument is checked against the end of the data, every pop against the
 * last mark, and memory against P2C_PT_MAX_OBJECTS. */
#include "pickle.h"
#include "pt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

P2cStatus p2c_pickle_fail(P2cPickle *p, const char *what) {
    return p2c_fail(p->ctx, P2C_ERR_FORMAT, "%s: damaged: byte %td of its pickle: %s", p->path,
                    p->at - p->begin, what);
}

/* ---- memory ---- */

/* Makes sure that the array has capacity for item number `count`. */
static P2cStatus reserve(P2cPickle *p, void *array, size_t *capacity, size_t count, size_t bytes) {
    if (count < *capacity) return P2C_OK;
    if (count >= P2C_PT_MAX_OBJECTS) return p2c_pickle_fail(p, "too many objects");
    size_t more = count + count / 2 + 4;
    void *old, *new;
    memcpy(&old, array, sizeof old); /* array points to a pointer of any type */
    if (!(new = realloc(old, more * bytes))) return p2c_fail_memory(p->ctx, p->path, more * bytes);
    memset((char *)new + *capacity *bytes, 0, (more - *capacity) * bytes);
    memcpy(array, &new, sizeof new);
    *capacity = more;
    return P2C_OK;
}

P2cStatus p2c_pickle_new(P2cPickle *p, P2cPickledKind kind, P2cPickled **out) {
    *out = NULL;
    if (p->object_count >= P2C_PT_MAX_OBJECTS) return p2c_pickle_fail(p, "too many objects");
    P2cPickled *object = calloc(1, sizeof *object);
    if (!object) return p2c_fail_memory(p->ctx, p->path, sizeof *object);
    object->kind = kind;
    object->next = p->objects;
    p->objects = *out = object;
    p->object_count++;
    return P2C_OK;
}

/* Adds an item to a list, tuple or dict. The sum of all items is bounded, too: five bytes of pickle
 * can make a dict from a list in the memo, which copies the whole list. */
P2cStatus p2c_pickle_add(P2cPickle *p, P2cPickled *box, P2cPickled *item) {
    if (++p->item_count > 4 * (size_t)P2C_PT_MAX_OBJECTS)
        return p2c_pickle_fail(p, "too many items");
    P2cStatus status =
        reserve(p, &box->list.items, &box->list.capacity, box->list.count, sizeof *box->list.items);
    if (!status) box->list.items[box->list.count++] = item;
    return status;
}

void p2c_pickle_clear(P2cPickle *p) {
    for (P2cPickled *object = p->objects, *next; object; object = next) {
        next = object->next;
        if (object->kind == P2C_PICKLED_LIST || object->kind == P2C_PICKLED_TUPLE ||
            object->kind == P2C_PICKLED_DICT)
            free(object->list.items);
        if (object->kind == P2C_PICKLED_TENSOR) free(object->tensor);
        free(object);
    }
    free(p->stack);
    free(p->memo);
    free(p->marks);
    free(p->storages);
    p2c_value_free(&p->storage_index);
    *p = (P2cPickle){ .ctx = p->ctx, .path = p->path };
}

/* ---- arguments ---- */

static P2cStatus take(P2cPickle *p, uint64_t size, const uint8_t **bytes) {
    *bytes = NULL;
    if (size > (uint64_t)(p->end - p->at)) return p2c_pickle_fail(p, "the pickle ends too early");
    *bytes = p->at;
    p->at += size;
    return P2C_OK;
}

static uint64_t little(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

static P2cStatus take_number(P2cPickle *p, size_t size, uint64_t *value) {
    const uint8_t *bytes;
    P2cStatus status = take(p, size, &bytes);
    *value = status ? 0 : little(bytes, size);
    return status;
}

/* Reads bytes that follow their length, which has length_size bytes itself. */
static P2cStatus take_counted(P2cPickle *p, size_t length_size, P2cText *text) {
    uint64_t size;
    P2cStatus status = take_number(p, length_size, &size);
    text->size = (size_t)size;
    return status ? status : take(p, size, &text->bytes);
}

static P2cStatus take_line(P2cPickle *p, P2cText *line) {
    const uint8_t *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
    if (!newline) return p2c_pickle_fail(p, "the pickle ends too early");
    *line = (P2cText){ p->at, (size_t)(newline - p->at) };
    p->at = newline + 1;
    return P2C_OK;
}

/* ---- stack ---- */

static P2cStatus push(P2cPickle *p, P2cPickled *object) {
    P2cStatus status = reserve(p, &p->stack, &p->stack_capacity, p->stack_count, sizeof *p->stack);
    if (!status) p->stack[p->stack_count++] = object;
    return status;
}

static P2cStatus push_new(P2cPickle *p, P2cPickledKind kind, P2cPickled **out) {
    P2cStatus status = p2c_pickle_new(p, kind, out);
    return status ? status : push(p, *out);
}

/* The number of objects above the last mark, or on the whole stack if there is no mark. */
static size_t above_mark(const P2cPickle *p) {
    return p->stack_count - (p->mark_count ? p->marks[p->mark_count - 1] : 0);
}

static P2cStatus need(P2cPickle *p, size_t count) {
    return above_mark(p) < count ? p2c_pickle_fail(p, "takes more from the stack than is there")
                                 : P2C_OK;
}

/* Removes the last mark and hands out the objects above it as *items, *count; they are valid until
 * the next push. */
static P2cStatus pop_to_mark(P2cPickle *p, P2cPickled ***items, size_t *count) {
    *items = NULL;
    *count = 0;
    if (p->mark_count == 0) return p2c_pickle_fail(p, "needs a mark, but there is none");
    *count = above_mark(p);
    p->stack_count -= *count;
    p->mark_count--;
    *items = p->stack ? p->stack + p->stack_count : NULL;
    return P2C_OK;
}

/* ---- instructions; arg is the third column of the table ---- */

static P2cStatus protocol(P2cPickle *p, int arg) {
    (void)arg;
    uint64_t version;
    P2cStatus status = take_number(p, 1, &version);
    if (status || (version >= 2 && version <= 4)) return status;
    return p2c_fail(p->ctx, P2C_ERR_FORMAT,
                    "%s: pickle protocol %d is not supported (only 2 to 4 are)", p->path,
                    (int)version);
}

static P2cStatus frame(P2cPickle *p, int arg) {
    uint64_t ignored; /* frames help streaming readers; this reader has all bytes */
    return take_number(p, (size_t)arg, &ignored);
}

static P2cStatus mark(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = reserve(p, &p->marks, &p->mark_capacity, p->mark_count, sizeof *p->marks);
    if (!status) p->marks[p->mark_count++] = p->stack_count;
    return status;
}

static P2cStatus pop(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = need(p, 1);
    if (!status) p->stack_count--;
    return status;
}

static P2cStatus pop_mark(P2cPickle *p, int arg) {
    (void)arg;
    P2cPickled **items;
    size_t count;
    return pop_to_mark(p, &items, &count);
}

static P2cStatus none(P2cPickle *p, int arg) {
    (void)arg;
    P2cPickled *object;
    return push_new(p, P2C_PICKLED_NONE, &object);
}

static P2cStatus boolean(P2cPickle *p, int arg) {
    P2cPickled *object;
    P2cStatus status = push_new(p, P2C_PICKLED_BOOL, &object);
    if (!status) object->integer = arg;
    return status;
}

/* Integers of 1 and 2 bytes are unsigned, those of 4 signed. */
static P2cStatus integer(P2cPickle *p, int arg) {
    uint64_t value;
    P2cPickled *object;
    P2cStatus status = take_number(p, (size_t)arg, &value);
    if (!status) status = push_new(p, P2C_PICKLED_INT, &object);
    if (!status) object->integer = arg == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
    return status;
}

/* Two's complement of any length; no bytes mean 0. */
static P2cStatus long_integer(P2cPickle *p, int arg) {
    P2cText text;
    P2cPickled *object;
    P2cStatus status = take_counted(p, (size_t)arg, &text);
    if (!status) status = push_new(p, text.size > 8 ? P2C_PICKLED_BIG : P2C_PICKLED_INT, &object);
    if (status) return status;
    if (text.size > 8) {
        object->text = text;
    } else if (text.size > 0) {
        int unused = 64 - 8 * (int)text.size;
        /* gcc shifts signed numbers arithmetically */
        object->integer = (int64_t)(little(text.bytes, text.size) << unused) >> unused;
    }
    return P2C_OK;
}

static P2cStatus real(P2cPickle *p, int arg) {
    const uint8_t *bytes;
    P2cPickled *object;
    P2cStatus status = take(p, (size_t)arg, &bytes);
    if (!status) status = push_new(p, P2C_PICKLED_FLOAT, &object);
    if (status) return status;
    uint64_t bits = 0;
    for (int i = 0; i < arg; i++) bits = bits << 8 | bytes[i];
    memcpy(&object->real, &bits, sizeof object->real);
    return P2C_OK;
}

static P2cStatus text(P2cPickle *p, int arg) {
    P2cText bytes;
    P2cPickled *object;
    P2cStatus status = take_counted(p, (size_t)arg, &bytes);
    if (!status) status = push_new(p, P2C_PICKLED_TEXT, &object);
    if (!status) object->text = bytes;
    return status;
}

static P2cStatus empty_box(P2cPickle *p, int arg) {
    P2cPickled *object;
    return push_new(p, (P2cPickledKind)arg, &object);
}

/* Makes a tuple of the last arg objects, or of those above the mark when arg is -1. */
static P2cStatus tuple(P2cPickle *p, int arg) {
    P2cPickled **items, *object;
    size_t count = (size_t)arg;
    P2cStatus status = arg < 0 ? pop_to_mark(p, &items, &count) : need(p, count);
    if (status) return status;
    if (arg >= 0) p->stack_count -= count;
    size_t first = p->stack_count;
    status = p2c_pickle_new(p, P2C_PICKLED_TUPLE, &object);
    for (size_t i = 0; i < count && !status; i++)
        status = p2c_pickle_add(p, object, p->stack[first + i]);
    return status ? status : push(p, object);
}

/* Moves `count` objects from the top of the stack into the box below them. */
static P2cStatus fill(P2cPickle *p, size_t count, P2cPickledKind kind) {
    P2cStatus status = need(p, count + 1);
    if (status) return status;
    P2cPickled **items = p->stack + p->stack_count - count, *box = items[-1];
    if (box->kind != kind)
        return p2c_pickle_fail(p, kind == P2C_PICKLED_DICT
                                      ? "sets an item of something that is not a dict"
                                      : "appends to something that is not a list");
    if (kind == P2C_PICKLED_DICT && count % 2) return p2c_pickle_fail(p, "a key without a value");
    for (size_t i = 0; i < count && !status; i++) status = p2c_pickle_add(p, box, items[i]);
    p->stack_count -= count;
    return status;
}

static P2cStatus append(P2cPickle *p, int arg) { return fill(p, 1, (P2cPickledKind)arg); }
static P2cStatus set_item(P2cPickle *p, int arg) { return fill(p, 2, (P2cPickledKind)arg); }

static P2cStatus fill_from_mark(P2cPickle *p, int arg) {
    P2cPickled **items;
    size_t count;
    P2cStatus status = pop_to_mark(p, &items, &count);
    if (status) return status;
    p->stack_count += count;
    return fill(p, count, (P2cPickledKind)arg);
}

static P2cStatus put_at(P2cPickle *p, uint64_t index) {
    P2cStatus status = need(p, 1);
    if (!status && index >= P2C_PT_MAX_OBJECTS) status = p2c_pickle_fail(p, "too many objects");
    if (!status) status = reserve(p, &p->memo, &p->memo_capacity, (size_t)index, sizeof *p->memo);
    if (status) return status;
    if (!p->memo[index]) p->memo_count++;
    p->memo[index] = p->stack[p->stack_count - 1];
    return P2C_OK;
}

static P2cStatus put(P2cPickle *p, int arg) {
    uint64_t index;
    P2cStatus status = take_number(p, (size_t)arg, &index);
    return status ? status : put_at(p, index);
}

static P2cStatus memoize(P2cPickle *p, int arg) {
    (void)arg;
    return put_at(p, p->memo_count);
}

static P2cStatus get(P2cPickle *p, int arg) {
    uint64_t index;
    P2cStatus status = take_number(p, (size_t)arg, &index);
    if (status) return status;
    if (index >= p->memo_capacity || !p->memo[index])
        return p2c_pickle_fail(p, "recalls an object that was not stored");
    return push(p, p->memo[index]);
}

static P2cStatus push_global(P2cPickle *p, P2cText module, P2cText name) {
    const P2cGlobal *global;
    P2cPickled *object;
    P2cStatus status = p2c_pickle_global(p, module, name, &global);
    if (!status) status = push_new(p, P2C_PICKLED_GLOBAL, &object);
    if (!status) object->global = global;
    return status;
}

static P2cStatus global(P2cPickle *p, int arg) {
    (void)arg;
    P2cText module, name;
    P2cStatus status = take_line(p, &module);
    if (!status) status = take_line(p, &name);
    return status ? status : push_global(p, module, name);
}

static P2cStatus stack_global(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = need(p, 2);
    if (status) return status;
    const P2cPickled *name = p->stack[--p->stack_count], *module = p->stack[--p->stack_count];
    if (name->kind != P2C_PICKLED_TEXT || module->kind != P2C_PICKLED_TEXT)
        return p2c_pickle_fail(p, "a global whose name is not text");
    return push_global(p, module->text, name->text);
}

static P2cStatus reduce(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = need(p, 2);
    if (status) return status;
    P2cPickled *args = p->stack[--p->stack_count], *callable = p->stack[--p->stack_count], *result;
    status = p2c_pickle_reduce(p, callable, args, &result);
    return status ? status : push(p, result);
}

/* Sets attributes of an object. Only an OrderedDict may have some (a state dict's _metadata), and
 * they are dropped. */
static P2cStatus build(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = need(p, 2);
    if (status) return status;
    p->stack_count--;
    return p->stack[p->stack_count - 1]->kind == P2C_PICKLED_DICT
               ? P2C_OK
               : p2c_pickle_fail(p, "sets attributes of an object that cannot have any");
}

static P2cStatus persistent(P2cPickle *p, int arg) {
    (void)arg;
    P2cStatus status = need(p, 1);
    if (status) return status;
    P2cPickled *storage;
    status = p2c_pickle_persistent(p, p->stack[--p->stack_count], &storage);
    return status ? status : push(p, storage);
}

static const struct {
    const char *name;
    P2cStatus (*run)(P2cPickle *p, int arg); /* NULL for an instruction that is refused */
    int arg;
} instructions[256] = {
    [0x80] = { "PROTO", protocol, 0 },
    [0x95] = { "FRAME", frame, 8 },
    ['('] = { "MARK", mark, 0 },
    ['0'] = { "POP", pop, 0 },
    ['1'] = { "POP_MARK", pop_mark, 0 },
    ['N'] = { "NONE", none, 0 },
    [0x88] = { "NEWTRUE", boolean, true },
    [0x89] = { "NEWFALSE", boolean, false },
    ['K'] = { "BININT1", integer, 1 },
    ['M'] = { "BININT2", integer, 2 },
    ['J'] = { "BININT", integer, 4 },
    [0x8a] = { "LONG1", long_integer, 1 },
    [0x8b] = { "LONG4", long_integer, 4 },
    ['G'] = { "BINFLOAT", real, 8 },
    ['X'] = { "BINUNICODE", text, 4 },
    [0x8c] = { "SHORT_BINUNICODE", text, 1 },
    [0x8d] = { "BINUNICODE8", text, 8 },
    ['T'] = { "BINSTRING", text, 4 }, /* Python 2's str */
    ['U'] = { "SHORT_BINSTRING", text, 1 },
    [']'] = { "EMPTY_LIST", empty_box, P2C_PICKLED_LIST },
    ['}'] = { "EMPTY_DICT", empty_box, P2C_PICKLED_DICT },
    [')'] = { "EMPTY_TUPLE", empty_box, P2C_PICKLED_TUPLE },
    [0x85] = { "TUPLE1", tuple, 1 },
    [0x86] = { "TUPLE2", tuple, 2 },
    [0x87] = { "TUPLE3", tuple, 3 },
    ['t'] = { "TUPLE", tuple, -1 },
    ['a'] = { "APPEND", append, P2C_PICKLED_LIST },
    ['e'] = { "APPENDS", fill_from_mark, P2C_PICKLED_LIST },
    ['s'] = { "SETITEM", set_item, P2C_PICKLED_DICT },
    ['u'] = { "SETITEMS", fill_from_mark, P2C_PICKLED_DICT },
    ['q'] = { "BINPUT", put, 1 },
    ['r'] = { "LONG_BINPUT", put, 4 },
    [0x94] = { "MEMOIZE", memoize, 0 },
    ['h'] = { "BINGET", get, 1 },
    ['j'] = { "LONG_BINGET", get, 4 },
    ['c'] = { "GLOBAL", global, 0 },
    [0x93] = { "STACK_GLOBAL", stack_global, 0 },
    ['R'] = { "REDUCE", reduce, 0 },
    ['b'] = { "BUILD", build, 0 },
    ['Q'] = { "BINPERSID", persistent, 0 },

    ['i'] = { "INST", NULL, 0 },
    ['o'] = { "OBJ", NULL, 0 },
    [0x81] = { "NEWOBJ", NULL, 0 },
    [0x92] = { "NEWOBJ_EX", NULL, 0 },
    [0x82] = { "EXT1", NULL, 0 },
    [0x83] = { "EXT2", NULL, 0 },
    [0x84] = { "EXT4", NULL, 0 },
    ['P'] = { "PERSID", NULL, 0 },
    ['I'] = { "INT", NULL, 0 },
    ['L'] = { "LONG", NULL, 0 },
    ['F'] = { "FLOAT", NULL, 0 },
    ['S'] = { "STRING", NULL, 0 },
    ['V'] = { "UNICODE", NULL, 0 },
    ['g'] = { "GET", NULL, 0 },
    ['p'] = { "PUT", NULL, 0 },
    ['l'] = { "LIST", NULL, 0 },
    ['d'] = { "DICT", NULL, 0 },
    ['2'] = { "DUP", NULL, 0 },
    ['B'] = { "BINBYTES", NULL, 0 },
    ['C'] = { "SHORT_BINBYTES", NULL, 0 },
    [0x8e] = { "BINBYTES8", NULL, 0 },
    [0x96] = { "BYTEARRAY8", NULL, 0 },
    [0x8f] = { "EMPTY_SET", NULL, 0 },
    [0x90] = { "ADDITEMS", NULL, 0 },
    [0x91] = { "FROZENSET", NULL, 0 },
    [0x97] = { "NEXT_BUFFER", NULL, 0 },
    [0x98] = { "READONLY_BUFFER", NULL, 0 },
};

static P2cStatus refuse(P2cPickle *p, int code) {
    if (!instructions[code].name) return p2c_pickle_fail(p, "unknown instruction");
    return p2c_fail(
        p->ctx, P2C_ERR_FORMAT,
        "%s: refuses the pickle instruction %s: only tensors and plain values are supported",
        p->path, instructions[code].name);
}

P2cStatus p2c_pickle_run(P2cPickle *p, const uint8_t *data, size_t size, const P2cPickled **root,
                         size_t *used) {
    assert(!p->begin);
    *root = NULL;
    *used = 0;
    p->begin = p->at = data;
    p->end = data + size;
    P2cStatus status = P2C_OK;
    while (!status) {
        const uint8_t *code;
        if ((status = take(p, 1, &code)) || *code == '.') break;
        status = instructions[*code].run ? instructions[*code].run(p, instructions[*code].arg)
                                         : refuse(p, *code);
    }
    if (!status && (p->stack_count != 1 || p->mark_count))
        status = p2c_pickle_fail(p, "stops without exactly one object");
    if (status) return status;
    *root = p->stack[0];
    *used = (size_t)(p->at - p->begin);
    return P2C_OK;
}
