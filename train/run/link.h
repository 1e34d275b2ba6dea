/* link.h: a second name for a file, made beside it and renamed over what had that name before,
 * which is thus there at any moment. */
#ifndef P2C_TRAIN_LINK_H
#define P2C_TRAIN_LINK_H

/* From best to worst: costs nothing and survives the first name; costs nothing; costs the file's
 * size, but every file system has it. */
typedef enum LinkKind { LINK_HARD, LINK_SYMBOLIC, LINK_COPY } LinkKind;

/* `name`, in the folder of `file`, becomes another name of `file`. 0, or the errno that says why
 * not; then `name` is as it was. */
int link_as(LinkKind kind, const char *file, const char *name);
/* By the best kind that the file system allows. */
int link_over(const char *file, const char *name);

#endif
