/* team.h: the threads of a context, which share the work of loops.
 *
 * A loop is written with OpenMP's notation, and this file is included:
 *
 *     #pragma omp parallel for num_threads(n) schedule(static)
 *     for (int i = 0; i < count; i++) ...
 *
 * GCC makes a function of the loop's body and hands it to its runtime, libgomp. The declarations at
 * the end of this file put the team in libgomp's place. Such a loop is cut into pieces of
 * consecutive iterations, more of them than there are threads. The calling thread and the team's
 * workers take one piece after the other until none is left. A worker that is not running, because
 * other programs use the processor, takes none, and nobody waits for it. The caller only waits for
 * pieces that were begun.
 *
 * There is nothing else of OpenMP: no barriers, no other schedules, no clauses that need a runtime;
 * they would not link. A loop inside a loop, a loop of a thread that has not entered a team, and a
 * loop with n = 1 are computed by the calling thread.
 *
 * Clang's runtime has another interface. With it the loops run on libomp, and teams have no
 * workers. */
#ifndef P2C_TEAM_H
#define P2C_TEAM_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct P2cTeam P2cTeam;

/* A team of the calling thread and threads - 1 workers, which start with the first loop. A worker
 * that cannot be started is done without. NULL: out of memory. One thread at a time may use it.
 *
 * In a process made by fork there are no workers: whoever uses the parent's team works alone. */
P2cTeam *p2c_team_new(int threads);
/* Ends the workers. */
void p2c_team_free(P2cTeam **team);

/* From here on the calling thread's loops are shared with `team` (NULL: with nobody). Returns the
 * team so far, which the caller enters again at the end. */
P2cTeam *p2c_team_enter(P2cTeam *team);

/* Inside a loop: which of the team's threads this is, from 0 on; for scratch of its own. */
int p2c_team_slot(void);

/* What GCC's loops call. Loops get the number of a piece in place of that of a thread. */
void p2c_team_parallel(void (*body)(void *data), void *data, unsigned threads, unsigned flags);
int p2c_team_piece(void);
int p2c_team_piece_count(void);

#if defined(__GNUC__) && !defined(__clang__)
/* For the assembler, because the compiler lets nobody rename these. */
__asm__(".set GOMP_parallel, p2c_team_parallel\n"
        ".set omp_get_thread_num, p2c_team_piece\n"
        ".set omp_get_num_threads, p2c_team_piece_count");
#endif

#ifdef __cplusplus
}
#endif
#endif
