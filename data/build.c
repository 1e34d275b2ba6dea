/* build.c: makes a dataset from many photos, some at a time:
 *
 *     list, hash --> plan: unchanged, copies of files, the rest --> prepare (threads)
 *       --> judge (in order) --> manifest --> write (threads)
 *
 * The same command continues a build that was stopped or killed. A source of the manifest is not
 * prepared again unless the source or the settings that shape its pictures have changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"

enum { AT_ONCE = 4 /* number of sources for each thread between two writes */ };

/* ---- folders ---- */

static int lock(Build *b) {
    b->lock = open(b->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* on a file system without locks the build goes on without one */
    if (b->lock < 0 || !flock(b->lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) return 0;
    complain("%s: another p2c-data is working there", b->folder);
    return EXIT_WRITE;
}

/* Refuses sources inside the output folders: its own pictures must not become sources. */
static int check_sources(const Build *b) {
    char *root = realpath(b->folder, NULL);
    size_t length = root ? strlen(root) : 0;
    const char *inside = NULL;
    for (int i = 0; root && i < b->sources.count && !inside; i++)
        if (!strncmp(b->sources.list[i].path, root, length) &&
            b->sources.list[i].path[length] == '/')
            inside = b->sources.list[i].path;
    if (inside)
        complain("%s is in %s, where pictures will be written; choose another folder", inside,
                 b->folder);
    free(root);
    return inside ? EXIT_USAGE : 0;
}

/* ---- what the manifest knows already ---- */

static bool begins(const char *text, const char *part) {
    return !strncmp(text, part, strlen(part));
}

static bool has_file(const Build *b, const char *output) {
    struct stat info;
    char *path = text_make("%s/%s", b->folder, output);
    bool there = path && !stat(path, &info) && info.st_size > 0;
    free(path);
    return there;
}

static bool row_is_done(const Build *b, const Row *row, const Source *source,
                        const char *settings) {
    const Options *o = b->options;
    char folder[8];
    if (row->hash != source->hash || strcmp(row->settings, settings) || row->status == ROW_FAILED ||
        begins(row->why, "exact"))
        return false;
    if (begins(row->why, "near"))
        return !o->keep_duplicates && atoi(strrchr(row->why, ' ') + 1) <= o->near;
    if (row->status == ROW_REJECTED) return true;
    judge_folder(b, source->hash, folder);
    return begins(row->output, folder) && has_file(b, row->output);
}

static bool is_done(Build *b, const Source *source, const char *settings) {
    int count;
    const Row *rows = manifest_find(&b->old, b->domain, source->path, &count);
    for (int i = 0; i < count; i++)
        if (!row_is_done(b, &rows[i], source, settings)) return false;
    if (count) b->counts.unchanged++;
    return count > 0;
}

/* ---- copies of files, and files that were moved ---- */

typedef struct Claim {
    uint64_t hash;
    int rank; /* the manifest's rows come first, then the sources in their order */
    int row;  /* index of the row or source */
    const char *path;
} Claim;

static int by_hash(const void *a, const void *b) {
    const Claim *x = a, *y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1)
                              : (x->rank > y->rank) - (x->rank < y->rank);
}

static Claim *find_claim(Claim *claims, int count, uint64_t hash) {
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (claims[middle].hash < hash) low = middle + 1;
        else high = middle;
    }
    return low < count && claims[low].hash == hash ? &claims[low] : NULL;
}

/* Lists the files of this domain in the manifest, without unreadable ones and exact copies. */
static int claim_rows(const Build *b, Claim *claims) {
    int count = 0;
    for (int i = 0; i < b->old.count; i++) {
        const Row *row = &b->old.rows[i];
        if (row->domain == b->domain && row->face == 1 && row->status != ROW_FAILED &&
            !begins(row->why, "exact"))
            claims[count++] = (Claim){ row->hash, 0, i, row->source };
    }
    return count;
}

/* Renames all rows of one source, which begin at `first`. */
static int rename_rows(Build *b, int first, const char *to) {
    Row *rows = &b->old.rows[first];
    int count = rows->faces; /* the manifest holds only complete groups */
    for (int i = 0; i < count; i++) {
        char *source = strdup(to);
        if (!source) return text_no_memory();
        free(rows[i].source);
        rows[i].source = source;
    }
    return 0;
}

