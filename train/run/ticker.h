/* ticker.h: what a terminal shows during training: one line that is rewritten. Where the output is
 * no terminal: a plain line every ten steps.
 *
 *     [#####-------------------] 1230/200000  6.8 steps/s  8.1 h left  d 2.21  g 443  adv 4.72 ...
 *         rewritten, on stderr
 *     step 1230/200000  d 2.21  g 443  adv 4.72  cycle 0.264  identity 0.265  cam 0.42  id 0.53
 *         146 ms  8.1 h left
 *
 * While the bar is visible nothing else may print: messages go through ticker_say and ticker_warn,
 * or follow ticker_hide. */
#ifndef P2C_TRAIN_TICKER_H
#define P2C_TRAIN_TICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct TickerValue {
    const char *name;
    double value;
} TickerValue;

enum { TICKER_EVERY = 10, TICKER_TEXT = 400 };

typedef struct Ticker {
    FILE *bar;  /* stderr, or NULL where that is no terminal */
    FILE *out;  /* stdout, for plain lines */
    bool lines; /* unless both are terminals: the output is kept somewhere, or there is no bar */
    int width;  /* of the terminal; 0: ask it each time */
    int64_t first, step, total; /* `first`: time is measured from its end */
    double started, drawn;      /* ms, when `first` was over; when the bar was rewritten last */
    bool warm, visible, estimated;
    char text[TICKER_TEXT]; /* the bar's newest */
} Ticker;

/* step: the last finished one. now: from now_ms(), here and below. */
void ticker_start(Ticker *ticker, int64_t step, int64_t total, double now);
/* After step `step`, which follows the last one: shows it, when it is time. ms: of a step,
 * smoothed. values: smoothed, most important first. */
void ticker_step(Ticker *ticker, int64_t step, double ms, int count, const TickerValue values[],
                 double now);
/* Removes the bar; the next step brings it back. */
void ticker_hide(Ticker *ticker);
/* A line on stdout; control characters become '?'. */
void ticker_say(Ticker *ticker, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line on stderr, as complain() writes it. Does nothing for NULL. */
void ticker_warn(Ticker *ticker, const char *text);
/* Seconds until the last step, estimated from all steps since the start and the pauses between
 * them; negative: unknown yet. */
double ticker_left(const Ticker *ticker, double now);

/* The two texts. The bar's fits into width - 1 columns. */
void ticker_bar_text(const Ticker *ticker, int width, double ms, int count,
                     const TickerValue values[], double now, char text[TICKER_TEXT]);
void ticker_line_text(const Ticker *ticker, double ms, int count, const TickerValue values[],
                      double now, char text[TICKER_TEXT]);

#endif
