#include "cli/effector.h"

#include "cli/context.h"
#include "cli/message.h"
#include "cli/terminal.h"
#include "engine/base/error.h"
#include "engine/facts/gather.h"

/*
 * With what we saw this very dockerd start with, as all other looks: of settings that it does not tell, a file
 * that was written since says nothing, and what nothing contradicts may pass for being in force.
 */
static int look(void *data, struct facts *ret, struct error *err)
{
	const struct context *c = data;

	return facts_gather(ret, &c->root, context_witness(c), 0, err);
}

/* On a terminal how long yet, in a line that the next one overwrites; elsewhere that it does, once. */
static void on_waiting(void *data, const char *what, int waited_ms, int most_ms)
{
	const char **told = data;

	if (!what)
		terminal_progress_end();
	else if (terminal_shows_progress())
		terminal_progress("  waiting %s, %d s of at most %d s", what, waited_ms / 1000,
				  most_ms / 1000);
	else if (what != *told)
		remark("waiting %s, up to %d s", what, most_ms / 1000);
	*told = what;
}

static void show_waiting(struct effector *e, const struct options *o)
{
	static const char *told;

	if (o->format != FORMAT_TEXT || o->quiet)
		return;
	e->waiting = on_waiting;
	e->waiting_data = &told;
}

int effector_open(struct context *c, struct effector **ret)
{
	CLEANUP(error_clear) struct error err = {0};

	if (c->root.offline) {
		*ret = effector_offline();
		return CODE_OK;
	}
	if (effector_live(ret, &err) < 0)
		return fail(CODE_ERROR, &err);
	(*ret)->look = look;
	(*ret)->look_data = c;
	show_waiting(*ret, c->o);
	return CODE_OK;
}
