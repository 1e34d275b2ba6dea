/* say.c: a line on stdout. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

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
