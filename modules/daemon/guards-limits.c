#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/value.h"

/*
 * default-ulimits that this host cannot give: the runtime sets them for each process that it starts
 * in a container, sessions and health checks of those that run included, and fails with the first
 * that is refused (seen on 20.10, 26.1 and 28.5).
 */

static const struct limit_ceiling *lowest(const struct docker_facts *docker, const char *name)
{
	const struct limit_ceiling *ret = NULL;

	for (size_t i = 0; i < docker->nceilings; i++) {
		const struct limit_ceiling *c = &docker->ceilings[i];

		if (strcmp(c->name, name) == 0 && (!ret || c->most < ret->most))
			ret = c;
	}
	return ret;
}

/* The kernel takes the number as it is: -1 is not a limit, other negative ones are huge. */
static bool hard_limit(const char *limit, uint64_t *ret)
{
	CLEANUP(freep) char *hard = json_member(limit, "Hard");
	char *end;

	if (!hard)
		return false;
	*ret = *hard == '-' ? (uint64_t)strtoll(hard, &end, 10) : strtoull(hard, &end, 10);
	return *end == '\0';
}

static void guard_limit(const struct docker_facts *docker, const char *name, const char *limit,
			struct strv *ret)
{
	const struct limit_ceiling *c = lowest(docker, name);
	uint64_t hard;

	if (!c || !hard_limit(limit, &hard) || hard <= c->most)
		return;
	if (hard == UINT64_MAX)
		strv_addf(ret, "%s without limit is above %" PRIu64 ", %s", name, c->most, c->why);
	else
		strv_addf(ret, "%s of %" PRIu64 " is above %" PRIu64 ", %s", name, hard, c->most,
			  c->why);
}

static void tell_running(const struct docker_facts *docker, struct delta *d)
{
	size_t running;

	if (containers_running(&docker->containers, &running) && running > 0)
		strv_addf(&d->warnings,
			  "sessions and health checks in %zu %s that %s take the limits at once",
			  running, running == 1 ? "container" : "containers",
			  running == 1 ? "runs" : "run");
}

void docker_guards_ulimits(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(strv_clear) struct strv names = {0}, values = {0}, above = {0};

	json_members(value, &names, &values);
	if (names.count == 0)
		return;
	tell_running(docker, d);
	if (docker->ceilings_unknown)
		strv_addf(&d->holds,
			  "whether containers can be given such limits here is not known: %s",
			  docker->ceilings_unknown);
	for (size_t i = 0; i < names.count; i++)
		guard_limit(docker, names.items[i], values.items[i], &above);
	if (above.count == 0)
		return;
	free(d->first);
	d->first = xasprintf("no container would start, and no session or health check in those "
			     "that run: %s; set lower ones first",
			     above.items[0]);
	for (size_t i = 1; i < above.count; i++)
		strv_add(&d->holds, above.items[i]);
	strv_add(&d->holds, d->first);
}
