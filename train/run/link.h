/* link.h: gives a file a second name. The new name is made beside the old one and renamed over what
 * had it before, so that the name exists at every moment. */
#ifndef P2C_TRAIN_LINK_H
#define P2C_TRAIN_LINK_H

/* From best to worst. A hard link costs nothing and survives the first name; a symbolic link costs
 * nothing; a copy costs the file's size, but works on every file system. */
typedef enum LinkKind { LINK_HARD, LINK_SYMBOLIC, LINK_COPY } LinkKind;

/* `name`, in the folder of `file`, becomes another name of `file`. 0, or the errno that says why
 * not; then `name` is as it was. */
int link_as(LinkKind kind, const char *file, const char *name);
/* Uses the best kind that the file system allows. */
int link_over(const char *file, const char *name);

#endif
