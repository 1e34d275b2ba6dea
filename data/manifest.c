/* manifest.c: manifest.tsv, a table of what became of each source: one line for each face, or one
 * for a source that gave none. During a build, lines are appended before the pictures that they
 * name are written. So if the build is killed, the next one knows which files are its own and which
 * are still to be made. At the end the table is written again, sorted. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

static const char header[] = "domain\tsource\tface\tstatus\twhy\toutput\tbox\tangle\tbrightness\twa"
                             "rnings\thash\tlook\tsettings";
static const char *const status_names[] = { "accepted", "rejected", "failed" };
enum { COLUMNS = 13, LOOK_DIGITS = 16 * LOOK_WORDS };

/* ---- reading ---- */

static bool read_box(const char *text, Row *row) {
    P2cBox *b = &row->box;
    int used = 0;
    row->has_box = *text != 0;
    return !*text || (sscanf(text, "%lf,%lf,%lf,%lf%n", &b->left, &b->top, &b->right, &b->bottom,
                             &used) == 4 &&
                      !text[used]);
}

static bool read_look(const char *text, Row *row) {
    row->has_look = *text != 0;
    if (!*text) return true;
    if (strlen(text) != LOOK_DIGITS || strspn(text, "0123456789abcdef") != LOOK_DIGITS)
        return false;
    for (int i = 0; i < LOOK_WORDS; i++) {
        char word[17] = "";
        memcpy(word, text + 16 * i, 16);
        row->look.bits[i] = strtoull(word, NULL, 16);
    }
    return true;
}

