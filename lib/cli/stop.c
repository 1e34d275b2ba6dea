/* stop.c: see stop.h. */
#include "stop.h"

#include <stddef.h>

volatile sig_atomic_t stop_signal;

static void on_signal(int number) {
    if (stop_signal) {
        signal(number, SIG_DFL);
        raise(number); /* the signal is delivered before raise returns */
    }
    stop_signal = number;
}

void stop_on_signals(void) {
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL); /* sent when the terminal is closed */
}

const char *stop_name(int number) {
    return number == SIGINT ? "SIGINT (Ctrl-C)" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}
