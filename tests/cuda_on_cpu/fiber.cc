/* fiber.cc: see fiber.h. */
#include "fiber.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The address sanitizer, if present, must know which stack is in use, to follow calls on it and to
 * know its end. */
extern "C" {
__attribute__((weak)) void __sanitizer_start_switch_fiber(void **fake_stack, const void *low,
                                                          size_t bytes);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void *fake_stack, const void **old_low,
                                                           size_t *old_bytes);
}

/* Most of it is never touched and costs nothing. */
enum { STACK = 128 << 10, GUARD = 64 << 10 };

/* ---- changing stacks ------------------------------------------------------------------------- */

#if defined(__x86_64__) && !defined(EMULATED_UCONTEXT)

/* In the System V ABI the called function keeps six registers and the stack pointer; the caller
 * keeps all others. switch_stacks(&from, to) is a call, so it pushes the six, stores the stack
 * pointer in `from`, loads that of `to`, pops its six and returns into it. */
extern "C" void emulated_switch_stacks(void **from, void *to);
__asm__(".text\n"
        ".hidden emulated_switch_stacks\n"
        ".globl emulated_switch_stacks\n"
        ".type emulated_switch_stacks, @function\n"
        "emulated_switch_stacks:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size emulated_switch_stacks, . - emulated_switch_stacks\n");

/* A stack that looks as if body() were about to begin: six registers of 0, its address to return
 * to, and no caller. At its first instruction the stack pointer is 8 less than a multiple of 16, as
 * after any call. */
static void prepare(Fiber *f, void (*body)()) {
    void **top = (void **)((char *)f->low + f->bytes);
    memset(top - 10, 0, 10 * sizeof *top);
    top[-4] = (void *)body;
    f->registers = top - 10;
}

static void change(Fiber *from, Fiber *to) {
    emulated_switch_stacks(&from->registers, to->registers);
}

#else /* on other processors use the C library, which makes two system calls each time */

#include <ucontext.h>

static void prepare(Fiber *f, void (*body)()) {
    ucontext_t *context = (ucontext_t *)calloc(1, sizeof *context);
    getcontext(context);
    context->uc_stack.ss_sp = f->low;
    context->uc_stack.ss_size = f->bytes;
    makecontext(context, body, 0);
    f->registers = context;
}

static void change(Fiber *from, Fiber *to) {
    /* the operating system's own stack */
    if (!from->registers) from->registers = calloc(1, sizeof(ucontext_t));
    swapcontext((ucontext_t *)from->registers, (const ucontext_t *)to->registers);
}

#endif

static void finish(void *fake_stack) {
    if (__sanitizer_finish_switch_fiber) __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
}

void fiber_switch(Fiber *from, Fiber *to) {
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(&from->fake_stack, to->low, to->bytes);
    change(from, to);
    finish(from->fake_stack);
}

void fiber_begun() { finish(NULL); }

/* ---- stacks ---------------------------------------------------------------------------------- */

/* Below each stack are pages that must not be touched, so that an overflow ends the program instead
 * of changing other data. */
Fiber *fiber_new(void (*body)()) {
    char *memory = (char *)mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    Fiber *f = (Fiber *)calloc(1, sizeof *f);
    if (memory == MAP_FAILED || !f || mprotect(memory, GUARD, PROT_NONE)) {
        fprintf(stderr, "cuda_on_cpu: no memory for the stack of another thread of the block\n");
        abort();
    }
    f->low = memory + GUARD;
    f->bytes = STACK;
    prepare(f, body);
    return f;
}

Fiber fiber_of_system() {
    Fiber f = {};
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes)) return f;
    pthread_attr_getstack(&attributes, &f.low, &f.bytes);
    pthread_attr_destroy(&attributes);
    return f;
}
