#include "cli/undecided-paths.h"

#include "cli/options.h"
#include "engine/base/alloc.h"
#include "rollback/mover.h"

/* One that waits leaves what others changed; one that was broken off needs a person for it. */
static char *would_leave(const struct context *c, const struct change *change, bool waits)
{
	CLEANUP(freep) char *foreign = mover_would_leave(&c->root, change, waits);

	return foreign ? xasprintf("%s: was changed by somebody else (%s)",
				   waits ? "stays as it is" : "needs a person", foreign)
		       : NULL;
}

void undecided_put_paths(const struct context *c, const struct transaction_summary *t,
			 struct buf *b, const struct style *s)
{
	CLEANUP(freep) char *rollback = options_command(c->o, "rollback");
	bool waits = t->state == TRANSACTION_WAITING, any = false;

	for (size_t i = 0; i < t->plan.nchanges; i++) {
		const struct change *change = &t->plan.changes[i];
		CLEANUP(freep) char *left = would_leave(c, change, waits);

		buf_puts(b, "  ");
		ink_text(b, s, INK_PLAIN, change->path);
		buf_putc(b, '\n');
		any |= left != NULL;
		if (left) {
			buf_puts(b, "    ");
			wrap_text(b, s, 4, left);
		}
	}
	if (any && waits) {
		CLEANUP(freep)
		char *next = xasprintf("what is ours in what stays '%s %s' takes out thereafter",
				       rollback, t->id);

		buf_puts(b, "  ");
		wrap_text(b, s, 2, next);
	}
}

void undecided_check_paths(const struct context *c, struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		CLEANUP(freep) char *left = would_leave(c, &plan->changes[i], true);

		if (left)
			checks_add(&plan->checks, CHECK_WARN, NULL, "%s %s", plan->changes[i].path,
				   left);
	}
}
