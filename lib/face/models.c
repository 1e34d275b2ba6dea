/* models.c: where model files are: in one folder, with fixed names, so that copying a model there
 * installs it.
 *
 *     $P2CNN_MODELS, or $XDG_DATA_HOME/p2cnn, or $HOME/.local/share/p2cnn (XDG Base Directory
 *         Specification 0.8)
 *         weights.pt  detector.onnx  landmarks.onnx  matte.onnx or matte.pb */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "p2cnn.h"

/* If there are two files for one role, the first in this table is used. */
static const struct {
    const char *role, *name;
} files[] = {
    { "weights", "weights.pt" }, { "detector", "detector.onnx" }, { "landmarks", "landmarks.onnx" },
    { "matte", "matte.onnx" },   { "matte", "matte.pb" },
};

static bool joined(char *path, size_t size, const char *folder, const char *rest) {
    int length = snprintf(path, size, "%s%s", folder, rest);
    bool fits = length >= 0 && (size_t)length < size;
    if (!fits && size) path[0] = 0;
    return fits;
}

/* An empty variable counts as unset, as the specification says. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool p2c_models_folder(const char *given, char *path, size_t size) {
    if (given && *given) return joined(path, size, given, "");
    const char *own = variable("P2CNN_MODELS"), *data = variable("XDG_DATA_HOME"),
               *home = variable("HOME");
    if (own) return joined(path, size, own, "");
    /* relative paths must be ignored, as the specification says */
    if (data && data[0] == '/') return joined(path, size, data, "/p2cnn");
    return joined(path, size, home ? home : "", "/.local/share/p2cnn");
}

bool p2c_models_find(const char *folder, const char *role, char *path, size_t size) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char rest[32];
        struct stat is;
        if (strcmp(files[i].role, role) || !joined(rest, sizeof rest, "/", files[i].name)) continue;
        if (joined(path, size, folder, rest) && stat(path, &is) == 0 && S_ISREG(is.st_mode))
            return true;
    }
    if (size) path[0] = 0;
    return false;
}
