/* options.c: the command line of p2c-data: its table, what its texts say, and what goes
 * together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data.h"

#define HEADING(text) \
    { text, 0, CLI_HEADING, 0, 0, 0, NULL, NULL, 0 }
#define FLAG(name, help) \
    { #name, 0, CLI_FLAG, offsetof(Options, name), 0, 0, NULL, help, 0 }
#define TEXT(name, value, help) \
    { #name, 0, CLI_TEXT, offsetof(Options, name), 0, 0, value, help, 0 }

enum { MOST_JOBS = 64, LEAST_SIDE = 16, MOST_SIDE = 8192, MOST_FACES = 1000 };

static const CliOption table[] = {
    HEADING("What comes out"),
    { "out", 'o', CLI_TEXT, offsetof(Options, out), 0, 0, "DIR",
      "the dataset's folder, such as dataset/faces; made when missing, added to when there", 0 },
    { "domain", 0, CLI_CHOICE, offsetof(Options, domain), 0, 0, "A|B",
      "A: photos, trainA and testA; B: cartoons, trainB and testB", 0 },
    TEXT(test, "N%", "this part of the files is for testing, always the same ones"),
    TEXT(size, "N|native",
         "side of the squares; native: as large as the face is in the photo; the trainer scales in "
         "any case"),
    HEADING("Where the face is"),
    TEXT(align, "HOW",
         "face: it is found; none: the whole picture; centre: its middle square; or a file of "
         "points, see below"),
    TEXT(faces, "N|largest|all", "how many of a photo's faces become pictures, the largest first"),
    TEXT(models, "DIR",
         "networks in place of those built in: detector.onnx, landmarks.onnx, matte.onnx "
         "(P2CNN_MODELS or ~/.local/share/p2cnn)"),
    TEXT(detector, "FILE|dlib", "find faces with this network"),
    TEXT(landmarks, "FILE|built-in|none",
         "find 68 points in each with this network; none: they are guessed from its box"),
    TEXT(matte, "FILE|built-in|none",
         "tell head from background with this network; none: the background stays"),
    HEADING("What is left out"),
    TEXT(reject, "WARNINGS",
         "leave pictures with such warnings out, such as small,side-view,dark,bright,border"),
    { "near", 0, CLI_WHOLE, offsetof(Options, near), 0, LOOK_BITS, "N",
      "pictures that differ in at most so many of 512 bits are taken for duplicates", 0 },
    { "keep-duplicates", 0, CLI_FLAG, offsetof(Options, keep_duplicates), 0, 0, NULL,
      "keep files of the same bytes, and pictures that look alike", 0 },
    FLAG(strict, "exit with 3 also when just one file could not be read"),
    HEADING("The published way"),
    TEXT(data_path, "DIR", "every photo in this folder ..."),
    TEXT(save_path, "DIR", "... becomes a picture in that one"),
    HEADING("The machine, help"),
    { "jobs", 'j', CLI_WHOLE, offsetof(Options, jobs), 0, MOST_JOBS, "N",
      "pictures at a time; 0: one per core", 0 },
    { "version", 'V', CLI_FLAG, offsetof(Options, version), 0, 0, NULL, "print the version", 0 },
    { "help", 'h', CLI_FLAG, offsetof(Options, help), 0, 0, NULL, "print this", 0 },
};
enum { COUNT = sizeof table / sizeof *table };
_Static_assert(sizeof table / sizeof *table <= CLI_MAX_OPTIONS,
               "CliParser.given has a place for each");

static Options defaults(void) {
    return (Options){ .domain = "A",
                      .test = "5%",
                      .size = "256",
                      .align = "face",
                      .faces = "largest",
                      .reject = "none",
                      .near = LOOK_NEAR };
}

void options_help(void) {
    Options standard = defaults();
    printf("p2c-data prepares photos for p2c-infer and p2c-train: finds the face, turns it "
           "upright, cuts a square around the head, lays it over white.\n\n"
           "  p2c-data build photos/ --out dataset/faces                       photos: "
           "dataset/faces/trainA and testA\n"
           "  p2c-data build art/ more.png --out dataset/faces --domain B --align none\n"
           "                                                                   cartoons: trainB "
           "and testB, taken as they are\n"
           "  p2c-data check dataset/faces                                     whether p2c-train "
           "can start with it, and what spoils results\n"
           "  p2c-data --data_path photos/ --save_path prepared/               one picture each, "
           "as large as it comes (the published way)\n\n"
           "PNG or JPEG, also in folders within. Pictures keep their names; where two have the "
           "same one, the second is called by its folder, too.\n"
           "Run build again after adding photos, or after stopping it: what is done and unchanged "
           "is left alone, and what is for testing stays so.\n"
           "A file that cannot be read is told of and stops nothing.\n\n"
           "What build leaves beside the pictures:\n"
           "  manifest.tsv        a line for each face or source: accepted, or why not; where it "
           "was; warnings. For any spreadsheet\n"
           "  contact_sheet.png   all of them small: grey for training, blue for testing, crossed "
           "out in red what was left out. Look at it\n\n"
           "Cartoons: detectors know photos, and miss faces that are drawn freely. Take cartoons "
           "as they are (--align none), if they are cut out already,\n"
           "or say where the faces are, in a text file with a line for each picture, --align "
           "points.tsv: the name, a tab, and 136 numbers (68 points:\n"
           "x y ...) or 4: the outer corners of both eyes, the one that is left in the picture "
           "first.\n\n"
           "Options, with '_' or '-' in their names, and in parentheses what counts without "
           "them.\n\n");
    cli_help(table, COUNT, &standard);
    printf("\nExit codes: 0 done (at least one picture stands there), 2 usage, 3 bad input (not "
           "one could be made; with --strict: a file was unreadable;\n"
           "of check: p2c-train could not start), 4 cannot write, 5 out of memory; 130 and 143 "
           "when stopped by Ctrl-C or a signal, after the pictures\n"
           "at hand.\n");
}

/* ---- what the texts say ---- */

