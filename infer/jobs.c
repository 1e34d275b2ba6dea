/* jobs.c: which picture becomes which file, decided before any work.
 *
 *     no -o           in/anna.jpg -> in/anna_cartoon.png
 *     -o out.png      in/anna.jpg -> out.png                     one picture only
 *     -o folder/      in/anna.jpg -> folder/anna.png             the folder is made if missing
 *                     in/         -> folder/anna.png, folder/below/carl.png
 *                                                      a folder of pictures needs -o folder/
 *     --heatmap ...   the second case with the name that --heatmap gives, and
 *                     folder/anna_heatmap.png
 *
 * Further faces of a photo become folder/anna_face2.png and so on. It refuses a file that two
 * pictures would become, and a file that is an input. Files are compared by their resolved
 * paths. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/folder.h"
#include "infer.h"

typedef struct Place {
    char *path;        /* without links and dots, as far as the path exists */
    const char *input; /* the input that this path is, or is the output of */
    bool is_output;
} Place;

static bool is_folder(const char *path) {
    struct stat s;
    return path[strlen(path) - 1] == '/' || (!stat(path, &s) && S_ISDIR(s.st_mode));
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *join(const char *folder, size_t folder_length, const char *name, size_t name_length,
                  const char *ending) {
    size_t size = folder_length + 1 + name_length + strlen(ending) + 1;
    char *path = malloc(size);
    if (!path) return NULL;
    bool slash = folder_length && folder[folder_length - 1] != '/';
    snprintf(path, size, "%.*s%s%.*s%s", (int)folder_length, folder, slash ? "/" : "",
             (int)name_length, name, ending);
    return path;
}

/* Length of the name without its ending; of a name that begins with a dot, the whole length. */
static size_t stem_length(const char *path) {
    const char *base = base_name(path), *dot = strrchr(base, '.');
    return dot && dot != base ? (size_t)(dot - path) : strlen(path);
}

/* `given` is the value of -o or --heatmap; NULL puts the output beside the input. `kept` is the
 * part of the input's path that keeps its name in a folder. */
static char *name_output(const char *input, const char *kept, const char *given,
                         const char *ending_beside, const char *ending_in_folder) {
    if (given && !is_folder(given)) return strdup(given);
    if (!given) return join("", 0, input, stem_length(input), ending_beside);
    return join(given, strlen(given), kept, stem_length(kept), ending_in_folder);
}

void jobs_name(const Job *job, int i, char *path, size_t size) {
    size_t stem = stem_length(job->output);
    if (i) snprintf(path, size, "%.*s_face%d%s", (int)stem, job->output, i + 1, job->output + stem);
    else snprintf(path, size, "%s", job->output);
}

static bool known_ending(const char *path) {
    const char *dot = strrchr(base_name(path), '.');
    return dot &&
           (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static int check_target(const char *option, const char *path, int inputs) {
    if (!path || is_folder(path)) return 0;
    if (inputs != 1)
        complain("%s %s: %d pictures need a folder, but this is not one; write %s/ to have it made",
                 option, path, inputs, path);
    else if (!known_ending(path))
        complain("%s %s: expected a name ending in .png, .jpg or .jpeg, or a folder", option, path);
    else return 0;
    return EXIT_USAGE;
}

static char *real_place(const char *path) {
    char *real = realpath(path, NULL);
    if (real) return real;
    const char *base = base_name(path);
    size_t length = (size_t)(base - path);
    char *folder = length ? strndup(path, length) : strdup(".");
    real = folder ? realpath(folder, NULL) : NULL;
    char *place = real ? join(real, strlen(real), base, strlen(base), "") : strdup(path);
    free(folder);
    free(real);
    return place;
}

static int by_path(const void *a, const void *b) {
    const Place *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : (int)x->is_output - (int)y->is_output; /* sorts inputs before outputs */
}

static int find_clash(const Place *places, int count) {
    for (int i = 1; i < count; i++) {
        const Place *a = &places[i - 1], *b = &places[i];
        if (!b->is_output || strcmp(a->path, b->path)) continue;
        if (!a->is_output)
            complain("%s is an input, and the cartoon of %s would be written over it; choose "
                     "another output",
                     a->input, b->input);
        else
            complain("%s and %s would both be written to %s; choose different outputs", a->input,
                     b->input, b->path);
        return EXIT_USAGE;
    }
    return 0;
}

/* "x_face2.png" is the output for the second face if "x.png" is the output for the first. */
static bool is_face_of(const char *path, const char *output) {
    size_t stem = stem_length(output), length = strlen(path);
    if (strncmp(path, output, stem) || strncmp(path + stem, "_face", 5)) return false;
    size_t digits = strspn(path + stem + 5, "0123456789");
    return digits && stem + 5 + digits + strlen(output + stem) == length &&
           !strcmp(path + stem + 5 + digits, output + stem);
}

static int find_face_clash(const Place *places, int count) {
    for (int i = 0; i < count; i++)
        for (int k = i + 1; places[i].is_output && k < count &&
                            !strncmp(places[k].path, places[i].path, stem_length(places[i].path));
             k++)
            if (is_face_of(places[k].path, places[i].path)) {
                complain("%s is an input, and a further face of %s could be written over it; "
                         "choose another output",
                         places[k].path, places[i].input);
                return EXIT_USAGE;
            }
    return 0;
}

static int add_place(Place *places, int *used, const char *path, const char *input,
                     bool is_output) {
    if (!path) return 0;
    char *place = real_place(path);
    if (!place) return EXIT_MEMORY;
    places[(*used)++] = (Place){ place, input, is_output };
    return 0;
}

static int check_clashes(const Jobs *jobs, bool faces) {
    int used = 0, code = EXIT_MEMORY;
    Place *places = calloc((size_t)jobs->count * 3, sizeof *places);
    if (places) code = 0;
    for (int i = 0; !code && i < jobs->count; i++) {
        const Job *job = &jobs->list[i];
        code = add_place(places, &used, job->input, job->input, false);
        if (!code) code = add_place(places, &used, job->output, job->input, true);
        if (!code) code = add_place(places, &used, job->heatmap, job->input, true);
    }
    if (code) complain("out of memory");
    else {
        qsort(places, (size_t)used, sizeof *places, by_path);
        code = find_clash(places, used);
        if (!code && faces) code = find_face_clash(places, used);
    }
    for (int i = 0; i < used; i++) free(places[i].path);
    free(places);
    return code;
}

/* ---- the jobs ---- */

static int out_of_memory(void) {
    complain("out of memory");
    return EXIT_MEMORY;
}

/* Adds a job for a picture. `kept` is a part of its path. */
static int add_job(Jobs *jobs, const Options *o, const char *input, const char *kept) {
    Job *more = realloc(jobs->list, ((size_t)jobs->count + 1) * sizeof *more);
    if (!more) return out_of_memory();
    jobs->list = more;
    Job *job = &more[jobs->count++];
    *job = (Job){ strdup(input), name_output(input, kept, o->output, "_cartoon.png", ".png"),
                  o->heatmap ? name_output(input, kept, o->heatmap, "", "_heatmap.png") : NULL };
    return job->input && job->output && (job->heatmap || !o->heatmap) ? 0 : out_of_memory();
}

static int add_folder(Jobs *jobs, const Options *o, const char *path) {
    Folder folder = { 0 };
    if (!o->output) {
        complain("%s: a folder of pictures needs a folder for the cartoons; add -o FOLDER/", path);
        return EXIT_USAGE;
    }
    int code = folder_open(&folder, path,
                           "expected .png, .jpg or .jpeg pictures in it or in its subfolders");
    for (int i = 0; !code && i < folder.count; i++)
        code = add_job(jobs, o, folder.paths[i], folder.paths[i] + folder.prefix);
    folder_clear(&folder);
    return code;
}

int jobs_plan(const Options *o, Jobs *jobs) {
    int code = 0;
    for (int i = 0; !code && i < o->input_count; i++) {
        const char *input = o->inputs[i];
        code = *input && is_folder(input) ? add_folder(jobs, o, input)
                                          : add_job(jobs, o, input, base_name(input));
    }
    if (!code) code = check_target("--output", o->output, jobs->count);
    if (!code) code = check_target("--heatmap", o->heatmap, jobs->count);
    return code ? code
                : check_clashes(jobs, !o->prepared && o->photo.faces != 1 &&
                                          o->photo.layout != P2C_LAYOUT_KEEP);
}

/* Makes the folders for a file that are below `given`, the value of -o or --heatmap. */
static int make_way(const char *given, const char *path) {
    if (!given || !path || !is_folder(given)) return 0;
    char *way = strdup(path), *slash = way ? strrchr(way, '/') : NULL;
    int code = way ? 0 : out_of_memory();
    if (slash) {
        *slash = 0;
        code = make_folders(way);
    }
    free(way);
    return code;
}

int jobs_make_folders(const Options *o, const Jobs *jobs) {
    int code = 0;
    for (int i = 0; !code && i < jobs->count; i++) {
        code = make_way(o->output, jobs->list[i].output);
        if (!code) code = make_way(o->heatmap, jobs->list[i].heatmap);
    }
    return code;
}

void jobs_free(Jobs *jobs) {
    for (int i = 0; i < jobs->count; i++) {
        free(jobs->list[i].input);
        free(jobs->list[i].output);
        free(jobs->list[i].heatmap);
    }
    free(jobs->list);
    *jobs = (Jobs){ 0 };
}
