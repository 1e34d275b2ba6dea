/* presets.c: see presets.h. */
#include "presets.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* On a CPU: small networks, the lite step, and weights under which the generators learn to draw
 * instead of learning to classify. */
#define LITE \
    { "ch", "16" }, { "img_size", "128" }, { "ch_b2a", "8" }, { "identity_every", "4" }, \
        { "cam_weight", "100" }, { "cycle_weight", "15" }, { "lr", "0.0002" }, { \
        "ema", "0.999" \
    }
#define END \
    { NULL, NULL }

static const PresetOption quick[] = {
    LITE, { "iteration", "8000" }, { "print_freq", "500" }, { "save_freq", "500" }, END
};

static const PresetOption cpu[] = {
    LITE, { "iteration", "45000" }, { "decay_flag", "false" }, END
};

/* The defaults, said aloud. */
static const PresetOption published[] = { { "ch", "32" },
                                          { "img_size", "256" },
                                          { "ch_b2a", "0" },
                                          { "identity_every", "1" },
                                          { "iteration", "1000000" },
                                          { "batch_size", "1" },
                                          { "lr", "0.0001" },
                                          { "decay_flag", "true" },
                                          { "weight_decay", "0.0001" },
                                          { "adv_weight", "1" },
                                          { "cycle_weight", "50" },
                                          { "identity_weight", "10" },
                                          { "cam_weight", "1000" },
                                          { "faceid_weight", "1" },
                                          { "rho_clipper", "1" },
                                          { "w_clipper", "1" },
                                          END };

/* From trained networks, whose widths come from their file. */
static const PresetOption finetune[] = {
    { "warm_up", "300" },     { "identity_every", "4" }, { "cam_weight", "100" },
    { "cycle_weight", "15" }, { "ema", "0.999" },        { "iteration", "1500" },
    { "print_freq", "250" },  { "save_freq", "250" },    END
};

const PresetOption *preset_options(const char *preset) {
    static const struct {
        const char *name;
        const PresetOption *options;
    } presets[] = {
        { "quick", quick }, { "cpu", cpu }, { "published", published }, { "finetune", finetune }
    };
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (!strcmp(preset, presets[i].name)) return presets[i].options;
    assert(!"a preset of PRESET_NAMES");
    return NULL;
}
