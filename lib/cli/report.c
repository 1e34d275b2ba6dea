/* report.c: prints failures as one line, and JSON that any reader accepts. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static void neutralise(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127) *text = '?';
}

void complain(const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    neutralise(text);
    fprintf(stderr, "%s: %s\n", program_name, text);
}

void say(const char *format, ...) {
    char text[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_plain(text);
    putchar('\n');
    fflush(stdout);
}

int report_status(const P2cContext *ctx, P2cStatus status) {
    if (status) complain("%s", p2c_error(ctx));
    return p2c_exit_code(status);
}

void reserve_streams(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

void print_plain(const char *text) {
    for (; *text; text++) putchar((unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
}

int utf8_length(const unsigned char *s) {
    int length = s[0] < 0x80                   ? 1
                 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                               : 0;
    for (int i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool outside = (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf4 && s[1] >= 0x90);
    return overlong || outside ? 0 : length;
}

/* File names are bytes. Bytes that are not UTF-8 become lone low surrogates, as Python's
 * os.fsdecode makes and os.fsencode reads them. */
void print_json_string(FILE *stream, const char *text) {
    putc('"', stream);
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        int length = utf8_length(s);
        if (!length) fprintf(stream, "\\udc%02x", *s++);
        else if (*s == '"' || *s == '\\') fprintf(stream, "\\%c", *s++);
        else if (*s < ' ' || *s == 127) fprintf(stream, "\\u%04x", *s++);
        else {
            fwrite(s, 1, (size_t)length, stream);
            s += length;
        }
    }
    putc('"', stream);
}

int end_output(int code) {
    if (!fflush(stdout) && !ferror(stdout)) return code;
    complain("cannot write to standard output");
    return code ? code : EXIT_WRITE;
}
