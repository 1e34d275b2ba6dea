/* fiber.h: stacks to change between. A fiber is a function call that can be left in the middle and
 * returned to: the processor's registers are kept on its own stack while another one runs. All
 * fibers of a worker live on one thread of the operating system and change places only where they
 * say so, which takes a few nanoseconds and needs no locks. */
#ifndef EMULATED_FIBER_H
#define EMULATED_FIBER_H

#include <stddef.h>

struct Fiber {
    void *registers; /* where on its stack they are kept while another one runs (or a ucontext) */
    void *low;       /* end of its stack */
    size_t bytes;
    void *fake_stack; /* the address sanitizer's own */
    Fiber *next;      /* in a list of idle ones */
};

/* A fiber that will run body(), which never returns. It is never freed: workers keep theirs for the
 * next block. */
Fiber *fiber_new(void (*body)());

/* From the one that runs, `from`, to `to`; returns when another one changes back. */
void fiber_switch(Fiber *from, Fiber *to);

/* What body() calls first. */
void fiber_begun();

/* The stack that the operating system gave the calling thread, as a fiber to come back to. */
Fiber fiber_of_system();

#endif
