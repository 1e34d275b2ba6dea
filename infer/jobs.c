/* jobs.c: which picture becomes which file, decided before any work.
 *
 *     no -o           in/anna.jpg -> in/anna_cartoon.png
 *     -o out.png      in/anna.jpg -> out.png                     one picture only
 *     -o folder/      in/anna.jpg -> folder/anna.png             the folder is made when missing
 *     --heatmap ...   the same three, but the second named by --heatmap, and folder/anna_heatmap.png
 *
 * Refused: a file that two pictures would become, and one that is an input. Files are compared by where they really are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "infer.h"

typedef struct Place {
    char *path;        /* without links and dots, as far as it exists */
    const char *input; /* whose input or output it is */
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

static char *join(const char *folder, size_t folder_length, const char *name, size_t name_length, const char *ending) {
    size_t size = folder_length + 1 + name_length + strlen(ending) + 1;
    char *path = malloc(size);
    if (!path) return NULL;
    bool slash = folder_length && folder[folder_length - 1] != '/';
    snprintf(path, size, "%.*s%s%.*s%s", (int)folder_length, folder, slash ? "/" : "", (int)name_length, name, ending);
    return path;
}

/* `given` is what -o or --heatmap says, NULL for beside the input. */
static char *name_output(const char *input, const char *given, const char *ending_beside, const char *ending_in_folder) {
    if (given && !is_folder(given)) return strdup(given);
    const char *base = base_name(input), *dot = strrchr(base, '.');
    size_t stem = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    if (!given) return join(input, (size_t)(base - input), base, stem, ending_beside);
    return join(given, strlen(given), base, stem, ending_in_folder);
}

static bool known_ending(const char *path) {
    const char *dot = strrchr(base_name(path), '.');
    return dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static int check_target(const char *option, const char *path, int inputs) {
    if (!path || is_folder(path)) return 0;
    if (inputs > 1) complain("%s %s: %d pictures need a folder, and that is none; write %s/ to have it made", option, path, inputs, path);
    else if (!known_ending(path)) complain("%s %s: expected a name ending in .png, .jpg or .jpeg, or a folder", option, path);
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
    return order ? order : (int)x->is_output - (int)y->is_output; /* inputs first */
}

static int find_clash(const Place *places, int count) {
    for (int i = 1; i < count; i++) {
        const Place *a = &places[i - 1], *b = &places[i];
        if (!b->is_output || strcmp(a->path, b->path)) continue;
        if (!a->is_output) complain("%s would be written over with the result of %s; choose another output", a->input, b->input);
        else complain("%s and %s would both be written to %s; give outputs of different names", a->input, b->input, b->path);
        return EXIT_USAGE;
    }
    return 0;
}

static int check_clashes(const Job *jobs, int count) {
    int used = 0, code = EXIT_MEMORY;
    Place *places = calloc((size_t)count * 3, sizeof *places);
    for (int i = 0; places && i < count; i++) {
        const char *paths[] = { jobs[i].input, jobs[i].output, jobs[i].heatmap };
        for (int k = 0; k < 3 && paths[k]; k++) {
            places[used] = (Place){ real_place(paths[k]), jobs[i].input, k > 0 };
            if (!places[used++].path) goto cleanup;
        }
    }
    if (!places) goto cleanup;
    qsort(places, (size_t)used, sizeof *places, by_path);
    code = find_clash(places, used);
cleanup:
    if (code == EXIT_MEMORY) complain("out of memory");
    for (int i = 0; i < used; i++) free(places[i].path);
    free(places);
    return code;
}

int jobs_plan(const Options *o, Job **out) {
    int count = o->input_count, code = check_target("--output", o->output, count);
    if (!code) code = check_target("--heatmap", o->heatmap, count);
    if (code) return code;
    Job *jobs = *out = calloc((size_t)count, sizeof *jobs);
    for (int i = 0; jobs && i < count; i++) {
        jobs[i].input = o->inputs[i];
        jobs[i].output = name_output(o->inputs[i], o->output, "_cartoon.png", ".png");
        if (o->heatmap) jobs[i].heatmap = name_output(o->inputs[i], o->heatmap, "", "_heatmap.png");
        if (!jobs[i].output || (o->heatmap && !jobs[i].heatmap)) jobs_free(&jobs, count);
    }
    *out = jobs;
    if (jobs) return check_clashes(jobs, count);
    complain("out of memory");
    return EXIT_MEMORY;
}

static int make_folder(const char *path) {
    if (!path || !is_folder(path) || !mkdir(path, 0777) || errno == EEXIST) return 0;
    complain("cannot make the folder %s: %s", path, strerror(errno));
    return EXIT_WRITE;
}

int jobs_make_folders(const Options *o) {
    int code = make_folder(o->output);
    return code ? code : make_folder(o->heatmap);
}

void jobs_free(Job **jobs, int count) {
    for (int i = 0; *jobs && i < count; i++) {
        free((*jobs)[i].output);
        free((*jobs)[i].heatmap);
    }
    free(*jobs);
    *jobs = NULL;
}
