#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
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

/* What runc knows (getrlimit(2)); dockerd takes any name. */
static const char *const known_limits[] = {
	"as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
	"nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

/* The kernel takes the number as it is: -1 is not a limit, other negative ones are huge. */
static bool number_of(const char *limit, const char *member, uint64_t *ret)
{
	CLEANUP(freep) char *text = json_member(limit, member);
	char *end;

	if (!text)
		return false;
	*ret = *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
	return *end == '\0';
}

/* Each becomes the limit of its Name, whatever it is called; a limit without one is of no name. */
static void refuse_impossible(const char *key, const char *limit, struct delta *d)
{
	CLEANUP(freep) char *given = json_member(limit, "Name");
	CLEANUP(freep) char *name = given ? json_value_to_string(given) : NULL;
	uint64_t soft, hard;

	if (d->refusal)
		return;
	if (!name || !is_among(name, known_limits, ARRAY_SIZE(known_limits)))
		d->refusal =
			xasprintf("the Name of '%s' in default-ulimits is not a resource limit: "
				  "no container would start",
				  key);
	else if (number_of(limit, "Soft", &soft) && number_of(limit, "Hard", &hard) && soft > hard)
		d->refusal = xasprintf("'%s' in default-ulimits has a Soft above its Hard: no "
				       "container would start",
				       key);
}

static void guard_limit(const struct docker_facts *docker, const char *name, const char *limit,
			struct strv *ret)
{
	const struct limit_ceiling *c = lowest(docker, name);
	uint64_t hard;

	if (!c || !number_of(limit, "Hard", &hard) || hard <= c->most)
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
	for (size_t i = 0; i < names.count; i++) {
		refuse_impossible(names.items[i], values.items[i], d);
		guard_limit(docker, names.items[i], values.items[i], &above);
	}
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
