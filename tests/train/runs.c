/* runs.c: see runs.h. */
#define _GNU_SOURCE
#include "runs.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int runs_setup(void **state) {
    Runs *runs = calloc(1, sizeof *runs);
    if (!runs) return -1;
    *state = runs;
    strcpy(runs->folder, "/tmp/p2cnn-test-XXXXXX");
    if (!mkdtemp(runs->folder)) return -1;
    return p2c_context_new(&runs->ctx, "cpu", 1) == P2C_OK ? 0 : -1;
}

static int delete (const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info, (void)kind, (void)place;
    return remove(path);
}

int runs_teardown(void **state) {
    Runs *runs = *state;
    int failed = nftw(runs->folder, delete, 16, FTW_DEPTH | FTW_PHYS);
    p2c_context_free(&runs->ctx);
    free(runs);
    return failed;
}

const char *runs_path(Runs *runs, const char *format, ...) {
    int length = snprintf(runs->path, sizeof runs->path, "%s/", runs->folder);
    va_list args;
    va_start(args, format);
    vsnprintf(runs->path + length, sizeof runs->path - (size_t)length, format, args);
    va_end(args);
    return runs->path;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

const char *runs_names(Runs *runs, const char *folder, bool hidden) {
    char names[64][256];
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
            (entry->d_name[0] == '.' && !hidden))
            continue;
        assert_true(count < 64);
        snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
    }
    closedir(entries);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    *runs->path = 0;
    for (int i = 0; i < count; i++)
        snprintf(runs->path + strlen(runs->path), sizeof runs->path - strlen(runs->path), "%s%s",
                 i ? " " : "", names[i]);
    return runs->path;
}

void listen_to(Runs *runs) {
    fflush(stdout);
    fflush(stderr);
    runs->ear = tmpfile();
    assert_non_null(runs->ear);
    runs->out = dup(STDOUT_FILENO);
    runs->err = dup(STDERR_FILENO);
    dup2(fileno(runs->ear), STDOUT_FILENO);
    dup2(fileno(runs->ear), STDERR_FILENO);
}

void stop_listening(Runs *runs) {
    fflush(stdout);
    fflush(stderr);
    dup2(runs->out, STDOUT_FILENO);
    dup2(runs->err, STDERR_FILENO);
    close(runs->out);
    close(runs->err);
    rewind(runs->ear);
    runs->heard[fread(runs->heard, 1, sizeof runs->heard - 1, runs->ear)] = 0;
    fclose(runs->ear);
}

void assert_heard(const Runs *runs, int lines, const char *text) {
    int count = 0;
    for (const char *c = runs->heard; *c; c++) count += *c == '\n';
    if (count != lines || !strstr(runs->heard, text))
        fail_msg("expected %d lines with '%s', heard: %s", lines, text, runs->heard);
}
