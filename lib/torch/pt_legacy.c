/* pt_legacy.c: reads the stream that torch.save wrote before PyTorch 1.6, and still writes on
 * request.
 *
 *   pickle  0x1950a86a20f9469cfc6c        magic number
 *   pickle  1001                          version
 *   pickle  {'little_endian': True, ...}  the machine that wrote it
 *   pickle  the object, with persistent ids in place of storages
 *   pickle  [key, key, ...]               keys of the storages, in the order in which they follow
 *   then for each key: count of elements (int64), the elements
 *
 * Source: torch/serialization.py, _legacy_save. */
#include "pt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static P2cStatus damaged(P2cPtFile *file, const char *what) {
    return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: damaged: %s", file->path, what);
}

typedef struct Head {
    const uint8_t *bytes; /* the first part of the file, which has all pickles */
    size_t size, at;
} Head;

static P2cStatus next_pickle(Head *head, P2cPickle *pickle, const P2cPickled **root) {
    size_t used;
    P2cStatus status =
        p2c_pickle_run(pickle, head->bytes + head->at, head->size - head->at, root, &used);
    head->at += used;
    return status;
}

/* ---- the three small pickles at the start ---- */

static bool is_magic(const P2cPickled *object) {
    static const uint8_t magic[10] = { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
    return object->kind == P2C_PICKLED_BIG && object->text.size == sizeof magic &&
           memcmp(object->text.bytes, magic, sizeof magic) == 0;
}

static bool is_version(const P2cPickled *object) {
    return object->kind == P2C_PICKLED_INT && object->integer == 1001;
}

static bool is_little_endian(const P2cPickled *object) {
    static const char name[] = "little_endian";
    if (object->kind != P2C_PICKLED_DICT) return false;
    for (size_t i = 0; i < object->list.count; i += 2) {
        const P2cPickled *key = object->list.items[i], *value = object->list.items[i + 1];
        if (key->kind == P2C_PICKLED_TEXT && key->text.size == strlen(name) &&
            memcmp(key->text.bytes, name, strlen(name)) == 0)
            return value->kind == P2C_PICKLED_BOOL && value->integer;
    }
    return false;
}

static P2cStatus check_preamble(P2cPtFile *file, Head *head) {
    static const struct {
        bool (*good)(const P2cPickled *object);
        const char *otherwise;
    } parts[] = {
        { is_magic, "is a pickle, but was not written by torch.save" },
        { is_version, "has a version that is not supported (only 1001 is)" },
        { is_little_endian, "was written on a big-endian machine" },
    };
    P2cStatus status = P2C_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !status; i++) {
        P2cPickle pickle = { .ctx = file->ctx, .path = file->path };
        const P2cPickled *root;
        status = next_pickle(head, &pickle, &root);
        if (!status && !parts[i].good(root))
            status = p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: %s", file->path, parts[i].otherwise);
        p2c_pickle_clear(&pickle);
    }
    return status;
}

/* ---- storages ---- */

/* Notes the offset of a storage's elements, and moves *at past them. */
static P2cStatus place_storage(P2cPtFile *file, const P2cPickled *key, uint64_t *at) {
    char name[256];
    if (key->kind != P2C_PICKLED_TEXT) return damaged(file, "a storage whose name is not text");
    P2cStatus status = p2c_pickle_text(&file->pickle, key->text, sizeof name, name);
    if (status) return status;
    const P2cValue *index =
        file->pickle.storage_index ? p2c_value_get(file->pickle.storage_index, name) : NULL;
    if (!index) return damaged(file, "a storage that no tensor names");
    size_t i = (size_t)p2c_value_as_int(index);
    const P2cStorage *s = &file->pickle.storages[i];
    uint64_t bytes = (uint64_t)s->count * p2c_type_bytes(s->type);
    int64_t count;
    if (file->offsets[i]) return damaged(file, "a storage that is there twice");
    if (file->size - *at < 8 || bytes > file->size - *at - 8)
        return damaged(file, "ends too early, within its tensors");
    if (fseeko(file->stream, (off_t)*at, SEEK_SET) != 0 ||
        fread(&count, sizeof count, 1, file->stream) != 1)
        return p2c_fail(file->ctx, P2C_ERR_READ, "%s: cannot read", file->path);
    if (count != s->count) return damaged(file, "a storage whose size is not what its tensors say");
    file->offsets[i] = *at + 8;
    *at += 8 + bytes;
    return P2C_OK;
}

static P2cStatus place_storages(P2cPtFile *file, Head *head) {
    P2cPickle pickle = { .ctx = file->ctx, .path = file->path };
    const P2cPickled *keys;
    P2cStatus status = next_pickle(head, &pickle, &keys);
    if (!status && keys->kind != P2C_PICKLED_LIST)
        status = damaged(file, "the list of storages is missing");
    if (!status && !(file->offsets = calloc(file->pickle.storage_count + 1, sizeof *file->offsets)))
        status = p2c_fail_memory(file->ctx, file->path,
                                 file->pickle.storage_count * sizeof *file->offsets);
    uint64_t at = head->at;
    for (size_t i = 0; !status && i < keys->list.count; i++)
        status = place_storage(file, keys->list.items[i], &at);
    for (size_t i = 0; !status && i < file->pickle.storage_count; i++)
        if (!file->offsets[i]) status = damaged(file, "a tensor whose storage is missing");
    p2c_pickle_clear(&pickle);
    return status;
}

P2cStatus p2c_pt_legacy_open(P2cPtFile *file, const P2cPickled **root) {
    Head head = { .size = file->size < P2C_PT_MAX_PICKLE ? (size_t)file->size : P2C_PT_MAX_PICKLE };
    head.bytes = file->bytes = malloc(head.size);
    if (!file->bytes) return p2c_fail_memory(file->ctx, file->path, head.size);
    if (fread(file->bytes, 1, head.size, file->stream) != head.size)
        return p2c_fail(file->ctx, P2C_ERR_READ, "%s: cannot read", file->path);
    P2cStatus status = check_preamble(file, &head);
    if (!status) status = next_pickle(&head, &file->pickle, root);
    return status ? status : place_storages(file, &head);
}

P2cStatus p2c_pt_legacy_load(P2cPtFile *file, size_t i, void *data, size_t bytes) {
    if (fseeko(file->stream, (off_t)file->offsets[i], SEEK_SET) == 0 &&
        fread(data, 1, bytes, file->stream) == bytes)
        return P2C_OK;
    return p2c_fail(file->ctx, P2C_ERR_READ, "%s: cannot read", file->path);
}
