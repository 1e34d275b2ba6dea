/* stop.h: how a program is asked to stop: by Ctrl-C and its like. */
#ifndef P2C_CLI_STOP_H
#define P2C_CLI_STOP_H

#include <signal.h>

/* Set by the first SIGINT, SIGTERM or SIGHUP, to the signal's number: finish what is at hand, save,
 * leave with 128 + that. The second one, of any kind, ends the program at once. */
extern volatile sig_atomic_t stop_signal;
void stop_on_signals(void);
const char *stop_name(int number); /* for people */

#endif
