/* metrics.c: see metrics.h. What histories hold is always what the file holds: on opening and
 * rewinding they are made again from it, line by line, as they were made at first. */
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "append.h"
#include "cli/cli.h"
#include "metrics_line.h"

struct Metrics {
    P2cContext *ctx;
    const MetricsTable *table;
    char *path;
    AppendFile file;
    History *histories;                  /* of steps' values, then of evaluations' */
    double *values;                      /* of a line that is read, in the same order */
    int64_t last;                        /* newest step there is a line of */
    MetricsEvent events[METRICS_EVENTS]; /* a ring; event i is at i % METRICS_EVENTS */
    int64_t event_count, skipped;
};

static int series_count(const Metrics *m) {
    return m->table->step_count + m->table->evaluation_count;
}

/* ---- what is kept in memory: of numbers the float32, which is what a line keeps -------------- */

static void clear_points(Metrics *m) {
    for (int i = 0; i < series_count(m); i++) history_init(&m->histories[i]);
    m->last = m->event_count = m->skipped = 0;
}

static void note_event(Metrics *m, int64_t step, const char *text) {
    MetricsEvent *event = &m->events[m->event_count++ % METRICS_EVENTS];
    *event = (MetricsEvent){ .first = step, .last = step };
    snprintf(event->text, sizeof event->text, "%s", text);
}

static void note_skipped(Metrics *m, int64_t step) {
    MetricsEvent *newest =
        m->event_count ? &m->events[(m->event_count - 1) % METRICS_EVENTS] : NULL;
    m->skipped++;
    if (newest && newest->skipped && newest->last == step - 1) newest->last = step;
    else {
        note_event(m, step, "");
        m->events[(m->event_count - 1) % METRICS_EVENTS].skipped = true;
    }
}

static void note_step(Metrics *m, int64_t step, const double values[], bool skipped) {
    m->last = step;
    if (skipped) note_skipped(m, step);
    else
        for (int i = 0; i < m->table->step_count; i++)
            history_add(&m->histories[i], step, (float)values[i]);
}

static void note_evaluation(Metrics *m, int64_t step, const double values[]) {
    for (int i = 0; i < m->table->evaluation_count; i++)
        history_add(&m->histories[m->table->step_count + i], step, (float)values[i]);
}

/* ---- the file, read back --------------------------------------------------------------------- */

typedef struct Damage {
    int64_t lines, first; /* damaged ones, number of the first */
} Damage;

static bool note_line(Metrics *m, const MetricsLine *line) {
    /* this step is there already */
    if (line->kind == LINE_STEP && line->step <= m->last) return false;
    if (line->kind == LINE_STEP) note_step(m, line->step, line->values, line->skipped);
    else if (line->kind == LINE_EVALUATION)
        note_evaluation(m, line->step, line->values + m->table->step_count);
    else note_event(m, line->step, line->event);
    return true;
}

/* Whole lines up to `step` move together at the beginning of text. Returns their size. */
static size_t keep_lines(Metrics *m, char *text, size_t size, int64_t step, Damage *damage) {
    MetricsLine line = { .values = m->values };
    size_t kept = 0;
    int64_t number = 0;
    for (char *begin = text, *end; (end = memchr(begin, '\n', size - (size_t)(begin - text)));
         begin = end + 1) {
        size_t length = (size_t)(end - begin) + 1;
        bool good = metrics_line_read(begin, end, m->table, &line);
        number++;
        if (good && line.step > step) continue;
        if (!good || !note_line(m, &line)) {
            if (!damage->lines++) damage->first = number;
            continue;
        }
        if (begin != text + kept) memmove(text + kept, begin, length);
        kept += length;
    }
    return kept;
}

/* The file as memory that may be changed; pages are copied only where lines move. Returns 0 or an
 * errno; *text is NULL when there is nothing. */
static int map_file(const char *path, char **text, size_t *size) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC), why = 0;
    *text = NULL;
    *size = 0;
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    if (fstat(fd, &info)) why = errno;
    else if (!S_ISREG(info.st_mode)) why = EINVAL;
    else if (info.st_size > 0) {
        char *map = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) why = errno;
        else {
            *text = map;
            *size = (size_t)info.st_size;
        }
    }
    close(fd);
    return why;
}

