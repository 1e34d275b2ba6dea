/* main.c: runs the groups of unit tests. A group is a file of that name beside this one, and a line
 * here.
 *
 *     test-unit [GROUP...]        runs only those; from the repository's root, where
 *                                 tests/unit/data is */
#define GROUPS(X) \
    X(abi) \
    X(team) \
    X(file) \
    X(value) \
    X(pt) \
    X(pt_bad) \
    X(graph) \
    X(fuse) \
    X(state_dict) \
    X(autodiff) \
    X(minimize) \
    X(learning) \
    X(schedule) \
    X(step) \
    X(image) \
    X(png) \
    X(jpeg) \
    X(resize) \
    X(align) \
    X(guided) \
    X(foreground) \
    X(compose) \
    X(paste) \
    X(likeness) \
    X(skin) \
    X(onnx_write) \
    X(cartoonizer) \
    X(models) \
    X(detect) \
    X(exposure) \
    X(rfb) \
    X(landmarks) \
    X(matte) \
    X(builtin) \
    X(photos) \
    X(model) \
    X(face_file) \
    X(model_bad)

#define SUITE "unit"
#include "../groups.h"
