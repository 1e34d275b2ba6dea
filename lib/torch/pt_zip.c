/* pt_zip.c: reads and writes the zip archive that torch.save has written since PyTorch 1.6.
 *
 *   archive/data.pkl     the pickle, in which persistent ids name storages
 *   archive/byteorder    "little"
 *   archive/data/0 ...   the elements of the storage with that key; stored, each begins at a
 *                        multiple of 64 bytes so that it can be mapped
 *   archive/version      "3"
 *
 * The folder may have any name. Deflated members are supported, too. As in PyTorch
 * (caffe2/serialize/inline_container.cc), members are aligned by padding in an extra field "FB" of
 * the local header. No reader needs the alignment, so if a libzip writes other headers, only the
 * alignment is lost. */
#include "pt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
    ALIGNMENT = 64,
    PADDING_FIELD = 0x4246,
    LOCAL_HEADER = 30,
    NAME_BYTES = 512,
    PIECE = 1 << 14
};

/* ---- reading ---- */

static P2cStatus fail_zip(P2cPtFile *file, const char *what, zip_error_t *error) {
    return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: damaged: %s: %s", file->path, what,
                    zip_error_strerror(error));
}

/* The archive takes ownership of the stream. libzip asks a stream for its descriptor, which a
 * stream over memory does not have. */
static P2cStatus open_archive(P2cPtFile *file) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = file->memory
                               ? zip_source_buffer_create(file->memory, file->size, 0, &error)
                               : zip_source_filep_create(file->stream, 0, -1, &error);
    if (source && !file->memory) file->stream = NULL;
    P2cStatus status = P2C_OK;
    if (!source || !(file->zip = zip_open_from_source(
                         source, ZIP_RDONLY | (file->strict ? ZIP_CHECKCONS : 0), &error))) {
        status = fail_zip(file, "zip archive", &error);
        zip_source_free(source);
    }
    zip_error_fini(&error);
    return status;
}

/* Refuses two members of one name: readers would differ in which of them they take, which is a way
 * to hide something. */
static P2cStatus refuse_duplicates(P2cPtFile *file) {
    P2cValue *names = p2c_value_dict();
    P2cStatus status = names ? P2C_OK : P2C_ERR_MEMORY;
    zip_int64_t count = zip_get_num_entries(file->zip, 0);
    for (zip_int64_t i = 0; i < count && !status; i++) {
        const char *name = zip_get_name(file->zip, (zip_uint64_t)i, 0);
        if (!name) status = fail_zip(file, "a member's name", zip_get_error(file->zip));
        else if (p2c_value_get(names, name))
            status = p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: damaged: has '%.200s' twice",
                              file->path, name);
        else status = p2c_value_set(names, name, p2c_value_none());
    }
    if (status == P2C_ERR_MEMORY) status = p2c_fail_memory(file->ctx, file->path, 0);
    p2c_value_free(&names);
    return status;
}

static P2cStatus find_folder(P2cPtFile *file) {
    const char *name = zip_get_num_entries(file->zip, 0) > 0 ? zip_get_name(file->zip, 0, 0) : NULL;
    const char *slash = name ? strchr(name, '/') : NULL;
    size_t length = slash ? (size_t)(slash - name) + 1 : 0;
    if (!slash || length > NAME_BYTES / 4)
        return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: is a zip archive, but not a PyTorch file",
                        file->path);
    file->folder = strndup(name, length);
    return file->folder ? P2C_OK : p2c_fail_memory(file->ctx, file->path, length);
}

static P2cStatus size_of(P2cPtFile *file, const char *member, zip_int64_t index, uint64_t *size) {
    zip_stat_t info;
    if (zip_stat_index(file->zip, (zip_uint64_t)index, 0, &info) != 0)
        return fail_zip(file, member, zip_get_error(file->zip));
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((info.valid & needed) != needed || info.encryption_method != ZIP_EM_NONE ||
        (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE))
        return p2c_fail(
            file->ctx, P2C_ERR_FORMAT,
            "%s: '%s' is packed in a way that is not supported (only stored and deflated are)",
            file->path, member);
    *size = info.size;
    return P2C_OK;
}

/* Finds the member's number and size; *index is -1 when there is none. */
static P2cStatus find(P2cPtFile *file, const char *member, zip_int64_t *index, uint64_t *size) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s%s", file->folder, member);
    *index = zip_name_locate(file->zip, name, 0);
    *size = 0;
    return *index < 0 ? P2C_OK : size_of(file, member, *index, size);
}

/* Unpacks exactly `bytes` bytes, into data unless it is NULL. libzip compares the checksum when it
 * reaches the end. */
