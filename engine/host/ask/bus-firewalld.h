#pragma once

/* firewalld by its name on the system bus. It is asked only where it runs, and never started. */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"

/*
 * The zone of each of these interfaces, "" for one that is in none; appended. ret_runs: whether it runs
 * at all, which is asked first: without it ret stays as it is. Negative: nobody could be asked.
 */
int firewalld_zones(const struct strv *interfaces, bool *ret_runs, struct strv *ret,
		    struct error *err);
