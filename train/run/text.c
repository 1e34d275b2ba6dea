/* text.c: see text.h. */
#include "text.h"

#include <math.h>
#include <string.h>

#include "cli/cli.h"

Text text_tidy(const char *number) {
    Text text;
    const char *e = strchr(number, 'e');
    if (!e) snprintf(text.s, sizeof text.s, "%s", number);
    else {
        const char *digits = e + 2, *end = e;
        while (digits[0] == '0' && digits[1]) digits++;
        while (memchr(number, '.', (size_t)(end - number)) && (end[-1] == '0' || end[-1] == '.'))
            end--;
        snprintf(text.s, sizeof text.s, "%.*se%s%s", (int)(end - number), number,
                 e[1] == '-' ? "-" : "", digits);
    }
    return text;
}

Text text_number(double value) {
    char digits[32];
    double size = fabs(value);
    if (!isfinite(value)) return text_tidy(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    snprintf(digits, sizeof digits, size >= 999.5 && size < 99999.5 ? "%.0f" : "%.3g", value);
    return text_tidy(digits);
}

Text text_duration(double seconds) {
    Text text = { "?" };
    if (!(seconds >= 0 && seconds < 1e10)) return text;
    double minutes = seconds / 60, hours = seconds / 3600;
    if (seconds < 59.5) snprintf(text.s, sizeof text.s, "%.0f s", seconds);
    else if (minutes < 59.5) snprintf(text.s, sizeof text.s, "%.0f min", minutes);
    else if (hours < 23.95) snprintf(text.s, sizeof text.s, "%.1f h", hours);
    else {
        long whole = lround(hours);
        snprintf(text.s, sizeof text.s, "%ld d %ld h", whole / 24, whole % 24);
    }
    return text;
}

Text text_count(int64_t count) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)count), used = 0;
    Text text;
    for (int i = 0; i < length; i++) {
        text.s[used++] = digits[i];
        if ((length - i - 1) % 3 == 0 && i < length - 1 && digits[i] != '-') text.s[used++] = ',';
    }
    text.s[used] = 0;
    return text;
}

static const char *escape_of(unsigned char c) {
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void text_markup(FILE *out, const char *text) {
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int length = utf8_length(s);
        const char *escaped = escape_of(*s);
        if (escaped) fputs(escaped, out);
        else if (!length) fputs("\xef\xbf\xbd", out); /* U+FFFD, for a byte of no character */
        else if (*s < ' ' || *s == 127) putc(*s == '\n' || *s == '\t' ? ' ' : '?', out);
        else fwrite(s, 1, (size_t)length, out);
        s += length ? length : 1;
    }
}
