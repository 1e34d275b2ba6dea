/* tensorboard.c: the file format, which is two formats in one another.
 *
 *     record   u64 length, u32 masked crc of those 8 bytes, data, u32 masked crc of data; little
 *              endian      (TFRecord)
 *     data     Event { 1: double wall_time, 2: int64 step, 3: string file_version, 5: Summary, 7:
 *              SessionLog }  (protocol buffers)
 *              Summary { repeated 1: Value { 1: string tag, 2: float simple_value } }
 *                  SessionLog { 1: enum status, START = 1 }
 *
 * A field is a tag, number << 3 | type, and its value: 0 varint, 1 eight bytes, 2 varint of a
 * length and as many bytes, 5 four bytes. */
#include "tensorboard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "append.h"
#include "cli/cli.h"

enum { VARINT, EIGHT, BYTES, FOUR = 5 };

struct TensorBoard {
    AppendFile file;
    char *path;
};

double tensorboard_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- encoding -------------------------------------------------------------------------------- */

uint32_t tensorboard_crc32c(const void *data, size_t size) {
    const uint8_t *bytes = data;
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return ~crc;
}

static void put_little(FILE *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) putc((int)(value >> 8 * i & 255), out);
}

/* The mask keeps the checksum of data that holds checksums from being a constant. */
static void put_crc(FILE *out, const void *data, size_t size) {
    uint32_t crc = tensorboard_crc32c(data, size);
    put_little(out, (crc >> 15 | crc << 17) + 0xa282ead8u, 4);
}

static void put_varint(FILE *out, uint64_t value) {
    for (; value > 127; value >>= 7) putc((int)(value & 127) | 128, out);
    putc((int)value, out);
}

static void put_tag(FILE *out, int field, int type) {
    put_varint(out, (uint64_t)(field << 3 | type));
}

static void put_bytes(FILE *out, int field, const void *data, size_t size) {
    put_tag(out, field, BYTES);
    put_varint(out, size);
    fwrite(data, 1, size, out);
}

static void put_scalar(FILE *summary, const char *name, double value) {
    float single = (float)value;
    uint32_t bits;
    size_t length = strlen(name), varint = length > 127 ? 2 : 1; /* tags are shorter than 16384 */
    memcpy(&bits, &single, 4);
    put_tag(summary, 1, BYTES);
    put_varint(summary, 1 + varint + length + 1 + 4);
    put_bytes(summary, 1, name, length);
    put_tag(summary, 2, FOUR);
    put_little(summary, bits, 4);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Bytes under construction; none after memory ran out. */
typedef struct Buffer {
    char *data;
    size_t size;
    FILE *stream;
} Buffer;

static bool buffer_begin(Buffer *b) {
    *b = (Buffer){ 0 };
    b->stream = open_memstream(&b->data, &b->size);
    return b->stream != NULL;
}

static bool buffer_end(Buffer *b) {
    bool good = !ferror(b->stream);
    return !fclose(b->stream) && good;
}

/* content: field `field` of the event, when there is any; a step of 0 is left out, as protocol
 * buffers have it. */
static const char *put_event(TensorBoard *board, double now, int64_t step, int field,
                             const void *content, size_t size) {
    Buffer event, record;
    uint64_t bits;
    const char *said;
    bool good = buffer_begin(&event);
    if (good) {
        memcpy(&bits, &now, 8);
        put_tag(event.stream, 1, EIGHT);
        put_little(event.stream, bits, 8);
        if (step) put_tag(event.stream, 2, VARINT);
        if (step) put_varint(event.stream, (uint64_t)step);
        put_bytes(event.stream, field, content, size);
        good = buffer_end(&event);
    }
    if (good && (good = buffer_begin(&record))) {
        uint8_t length[8];
        for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)event.size >> 8 * i);
        fwrite(length, 1, 8, record.stream);
        put_crc(record.stream, length, 8);
        fwrite(event.data, 1, event.size, record.stream);
        put_crc(record.stream, event.data, event.size);
        good = buffer_end(&record);
        said = append_record(&board->file, good ? record.data : NULL, record.size);
        free(record.data);
    } else said = append_record(&board->file, NULL, 0);
    free(event.data);
    return said;
}

const char *tensorboard_scalars(TensorBoard *board, int64_t step, double now, int count,
                                const Series series[], const double values[]) {
    Buffer summary;
    bool good = buffer_begin(&summary);
    for (int i = 0; good && i < count; i++) put_scalar(summary.stream, series[i].name, values[i]);
    good = good && buffer_end(&summary);
    const char *said = good ? put_event(board, now, step, 5, summary.data, summary.size)
                            : append_record(&board->file, NULL, 0);
    free(summary.data);
    return said;
}

const char *tensorboard_restart(TensorBoard *board, int64_t step, double now) {
    static const uint8_t start[] = { 1 << 3 | VARINT, 1 };
    return put_event(board, now, step + 1, 7, start, sizeof start);
}

const char *tensorboard_sync(TensorBoard *board) { return append_sync(&board->file); }

/* ---- the file -------------------------------------------------------------------------------- */

/* Returns 0 or an errno. Two starts within a second get names a second apart. */
static int open_new(TensorBoard *board, const char *folder, double now) {
    char host[128] = "localhost";
    size_t size = strlen(folder) + sizeof host + 80;
    if (!(board->path = malloc(size))) return ENOMEM;
    if (gethostname(host, sizeof host - 1)) strcpy(host, "localhost");
    int why = EEXIST;
    for (int later = 0; why == EEXIST && later < 100; later++) {
        snprintf(board->path, size, "%s/events.out.tfevents.%lld.%s.p2cnn", folder,
                 (long long)now + later, host);
        why = append_open(&board->file, board->path, true);
    }
    return why;
}

int tensorboard_open(TensorBoard **out, const char *folder, int64_t step, double now) {
    static const char version[] = "brain.Event:2";
    TensorBoard *board = *out = calloc(1, sizeof *board);
    if (!board) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    board->file.fd = -1;
    int why = mkdir(folder, 0777) && errno != EEXIST ? errno : 0;
    if (!why) why = open_new(board, folder, now);
    const char *said = why ? strerror(why) : put_event(board, now, 0, 3, version, strlen(version));
    if (!said && step) said = tensorboard_restart(board, step, now);
    if (!said) return 0;
    complain("%s: cannot write for TensorBoard: %s", folder, said);
    tensorboard_close(out);
    return why == ENOMEM ? EXIT_MEMORY : EXIT_WRITE;
}

void tensorboard_close(TensorBoard **board) {
    if (!*board) return;
    append_close(&(*board)->file);
    free((*board)->path);
    free(*board);
    *board = NULL;
}
