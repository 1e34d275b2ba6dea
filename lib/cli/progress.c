/* progress.c: [########----------------] 5/20, 7 s left */
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

enum { WIDTH = 32 };

Progress progress_start(int total) { return (Progress){ .total = total, .shown = total > 1 && isatty(STDERR_FILENO), .start = now_ms() }; }

void progress_show(const Progress *p) {
    if (!p->shown) return;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) bar[i] = i < (int)((long)WIDTH * p->done / p->total) ? '#' : '-';
    bar[WIDTH] = 0;
    fprintf(stderr, "\r[%s] %d/%d", bar, p->done, p->total);
    if (p->done) fprintf(stderr, ", %.0f s left ", (now_ms() - p->start) / 1e3 / p->done * (p->total - p->done));
    fflush(stderr);
}

void progress_hide(const Progress *p) {
    if (p->shown) fprintf(stderr, "\r\033[K");
}
