/* ticker.c (test): the content of the progress line, and that it makes way for other lines. Clocks
 * are numbers here. */
#include "../../train/run/ticker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../train/run/text.h"
#include "../unit/support.h"
#include "markup.h"

static void numbers(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0" },          { 2.2149, "2.21" },        { 0.42, "0.42" },
        { 443.2, "443" },    { 999.4, "999" },          { 999.7, "1000" },
        { 1557.6, "1558" },  { 99999, "99999" },        { 123456, "1.23e5" },
        { 1e5, "1e5" },      { -0.0123456, "-0.0123" }, { 1e-4, "0.0001" },
        { 2e-5, "2e-5" },    { -1.5e30, "-1.5e30" },    { NAN, "nan" },
        { INFINITY, "inf" }, { -INFINITY, "-inf" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_number(cases[i].value).s, cases[i].text);
    assert_string_equal(text_tidy("2.50e+00").s, "2.5e0");
    assert_string_equal(text_tidy("10e-10").s, "10e-10");
    assert_string_equal(text_count(0).s, "0");
    assert_string_equal(text_count(999).s, "999");
    assert_string_equal(text_count(-100).s, "-100");
    assert_string_equal(text_count(-1000).s, "-1,000");
    assert_string_equal(text_count(13294048).s, "13,294,048");
    assert_string_equal(text_count(INT64_MIN).s, "-9,223,372,036,854,775,808");
}

