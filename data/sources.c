/* sources.c: lists the pictures that are named and those in named folders, each once, with a hash
 * of its bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/hash.h"
#include "data.h"

enum { CHUNK = 1 << 16 };
#define EXPECTED "expected .png, .jpg or .jpeg pictures, also in subfolders"

/* ---- listing ---- */

/* Takes ownership of the path. */
static int add_source(Sources *sources, char *path, size_t name) {
    int n = sources->count;
    if (path && (n & (n - 1)) == 0) { /* the capacity is n at every power of two */
        Source *more = realloc(sources->list, (n ? 2 * (size_t)n : 1) * sizeof *more);
        if (more) sources->list = more;
        else {
            free(path);
            path = NULL;
        }
    }
    if (!path) return text_no_memory();
    sources->list[sources->count++] = (Source){ .path = path, .name = name };
    return 0;
}

static int add_folder(Sources *sources, const char *input) {
    Folder folder;
    char *root = realpath(input, NULL);
    if (!root) return text_no_memory();
    int code = folder_open(&folder, root, EXPECTED);
    for (int i = 0; !code && i < folder.count; i++)
        code = add_source(sources, strdup(folder.paths[i]), folder.prefix);
    folder_clear(&folder);
    free(root);
    return code;
}

/* Resolves the folder of a file, but keeps its name, even that of a link. */
static int add_file(Sources *sources, const char *input) {
    const char *slash = strrchr(input, '/');
    char *folder = slash ? strndup(input, (size_t)(slash - input) + 1) : strdup(".");
    char *root = folder ? realpath(folder, NULL) : NULL;
    const char *join = root && root[strlen(root) - 1] == '/' ? "" : "/";
    char *path = root ? text_make("%s%s%s", root, join, slash ? slash + 1 : input) : NULL;
    int code = add_source(sources, path, root ? strlen(root) + strlen(join) : 0);
    free(folder);
    free(root);
    return code;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const Source *)a)->path, ((const Source *)b)->path);
}

static void drop_repeated(Sources *sources) {
    int kept = 0;
    for (int i = 0; i < sources->count; i++)
        if (kept && !strcmp(sources->list[kept - 1].path, sources->list[i].path))
            free(sources->list[i].path);
        else sources->list[kept++] = sources->list[i];
    sources->count = kept;
}

int sources_open(Sources *sources, const char *const *inputs, int count) {
    int code = 0;
    *sources = (Sources){ 0 };
    for (int i = 0; !code && i < count; i++) {
        struct stat info;
        if (stat(inputs[i], &info)) {
            complain("%s: %s; give pictures, or folders of pictures", inputs[i], strerror(errno));
            code = EXIT_BAD_INPUT;
        } else
            code = S_ISDIR(info.st_mode) ? add_folder(sources, inputs[i])
                                         : add_file(sources, inputs[i]);
    }
    if (code) return code;
    qsort(sources->list, (size_t)sources->count, sizeof *sources->list, by_path);
    drop_repeated(sources);
    return 0;
}

void sources_clear(Sources *sources) {
    for (int i = 0; i < sources->count; i++) {
        free(sources->list[i].path);
        free(sources->list[i].error);
    }
    free(sources->list);
    *sources = (Sources){ 0 };
}

/* ---- hashing ---- */

/* Returns 0 or an errno. */
static int hash_file(int fd, uint64_t *hash) {
    uint8_t bytes[CHUNK];
    uint64_t h = HASH_START;
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        *hash = h = hash_more(h, bytes, (size_t)count);
        if (!count) return 0;
    }
}

/* May run in any thread; it changes only its own source. */
static void hash_piece(void *job, P2cContext *ctx, int i) {
    Source *source = &((Sources *)job)->list[i];
    (void)ctx;
    if (stop_signal) return;
    struct stat info;
    const char *wrong = NULL;
    /* opening a named pipe would otherwise wait for its writer */
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info)) wrong = strerror(errno);
    else if (!S_ISREG(info.st_mode)) wrong = "not a regular file";
    else {
        int why = hash_file(fd, &source->hash);
        if (why) wrong = strerror(why);
    }
    if (fd >= 0) close(fd);
    if (!wrong) return;
    source->status = P2C_ERR_READ;
    source->error = text_make("%s: cannot read: %s", source->path, wrong);
}

int sources_hash(Sources *sources, Pool *pool) {
    Progress progress = progress_start(sources->count);
    pool_start(pool, hash_piece, sources, sources->count);
    while ((progress.done = pool_wait(pool, SHOW_MS)) < sources->count) progress_show(&progress);
    progress_hide(&progress);
    for (int i = 0; i < sources->count; i++)
        if (sources->list[i].status && !sources->list[i].error) return text_no_memory();
    return 0;
}
