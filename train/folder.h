/* folder.h: the pictures of a folder, found in a fixed order. */
#ifndef P2C_TRAIN_FOLDER_H
#define P2C_TRAIN_FOLDER_H

#include "p2cnn.h"

typedef struct Folder {
    char **paths;  /* of its pictures, each beginning with the folder's own path */
    size_t prefix; /* length of that beginning: paths[i] + prefix is the name within the folder */
    int count;
} Folder;

/* Every .png, .jpg and .jpeg (in any case) in the folder and those below it, also behind links, in byte order of the names within the
 * folder; what begins with a dot is left alone. Nothing is opened: pictures that cannot be read are in the list. Returns 0, or the exit
 * code of a failure already reported: no such folder, no picture in it, a folder in it that cannot be searched. To be cleared in either case. */
int folder_open(Folder *folder, const char *path);
void folder_clear(Folder *folder);

/* Forgets the pictures for which unwanted[i]. */
void folder_leave_out(Folder *folder, const bool *unwanted);
/* Of the names within the folder: equal for equal data sets, wherever they lie. */
uint64_t folder_hash(const Folder *folder);

#endif
