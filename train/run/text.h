/* text.h: numbers and durations as people read them, and text inside markup. */
#ifndef P2C_TRAIN_TEXT_H
#define P2C_TRAIN_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* By value, to be used within a call: printf("%s left", text_duration(s).s). */
typedef struct Text {
    char s[32];
} Text;

Text text_number(double value); /* three digits: "2.21", "443", "1558", "2.3e-5", "nan" */
/* "45 s", "14 min", "2.1 h", "2 d 3 h"; "?" when it is unknown */
Text text_duration(double seconds);
Text text_count(int64_t count);     /* "13,294,048" */
Text text_tidy(const char *number); /* "2.0e-05" -> "2e-5"; of what printf wrote */

/* For HTML and XML, between tags and in quoted attributes: escaped, and well-formed whatever the
 * bytes are. */
void text_markup(FILE *out, const char *text);

#endif