/* A whole number, and nothing behind it. */
static bool read_whole(const char *text, int low, int high, int *value) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < low || number > high) return false;
    *value = (int)number;
    return true;
}

static bool read_share(const char *text, double *share) {
    char *end;
    double percent = strtod(text, &end);
    if (end == text || (*end && strcmp(end, "%")) || !(percent >= 0 && percent <= 100))
        return false;
    *share = percent / 100;
    return true;
}

static int read_texts(Options *o) {
    const char *name = "size", *text = o->size, *expected = "16 to 8192, or native";
    bool good = !strcmp(text, "native") || read_whole(text, LEAST_SIDE, MOST_SIDE, &o->side);
    if (good) {
        name = "faces", text = o->faces, expected = "1 to 1000, largest or all";
        o->face_limit = !strcmp(text, "largest");
        good = o->face_limit || !strcmp(text, "all") ||
               read_whole(text, 1, MOST_FACES, &o->face_limit);
    }
    if (good) {
        name = "test", text = o->test, expected = "0% to 100%";
        good = read_share(text, &o->share);
    }
    if (good) {
        name = "reject", text = o->reject,
        expected = "none, or some of small,side-view,dark,bright,border,estimated,no-matte";
        good = !strcmp(text, "none") || text_read_warnings(text, &o->rejected);
    }
    if (!good) complain("--%s %.200s: expected %s", name, text, expected);
    static const char *const ways[] = { "face", "none", "centre" };
    for (o->kind = ALIGN_FACE; o->kind < ALIGN_POINTS && strcmp(o->align, ways[o->kind]);
         o->kind++) {}
    return good ? 0 : EXIT_USAGE;
}

/* ---- what goes together ---- */

static int read_command(Options *o) {
    const char *word = o->input_count ? o->inputs[0] : "";
    bool folder = o->data_path || o->save_path;
    const char *wrong = NULL;
    if (!folder && !strcmp(word, "build")) o->command = COMMAND_BUILD;
    else if (!folder && !strcmp(word, "check")) o->command = COMMAND_CHECK;
    else if (!folder && *word)
        wrong = "expected build or check first; try p2c-data build PHOTOS --out dataset/NAME, or "
                "--help";
    else if (!folder)
        wrong = "nothing to do; try p2c-data build PHOTOS --out dataset/NAME, or --help";
    else if (*word)
        wrong = "--data_path and --save_path stand for the photos and the result; leave out what "
                "stands beside them";
    else if (!o->data_path || !o->save_path)
        wrong = "--data_path PHOTOS and --save_path OUT go together";
    if (wrong) complain("%s", wrong);
    if (!wrong && !folder) o->inputs++, o->input_count--;
    return wrong ? EXIT_USAGE : 0;
}

static int check_command(const Options *o) {
    const char *wrong = NULL;
    bool framed = o->kind == ALIGN_NONE || o->kind == ALIGN_CENTRE;
    if (o->command == COMMAND_CHECK && o->input_count != 1)
        wrong = "check takes one dataset, such as p2c-data check dataset/faces";
    else if (o->command == COMMAND_CHECK && o->out)
        wrong = "check writes nothing; leave --out away";
    else if (o->command == COMMAND_BUILD && !o->input_count)
        wrong = "no photos given; try p2c-data build PHOTOS --out dataset/NAME";
    else if (o->command == COMMAND_BUILD && !o->out) wrong = "where to? add --out dataset/NAME";
    else if (o->command == COMMAND_FOLDER && o->out)
        wrong = "--save_path says where to; leave --out away";
    else if (framed && (o->detector || o->landmarks || o->matte))
        wrong = "--align none and centre use no network; leave --detector, --landmarks and --matte "
                "away";
    if (wrong) complain("%s", wrong);
    return wrong ? EXIT_USAGE : 0;
}

int options_parse(Options *o, int argc, char **argv) {
    *o = defaults();
    o->words = o->inputs = malloc((size_t)argc * sizeof *o->inputs);
    if (!o->words) return text_no_memory();
    CliParser parser = { .table = table, .count = COUNT, .fields = o, .inputs = o->inputs };
    int code = cli_parse(&parser, argc, argv);
    o->input_count = parser.input_count;
    if (code || o->help || o->version) return code;
    code = read_command(o);
    if (!code && o->command == COMMAND_FOLDER && !parser.given[cli_find(table, COUNT, "size")])
        o->size = "native";
    if (!code) code = read_texts(o);
    if (!code) code = check_command(o);
    if (!o->jobs) o->jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    o->jobs = o->jobs < 1 ? 1 : o->jobs > MOST_JOBS ? MOST_JOBS : o->jobs;
    return code;
}

void options_clear(Options *o) { free(o->words); }
