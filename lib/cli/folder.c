/* folder.c: lists the pictures of a folder and its subfolders, and makes folders.
 *
 * A link to a folder is followed unless it leads to a folder on the path to it. So a loop of links
 * ends, and the list depends only on the tree, not on the order in which the system lists its
 * entries. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli.h"
#include "folder.h"
#include "hash.h"

typedef struct Level {
    dev_t device;
    ino_t inode;
    const struct Level *above;
} Level;

static int out_of_memory(void) {
    complain("out of memory: a list of pictures");
    return EXIT_MEMORY;
}

static bool is_picture(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot &&
           (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

/* Takes ownership of the path. */
static int add_path(Folder *folder, char *path) {
    int n = folder->count;
    if ((n & (n - 1)) == 0) { /* the capacity is n at every power of two */
        char **more = realloc(folder->paths, (n ? 2 * (size_t)n : 1) * sizeof *more);
        if (!more) {
            free(path);
            return out_of_memory();
        }
        folder->paths = more;
    }
    folder->paths[folder->count++] = path;
    return 0;
}

static int search(Folder *folder, const char *path, const Level *above);

static int visit(Folder *folder, const char *within, const char *name, const Level *level) {
    size_t length = strlen(within), size = length + strlen(name) + 2;
    char *path = malloc(size);
    if (!path) return out_of_memory();
    snprintf(path, size, "%s%s%s", within, within[length - 1] == '/' ? "" : "/", name);
    struct stat info;
    int code = 0;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) code = search(folder, path, level);
    /* a link that leads nowhere is included, so that reading it reports it */
    else if (is_picture(name)) return add_path(folder, path);
    free(path);
    return code;
}

static bool is_open(const struct stat *info, const Level *level) {
    for (; level; level = level->above)
        if (level->device == info->st_dev && level->inode == info->st_ino) return true;
    return false;
}

static int refuse(const Folder *folder, const char *path) {
    complain("%s: cannot be searched: %s; %s", path, strerror(errno), folder->expected);
    return EXIT_BAD_INPUT;
}

static int visit_all(Folder *folder, const char *path, DIR *entries, const Level *above) {
    struct stat info;
    if (fstat(dirfd(entries), &info) != 0) return refuse(folder, path);
    if (is_open(&info, above)) return 0;
    Level level = { info.st_dev, info.st_ino, above };
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (!entry) return errno ? refuse(folder, path) : 0;
        int code = entry->d_name[0] == '.' ? 0 : visit(folder, path, entry->d_name, &level);
        if (code) return code;
    }
}

static int search(Folder *folder, const char *path, const Level *above) {
    DIR *entries = opendir(path);
    if (!entries) return refuse(folder, path);
    int code = visit_all(folder, path, entries, above);
    closedir(entries);
    return code;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int folder_open(Folder *folder, const char *path, const char *expected) {
    size_t length = strlen(path);
    *folder =
        (Folder){ .expected = expected, .prefix = length + (length && path[length - 1] != '/') };
    int code = search(folder, path, NULL);
    if (code) return code;
    if (!folder->count) {
        complain("%s: no picture in this folder; %s", path, expected);
        return EXIT_BAD_INPUT;
    }
    qsort(folder->paths, (size_t)folder->count, sizeof *folder->paths, by_bytes);
    return 0;
}

void folder_clear(Folder *folder) {
    for (int i = 0; i < folder->count; i++) free(folder->paths[i]);
    free(folder->paths);
    *folder = (Folder){ 0 };
}

void folder_leave_out(Folder *folder, const bool *unwanted) {
    int kept = 0;
    for (int i = 0; i < folder->count; i++)
        if (unwanted[i]) free(folder->paths[i]);
        else folder->paths[kept++] = folder->paths[i];
    folder->count = kept;
}

uint64_t folder_hash(const Folder *folder) {
    /* the 0 at the end of a name is hashed, too, so that "a" "bc" differs from "ab" "c" */
    uint64_t h = HASH_START;
    for (int i = 0; i < folder->count; i++)
        h = hash_more(h, folder->paths[i] + folder->prefix,
                      strlen(folder->paths[i] + folder->prefix) + 1);
    return h;
}

/* ---- making folders ---- */

static int cannot_make(const char *path, int error) {
    complain("%s: cannot make this folder: %s", path, strerror(error));
    return EXIT_WRITE;
}

int make_folder(const char *path) {
    struct stat info;
    if (!mkdir(path, 0777)) return 0;
    if (errno != EEXIST) return cannot_make(path, errno);
    return stat(path, &info) || !S_ISDIR(info.st_mode) ? cannot_make(path, ENOTDIR) : 0;
}

int make_folders(const char *path) {
    char part[PATH_MAX];
    int code = 0;
    for (const char *slash = path; !code && (slash = strchr(slash + 1, '/'));) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        code = make_folder(part);
    }
    return code ? code : make_folder(path);
}