static P2cStatus unpack(P2cPtFile *file, const char *member, zip_int64_t index, void *data,
                        uint64_t bytes) {
    zip_file_t *stream = zip_fopen_index(file->zip, (zip_uint64_t)index, 0);
    if (!stream) return fail_zip(file, member, zip_get_error(file->zip));
    P2cStatus status = P2C_OK;
    uint64_t done = 0;
    unsigned char extra, passing[PIECE];
    zip_int64_t got = 1;
    while (done < bytes && got > 0) {
        uint64_t wanted = data || bytes - done < PIECE ? bytes - done : PIECE;
        got = zip_fread(stream, data ? (unsigned char *)data + done : passing, wanted);
        if (got > 0) done += (uint64_t)got;
    }
    if (got > 0) got = zip_fread(stream, &extra, 1);
    if (got < 0) status = fail_zip(file, member, zip_file_get_error(stream));
    else if (done < bytes || got > 0)
        status = p2c_fail(file->ctx, P2C_ERR_FORMAT,
                          "%s: damaged: '%s' is shorter or longer than its header says", file->path,
                          member);
    zip_fclose(stream);
    return status;
}

static P2cStatus check_byte_order(P2cPtFile *file) {
    zip_int64_t index;
    uint64_t size;
    char text[6] = "";
    P2cStatus status = find(file, "byteorder", &index, &size);
    if (status || index < 0) return status; /* files of PyTorch before 2.1 have none */
    if (size == sizeof text) status = unpack(file, "byteorder", index, text, sizeof text);
    if (status || memcmp(text, "little", sizeof text) == 0) return status;
    return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: was written on a big-endian machine",
                    file->path);
}

static P2cStatus read_pickle(P2cPtFile *file, const P2cPickled **root) {
    zip_int64_t index;
    uint64_t size;
    P2cStatus status = find(file, "data.pkl", &index, &size);
    if (status) return status;
    if (index < 0)
        return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: is a zip archive, but not a PyTorch file",
                        file->path);
    if (size > P2C_PT_MAX_PICKLE)
        return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: its data.pkl is too large", file->path);
    file->bytes = malloc((size_t)size + 1);
    if (!file->bytes) return p2c_fail_memory(file->ctx, file->path, (size_t)size);
    status = unpack(file, "data.pkl", index, file->bytes, (size_t)size);
    size_t used;
    return status ? status : p2c_pickle_run(&file->pickle, file->bytes, (size_t)size, root, &used);
}

static P2cStatus find_storage(P2cPtFile *file, size_t i, char member[NAME_BYTES],
                              zip_int64_t *index) {
    const P2cStorage *s = &file->pickle.storages[i];
    uint64_t size, expected = (uint64_t)s->count * p2c_type_bytes(s->type);
    /* keys have at most 255 bytes */
    snprintf(member, NAME_BYTES, "data/%.*s", (int)s->key.size, (const char *)s->key.bytes);
    P2cStatus status = find(file, member, index, &size);
    if (status) return status;
    if (*index < 0)
        return p2c_fail(file->ctx, P2C_ERR_FORMAT, "%s: damaged: '%s' is missing", file->path,
                        member);
    if (size == expected) return P2C_OK;
    return p2c_fail(file->ctx, P2C_ERR_FORMAT,
                    "%s: damaged: '%s' has %llu bytes, its tensors say %llu", file->path, member,
                    (unsigned long long)size, (unsigned long long)expected);
}

P2cStatus p2c_pt_zip_open(P2cPtFile *file, const P2cPickled **root) {
    P2cStatus status = open_archive(file);
    if (!status) status = refuse_duplicates(file);
    if (!status) status = find_folder(file);
    if (!status) status = check_byte_order(file);
    if (!status) status = read_pickle(file, root);
    char member[NAME_BYTES];
    zip_int64_t index;
    for (size_t i = 0; !status && i < file->pickle.storage_count; i++)
        status = find_storage(file, i, member, &index);
    return status;
}

P2cStatus p2c_pt_zip_load(P2cPtFile *file, size_t i, void *data, size_t bytes) {
    char member[NAME_BYTES];
    zip_int64_t index;
    P2cStatus status = find_storage(file, i, member, &index);
    return status ? status : unpack(file, member, index, data, bytes);
}

P2cStatus p2c_pt_zip_verify(P2cPtFile *file) {
    P2cStatus status = P2C_OK;
    zip_int64_t count = zip_get_num_entries(file->zip, 0);
    for (zip_int64_t i = 0; i < count && !status; i++) {
        /* not NULL: refuse_duplicates has seen it */
        const char *name = zip_get_name(file->zip, (zip_uint64_t)i, 0);
        uint64_t size;
        status = size_of(file, name, i, &size);
        if (!status) status = unpack(file, name, i, NULL, size);
    }
    return status;
}

void p2c_pt_zip_close(P2cPtFile *file) {
    if (file->zip) zip_discard(file->zip);
    free(file->folder);
    file->zip = NULL;
    file->folder = NULL;
}

/* ---- writing ---- */

typedef struct Sink {
    FILE *stream;
    zip_error_t error;
} Sink;

static zip_int64_t sink_failed(Sink *sink) {
    zip_error_set(&sink->error, ZIP_ER_WRITE, errno);
    return -1;
}

/* Passes what libzip writes to the output's stream. There is nothing to read, and the output itself
 * does the commit. */
