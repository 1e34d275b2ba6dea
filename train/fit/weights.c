/* weights.c: see weights.h. */
#include "weights.h"

#include "../run/half.h"
#include "cli/cli.h"
#include "step.h"

int fit_weights_write(P2cContext *ctx, const P2cStore *store, FitTask task, const char *name,
                      const char *path) {
    P2cValue *dict = NULL, *tree = p2c_value_dict();
    P2cStatus status = tree ? p2c_store_view(store, name, &dict) : P2C_ERR_MEMORY;
    if (!status) status = p2c_value_set(tree, fit_name(task), half_state_dict(dict));
    if (status == P2C_ERR_MEMORY) complain("%s: out of memory", path);
    else if (!status) status = p2c_pt_write(ctx, path, tree);
    if (status && status != P2C_ERR_MEMORY) complain("%s", p2c_error(ctx));
    p2c_value_free(&dict);
    p2c_value_free(&tree);
    return p2c_exit_code(status);
}

int fit_weights_read(P2cContext *ctx, const char *path, FitTask *task, P2cValue **tree,
                     const P2cValue **weights) {
    *weights = NULL;
    int code = report_status(ctx, p2c_pt_read(ctx, path, tree));
    for (FitTask t = FIT_MATTE; !code && t <= FIT_LANDMARKS && !*weights; t++) {
        const P2cValue *own = p2c_value_get(*tree, fit_name(t)),
                       *average = p2c_value_get(*tree, fit_average_name(t));
        *weights = average ? average : own;
        *task = t;
    }
    if (code || *weights) return code;
    complain(
        "%s: expected weights or a checkpoint of p2c-fit, with an entry 'matte' or 'landmarks'",
        path);
    return EXIT_BAD_INPUT;
}
