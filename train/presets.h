/* presets.h: named lists of options, for --preset. */
#ifndef P2C_TRAIN_PRESETS_H
#define P2C_TRAIN_PRESETS_H

/* For the table of options: the names of all presets. */
#define PRESET_NAMES "quick|cpu|published|finetune"

typedef struct PresetOption {
    const char *name, *value; /* the value as cli_value writes it */
} PresetOption;

/* The list of a preset, which ends with a NULL name. An unknown preset is an assertion. */
const PresetOption *preset_options(const char *preset);

#endif