static zip_int64_t sink_call(void *state, void *data, zip_uint64_t length,
                             zip_source_cmd_t command) {
    Sink *sink = state;
    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(
            ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
            ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_BEGIN_WRITE,
            ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_WRITE,
            ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_REMOVE, ZIP_SOURCE_SUPPORTS,
            -1);
    case ZIP_SOURCE_STAT: zip_stat_init(data); return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&sink->error, data, length);
    case ZIP_SOURCE_WRITE:
        return fwrite(data, 1, length, sink->stream) == length ? (zip_int64_t)length
                                                               : sink_failed(sink);
    case ZIP_SOURCE_TELL_WRITE: return ftello(sink->stream);
    case ZIP_SOURCE_SEEK_WRITE: {
        zip_source_args_seek_t *seek =
            ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, length, &sink->error);
        if (!seek) return -1;
        return fseeko(sink->stream, seek->offset, seek->whence) == 0 ? 0 : sink_failed(sink);
    }
    case ZIP_SOURCE_OPEN: /* opened for reading: an archive of no bytes */
    case ZIP_SOURCE_READ:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_ROLLBACK_WRITE:
    case ZIP_SOURCE_REMOVE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_COMMIT_WRITE: return fflush(sink->stream) == 0 ? 0 : sink_failed(sink);
    default: zip_error_set(&sink->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

/* Adds a stored member. *at is the offset of its local header, and afterwards that of the next
 * one. */
static bool add_member(zip_t *zip, const char *member, const void *data, size_t bytes, bool aligned,
                       uint64_t *at) {
    static const uint8_t zeros[ALIGNMENT];
    char name[64];
    snprintf(name, sizeof name, "archive/%s", member);
    zip_source_t *source = zip_source_buffer(zip, data, bytes, 0);
    zip_int64_t index = source ? zip_file_add(zip, name, source, 0) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    zip_uint64_t i = (zip_uint64_t)index;
    *at += LOCAL_HEADER + strlen(name);
    if (aligned) {
        zip_uint16_t padding = (zip_uint16_t)((ALIGNMENT - (*at + 4) % ALIGNMENT) % ALIGNMENT);
        *at += 4u + padding;
        if (zip_file_extra_field_set(zip, i, PADDING_FIELD, ZIP_EXTRA_FIELD_NEW, zeros, padding,
                                     ZIP_FL_LOCAL) != 0)
            return false;
    }
    *at += bytes;
    /* The first day of the format's calendar, so that equal trees make equal files. */
    return zip_set_file_compression(zip, i, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, i, 0, 1 << 5 | 1, 0) == 0;
}

static bool add_all(zip_t *zip, const P2cPickleText *text) {
    uint64_t at = 0;
    bool good = add_member(zip, "data.pkl", text->bytes, text->size, true, &at) &&
                add_member(zip, "byteorder", "little", 6, false, &at);
    for (size_t i = 0; i < text->tensor_count && good; i++) {
        const P2cValue *tensor = text->tensors[i];
        size_t count, bytes;
        char member[32];
        snprintf(member, sizeof member, "data/%zu", i);
        good = p2c_shape_bytes(p2c_value_type(tensor), p2c_value_shape(tensor), &count, &bytes) &&
               add_member(zip, member, p2c_value_data(tensor), bytes, true, &at);
    }
    return good && add_member(zip, "version", "3\n", 2, false, &at);
}

static P2cStatus fail_write(P2cContext *ctx, const char *path, zip_error_t *error) {
    return p2c_fail(ctx, P2C_ERR_WRITE, "%s: cannot write: %s", path, zip_error_strerror(error));
}

/* Checks that the finished file opens again, is consistent and has every member. */
static P2cStatus verify(P2cContext *ctx, const char *path, const char *temporary, size_t members) {
    int error = 0;
    zip_t *zip = zip_open(temporary, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    bool good = zip && zip_get_num_entries(zip, 0) == (zip_int64_t)members;
    if (zip) zip_discard(zip);
    return good ? P2C_OK
                : p2c_fail(ctx, P2C_ERR_WRITE,
                           "%s: cannot write: the written file cannot be read back", path);
}

P2cStatus p2c_pt_zip_write(P2cContext *ctx, const char *path, const P2cPickleText *text) {
    P2cOutput out;
    P2cStatus status = p2c_output_open(ctx, path, &out);
    if (status) return status;
    Sink sink = { .stream = out.stream };
    zip_error_t error;
    zip_error_init(&sink.error);
    zip_error_init(&error);
    zip_t *zip = NULL;
    zip_source_t *source = zip_source_function_create(sink_call, &sink, &error);
    if (!source || !(zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error))) {
        status = fail_write(ctx, path, &error);
        zip_source_free(source);
        goto cleanup;
    }
    if (!add_all(zip, text) || zip_close(zip) != 0) {
        status = fail_write(ctx, path, zip_get_error(zip));
        zip_discard(zip);
        goto cleanup;
    }
    status = verify(ctx, path, out.temporary, text->tensor_count + 3);
    if (!status) status = p2c_output_commit(&out);
cleanup:
    p2c_output_discard(&out);
    zip_error_fini(&sink.error);
    zip_error_fini(&error);
    return status;
}
