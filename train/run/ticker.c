/* ticker.c: see ticker.h. */
#include "ticker.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "text.h"

enum { REDRAW_MS = 100, NO_TERMINAL_WIDTH = 80 };

void ticker_start(Ticker *t, int64_t step, int64_t total, double now) {
    bool watched = isatty(STDERR_FILENO);
    *t = (Ticker){ .bar = watched ? stderr : NULL,
                   .out = stdout,
                   .lines = !watched || !isatty(STDOUT_FILENO),
                   .first = step,
                   .step = step,
                   .total = total,
                   .started = now,
                   .drawn = now - REDRAW_MS };
}

double ticker_left(const Ticker *t, double now) {
    return t->step > t->first ? (now - t->started) / 1e3 / (double)(t->step - t->first) *
                                    (double)(t->total - t->step)
                              : -1;
}

/* ---- texts ---- */

static Text speed(double ms) {
    Text text;
    if (ms <= 1000) snprintf(text.s, sizeof text.s, "%.16s steps/s", text_number(1000 / ms).s);
    else snprintf(text.s, sizeof text.s, "%.16s s/step", text_number(ms / 1000).s);
    return text;
}

static Text left(const Ticker *t, double now) {
    Text text = { "" };
    double seconds = ticker_left(t, now);
    if (t->step >= t->total) snprintf(text.s, sizeof text.s, "done");
    else if (seconds >= 0) snprintf(text.s, sizeof text.s, "%.20s left", text_duration(seconds).s);
    return text;
}

/* Adds a part, two columns from the last, when it fits whole. False: it does not. */
__attribute__((format(printf, 3, 4))) static bool add(char *text, int width, const char *format,
                                                      ...) {
    size_t used = strlen(text), gap = used ? 2 : 0, room = (size_t)width + 1 - used;
    if (room <= gap) return false;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text + used + gap, room - gap, format, args);
    va_end(args);
    if (length <= 0 || (size_t)length >= room - gap) {
        text[used] = 0;
        return false;
    }
    memcpy(text + used, "  ", gap);
    return true;
}

void ticker_bar_text(const Ticker *t, int width, double ms, int count, const TickerValue values[],
                     double now, char text[TICKER_TEXT]) {
    char bar[32], steps[64];
    int room = width - 1 < 0 ? 0 : width - 1 < TICKER_TEXT ? width - 1 : TICKER_TEXT - 1;
    progress_bar(bar, width >= 100 ? 24 : 12, t->step, t->total);
    snprintf(steps, sizeof steps, "%lld/%lld", (long long)t->step, (long long)t->total);
    text[0] = 0;
    if (!add(text, room, "[%s] %s", bar, steps) && !add(text, room, "%s", steps))
        add(text, room, "%lld", (long long)t->step);
    if (!add(text, room, "%s", speed(ms).s)) return;
    if (left(t, now).s[0] && !add(text, room, "%s", left(t, now).s)) return;
    for (int i = 0;
         i < count && add(text, room, "%s %s", values[i].name, text_number(values[i].value).s); i++)
        continue;
}

void ticker_line_text(const Ticker *t, double ms, int count, const TickerValue values[], double now,
                      char text[TICKER_TEXT]) {
    const int room = TICKER_TEXT - 1;
    text[0] = 0;
    add(text, room, "step %lld/%lld", (long long)t->step, (long long)t->total);
    for (int i = 0; i < count; i++)
        add(text, room, "%s %s", values[i].name, text_number(values[i].value).s);
    add(text, room, "%s ms", text_number(ms).s);
    if (left(t, now).s[0]) add(text, room, "%s", left(t, now).s);
}

/* ---- streams ---- */

static int terminal_width(const Ticker *t) {
    struct winsize size;
    if (t->width) return t->width;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : NO_TERMINAL_WIDTH;
}

static void draw_bar(Ticker *t) {
    fprintf(t->bar, "\r%s\033[K", t->text);
    fflush(t->bar);
    t->visible = true;
}

void ticker_hide(Ticker *t) {
    if (!t->visible) return;
    fputs("\r\033[K", t->bar);
    fflush(t->bar);
    t->visible = false;
}

static void print_line(Ticker *t, const char *text) {
    bool again = t->visible;
    ticker_hide(t);
    for (; *text; text++) putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, t->out);
    putc('\n', t->out);
    fflush(t->out);
    if (again) draw_bar(t);
}

void ticker_say(Ticker *t, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_line(t, text);
}

void ticker_warn(Ticker *t, const char *text) {
    if (!text) return;
    bool again = t->visible;
    ticker_hide(t);
    complain("%s", text);
    if (again) draw_bar(t);
}

/* ---- steps ---- */

static void estimate(Ticker *t, double now) {
    if (t->estimated || t->step < t->first + TICKER_EVERY - 1 || t->step >= t->total) return;
    t->estimated = true;
    ticker_say(t, "%lld steps to go, at %s ms each: about %s", (long long)(t->total - t->step),
               text_number((now - t->started) / (double)(t->step - t->first)).s,
               text_duration(ticker_left(t, now)).s);
}

void ticker_step(Ticker *t, int64_t step, double ms, int count, const TickerValue values[],
                 double now) {
    t->step = step;
    /* the first step is slower than all others: buffers are touched, kernels chosen */
    if (!t->warm) {
        t->warm = true;
        t->first = step;
        t->started = now;
    }
    char text[TICKER_TEXT];
    if (t->lines && (step % TICKER_EVERY == 0 || step >= t->total)) {
        ticker_line_text(t, ms, count, values, now, text);
        print_line(t, text);
    }
    if (t->bar && (now - t->drawn >= REDRAW_MS || step >= t->total)) {
        ticker_bar_text(t, terminal_width(t), ms, count, values, now, t->text);
        draw_bar(t);
        t->drawn = now;
    }
    estimate(t, now);
}