static bool read_hash(const char *text, Row *row) {
    row->hash = strtoull(text, NULL, 16);
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static bool read_status(const char *text, Row *row) {
    while (row->status < ROW_FAILED && strcmp(status_names[row->status], text)) row->status++;
    return !strcmp(status_names[row->status], text);
}

/* Accepts only the path of a picture in this domain, because such a file may be deleted or
 * overwritten. */
static bool is_output(const Row *row, const char *text) {
    char train[] = "trainX/", test[] = "testX/";
    train[5] = test[4] = row->domain;
    size_t folder = !strncmp(text, train, 7) ? 7 : !strncmp(text, test, 6) ? 6 : 0;
    size_t length = strlen(text);
    return folder && !strchr(text + folder, '/') && text[folder] != '.' && length > folder + 4 &&
           !strcmp(text + length - 4, ".png");
}

static bool take_numbers(char *const *field, Row *row) {
    int used = 0;
    char *end;
    if (sscanf(field[2], "%d/%d%n", &row->face, &row->faces, &used) != 2 || field[2][used] ||
        row->face < 1 || row->faces < row->face)
        return false;
    row->angle = *field[7] ? strtod(field[7], &end) : 0;
    row->brightness = *field[8] ? atoi(field[8]) : -1;
    return read_box(field[6], row) && text_read_warnings(field[9], &row->warnings) &&
           read_hash(field[10], row) && read_look(field[11], row);
}

/* Returns 0, EXIT_MEMORY, or EXIT_BAD_INPUT for what is not a line of a manifest, which the caller
 * reports. */
static int read_row(char *line, Row *row) {
    char *field[COLUMNS];
    int count = 0;
    for (char *at = line; at && count < COLUMNS; count++) {
        char *tab = strchr(at, '\t');
        field[count] = at;
        if (tab) *tab++ = 0;
        at = tab;
        if (count == COLUMNS - 1 && at) return EXIT_BAD_INPUT;
    }
    *row = (Row){ 0 };
    if (count < COLUMNS || (strcmp(field[0], "A") && strcmp(field[0], "B"))) return EXIT_BAD_INPUT;
    for (int i = 0; i < COLUMNS; i++) text_unfield(field[i]);
    row->domain = *field[0];
    if (!*field[1] || !read_status(field[3], row) || !take_numbers(field, row))
        return EXIT_BAD_INPUT;
    if ((row->status == ROW_ACCEPTED) != is_output(row, field[5]) ||
        (row->status != ROW_ACCEPTED && *field[5]))
        return EXIT_BAD_INPUT;
    row->source = strdup(field[1]), row->why = strdup(field[4]), row->output = strdup(field[5]),
    row->settings = strdup(field[12]);
    return row->source && row->why && row->output && row->settings ? 0 : EXIT_MEMORY;
}

static int read_line(Manifest *manifest, char *line, int number) {
    Row row = { 0 };
    int code = 0;
    if (number > 1) code = read_row(line, &row);
    else if (strcmp(line, header)) code = EXIT_BAD_INPUT;
    if (code == EXIT_BAD_INPUT)
        complain("%s:%d: not a line of a manifest; move this file away to start again",
                 manifest->path, number);
    if (code == EXIT_MEMORY) text_no_memory();
    if (code) row_clear(&row);
    return code || number == 1 ? code : manifest_add(manifest, row);
}

/* A last line without a line end was being written when the program was killed, and does not
 * count. */
static int read_lines(Manifest *manifest, FILE *file) {
    char *line = NULL;
    size_t capacity = 0;
    int code = 0, number = 0;
    for (ssize_t length; !code && (length = getline(&line, &capacity, file)) > 0;) {
        if (line[length - 1] != '\n') break;
        line[length - 1] = 0;
        code = read_line(manifest, line, ++number);
    }
    free(line);
    if (code || !ferror(file)) return code;
    complain("%s: cannot read: %s", manifest->path, strerror(errno));
    return EXIT_BAD_INPUT;
}

int manifest_read(Manifest *manifest, const char *folder) {
    *manifest = (Manifest){ .path = text_make("%s/manifest.tsv", folder) };
    if (!manifest->path) return text_no_memory();
    FILE *file = fopen(manifest->path, "rb");
    if (!file && errno == ENOENT) return 0;
    if (!file) {
        complain("%s: cannot read: %s", manifest->path, strerror(errno));
        return EXIT_BAD_INPUT;
    }
    int code = read_lines(manifest, file);
    fclose(file);
    return code ? code : manifest_sort(manifest);
}

/* ---- rows ---- */

void row_clear(Row *row) {
    free(row->source);
    free(row->why);
    free(row->output);
    free(row->settings);
    *row = (Row){ 0 };
}

void manifest_clear(Manifest *manifest) {
    for (int i = 0; i < manifest->count; i++) row_clear(&manifest->rows[i]);
    free(manifest->rows);
    free(manifest->path);
    if (manifest->file) fclose(manifest->file);
    *manifest = (Manifest){ 0 };
}

int manifest_add(Manifest *manifest, Row row) {
    int n = manifest->count;
    if ((n & (n - 1)) == 0) { /* the capacity is n at every power of two */
        Row *more = realloc(manifest->rows, (n ? 2 * (size_t)n : 1) * sizeof *more);
        if (!more) {
            row_clear(&row);
            return text_no_memory();
        }
        manifest->rows = more;
    }
    manifest->rows[manifest->count++] = row;
    return 0;
}

static int by_source(const Row *a, const Row *b) {
    return a->domain != b->domain ? a->domain - b->domain : strcmp(a->source, b->source);
}

static int by_place(const void *a, const void *b) {
    const Row *const *x = a, *const *y = b;
    int order = by_source(*x, *y);
    return order ? order : *x < *y ? -1 : 1; /* keeps the order of the file */
}

/* Of the rows of one source, from..to: moves the last complete group, which is the valid one, to
 * `kept`. */
static int keep_last(Row *const *order, int from, int to, Row *kept) {
    int end = to;
    /* skip a group that was not completely written */
    while (end > from && order[end - 1]->face != order[end - 1]->faces) end--;
    int begin = end;
    while (begin > from && order[begin - 1]->face == order[begin - 1]->faces - (end - begin) &&
           order[begin - 1]->faces == order[end - 1]->faces)
        begin--;
    int count = end - begin;
    for (int i = from; i < to; i++)
        if (i < begin || i >= end) row_clear(order[i]);
        else kept[i - begin] = *order[i];
    return count;
}

int manifest_sort(Manifest *manifest) {
    int n = manifest->count, kept = 0;
    Row **order = malloc(((size_t)n + 1) * sizeof *order),
        *rows = malloc(((size_t)n + 1) * sizeof *rows);
    for (int i = 0; order && i < n; i++) order[i] = &manifest->rows[i];
    bool allocated = order && rows;
    if (allocated && n) {
        qsort(order, (size_t)n, sizeof *order, by_place);
        for (int from = 0, to; from < n; from = to) {
            for (to = from + 1; to < n && !by_source(order[from], order[to]);) to++;
            kept += keep_last(order, from, to, rows + kept);
        }
        memcpy(manifest->rows, rows, (size_t)kept * sizeof *rows);
        manifest->count = kept;
    }
    free(order);
    free(rows);
    return allocated ? 0 : text_no_memory();
}

Row *manifest_find(const Manifest *manifest, char domain, const char *source, int *count) {
    Row key = { .domain = domain, .source = (char *)(uintptr_t)source };
    int low = 0, high = manifest->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (by_source(&manifest->rows[middle], &key) < 0) low = middle + 1;
        else high = middle;
    }
    for (*count = 0;
         low + *count < manifest->count && !by_source(&manifest->rows[low + *count], &key);)
        ++*count;
    return *count ? &manifest->rows[low] : NULL;
}

