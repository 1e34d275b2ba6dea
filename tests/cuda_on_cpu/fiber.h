/* fiber.h: fibers. A fiber is a function call that can be left in the middle and continued: the
 * processor's registers stay on its own stack while another fiber runs. All fibers of a worker run
 * on one thread of the operating system and switch only explicitly. A switch takes a few
 * nanoseconds and needs no locks. */
#ifndef EMULATED_FIBER_H
#define EMULATED_FIBER_H

#include <stddef.h>

struct Fiber {
    void *registers; /* where they are on its stack while another one runs (or a ucontext) */
    void *low;       /* end of its stack */
    size_t bytes;
    void *fake_stack; /* the address sanitizer's own */
    Fiber *next;      /* the next one in a list of idle fibers */
};

/* Makes a fiber that will run body(), which never returns. It is never freed: workers keep their
 * fibers for the next block. */
Fiber *fiber_new(void (*body)());

/* Switches from the running fiber, `from`, to `to`. Returns when another one switches back. */
void fiber_switch(Fiber *from, Fiber *to);

/* What body() calls first. */
void fiber_begun();

/* The stack that the operating system gave the calling thread, as a fiber to switch back to. */
Fiber fiber_of_system();

#endif
