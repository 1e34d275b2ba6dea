/* team.c: the threads of a context, see team.h.
 *
 * A loop begins when the caller sets `left`, the number of pieces that nobody has taken. A thread
 * takes one by counting `left` down; what it took is its own if there was one left. The threads
 * count what they finished off `unfinished`, all of it at once, when nothing is left. At zero the
 * loop is over.
 *
 * Why a worker that comes late does no harm: it reads body, data and piece_count only after it took
 * a piece. From then until it counts that piece off `unfinished`, the caller waits, so that these
 * fields belong to this very loop. If it takes none it reads none of them, and `left` below zero is
 * as good as zero until the next loop sets it. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate.h"
#include "team.h"

enum { PIECES_PER_THREAD = 4, CACHE_LINE = 128 };

typedef struct Worker {
    P2cTeam *team;
    pthread_t thread;
    int slot;
} Worker;

struct P2cTeam {
    _Alignas(CACHE_LINE) Gate left;
    void (*body)(void *data);
    void *data;
    int piece_count;
    _Alignas(CACHE_LINE) Gate unfinished;
    _Alignas(CACHE_LINE) int threads; /* with the caller */
    int started;                      /* workers */
    bool tried;                       /* to start them */
    atomic_bool ending;
    pid_t process; /* that made the team */
    Worker workers[];
};

/* What the calling thread is in. */
static _Thread_local struct {
    P2cTeam *team;
    int slot, piece, piece_count; /* piece_count 0: outside of loops */
} here;

P2cTeam *p2c_team_enter(P2cTeam *team) {
    P2cTeam *before = here.team;
    here.team = team;
    return before;
}

int p2c_team_piece(void) { return here.piece; }
int p2c_team_piece_count(void) { return here.piece_count; }

/* ---- pieces ---------------------------------------------------------------------------------- */

static void compute_piece(void (*body)(void *data), void *data, int piece, int piece_count) {
    int outer = here.piece, outer_count = here.piece_count;
    here.piece = piece;
    here.piece_count = piece_count;
    body(data);
    here.piece = outer;
    here.piece_count = outer_count;
}

/* Takes a piece, or returns -1. The first look keeps `left` from falling without an end. */
static int take_piece(P2cTeam *team) {
    if (team->left.value <= 0) return -1;
    int left = team->left.value--;
    return left > 0 ? team->piece_count - left : -1;
}

static void compute_pieces(P2cTeam *team) {
    int finished = 0;
    for (int piece; (piece = take_piece(team)) >= 0; finished++)
        compute_piece(team->body, team->data, piece, team->piece_count);
    if (finished && atomic_fetch_sub(&team->unfinished.value, finished) == finished)
        gate_open(&team->unfinished);
}

/* ---- workers --------------------------------------------------------------------------------- */

static bool is_positive(int left) { return left > 0; }
static bool is_zero(int unfinished) { return unfinished == 0; }

static void *work(void *of) {
    Worker *worker = of;
    P2cTeam *team = worker->team;
    here.slot = worker->slot;
    for (;;) {
        gate_wait(&team->left, is_positive);
        if (team->ending) return NULL;
        compute_pieces(team);
    }
}

/* Signals are for the program's own threads. */
static void start_workers(P2cTeam *team) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    team->tried = true;
    for (int i = 0; i < team->threads - 1; i++, team->started++) {
        team->workers[i] = (Worker){ .team = team, .slot = i + 1 };
        if (pthread_create(&team->workers[i].thread, NULL, work, &team->workers[i])) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

P2cTeam *p2c_team_new(int threads) {
    size_t bytes = sizeof(P2cTeam) + (size_t)(threads - 1) * sizeof(Worker);
    P2cTeam *team = aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (!team) return NULL;
    *team = (P2cTeam){ .threads = threads, .process = getpid() };
    gate_init(&team->left);
    gate_init(&team->unfinished);
    return team;
}

static void end_workers(P2cTeam *team) {
    team->ending = true;
    team->left.value = 1;
    gate_open(&team->left);
    for (int i = 0; i < team->started; i++) pthread_join(team->workers[i].thread, NULL);
    gate_clear(&team->left);
    gate_clear(&team->unfinished);
}

void p2c_team_free(P2cTeam **team) {
    /* a child of fork would wait for threads that it does not have */
    if (*team && (*team)->process == getpid()) end_workers(*team);
    free(*team);
    *team = NULL;
}

/* ---- loops ----------------------------------------------------------------------------------- */

void p2c_team_parallel(void (*body)(void *data), void *data, unsigned threads, unsigned flags) {
    (void)flags; /* what the runtime may assume of bindings to processors */
    P2cTeam *team = here.team;
    if (threads <= 1 || here.piece_count || !team || team->threads == 1) {
        compute_piece(body, data, 0, 1);
        return;
    }
    if (!team->tried) start_workers(team);
    team->body = body;
    team->data = data;
    team->piece_count = team->threads * PIECES_PER_THREAD;
    team->unfinished.value = team->piece_count;
    team->left.value = team->piece_count;
    gate_open(&team->left);
    compute_pieces(team);
    gate_wait(&team->unfinished, is_zero);
}

#if defined(__GNUC__) && !defined(__clang__)
int p2c_team_slot(void) { return here.slot; }
#else
#include <omp.h>
int p2c_team_slot(void) { return omp_get_thread_num(); }
#endif