static void durations(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        { 0, "0 s" },
        { 59.4, "59 s" },
        { 59.6, "1 min" },
        { 14 * 60, "14 min" },
        { 59.4 * 60, "59 min" },
        { 59.6 * 60, "1.0 h" },
        { 2.1 * 3600, "2.1 h" },
        { 23.9 * 3600, "23.9 h" },
        { 23.97 * 3600, "1 d 0 h" },
        { 51 * 3600, "2 d 3 h" },
        { 1e8, "1157 d 10 h" },
        { -1, "?" },
        { NAN, "?" },
        { INFINITY, "?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_duration(cases[i].seconds).s, cases[i].text);
}

static const TickerValue values[] = { { "d", 2.2135 },        { "g", 443.4 },
                                      { "adv", 4.7247 },      { "cycle", 0.2642 },
                                      { "identity", 0.2653 }, { "cam", 0.42 },
                                      { "id", 0.5307 } };
enum { VALUES = sizeof values / sizeof *values };

/* At step 1230 of 200000, after 1000 steps of 146 ms. */
static Ticker at_1230(void) {
    Ticker t;
    ticker_start(&t, 230, 200000, 0);
    t.step = 1230;
    return t;
}

static void texts(void **state) {
    (void)state;
    Ticker t = at_1230();
    char text[TICKER_TEXT];
    ticker_line_text(&t, 146.2, VALUES, values, 146e3, text);
    assert_string_equal(text, "step 1230/200000  d 2.21  g 443  adv 4.72  cycle 0.264  identity "
                              "0.265  cam 0.42  id 0.531  146 ms  8.1 h left");
    ticker_bar_text(&t, 200, 146.2, VALUES, values, 146e3, text);
    assert_string_equal(text,
                        "[------------------------] 1230/200000  6.84 steps/s  8.1 h left  d 2.21  "
                        "g 443  adv 4.72  cycle 0.264  identity 0.265  cam 0.42  id 0.531");
    t.step = 100000;
    ticker_bar_text(&t, 80, 11530, VALUES, values, 146e3, text);
    assert_string_equal(
        text, "[######------] 100000/200000  11.5 s/step  2 min left  d 2.21  g 443  adv 4.72");
    t.step = t.total;
    ticker_bar_text(&t, 60, 146.2, VALUES, values, 146e3, text);
    assert_string_equal(text, "[############] 200000/200000  6.84 steps/s  done  d 2.21");
    ticker_start(&t, 230, 200000, 0);
    ticker_line_text(&t, 146.2, 0, NULL, 0, text);
    assert_string_equal(text, "step 230/200000  146 ms"); /* the remaining time is not known yet */
}

/* The line is always narrower than the terminal. Parts are complete, and a wider terminal shows
 * more of them. */
static void fits_any_width(void **state) {
    (void)state;
    Ticker t = at_1230();
    char text[TICKER_TEXT], before[TICKER_TEXT] = "";
    for (int width = 0; width < 600; width++) {
        ticker_bar_text(&t, width, 146.2, VALUES, values, 146e3, text);
        assert_true(strlen(text) <= (size_t)(width > 0 ? width - 1 : 0));
        /* there the bar becomes longer, and other parts are dropped */
        if (width != 100) assert_true(strlen(text) >= strlen(before));
        if (width > 4) assert_non_null(strstr(text, "1230"));
        if (width > 11) assert_non_null(strstr(text, "1230/200000"));
        strcpy(before, text);
    }
    assert_non_null(strstr(text, "id 0.531"));
}

/* A ticker whose terminal and output are the same memory. */
typedef struct Watched {
    Ticker ticker;
    char *text;
    size_t size;
    FILE *stream;
} Watched;

static void watch(Watched *w, int64_t step, int64_t total, bool bar, bool lines) {
    ticker_start(&w->ticker, step, total, 0);
    w->text = NULL;
    w->stream = open_memstream(&w->text, &w->size);
    assert_non_null(w->stream);
    w->ticker.out = w->stream;
    w->ticker.bar = bar ? w->stream : NULL;
    w->ticker.lines = lines;
    w->ticker.width = 60;
}

static void unwatch(Watched *w) {
    fclose(w->stream);
    free(w->text);
}

/* What a terminal shows: a rewritten line counts in its last form. The newest, unfinished line is
 * stored in `last`. */
static int lines_on_screen(const char *text, char last[200]) {
    int lines = 0, column = 0;
    last[0] = 0;
    for (; *text; text++) {
        if (*text == '\n') lines++, column = 0, last[0] = 0;
        else if (*text == '\r') column = 0;
        else if (!strncmp(text, "\033[K", 3)) last[column] = 0, text += 2;
        else {
            assert_in_range(column, 0, 198);
            bool at_end = !last[column];
            last[column++] = *text;
            if (at_end) last[column] = 0;
        }
    }
    return lines;
}

static void a_line_every_ten_steps(void **state) {
    (void)state;
    Watched w;
    watch(&w, 0, 25, false, true);
    for (int step = 1; step <= 25; step++) ticker_step(&w.ticker, step, 100, 1, values, step * 100);
    fflush(w.stream);
    assert_string_equal(
        w.text, "step 10/25  d 2.21  100 ms  2 s left\n15 steps to go, at 100 ms each: about 2 s\n"
                "step 20/25  d 2.21  100 ms  0 s left\nstep 25/25  d 2.21  100 ms  done\n");
    unwatch(&w);
}

static void the_first_step_counts_not(void **state) {
    (void)state;
    Watched w;
    watch(&w, 500, 1500, false, true);
    for (int step = 501; step <= 520; step++)
        ticker_step(&w.ticker, step, 100, 0, NULL, 60e3 + (step - 501) * 1e3);
    assert_true(fabs(ticker_left(&w.ticker, 60e3 + 19e3) - 980) < 1e-6);
    fflush(w.stream);
    assert_non_null(strstr(w.text, "990 steps to go, at 1000 ms each: about 16 min\n"));
    assert_int_equal(count_of(w.text, "to go"), 1);
    unwatch(&w);
}

/* At 146 steps a second it is drawn at most ten times a second. */
static void not_drawn_too_often(void **state) {
    (void)state;
    Watched w;
    watch(&w, 0, 1000000, true, false);
    for (int step = 1; step <= 146 * 5; step++)
        ticker_step(&w.ticker, step, 1000.0 / 146, VALUES, values, step * 1000.0 / 146);
    fflush(w.stream);
    assert_in_range(count_of(w.text, "\r["), 40, 51);
    unwatch(&w);
}

static void messages_leave_the_bar_whole(void **state) {
    (void)state;
    Watched w;
    char last[200];
    watch(&w, 0, 1000, true, false);
    ticker_say(&w.ticker, "before %d", 1);
    ticker_step(&w.ticker, 1, 100, VALUES, values, 100);
    ticker_say(&w.ticker, "a message\n%s", "\033[31m");
    fflush(w.stream);
    assert_int_equal(lines_on_screen(w.text, last), 2);
    /* the bar is removed before, and drawn again after */
    assert_non_null(strstr(w.text, "\r\033[Ka message??[31m\n\r["));
    assert_string_equal(last, w.ticker.text);
    assert_int_equal(strncmp(last, "[------------] 1/1000  10 steps/s", 33), 0);
    ticker_hide(&w.ticker);
    ticker_hide(&w.ticker);
    ticker_say(&w.ticker, "the end");
    fflush(w.stream);
    assert_int_equal(lines_on_screen(w.text, last), 3);
    assert_string_equal(last, "");
    ticker_warn(&w.ticker, NULL);
    unwatch(&w);
}

/* With a bar and lines (output into a file), both are written. */
static void bar_and_lines(void **state) {
    (void)state;
    Watched w;
    char last[200];
    watch(&w, 0, 100, true, true);
    for (int step = 1; step <= 40; step++)
        ticker_step(&w.ticker, step, 200, VALUES, values, step * 200);
    fflush(w.stream);
    assert_int_equal(lines_on_screen(w.text, last), 5);
    assert_string_equal(last, "[####--------] 40/100  5 steps/s  12 s left  d 2.21  g 443");
    unwatch(&w);
}

const struct CMUnitTest p2c_tests_ticker[] = {
    cmocka_unit_test(numbers),
    cmocka_unit_test(durations),
    cmocka_unit_test(texts),
    cmocka_unit_test(fits_any_width),
    cmocka_unit_test(a_line_every_ten_steps),
    cmocka_unit_test(the_first_step_counts_not),
    cmocka_unit_test(not_drawn_too_often),
    cmocka_unit_test(messages_leave_the_bar_whole),
    cmocka_unit_test(bar_and_lines),
};
const size_t p2c_tests_ticker_count = sizeof p2c_tests_ticker / sizeof *p2c_tests_ticker;
