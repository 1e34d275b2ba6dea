/* check.c: checks whether p2c-train can start with a dataset, and what in it would spoil
 * results. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data.h"

/* fraction of the border that must be white; hair and wide shoulders may reach the rest */
static const double WHITE_ENOUGH = 0.5;
enum { FOLDERS = 4, SIDE = 256 };
static const char *const folder_names[FOLDERS] = { "trainA", "testA", "trainB", "testB" };

typedef struct Checked {
    bool readable, alpha;
    int width, height;
    double white;
    Look look;
    char *error;
} Checked;

typedef struct Part {
    bool there, usable; /* usable: p2c-train could read it */
    Folder folder;
    Checked *pictures;
    /* odd: number of pictures that are not square; least, most: shortest and longest side */
    int unreadable, odd, alpha, coloured, least, most;
} Part;

typedef struct Check {
    const Options *options;
    Part parts[FOLDERS];
    Pool *pool;
    bool startable;
} Check;

/* ---- reading ---- */

/* A piece of the job. It changes only its own picture. */
static void check_picture(void *job, P2cContext *ctx, int i) {
    Part *part = job;
    Checked *c = &part->pictures[i];
    P2cImage picture = { 0 }, square = { 0 };
    if (stop_signal) return;
    P2cStatus status = p2c_image_read(ctx, part->folder.paths[i], &picture);
    if (!status) {
        c->width = picture.width, c->height = picture.height, c->alpha = picture.channels == 4;
        c->white = look_white_border(&picture);
        /* square and small, so that copies of other sizes look alike */
        status = frame_square(ctx, &picture, false, SIDE, &square);
    }
    if (!status) status = look_make(ctx, &square, &c->look);
    if (status) c->error = text_make("%s", p2c_error(ctx));
    c->readable = !status;
    p2c_image_clear(&picture);
    p2c_image_clear(&square);
}

static int read_pictures(Check *check, Part *part) {
    int total = part->folder.count;
    part->pictures = calloc((size_t)total + 1, sizeof *part->pictures);
    if (!part->pictures) return text_no_memory();
    Progress progress = progress_start(total);
    pool_start(check->pool, check_picture, part, total);
    while ((progress.done = pool_wait(check->pool, SHOW_MS)) < total) progress_show(&progress);
    progress_hide(&progress);
    return stop_signal ? 128 + (int)stop_signal : 0;
}

static int open_part(Check *check, int i) {
    Part *part = &check->parts[i];
    struct stat info;
    char *path = text_make("%s/%s", check->options->inputs[0], folder_names[i]);
    if (!path) return text_no_memory();
    bool training = !strncmp(folder_names[i], "train", 5);
    part->there = !stat(path, &info);
    /* test pictures are optional, but p2c-train refuses an empty folder for them */
    part->usable = !part->there && !training;
    int code = 0;
    if (part->there) {
        code = folder_open(&part->folder, path, "p2c-train needs pictures in it");
        part->usable = !code;
        if (code == EXIT_BAD_INPUT) {
            folder_clear(&part->folder);
            code = 0;
        }
    } else if (training) complain("%s: no such folder; p2c-train needs pictures in it", path);
    free(path);
    check->startable = check->startable && part->usable;
    return code ? code : read_pictures(check, part);
}

/* ---- the report ---- */

static void count_one(Part *part, const Checked *c) {
    int side = c->width < c->height ? c->width : c->height;
    part->unreadable += !c->readable;
    if (!c->readable) return;
    part->odd += c->width != c->height;
    part->alpha += c->alpha;
    part->coloured += c->white < WHITE_ENOUGH;
    if (!part->least || side < part->least) part->least = side;
    if (side > part->most) part->most = side;
}

static void print_part(Part *part, const char *name) {
    char sides[48] = "-", state[16] = "";
    for (int i = 0; i < part->folder.count; i++) count_one(part, &part->pictures[i]);
    if (part->most)
        snprintf(sides, sizeof sides, part->least == part->most ? "%d" : "%d to %d", part->least,
                 part->most);
    if (!part->there) snprintf(state, sizeof state, "  (none)");
    say("%-8s %8d %10d  %-14s %10d %8d %12d%s", name, part->folder.count, part->unreadable, sides,
        part->odd, part->alpha, part->coloured, state);
}

