/* options.c: the command line of p2c-infer: its table, and what must be there. '_' and '-' are the same within an option's name, as in
 * the published program's --photo_path. */
#include <limits.h>
#include <stdlib.h>

#include "infer.h"

#define FIELD(name) offsetof(Options, name)

static const CliOption table[] = {
    { "weights", 'w', CLI_TEXT, FIELD(weights), 0, 0, "FILE", "PyTorch file: a checkpoint with genA2B, or a generator's state dict", 0 },
    { "output", 'o', CLI_TEXT, FIELD(output), 0, 0, "OUT", "a .png or .jpg file, or a folder (one that exists, or a name ending in /)", 0 },
    { "prepared", 0, CLI_FLAG, FIELD(prepared), 0, 0, NULL, "the pictures are prepared portraits: aligned, cropped, on white (required)", 0 },
    { "heatmap", 0, CLI_TEXT, FIELD(heatmap), 0, 0, "FILE", "also draw where the network looked; a folder when there are several pictures", 0 },
    { "size", 0, CLI_WHOLE, FIELD(size), 1, INT_MAX, "N", "side of the square that the network sees, divisible by 16 (256)", 0 },
    { "direction", 0, CLI_TEXT, FIELD(direction), 0, 0, "A2B|B2A", "photo to cartoon (A2B), or back; which generator of a checkpoint", 0 },
    { "ema", 0, CLI_FLAG, FIELD(ema), 0, 0, NULL, "use the averaged generator of a checkpoint: genA2B_ema, genB2A_ema", 0 },
    { "device", 0, CLI_TEXT, FIELD(device), 0, 0, CLI_DEVICE, "where to compute; cuda: an NVIDIA GPU; auto: the fastest there is (auto)", 0 },
    { "precision", 0, CLI_CHOICE, FIELD(precision), 0, 0, CLI_PRECISION, "of convolutions' factors; the CPU has fp32 alone, a GPU begins with tf32", 0 },
    { "threads", 0, CLI_WHOLE, FIELD(threads), 0, 256, "N", "0: one per core (0)", 0 },
    { "json", 0, CLI_FLAG, FIELD(json), 0, 0, NULL, "one line of JSON per picture: input, output and milliseconds, or error", 0 },
    { "benchmark", 0, CLI_WHOLE, FIELD(benchmark), 1, 1000000, "N", "time N forwards, print a line of JSON; needs no picture, no weights", 0 },
    { "list-weights", 0, CLI_TEXT, FIELD(list), 0, 0, "FILE", "print what a PyTorch file holds: names, shapes, types", 0 },
    { "photo-path", 0, CLI_INPUT, 0, 0, 0, "IN", "the same as IN", 0 },
    { "save-path", 0, CLI_TEXT, FIELD(output), 0, 0, "OUT", "the same as -o OUT", 0 },
    { "version", 'V', CLI_FLAG, FIELD(version), 0, 0, NULL, "print the version", 0 },
    { "help", 'h', CLI_FLAG, FIELD(help), 0, 0, NULL, "print this", 0 },
};
enum { COUNT = sizeof table / sizeof *table };

void options_help(void) {
    printf("p2c-infer turns portraits into cartoons, with a photo2cartoon generator in PyTorch's file format.\n\n"
           "  p2c-infer --prepared --weights W.pt IN...              beside each picture: IN_cartoon.png\n"
           "  p2c-infer --prepared --weights W.pt IN -o OUT.png\n"
           "  p2c-infer --prepared --weights W.pt *.jpg -o cartoons/ --json\n"
           "  p2c-infer --prepared --weights W.pt --photo_path IN --save_path OUT.png\n"
           "  p2c-infer --benchmark 20\n"
           "  p2c-infer --list-weights W.pt\n\n"
           "IN is a PNG or JPEG file. The network is built once for all of them; a picture that fails is reported and does not\n"
           "stop the others. Files appear complete or not at all, and no input is ever written over.\n\n");
    cli_help(table, COUNT, NULL);
    printf("\nExit codes: 0 done, 2 usage, 3 bad input, 4 cannot write, 5 out of memory, 6 device; the highest one when several\n"
           "pictures fail; 130 when interrupted (the picture being worked on is finished first).\n");
}

/* What must be there, and what does not go together. */
static int check(const Options *o) {
    const char *wrong = NULL;
    if (o->list) wrong = o->input_count ? "--list-weights takes no pictures" : NULL;
    else if (o->ema && !o->weights) wrong = "--ema: no weights given to take the averaged generator from; add --weights FILE";
    else if (o->benchmark) {
        if (o->input_count > 1) wrong = "--benchmark takes one picture at most";
        if (o->output || o->heatmap) wrong = "--benchmark writes no picture; leave --output and --heatmap out";
    } else if (!o->input_count) wrong = "no picture given; try p2c-infer --prepared --weights W.pt IN -o OUT.png, or --help";
    else if (!o->weights) wrong = "no weights given; add --weights FILE";
    else if (!o->prepared)
        wrong = "cannot prepare photos yet (find the face, turn, crop, whiten the background); give prepared portraits and say --prepared";
    if (wrong) complain("%s", wrong);
    return wrong ? EXIT_USAGE : 0;
}

int options_parse(Options *o, int argc, char **argv) {
    *o = (Options){ .device = "auto", .inputs = malloc((size_t)argc * sizeof *o->inputs) };
    if (!o->inputs) {
        complain("out of memory");
        return EXIT_MEMORY;
    }
    CliParser parser = { .table = table, .count = COUNT, .fields = o, .inputs = o->inputs };
    int code = cli_parse(&parser, argc, argv);
    o->input_count = parser.input_count;
    return code || o->help || o->version ? code : check(o);
}

void options_clear(Options *o) { free(o->inputs); }
