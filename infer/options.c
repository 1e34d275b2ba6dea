/* options.c: the command line, from one table: names, values, limits, help. '_' and '-' are the same within an option's name, as in
 * the published program's --photo_path. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"

typedef enum Kind { FLAG, TEXT, NUMBER, INPUT } Kind;
typedef struct Option {
    const char *name;
    char letter;
    Kind kind;
    size_t field;     /* where in Options */
    int low, high;    /* of a NUMBER */
    const char *value, *help;
} Option;
#define FIELD(name) offsetof(Options, name)

static const Option table[] = {
    { "weights", 'w', TEXT, FIELD(weights), 0, 0, "FILE", "PyTorch file: a checkpoint with genA2B, or a generator's state dict" },
    { "output", 'o', TEXT, FIELD(output), 0, 0, "OUT", "a .png or .jpg file, or a folder (one that exists, or a name ending in /)" },
    { "prepared", 0, FLAG, FIELD(prepared), 0, 0, NULL, "the pictures are prepared portraits: aligned, cropped, on white (required)" },
    { "heatmap", 0, TEXT, FIELD(heatmap), 0, 0, "FILE", "also draw where the network looked; a folder when there are several pictures" },
    { "size", 0, NUMBER, FIELD(size), 1, INT_MAX, "N", "side of the square that the network sees, divisible by 16 (256)" },
    { "direction", 0, TEXT, FIELD(direction), 0, 0, "A2B|B2A", "photo to cartoon (A2B), or back; which generator of a checkpoint" },
    { "device", 0, TEXT, FIELD(device), 0, 0, "cpu|auto", "where to compute (auto)" },
    { "threads", 0, NUMBER, FIELD(threads), 0, 256, "N", "0: one per core (0)" },
    { "json", 0, FLAG, FIELD(json), 0, 0, NULL, "one line of JSON per picture: input, output and milliseconds, or error" },
    { "benchmark", 0, NUMBER, FIELD(benchmark), 1, 1000000, "N", "time N forwards, print a line of JSON; needs no picture, no weights" },
    { "list-weights", 0, TEXT, FIELD(list), 0, 0, "FILE", "print what a PyTorch file holds: names, shapes, types" },
    { "photo-path", 0, INPUT, 0, 0, 0, "IN", "the same as IN" },
    { "save-path", 0, TEXT, FIELD(output), 0, 0, "OUT", "the same as -o OUT" },
    { "version", 'V', FLAG, FIELD(version), 0, 0, NULL, "print the version" },
    { "help", 'h', FLAG, FIELD(help), 0, 0, NULL, "print this" },
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
    for (int i = 0; i < COUNT; i++) {
        char left[64];
        const Option *o = &table[i];
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
                 o->value ? " " : "", o->value ? o->value : "");
        printf("  %-30s %s\n", left, o->help);
    }
    printf("\nExit codes: 0 done, 2 usage, 3 bad input, 4 cannot write, 5 out of memory, 6 device; the highest one when several\n"
           "pictures fail; 130 when interrupted (the picture being worked on is finished first).\n");
}

static bool same_name(const char *option, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (option[i] != (text[i] == '_' ? '-' : text[i])) return false;
    return !option[length];
}

/* Levenshtein's distance between an option's name and a mistyped one; the rows of the table are rolled into one. */
static int distance(const char *option, const char *text, size_t length) {
    enum { MAX = 32 };
    int row[MAX + 1], width = (int)strlen(option);
    if (width > MAX) return INT_MAX;
    for (int j = 0; j <= width; j++) row[j] = j;
    for (size_t i = 0; i < length; i++) {
        int diagonal = row[0], above;
        row[0]++;
        for (int j = 1; j <= width; j++, diagonal = above) {
            above = row[j];
            int change = diagonal + (option[j - 1] != (text[i] == '_' ? '-' : text[i]));
            int gap = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < gap ? change : gap;
        }
    }
    return row[width];
}

static const char *nearest(const char *text, size_t length) {
    int best = 0, least = INT_MAX;
    for (int i = 0; i < COUNT; i++) {
        bool begins = length >= 2 && length < strlen(table[i].name) && !strncmp(table[i].name, text, length);
        int d = begins ? 0 : distance(table[i].name, text, length);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return table[best].name;
}

static const Option *find_long(const char *text, size_t length) {
    for (int i = 0; i < COUNT; i++)
        if (same_name(table[i].name, text, length)) return &table[i];
    int shown = length < 200 ? (int)length : 200;
    complain("unknown option --%.*s; did you mean --%s? (--help lists all)", shown, text, nearest(text, length));
    return NULL;
}

static const Option *find_letter(char letter) {
    for (int i = 0; i < COUNT; i++)
        if (table[i].letter == letter) return &table[i];
    complain("unknown option -%c; --help lists all", letter);
    return NULL;
}

static int store_number(const Option *option, const char *value, int *number) {
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    if (end == value || *end || errno || n < option->low || n > option->high) {
        complain("--%s %s: expected a whole number from %d to %d", option->name, value, option->low, option->high);
        return EXIT_USAGE;
    }
    *number = (int)n;
    return 0;
}

static int store_value(Options *o, const Option *option, const char *value) {
    void *field = (char *)o + option->field;
    if (option->kind == NUMBER) return store_number(option, value, field);
    if (!*value) {
        complain("--%s: expected a %s, got nothing", option->name, option->value);
        return EXIT_USAGE;
    }
    if (option->kind == INPUT) o->inputs[o->input_count++] = value;
    else *(const char **)field = value;
    return 0;
}

/* One argument that begins with '-': --name, --name value, --name=value, -x, -x value. *i moves past a value taken. */
static int parse_option(Options *o, int argc, char **argv, int *i) {
    const char *text = argv[*i], *equals = NULL;
    bool is_long = text[1] == '-';
    if (is_long) equals = strchr(text, '=');
    if (!is_long && text[2]) {
        complain("unknown option %s; options of one letter stand alone, longer ones begin with --", text);
        return EXIT_USAGE;
    }
    size_t length = equals ? (size_t)(equals - text - 2) : strlen(text + 1) - 1;
    const Option *option = is_long ? find_long(text + 2, length) : find_letter(text[1]);
    if (!option) return EXIT_USAGE;
    if (option->kind == FLAG) {
        if (equals) complain("--%s takes no value", option->name);
        *(bool *)(void *)((char *)o + option->field) = true;
        return equals ? EXIT_USAGE : 0;
    }
    const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
    if (value) return store_value(o, option, value);
    complain("--%s needs a value: --%s %s", option->name, option->name, option->value);
    return EXIT_USAGE;
}

/* What must be there, and what does not go together. */
static int check(const Options *o) {
    const char *wrong = NULL;
    if (o->list) wrong = o->input_count ? "--list-weights takes no pictures" : NULL;
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
    bool only_inputs = false;
    for (int i = 1, code; i < argc; i++) {
        if (only_inputs || argv[i][0] != '-' || !argv[i][1]) o->inputs[o->input_count++] = argv[i];
        else if (!strcmp(argv[i], "--")) only_inputs = true;
        else if ((code = parse_option(o, argc, argv, &i))) return code;
    }
    return o->help || o->version ? 0 : check(o);
}

void options_clear(Options *o) { free(o->inputs); }
