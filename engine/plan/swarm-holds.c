#include "engine/plan/swarm-holds.h"

#include <string.h>

#include "engine/base/alloc.h"

char *swarm_lock_text(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (!d->running)
		return NULL;
	if (d->swarm_locks)
		return xstrdup(
			"the restart of dockerd ends the tasks of this manager of a swarm and "
			"locks it (autolock): none starts here and nothing is managed from here "
			"until somebody gives 'docker swarm unlock' the key, which 'docker swarm "
			"unlock-key' shows as long as it is not locked");
	if (!d->swarm_unsure)
		return NULL;
	return xasprintf("whether the restart of dockerd locks this node of a swarm (autolock), so "
			 "that no task starts here until 'docker swarm unlock', is not known: %s",
			 d->swarm_unsure);
}

const char *swarm_undo_text(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (d->swarm_locks || strcmp_null(d->swarm, "locked") == 0)
		return "an undo restarts dockerd as well, and autolock is on: somebody has to give "
		       "'docker swarm unlock' the key then, too";
	if (d->swarm_unsure)
		return "an undo restarts dockerd as well: where autolock is on, somebody has to "
		       "give "
		       "'docker swarm unlock' the key then, too";
	return NULL;
}

const char *swarm_task_fate(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (d->swarm_locks || strcmp_null(d->swarm, "locked") == 0)
		return "a task of a swarm, which is locked then: nothing starts here in its place "
		       "until 'docker swarm unlock'";
	if (d->swarm_error)
		return "a task of a swarm, which is not well ('docker info' says why): whether it "
		       "starts another in its place is not known";
	if (d->swarm_unsure)
		return "a task of a swarm, which starts another in its place, unless it is locked "
		       "then";
	return "a task of a swarm, which starts another in its place, here or on another node";
}
