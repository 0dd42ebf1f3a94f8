#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/clients.h"
#include "engine/host/read/proc.h"

/*
 * Clients in containers that have the API's socket: runners of CI, watchers of events. Measured with
 * 20.10.24, 26.1.5 and 28.5.2: one that is its container's main process ends with 1 and the container
 * with it, live-restore or not, and dockerd's start brings that back by its restart policy; a loop of
 * a shell goes on, with what the client had made removed. Each of them is asked for.
 */

static const char *policy_of(const struct container *c)
{
	return c->restart_policy ? c->restart_policy : "no";
}

static char *ending_text(const struct client *c)
{
	const char *policy = policy_of(c->container);

	return xasprintf("container %s is a docker client that waits on dockerd, and ends with its "
			 "request ('%s')%s: its restart policy is '%s'",
			 container_label(c->container), c->command.verb,
			 c->command.builds ? ", a build that is lost" : "", policy);
}

/* Its number is no name where it has another: a runner's next job is the same with another one. */
static char *client_text(const struct client *c)
{
	if (c->container)
		return xasprintf("'%s' in the container '%s'", c->command.verb,
				 container_label(c->container));
	return xasprintf("'%s' (pid %d) in a container that dockerd does not tell of",
			 c->command.verb, (int)c->pid);
}

static char *cut_text(const struct gather *g, const struct client *c)
{
	CLEANUP(freep) char *who = client_text(c), *outcome = client_outcome(g, c);

	if (c->command.builds)
		return xasprintf("%s is under way: the restart of dockerd cuts it off", who);
	return xasprintf(
		"%s is cut off by the restart of dockerd%s: what runs it may end then, and "
		"may end or make containers",
		who, outcome);
}

/* What a loop of a shell around it does with containers is in the text of that. */
static void take_named(struct gather *g, const struct client *c)
{
	CLEANUP(freep) char *who = xasprintf("container %s", container_label(c->container));
	CLEANUP(strv_clear) struct strv main = {0};

	client_takes_containers(g, c, who);
	if (c->container->pid != c->pid && proc_cmdline(c->container->pid, &main, NULL) == 0)
		restart_takes_client(g, &main, who);
}

void client_take_contained(struct gather *g, const struct client *c)
{
	bool is_main = c->container && c->container->pid == c->pid;
	CLEANUP(freep) char *whole = NULL, *line = is_main ? ending_text(c) : cut_text(g, c);

	whole = xasprintf("%s%s", line, client_doubt(c));
	strv_add_once(&g->facts->docker.restart_brings, whole);
	if (!c->container)
		return;
	take_named(g, c);
	if (!c->container->ends_with)
		c->container->ends_with = xasprintf(
			"%s with its request to dockerd, '%s'",
			is_main && c->whose == WHOSE_OURS ? "ends" : "may end", c->command.verb);
}
