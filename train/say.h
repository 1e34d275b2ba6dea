/* say.h: what a run tells people as it goes, on stdout. */
#ifndef P2C_TRAIN_SAY_H
#define P2C_TRAIN_SAY_H

/* One line, at once, also into a pipe; control characters become '?'. What goes wrong goes to complain. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