int metrics_rewind(Metrics *m, int64_t step) {
    char *text;
    size_t size;
    int code = 0, why = map_file(m->path, &text, &size);
    append_close(&m->file);
    if (why) {
        complain("%s: cannot read: %s", m->path, strerror(why));
        return EXIT_BAD_INPUT;
    }
    Damage damage = { 0 };
    clear_points(m);
    size_t kept = text ? keep_lines(m, text, size, step, &damage) : 0;
    if (damage.lines)
        complain("%s: %lld damaged line%s dropped, the first was line %lld", m->path,
                 (long long)damage.lines, damage.lines == 1 ? "" : "s", (long long)damage.first);
    if (kept != size && p2c_file_write(m->ctx, m->path, text, kept)) {
        complain("%s", p2c_error(m->ctx));
        code = EXIT_WRITE;
    } else if ((why = append_open(&m->file, m->path, false))) {
        complain("%s: cannot write: %s", m->path, strerror(why));
        code = EXIT_WRITE;
    }
    if (text) munmap(text, size);
    return code;
}

int metrics_open(Metrics **out, P2cContext *ctx, const char *path, const MetricsTable *table,
                 int64_t step) {
    Metrics *m = *out = calloc(1, sizeof *m);
    if (m) {
        *m = (Metrics){ .ctx = ctx, .table = table, .file.fd = -1 };
        m->path = strdup(path);
        m->histories = calloc((size_t)series_count(m), sizeof *m->histories);
        m->values = calloc((size_t)series_count(m), sizeof *m->values);
    }
    int code = EXIT_MEMORY;
    if (m && m->path && m->histories && m->values) code = metrics_rewind(m, step);
    else complain("out of memory");
    if (code) metrics_close(out);
    return code;
}

void metrics_close(Metrics **metrics) {
    Metrics *m = *metrics;
    if (!m) return;
    append_close(&m->file);
    free(m->path);
    free(m->histories);
    free(m->values);
    free(m);
    *metrics = NULL;
}

/* ---- new lines ------------------------------------------------------------------------------- */

static void print_values(FILE *stream, const Series *series, int count, const double values[],
                         const char *separator) {
    for (int i = 0; i < count; i++, separator = ",") {
        fputs(separator, stream);
        print_json_string(stream, series[i].name);
        fprintf(stream, isfinite(values[i]) ? ":%.9g" : ":null", values[i]);
    }
}

/* A line is begun in memory, and ended in the file. */
typedef struct NewLine {
    char *text;
    size_t size;
    FILE *stream;
} NewLine;

static FILE *begin_line(NewLine *line, int64_t step) {
    *line = (NewLine){ 0 };
    line->stream = open_memstream(&line->text, &line->size);
    if (line->stream) fprintf(line->stream, "{\"step\":%lld", (long long)step);
    return line->stream;
}

static const char *end_line(Metrics *m, NewLine *line) {
    bool good = line->stream != NULL;
    if (good) {
        fputs("}\n", line->stream);
        good = !ferror(line->stream);
        good = !fclose(line->stream) && good;
    }
    const char *said = append_record(&m->file, good ? line->text : NULL, line->size);
    free(line->text);
    return said;
}

const char *metrics_step(Metrics *m, int64_t step, const double values[], bool skipped) {
    NewLine line;
    if (begin_line(&line, step)) {
        print_values(line.stream, m->table->steps, m->table->step_count, values, ",");
        if (skipped) fputs(",\"skipped\":true", line.stream);
    }
    note_step(m, step, values, skipped);
    return end_line(m, &line);
}

const char *metrics_evaluation(Metrics *m, int64_t step, const double values[]) {
    NewLine line;
    if (begin_line(&line, step)) {
        fputs(",\"eval\":{", line.stream);
        print_values(line.stream, m->table->evaluations, m->table->evaluation_count, values, "");
        putc('}', line.stream);
    }
    note_evaluation(m, step, values);
    return end_line(m, &line);
}

const char *metrics_event(Metrics *m, int64_t step, const char *format, ...) {
    char text[METRICS_EVENT_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    NewLine line;
    if (begin_line(&line, step)) {
        fputs(",\"event\":", line.stream);
        print_json_string(line.stream, text);
    }
    note_event(m, step, text);
    return end_line(m, &line);
}

const char *metrics_sync(Metrics *m) { return append_sync(&m->file); }

/* ---- what is known --------------------------------------------------------------------------- */

const MetricsTable *metrics_table(const Metrics *m) { return m->table; }

const History *metrics_history(const Metrics *m, int series) { return &m->histories[series]; }

const History *metrics_evaluation_history(const Metrics *m, int series) {
    return &m->histories[m->table->step_count + series];
}

int metrics_event_count(const Metrics *m) {
    return m->event_count < METRICS_EVENTS ? (int)m->event_count : METRICS_EVENTS;
}

const MetricsEvent *metrics_event_at(const Metrics *m, int i) {
    int64_t oldest = m->event_count - metrics_event_count(m);
    return &m->events[(oldest + i) % METRICS_EVENTS];
}

int64_t metrics_skipped(const Metrics *m) { return m->skipped; }
