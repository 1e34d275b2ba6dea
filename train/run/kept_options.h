/* kept_options.h: the options that a checkpoint keeps, and what becomes of the command line when a
 * run goes on from it. */
#ifndef P2C_TRAIN_KEPT_OPTIONS_H
#define P2C_TRAIN_KEPT_OPTIONS_H

#include "cli/cli.h"

/* Marks of a CliOption. KEPT: a checkpoint keeps it. With FIXED, it cannot be changed later; with
 * FREE, it may be, since it decides only what is written or where files lie; with neither, it may
 * be when the command line says --override. */
enum { OPTION_KEPT = 1, OPTION_FIXED = 2, OPTION_FREE = 4 };

typedef struct KeptOptions {
    const CliOption *table;
    int count;
    const bool *given; /* by place in the table: the command line said so */
    bool override;
    const char *cannot_change; /* begins the message about FIXED options */
    /* Checks of a whole struct of options that the table cannot make. Text: empty when all is
     * well. */
    void (*describe_wrong)(const void *options, char *text, size_t size);
} KeptOptions;

/* Saves the marked options in a new dict of name -> bool, int, float or string. Texts that are not
 * set are left out. NULL: out of memory. */
P2cValue *kept_options_save(const CliOption *table, int count, const void *options);

/* Continues from a checkpoint that holds `saved`. here: the program's struct as the command line
 * made it. next: a copy of it, which takes the saved values of options that the command line does
 * not give; options that are not in the dict stay as they are. theirs: another copy, which takes
 * all saved values. A saved value may also be a string, as one would type it. Texts are borrowed
 * from `saved`. Options on the command line that differ and must not are listed in one line,
 * EXIT_USAGE; paths agree when their last parts do. EXIT_BAD_INPUT: `saved` is not such a dict.
 * Failures are reported. */
int kept_options_take(const KeptOptions *kept, const P2cValue *saved, const void *here,
                      void *theirs, void *next);

/* Texts that must outlive the checkpoint that they came from. All zeros: none. */
enum { KEPT_TEXTS = 8 };
typedef struct KeptTexts {
    char *list[KEPT_TEXTS];
    int count;
} KeptTexts;
/* Each text of `next` that is not that of `here` becomes a copy. 0, or EXIT_MEMORY, reported. To be
 * cleared in either case. */
int kept_texts_copy(KeptTexts *texts, const KeptOptions *kept, const void *here, void *next);
void kept_texts_clear(KeptTexts *texts);

#endif