/* A file that was moved keeps its pictures. This takes two passes, because the rows are searched in
 * their order. */
static int follow_moved(Build *b) {
    int *rows = malloc(((size_t)b->sources.count + 1) * sizeof *rows), none, code = 0;
    Claim *claims = malloc(((size_t)b->old.count + 1) * sizeof *claims);
    if (!rows || !claims) {
        code = text_no_memory();
        goto cleanup;
    }
    int count = claim_rows(b, claims);
    qsort(claims, (size_t)count, sizeof *claims, by_hash);
    for (int i = 0; i < b->sources.count; i++) {
        const Source *source = &b->sources.list[i];
        Claim *claim = source->error || manifest_find(&b->old, b->domain, source->path, &none)
                           ? NULL
                           : find_claim(claims, count, source->hash);
        rows[i] = claim && access(claim->path, F_OK) ? claim->row : -1;
        if (rows[i] >= 0) claim->path = source->path; /* this is where the file is now */
    }
    for (int i = 0; !code && i < b->sources.count; i++)
        if (rows[i] >= 0) code = rename_rows(b, rows[i], b->sources.list[i].path);
    if (!code) code = manifest_sort(&b->old);
cleanup:
    free(rows);
    free(claims);
    return code;
}

/* Removes the rows of sources that no longer exist and have no picture. */
static void forget_deleted(Build *b) {
    int kept = 0;
    for (int i = 0, next; i < b->old.count; i = next) {
        Row *rows = &b->old.rows[i];
        bool keep = rows->domain != b->domain || !access(rows->source, F_OK);
        next = i + rows->faces; /* the manifest holds only complete groups */
        for (int k = 0; k < rows->faces; k++)
            keep = keep || (*rows[k].output && has_file(b, rows[k].output));
        for (int k = i; k < next; k++)
            if (keep) b->old.rows[kept++] = b->old.rows[k];
            else row_clear(&b->old.rows[k]);
    }
    b->old.count = kept;
}

/* ---- the plan ---- */

static int plan_source(Build *b, const Source *source, const Claim *claim) {
    Item *item = &b->items[b->item_count++];
    *item = (Item){ .source = source, .settings = prepare_settings(b->preparers, source) };
    if (claim && strcmp(claim->path, source->path)) item->copy_of = claim->path;
    return item->settings ? 0 : text_no_memory();
}

/* Marks the sources that must be prepared. */
static int find_changed(Build *b, bool *changed) {
    int code = 0;
    for (int i = 0; !code && i < b->sources.count; i++) {
        const Source *source = &b->sources.list[i];
        char *settings = prepare_settings(b->preparers, source);
        if (!settings) code = text_no_memory();
        else if (source->error) code = judge_failed(b, source, settings, source->error);
        else changed[i] = !is_done(b, source, settings);
        free(settings);
    }
    return code;
}

static int know_rows(Build *b, const bool *changed) {
    int code = 0;
    /* both lists are sorted by the bytes of the paths */
    for (int i = 0, at = 0; !code && i < b->old.count; i++) {
        const Row *row = &b->old.rows[i];
        if (row->domain != b->domain || row->status != ROW_ACCEPTED) continue;
        while (at < b->sources.count && strcmp(b->sources.list[at].path, row->source) < 0) at++;
        bool again =
            at < b->sources.count && changed[at] && !strcmp(b->sources.list[at].path, row->source);
        char *stem = judge_stem(row->output);
        if (!stem || !names_add(b->names, stem)) code = text_no_memory();
        free(stem);
        if (!code && !again && row->has_look) code = judge_know(b, &row->look, row->output);
    }
    return code;
}

static int plan(Build *b) {
    size_t n = (size_t)b->sources.count;
    bool *changed = calloc(n + 1, sizeof *changed);
    Claim *claims = malloc((n + (size_t)b->old.count + 1) * sizeof *claims);
    b->items = calloc(n + 1, sizeof *b->items);
    int code = changed && claims && b->items ? find_changed(b, changed) : text_no_memory();
    if (!code) code = know_rows(b, changed);
    if (code) goto cleanup;
    int count = claim_rows(b, claims);
    for (int i = 0; i < b->sources.count; i++)
        if (changed[i])
            claims[count++] =
                (Claim){ b->sources.list[i].hash, i + 1, -1, b->sources.list[i].path };
    qsort(claims, (size_t)count, sizeof *claims, by_hash);
    bool comparing = !b->flat && !b->options->keep_duplicates;
    for (int i = 0; !code && i < b->sources.count; i++)
        if (changed[i])
            code =
                plan_source(b, &b->sources.list[i],
                            comparing ? find_claim(claims, count, b->sources.list[i].hash) : NULL);
cleanup:
    free(changed);
    free(claims);
    return code;
}

