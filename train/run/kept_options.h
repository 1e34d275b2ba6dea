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
    /* What limits alone cannot say of a whole struct of options; empty when all is well. */
    void (*describe_wrong)(const void *options, char *text, size_t size);
} KeptOptions;

/* A new dict of name -> bool, int, float or string, without texts that are not set. NULL: out of
 * memory. */
P2cValue *kept_options_save(const CliOption *table, int count, const void *options);

/* `here`: the program's struct as the command line made it; `next`, a copy of it, takes the values
 * of `saved` for options that the command line does not give (those that the dict does not hold
 * stay as they are); `theirs`, another copy, takes all of them. A value may also be a string, as
 * one would type it. Texts are borrowed from `saved`. Given options that differ are refused in one
 * line that lists them all, EXIT_USAGE; of a text only the last part of a path counts. What is not
 * such a dict is EXIT_BAD_INPUT. Reports what fails. */
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
