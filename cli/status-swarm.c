#include "cli/status-swarm.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/gather.h"

int swarm_is_locked(const struct context *c)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	const struct docker_facts *d = &facts.docker;

	if (c->root.offline)
		return -1;
	facts_gather_engine(&facts, &c->root);
	if (!d->running || d->not_measured || !d->swarm)
		return -1;
	return strcmp(d->swarm, "locked") == 0;
}

void swarm_put(int locked, struct buf *b, const struct style *s)
{
	if (locked <= 0)
		return;
	buf_puts(b, "Swarm:    ");
	wrap_text(b, s, 10,
		  "this node is locked (autolock): no task starts here and nothing is managed from "
		  "here until somebody gives 'docker swarm unlock' the key.");
}
