/* main.c: p2c-data: photos and cartoons in, datasets for p2c-train out. */
#include <string.h>

#include "data.h"

const char *const program_name = "p2c-data";

static int run(const Options *options) {
    if (options->help) options_help();
    else if (options->version) printf("p2c-data %s\n", p2c_version());
    else {
        stop_on_signals();
        signal(SIGPIPE, SIG_IGN); /* whoever reads the output may leave */
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