/* ---- the work ---- */

typedef struct Chunk {
    Build *build;
    int first;
} Chunk;

static void prepare_piece(void *job, P2cContext *ctx, int i) {
    const Chunk *chunk = job;
    Item *item = &chunk->build->items[chunk->first + i];
    if (!item->copy_of) prepare(chunk->build->preparers, ctx, item->source, &item->made);
}

static void write_piece(void *job, P2cContext *ctx, int i) {
    Write *write = &((Build *)job)->writes[i];
    write->status = p2c_image_write(ctx, write->path, write->image);
    if (write->status) write->error = text_make("%s", p2c_error(ctx));
}

/* Returns how many of the chunk were prepared: all, or after a signal those that had been begun. */
static int prepare_chunk(Build *b, int first, int count, Progress *progress) {
    Chunk chunk = { b, first };
    int done;
    pool_start(b->pool, prepare_piece, &chunk, count);
    while ((done = pool_wait(b->pool, SHOW_MS)) < count && !stop_signal) {
        progress->done = first + done;
        progress_show(progress);
    }
    pool_stop(b->pool);
    return pool_wait(b->pool, 0);
}

static int write_all(Build *b) {
    int code = 0;
    pool_start(b->pool, write_piece, b, b->write_count);
    pool_wait(b->pool, -1);
    for (int i = 0; i < b->write_count; i++) {
        Write *w = &b->writes[i];
        if (w->status && !code) {
            complain("%s", w->error ? w->error : "out of memory");
            code = p2c_exit_code(w->status);
        }
        free(w->path);
        free(w->error);
    }
    b->write_count = 0;
    return code;
}

static int make_targets(const Build *b) {
    int code = 0;
    for (int i = 0; !code && !b->flat && i < b->write_count; i++) {
        char *slash = strrchr(b->writes[i].path, '/');
        *slash = 0;
        code = make_folder(b->writes[i].path);
        *slash = '/';
    }
    return code;
}

static int do_chunk(Build *b, int first, int count, Progress *progress) {
    int from = b->added.count, code = 0, done = prepare_chunk(b, first, count, progress);
    progress_hide(progress);
    for (int i = 0; !code && i < done; i++) code = judge_item(b, &b->items[first + i]);
    if (!code && !b->flat)
        code = manifest_append(&b->old, b->ctx, b->added.rows + from, b->added.count - from);
    if (!code) code = make_targets(b);
    if (!code) code = write_all(b);
    b->item_done = first + done;
    for (int i = 0; i < count; i++) made_clear(&b->items[first + i].made);
    return code;
}

static int do_all(Build *b) {
    Progress progress = progress_start(b->item_count);
    int code = b->flat || !b->added.count
                   ? 0
                   : manifest_append(&b->old, b->ctx, b->added.rows, b->added.count),
        step = AT_ONCE * b->options->jobs;
    for (int first = 0; !code && !stop_signal && first < b->item_count; first += step)
        code = do_chunk(b, first, b->item_count - first < step ? b->item_count - first : step,
                        &progress);
    progress_hide(&progress);
    return code;
}

/* ---- the end ---- */

static int finish_manifest(Build *b) {
    int code = 0;
    for (int i = 0; !code && i < b->added.count; i++) {
        code = manifest_add(&b->old, b->added.rows[i]);
        b->added.rows[i] = (Row){ 0 };
    }
    b->added.count = code ? b->added.count : 0;
    if (!code) code = manifest_sort(&b->old);
    return code ? code : manifest_write(&b->old, b->ctx);
}

static int count_accepted(const Build *b) {
    int sum = b->flat ? b->counts.accepted : 0;
    for (int i = 0; i < b->old.count; i++)
        sum += b->old.rows[i].domain == b->domain && b->old.rows[i].status == ROW_ACCEPTED;
    return sum;
}

