#pragma once

/*
 * What was made since by what a way back takes away, where dockerd does not run or does not answer: no container
 * runs then that held-down.h would ask for, and dockerd's next start would bring up those that it came to have
 * meanwhile. Once the files are back it looks elsewhere, and they are out of sight for whoever counts on them.
 */

#include "rollback/executor.h"

/*
 * Why nothing is put back, and what to do; NULL: nothing is known against it. The caller frees it. `began`: when
 * the run did, in microseconds of CLOCK_REALTIME; 0: not known, and whatever is there came since.
 */
char *held_by_made(const struct executor *x, uint64_t began);
