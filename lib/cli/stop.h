/* stop.h: notices when a user asks the program to stop, by Ctrl-C or a signal. */
#ifndef P2C_CLI_STOP_H
#define P2C_CLI_STOP_H

#include <signal.h>

/* The number of the first SIGINT, SIGTERM or SIGHUP that came; 0 until then. The program should
 * then finish its current work, save, and exit with 128 + that number. A second signal of any of
 * these kinds ends it at once. */
extern volatile sig_atomic_t stop_signal;
void stop_on_signals(void);
const char *stop_name(int number); /* a name for messages */

#endif
