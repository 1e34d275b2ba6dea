/* judge.c: decides for each prepared picture whether it is accepted, why not, and its name. This
 * happens in the order of the sources, whatever the number of threads, so that the same photos
 * always make the same dataset. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"

enum { WHY_SIZE = 4400 };

/* A file's own hash selects it for testing, so the choice does not depend on the other files. */
void judge_folder(const Build *build, uint64_t hash, char folder[8]) {
    uint32_t words[4];
    p2c_rng_block(p2c_rng_key(hash, "test"), 0, words);
    bool test = words[0] < build->options->share * 4294967296.0;
    snprintf(folder, 8, "%s%c", test ? "test" : "train", build->domain);
}

char *judge_stem(const char *output) {
    const char *slash = strrchr(output, '/'), *begin = slash ? slash + 1 : output;
    size_t length = strlen(begin);
    return strndup(begin, length > 4 ? length - 4 : length);
}

/* ---- rows ---- */

static Row new_row(const Build *build, const Source *source, RowStatus status, const char *settings,
                   const char *why) {
    return (Row){ .domain = build->domain,
                  .source = strdup(source->path),
                  .face = 1,
                  .faces = 1,
                  .status = status,
                  .why = strdup(why),
                  .output = strdup(""),
                  .brightness = -1,
                  .hash = source->hash,
                  .settings = strdup(settings) };
}

static int add_row(Build *build, Row row) {
    Counts *c = &build->counts;
    c->accepted += row.status == ROW_ACCEPTED;
    c->rejected += row.status == ROW_REJECTED;
    c->failed += row.status == ROW_FAILED;
    if (row.source && row.why && row.output && row.settings)
        return manifest_add(&build->added, row);
    row_clear(&row);
    return text_no_memory();
}

/* Records the failure. Pictures that an earlier build made of this source stay. */
int judge_failed(Build *build, const Source *source, const char *settings, const char *error) {
    int count;
    const Row *prior = manifest_find(&build->old, build->domain, source->path, &count);
    complain("%s", error);
    if (!prior || !*prior->output)
        return add_row(build, new_row(build, source, ROW_FAILED, settings, error));
    build->counts.failed++;
    return 0;
}

int judge_know(Build *build, const Look *look, const char *output) {
    int n = build->known_count;
    char *held = strdup(output);
    if (held && (n & (n - 1)) == 0) { /* the capacity is n at every power of two */
        Known *more = realloc(build->known, (n ? 2 * (size_t)n : 1) * sizeof *more);
        if (more) build->known = more;
        else {
            free(held);
            held = NULL;
        }
    }
    if (!held) return text_no_memory();
    build->known[build->known_count++] = (Known){ *look, held };
    return 0;
}

/* ---- reasons ---- */

static const Known *nearest(const Build *build, const Look *look, int *distance) {
    const Known *best = NULL;
    *distance = LOOK_BITS + 1;
    for (int i = 0; i < build->known_count; i++) {
        int d = look_distance(look, &build->known[i].look);
        if (d >= *distance) continue;
        *distance = d;
        best = &build->known[i];
    }
    return best;
}

/* Stores why a picture is rejected, or an empty text if it is accepted. */
static void find_reason(Build *build, const Picture *picture, char why[WHY_SIZE]) {
    const Options *o = build->options;
    int distance;
    *why = 0;
    if (picture->warnings & o->rejected) {
        char names[128];
        text_warnings(picture->warnings & o->rejected, names, sizeof names);
        snprintf(why, WHY_SIZE, "warning: %s", names);
    } else if (!o->keep_duplicates && !build->flat) {
        const Known *known = nearest(build, &picture->look, &distance);
        if (!known || distance > o->near) return;
        snprintf(why, WHY_SIZE, "near duplicate of %s, distance %d", known->output, distance);
        build->counts.duplicates++;
    }
}

/* ---- names ---- */

/* Files that are not in the manifest belong to somebody else, and stay. */
static bool is_foreign(const void *where, const char *stem) {
    const Build *build = where;
    static const char *const folders[] = { "train", "test" };
    bool there = false;
    for (int i = 0; i < 2 && !build->flat && !there; i++) {
        char *path = text_make("%s/%s%c/%s.png", build->folder, folders[i], build->domain, stem);
        there = !path || !access(path, F_OK);
        free(path);
    }
    return there;
}

/* The name that this face had before, if it may have it again, else a new one. */
static char *choose_stem(Build *build, const Source *source, const Row *prior, int prior_count,
                         int face) {
    for (int i = 0; i < prior_count; i++) {
        if (prior[i].face != face || !*prior[i].output) continue;
        char *stem = judge_stem(prior[i].output);
        if (!stem || !names_have(build->names, stem)) return stem;
        free(stem);
    }
    return names_choose(build->names, source->path + source->name, face, is_foreign, build);
}

