#pragma once

#include "engine/base/error.h"

/*
 * What the program does to itself before it reads anything: no inherited descriptors, masks,
 * environment or core dumps. Called once, first thing in main().
 */

void process_harden(void);

/*
 * Whether the limits of this process leave room for an apply and for the way back: descriptors,
 * sizes of files, address space. -ERANGE names the one that does not. Soft limits were raised.
 */
int process_check_limits(struct error *err);