/* Prints one line for each of the first pictures that have a problem. */
static void list_pictures(const Part *part, const char *name) {
    int listed = 0, found = 0;
    for (int i = 0; i < part->folder.count; i++) {
        const Checked *c = &part->pictures[i];
        const char *file = part->folder.paths[i] + part->folder.prefix;
        if (!c->readable) complain("%s", c->error ? c->error : "out of memory");
        if (!c->readable || c->white >= WHITE_ENOUGH) continue;
        found++;
        if (listed++ < LISTED)
            say("%s/%s: not on white: %.0f%% of its border are", name, file, 100 * c->white);
    }
    if (found > LISTED) say("%s: ... and %d more that are not on white", name, found - LISTED);
}

/* Finds pairs that look alike in one domain: test pictures that training would see, and copies
 * among the training pictures. */
static void compare(const Part *train, const char *name, const Part *other, const char *other_name,
                    int near) {
    bool within = train == other;
    int found = 0;
    for (int k = 0; k < other->folder.count; k++)
        for (int i = 0; i < (within ? k : train->folder.count); i++) {
            const Checked *a = &train->pictures[i], *b = &other->pictures[k];
            int distance =
                a->readable && b->readable ? look_distance(&a->look, &b->look) : near + 1;
            if (distance > near || found++ >= LISTED) continue;
            say("%s/%s and %s/%s look alike: %d of %d bits differ", name,
                train->folder.paths[i] + train->folder.prefix, other_name,
                other->folder.paths[k] + other->folder.prefix, distance, LOOK_BITS);
        }
    if (found > LISTED)
        say("%s, %s: ... and %d more pairs that look alike", name, other_name, found - LISTED);
}

static void tell(Check *check) {
    Part *parts = check->parts;
    int near = check->options->near;
    say("%-8s %8s %10s  %-14s %10s %8s %12s", "folder", "pictures", "unreadable", "shorter side",
        "not square", "alpha", "not on white");
    for (int i = 0; i < FOLDERS; i++) print_part(&parts[i], folder_names[i]);
    for (int i = 0; i < FOLDERS; i++) list_pictures(&parts[i], folder_names[i]);
    for (int i = 0; i < FOLDERS; i += 2) {
        compare(&parts[i], folder_names[i], &parts[i], folder_names[i], near);
        compare(&parts[i], folder_names[i], &parts[i + 1], folder_names[i + 1], near);
    }
    /* A bad test picture leaves a gap in a sheet. A bad training picture stops the training before
     * it begins. */
    if (parts[0].unreadable || parts[2].unreadable) {
        check->startable = false;
        say("p2c-train stops at pictures that it cannot read; remove them, or give it --skip_bad");
    }
    say("%s", check->startable ? "p2c-train can start with this dataset"
                               : "p2c-train cannot start with this dataset");
}

static void close_check(Check *check) {
    for (int k = 0; k < FOLDERS; k++) {
        Part *part = &check->parts[k];
        for (int i = 0; part->pictures && i < part->folder.count; i++)
            free(part->pictures[i].error);
        free(part->pictures);
        folder_clear(&part->folder);
    }
    pool_close(&check->pool);
}

int check(const Options *options) {
    Check check = { .options = options, .startable = true };
    struct stat info;
    if (stat(options->inputs[0], &info) || !S_ISDIR(info.st_mode)) {
        complain("%s: no such folder; expected a dataset, such as dataset/faces",
                 options->inputs[0]);
        return EXIT_BAD_INPUT;
    }
    int code = pool_open(&check.pool, options->jobs - 1);
    for (int i = 0; !code && i < FOLDERS; i++) code = open_part(&check, i);
    if (!code) tell(&check);
    if (!code && !check.startable) code = EXIT_BAD_INPUT;
    close_check(&check);
    return code;
}