static int plan_write(Build *build, const char *output, const P2cImage *image) {
    if (build->write_count == build->write_capacity) {
        int capacity = build->write_capacity ? 2 * build->write_capacity : 16;
        Write *more = realloc(build->writes, (size_t)capacity * sizeof *more);
        if (!more) return text_no_memory();
        build->writes = more;
        build->write_capacity = capacity;
    }
    char *path = text_make("%s/%s", build->folder, output);
    if (!path) return text_no_memory();
    build->writes[build->write_count++] = (Write){ .path = path, .image = image };
    return 0;
}

static int accept(Build *build, const Item *item, const Row *prior, int prior_count,
                  const Picture *picture, Row *row) {
    char folder[8];
    char *stem = choose_stem(build, item->source, prior, prior_count, row->face);
    judge_folder(build, item->source->hash, folder);
    free(row->output);
    row->output = !stem         ? NULL
                  : build->flat ? text_make("%s.png", stem)
                                : text_make("%s/%s.png", folder, stem);
    bool held = row->output && names_add(build->names, stem);
    free(stem);
    if (!held) return text_no_memory();
    int code = build->flat ? 0 : judge_know(build, &picture->look, row->output);
    return code ? code : plan_write(build, row->output, &picture->image);
}

/* ---- one source ---- */

static int judge_picture(Build *build, Item *item, const Row *prior, int prior_count, int face) {
    const Picture *picture = &item->made.pictures[face - 1];
    char why[WHY_SIZE];
    find_reason(build, picture, why);
    Row row = new_row(build, item->source, *why ? ROW_REJECTED : ROW_ACCEPTED, item->settings, why);
    row.face = face, row.faces = item->made.count;
    row.box = picture->box, row.has_box = picture->has_box, row.angle = picture->angle;
    row.brightness = picture->brightness, row.warnings = picture->warnings;
    row.look = picture->look, row.has_look = true;
    int code =
        row.status == ROW_ACCEPTED ? accept(build, item, prior, prior_count, picture, &row) : 0;
    if (code) row_clear(&row);
    return code ? code : add_row(build, row);
}

/* Removes pictures that an earlier build made of this source and that this build does not make. */
static int remove_old(Build *build, int first, const Row *prior, int prior_count) {
    int code = 0;
    for (int i = 0; !code && i < prior_count; i++) {
        bool again = !*prior[i].output;
        for (int k = first; k < build->added.count && !again; k++)
            again = !strcmp(build->added.rows[k].output, prior[i].output);
        if (again) continue;
        char *path = text_make("%s/%s", build->folder, prior[i].output);
        if (!path) code = text_no_memory();
        else if (unlink(path) && errno != ENOENT) {
            complain("%s: cannot remove this picture of an earlier build: %s", path,
                     strerror(errno));
            code = EXIT_WRITE;
        }
        free(path);
    }
    return code;
}

static int release_names(Build *build, const Row *prior, int prior_count) {
    for (int i = 0; i < prior_count; i++) {
        if (!*prior[i].output) continue;
        char *stem = judge_stem(prior[i].output);
        if (!stem) return text_no_memory();
        names_remove(build->names, stem);
        free(stem);
    }
    return 0;
}

static int reject(Build *build, const Item *item, const char *why, int *counter) {
    ++*counter;
    return add_row(build, new_row(build, item->source, ROW_REJECTED, item->settings, why));
}

static int reject_copy(Build *build, const Item *item) {
    char why[WHY_SIZE];
    snprintf(why, sizeof why, "exact duplicate of %s", item->copy_of);
    return reject(build, item, why, &build->counts.duplicates);
}

int judge_item(Build *build, Item *item) {
    const Made *made = &item->made;
    int prior_count, first = build->added.count;
    const Row *prior = manifest_find(&build->old, build->domain, item->source->path, &prior_count);
    if (made->status) {
        build->counts.out_of_memory += made->status == P2C_ERR_MEMORY;
        return judge_failed(build, item->source, item->settings,
                            made->error ? made->error : "out of memory");
    }
    int code = release_names(build, prior, prior_count);
    if (!code && item->copy_of) code = reject_copy(build, item);
    else if (!code && made->why) code = reject(build, item, made->why, &build->counts.faceless);
    for (int face = 1; !code && face <= made->count; face++)
        code = judge_picture(build, item, prior, prior_count, face);
    return code ? code : remove_old(build, first, prior, prior_count);
}
