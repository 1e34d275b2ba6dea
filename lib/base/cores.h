/* cores.h: on how many processors this process may run at a time, at least 1. */
#ifndef P2C_CORES_H
#define P2C_CORES_H

int p2c_core_count(void);

#endif
