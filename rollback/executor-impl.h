#pragma once

/* What the files of the executor share: executor.c walks, executor-boot.c is about a boot in the middle. */

#include "rollback/executor.h"

/* The effects of one handler, in the direction in which it is to run now. */
void effects_towards(const struct stage *stage, enum handler handler, bool down,
		     struct effects *ret);

int executor_run_handler(struct executor *x, const struct stage *stage, enum handler handler,
			 bool down, struct error *err);

/* Whether a dockerd that was started since has other values than before: those stages are `begun`. */
bool executor_mark_in_force(struct executor *x);

/* The files are back; what read them before, at the boot, is told. */
void executor_after_boot(struct executor *x, struct strv *left);

/* Whether the way up ended before that handler of stage k: what it would take back is not there. */
bool executor_is_untouched(const struct executor *x, size_t k, enum handler handler);