/* ---- writing ---- */

static void write_row(FILE *out, const Row *row) {
    char warnings[128];
    text_warnings(row->warnings, warnings, sizeof warnings);
    fprintf(out, "%c\t", row->domain);
    text_field(out, row->source);
    fprintf(out, "\t%d/%d\t%s\t", row->face, row->faces, status_names[row->status]);
    text_field(out, row->why);
    putc('\t', out);
    text_field(out, row->output);
    putc('\t', out);
    if (row->has_box)
        fprintf(out, "%.0f,%.0f,%.0f,%.0f", row->box.left, row->box.top, row->box.right,
                row->box.bottom);
    putc('\t', out);
    if (row->has_box) fprintf(out, "%.2f", row->angle + 0.0);
    putc('\t', out);
    if (row->brightness >= 0) fprintf(out, "%d", row->brightness);
    fprintf(out, "\t%s\t%016" PRIx64 "\t", warnings, row->hash);
    for (int i = 0; row->has_look && i < LOOK_WORDS; i++)
        fprintf(out, "%016" PRIx64, row->look.bits[i]);
    putc('\t', out);
    text_field(out, row->settings);
    putc('\n', out);
}

static int cannot_write(const Manifest *manifest) {
    complain("%s: cannot write: %s", manifest->path, strerror(errno));
    return EXIT_WRITE;
}

/* Writes the head of a new file, or cuts off what a killed process left at the end of an old
 * one. */
static int open_end(Manifest *manifest, P2cContext *ctx) {
    int code = manifest_write(manifest, ctx);
    if (code) return code;
    manifest->file = fopen(manifest->path, "ab");
    return manifest->file ? 0 : cannot_write(manifest);
}

int manifest_append(Manifest *manifest, P2cContext *ctx, const Row *rows, int count) {
    int code = manifest->file ? 0 : open_end(manifest, ctx);
    if (code) return code;
    errno = 0;
    for (int i = 0; i < count; i++) write_row(manifest->file, &rows[i]);
    return fflush(manifest->file) || ferror(manifest->file) ? cannot_write(manifest) : 0;
}

int manifest_write(Manifest *manifest, P2cContext *ctx) {
    char *text = NULL;
    size_t size = 0;
    if (manifest->file) fclose(manifest->file);
    manifest->file = NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out) return text_no_memory();
    fprintf(out, "%s\n", header);
    for (int i = 0; i < manifest->count; i++) write_row(out, &manifest->rows[i]);
    bool whole = !ferror(out);
    whole = !fclose(out) && whole;
    int code = whole ? report_status(ctx, p2c_file_write(ctx, manifest->path, text, size))
                     : text_no_memory();
    free(text);
    return code;
}