static void tell(const Build *b) {
    const Counts *c = &b->counts;
    int others = c->rejected - c->duplicates - c->faceless;
    say("%d sources, %d of them unchanged: %d pictures made, %d rejected (%d %s, %d duplicates, %d "
        "by --reject), %d unreadable",
        b->sources.count, c->unchanged, c->accepted, c->rejected, c->faceless,
        b->options->kind == ALIGN_POINTS ? "without points" : "without a face", c->duplicates,
        others, c->failed);
    if (!b->flat)
        say("%s: %d pictures of %c in total; see manifest.tsv and contact_sheet.png for what "
            "became of each source",
            b->folder, count_accepted(b), b->domain);
    if (b->options->kind == ALIGN_FACE && c->faceless > c->accepted && b->domain == 'B')
        complain("in most pictures the detector found no face; for cartoons try --align none, "
                 "--align centre, or a file of points");
}

static int verdict(const Build *b) {
    const Counts *c = &b->counts;
    if (c->out_of_memory) return EXIT_MEMORY;
    if (!count_accepted(b)) complain("not one picture could be made");
    return !count_accepted(b) || (b->options->strict && c->failed) ? EXIT_BAD_INPUT : 0;
}

static int stopped(const Build *b) {
    complain("stopped after %d of %d sources; run the same command to continue", b->item_done,
             b->item_count);
    return 128 + (int)stop_signal;
}

static void close_build(Build *b) {
    for (int i = 0; i < b->item_count; i++) {
        made_clear(&b->items[i].made);
        free(b->items[i].settings);
    }
    for (int i = 0; i < b->known_count; i++) free(b->known[i].output);
    for (int i = 0; i < b->write_count; i++) free(b->writes[i].path);
    free(b->items);
    free(b->known);
    free(b->writes);
    preparers_close(&b->preparers);
    pool_close(&b->pool);
    sources_clear(&b->sources);
    manifest_clear(&b->old);
    manifest_clear(&b->added);
    names_close(&b->names);
    if (b->lock >= 0) close(b->lock);
}

/* Checks everything that can be refused before anything is written. */
static int open_build(Build *b) {
    const Options *o = b->options;
    int code = pool_open(&b->pool, o->jobs - 1); /* the calling thread works, too */
    if (code) return code;
    b->ctx = pool_context(b->pool);
    if (!(b->names = names_open())) return text_no_memory();
    code = preparers_open(&b->preparers, o, b->pool);
    if (!code)
        code = b->flat ? sources_open(&b->sources, &o->data_path, 1)
                       : sources_open(&b->sources, o->inputs, o->input_count);
    return code ? code : check_sources(b);
}

/* A failure needs no clean-up: the rows appended so far tell the next build what is done. */
static int run_build(Build *b) {
    int code = make_folders(b->folder);
    if (!code && !b->flat) code = lock(b);
    if (!code && !b->flat) code = manifest_read(&b->old, b->folder);
    if (!code) code = sources_hash(&b->sources, b->pool);
    if (code || stop_signal) return code;
    code = follow_moved(b);
    if (!code) forget_deleted(b);
    if (!code) code = plan(b);
    if (!code) code = do_all(b);
    return code || b->flat ? code : finish_manifest(b);
}

static int finish(Build *b) {
    char *sheet = text_make("%s/contact_sheet.png", b->folder);
    int code = sheet ? 0 : text_no_memory();
    bool changed = b->counts.accepted + b->counts.rejected + b->counts.failed > 0;
    if (!code && !b->flat && (changed || access(sheet, F_OK)))
        code = sheet_write(b->pool, &b->old, b->folder);
    free(sheet);
    if (!code) tell(b);
    return code ? code : verdict(b);
}

int build(const Options *o) {
    bool flat = o->command == COMMAND_FOLDER;
    Build b = { .options = o,
                .flat = flat,
                .folder = flat ? o->save_path : o->out,
                .domain = *o->domain,
                .lock = -1 };
    int code = open_build(&b);
    if (!code) code = run_build(&b);
    if (!code) code = stop_signal ? stopped(&b) : finish(&b);
    close_build(&b);
    return code;
}
