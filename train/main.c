/* main.c: p2c-train: two folders of pictures in, a photo-to-cartoon network out. */
#include "cli/cli.h"

const char *const program_name = "p2c-train";

int main(void) { return EXIT_USAGE; }
