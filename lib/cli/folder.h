/* folder.h: lists the pictures of a folder in a fixed order, and makes folders. */
#ifndef P2C_CLI_FOLDER_H
#define P2C_CLI_FOLDER_H

#include "p2cnn.h"

/* The end of the message when a folder of a dataset has no pictures. */
#define FOLDER_DATASET \
    "expected dataset/<name>/{trainA,trainB,testA,testB}, each with .png, .jpg or .jpeg " \
    "pictures, also in folders below"

typedef struct Folder {
    char **paths;  /* the pictures' paths; each begins with the folder's own path */
    size_t prefix; /* length of that beginning: paths[i] + prefix is the name within the folder */
    int count;
    const char *expected;
} Folder;

/* Lists every .png, .jpg and .jpeg file (in any case) in the folder and its subfolders, also
 * through links, in byte order of the names within the folder. Names that begin with a dot are
 * skipped. No file is opened, so unreadable pictures are in the list. Returns 0, or the exit code
 * of a failure that it has reported: the folder does not exist, has no picture, or has a subfolder
 * that cannot be searched. `expected` ends that message. The folder must be cleared in either
 * case. */
int folder_open(Folder *folder, const char *path, const char *expected);
void folder_clear(Folder *folder);

/* Makes a folder and those above it where they are missing. Returns 0, or EXIT_WRITE after a
 * message. */
int make_folder(const char *path);
int make_folders(const char *path);

/* Removes the pictures for which unwanted[i] is true from the list. */
void folder_leave_out(Folder *folder, const bool *unwanted);
/* A hash of the names within the folder. Equal data sets have the same hash in any place. */
uint64_t folder_hash(const Folder *folder);

#endif
