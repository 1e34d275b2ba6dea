/* main.c: p2c-data makes datasets for p2c-train from photos and cartoons. */
#include <string.h>

#include "data.h"

const char *const program_name = "p2c-data";

static int run(const Options *options) {
    if (options->help || options->print) options_help(options->print);
    else if (options->version) printf("p2c-data %s\n", p2c_version());
    else {
        stop_on_signals();
        signal(SIGPIPE, SIG_IGN); /* the reader of the output may close it early */
        return options->command == COMMAND_CHECK ? check(options) : build(options);
    }
    return 0;
}

int main(int argc, char **argv) {
    Options options;
    reserve_streams();
    int code = options_parse(&options, argc, argv);
    if (!code) code = run(&options);
    options_clear(&options);
    return end_output(code);
}
