/* folder.h: the pictures of a folder, found in a fixed order; folders to write into. */
#ifndef P2C_CLI_FOLDER_H
#define P2C_CLI_FOLDER_H

#include "p2cnn.h"

/* What is said to be expected when there is nothing in a folder of a dataset. */
#define FOLDER_DATASET \
    "expected dataset/<name>/{trainA,trainB,testA,testB}, each with .png, .jpg or .jpeg " \
    "pictures, also in folders below"

typedef struct Folder {
    char **paths;  /* of its pictures, each beginning with the folder's own path */
    size_t prefix; /* length of that beginning: paths[i] + prefix is the name within the folder */
    int count;
    const char *expected;
} Folder;

/* Every .png, .jpg and .jpeg (in any case) in the folder and those below it, also behind links, in
 * byte order of the names within the folder; what begins with a dot is left alone. Nothing is
 * opened: pictures that cannot be read are in the list. Returns 0, or the exit code of a failure
 * already reported: no such folder, no picture in it, a folder in it that cannot be searched;
 * `expected` ends that line. To be cleared in either case. */
int folder_open(Folder *folder, const char *path, const char *expected);
void folder_clear(Folder *folder);

/* Makes one folder, or it and those above it, where they are not there yet. 0, or EXIT_WRITE,
 * reported. */
int make_folder(const char *path);
int make_folders(const char *path);

/* Forgets the pictures for which unwanted[i]. */
void folder_leave_out(Folder *folder, const bool *unwanted);
/* Of the names within the folder: equal for equal data sets, wherever they lie. */
uint64_t folder_hash(const Folder *folder);

#endif
