#pragma once

/*
 * What the files of the executor share: executor.c walks, executor-boot.c is about a boot in the middle,
 * executor-foreign.c about what others did, executor-along.c about units that go down on the way,
 * executor-accounts.c about the account for userns-remap, executor-rules.c about audit rules.
 */

#include "rollback/executor.h"

/* The effects of one handler, in the direction in which it is to run now. */
void effects_towards(const struct stage *stage, enum handler handler, bool down,
		     struct effects *ret);

/* Runs a handler with effects that are turned round already where they are to be. */
int executor_run_effects(struct executor *x, enum handler handler, const struct effects *effects,
			 struct error *err);

int executor_run_handler(struct executor *x, const struct stage *stage, enum handler handler,
			 bool down, struct error *err);

/*
 * executor-along.c. Notes that a handler of stage k begins, with the units that run and that it may take
 * down, and the settings that the kernel writes along; that it has ended, and they are as before. On the way
 * down there are notes only where there is something of that.
 */
int executor_begin(struct executor *x, size_t k, enum handler handler, bool down,
		   struct error *err);
int executor_end(struct executor *x, size_t k, enum handler handler, struct error *err);

/* The same on the way down, with the units that run behind it. */
void executor_end_down(struct executor *x, size_t k, enum handler handler);

/* Whether a dockerd that was started since has other values than before: those stages are `begun`. */
bool executor_mark_in_force(struct executor *x);

/* The files are back; what read them before, at the boot, is told. */
void executor_after_boot(struct executor *x, struct strv *left);

/* Whether the way up ended before that handler of stage k: what it would take back is not there. */
bool executor_is_untouched(const struct executor *x, size_t k, enum handler handler);

/*
 * executor-foreign.c. Whether the handler would make somebody read a file that stays as others made it.
 */
bool executor_is_beside_foreign(const struct executor *x, enum handler handler);

/* Whether dockerd's handlers would be such ones, if others had changed that file of the plan. */
bool executor_would_be_beside(const struct executor *x, const char *path);

/*
 * Of one of those: whether that file is dockerd's config file alone, who takes it back was told what comes along, and
 * it brings something of ours back (beside-foreign.h). The host as it is then goes to ret, where that could be looked at.
 */
bool executor_is_consented(const struct executor *x, enum handler handler, struct facts *ret);

/* Takes out of the effects, which are turned, dockerd's settings that others' file does not bring back: noted. */
void executor_spare_others(struct executor *x, const struct facts *now, struct effects *effects);

/* Whether the kernel has what the plan's effect wants of it, by its own word. */
bool executor_is_ours(const struct executor *x, const struct effect *e);

/*
 * Takes out of the effects, which are turned round, the settings of the kernel that stay: others set them
 * since (named in `left`, or noted where a person said so), they are gone, or others need them by now. So it
 * does with audit rules that a rule file of others has by now, which are noted.
 */
void executor_spare(struct executor *x, enum handler handler, struct effects *effects,
		    struct strv *left);

/* executor-rules.c. The part of executor_spare() that is about audit rules. */
void executor_spare_rules(struct executor *x, struct effects *effects);

/*
 * executor-accounts.c. Before a walk down: no move takes the account for userns-remap away. At its end
 * (`ended`: all else went to boundary 0) it goes, unless dockerd or a file that stays needs it: named.
 */
void executor_hold_accounts(struct executor *x);
int executor_accounts_down(struct executor *x, bool ended, struct strv *left, struct error *err);
