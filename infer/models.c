/* models.c: --models-list: lists the models folder with hashes, so that two people can compare
 * theirs. */
#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "infer.h"

enum { PATH_SIZE = 4096 };

static int print_model(const char *role, const char *path) {
    char digest[SHA256_DIGEST_STRING_LENGTH];
    struct stat info;
    if (stat(path, &info) || !SHA256File(path, digest)) {
        complain("%s: cannot be read: %s", path, strerror(errno));
        return EXIT_BAD_INPUT;
    }
    printf("%-10s %12lld  %s  ", role, (long long)info.st_size, digest);
    print_plain(path);
    printf("\n");
    return 0;
}

int list_models(const Options *o) {
    static const char *const roles[] = { "weights", "detector", "landmarks", "matte" };
    static const char *const without[] = { "none: a generator is built in",
                                           "none: dlib's detector is built in",
                                           "none: a network is built in",
                                           "none: a network is built in" };
    char folder[PATH_SIZE], path[PATH_SIZE];
    int worst = 0;
    if (!p2c_models_folder(o->models, folder, sizeof folder)) {
        complain("there is no folder of models: --models, $P2CNN_MODELS, $XDG_DATA_HOME and $HOME "
                 "are all unset");
        return EXIT_BAD_INPUT;
    }
    printf("models in ");
    print_plain(folder);
    printf(":\n");
    for (int i = 0; i < 4; i++) {
        if (!p2c_models_find(folder, roles[i], path, sizeof path))
            printf("%-10s %s\n", roles[i], without[i]);
        else {
            int code = print_model(roles[i], path);
            worst = code > worst ? code : worst;
        }
    }
    return worst;
}
