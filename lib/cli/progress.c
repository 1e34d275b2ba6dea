/* progress.c: [########----------------] 5/20, 7 s left */
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

enum { WIDTH = 32 };

Progress progress_start(int total) {
    return (
        Progress){ .total = total, .shown = total > 1 && isatty(STDERR_FILENO), .start = now_ms() };
}

void progress_bar(char *text, int width, int64_t done, int64_t total) {
    for (int i = 0; i < width; i++) text[i] = total > 0 && i < width * done / total ? '#' : '-';
    text[width] = 0;
}

void progress_show(const Progress *p) {
    if (!p->shown) return;
    char bar[WIDTH + 1];
    progress_bar(bar, WIDTH, p->done, p->total);
    fprintf(stderr, "\r[%s] %d/%d", bar, p->done, p->total);
    if (p->done)
        fprintf(stderr, ", %.0f s left ",
                (now_ms() - p->start) / 1e3 / p->done * (p->total - p->done));
    fflush(stderr);
}

void progress_hide(const Progress *p) {
    if (p->shown) fprintf(stderr, "\r\033[K");
}
