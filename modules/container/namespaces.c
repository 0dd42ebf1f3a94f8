#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/container/container.h"

/* Which of its namespaces are the host's. */

#define MAX_CHAIN 16

/* One namespace: what the kernel says, and what was asked for. */
struct space {
	size_t fact; /* int */
	size_t mode; /* char * */
};

#define SPACE(kind)                                                                                \
	{                                                                                          \
		offsetof(struct container, host_##kind), offsetof(struct container, kind##_mode)   \
	}

static const struct space network = SPACE(network), pid = SPACE(pid), ipc = SPACE(ipc),
			  uts = SPACE(uts);

static const char *mode_of(const struct container *c, const struct space *s)
{
	const char *mode = *(char *const *)((const char *)c + s->mode);

	return mode ? mode : "";
}

static const struct container *find(const struct docker_facts *d, const char *name)
{
	struct containers all;

	return containers_get(&d->containers, &all) ? containers_find(&all, name) : NULL;
}

/* A container may share the namespace of another, which may be the host's. */
static enum verdict judge_space(const struct container_case *k, const struct space *s)
{
	static const char prefix[] = "container:";
	const struct container *c = k->c;

	for (int depth = 0; c && depth < MAX_CHAIN; depth++) {
		const char *mode = mode_of(c, s);

		if (container_lives(c)) {
			enum verdict v =
				container_fails_if(*(const int *)((const char *)c + s->fact));

			if (v == VERDICT_FAIL && c != k->c)
				strv_addf(k->details, "that of %s", container_label(c));
			return v;
		}
		if (strcmp(mode, "host") == 0)
			return c == k->c ? VERDICT_FAIL
					 : container_fails(k, "that of %s", container_label(c));
		if (!starts_with(mode, prefix))
			return VERDICT_PASS;
		c = find(k->docker, skip_prefix(mode, prefix));
	}
	strv_add(k->details, "it shares that of a container that is not there");
	return VERDICT_NOT_MEASURED;
}

static enum verdict judge_network(const struct container_case *k)
{
	return judge_space(k, &network);
}

static enum verdict judge_pid(const struct container_case *k)
{
	return judge_space(k, &pid);
}

static enum verdict judge_ipc(const struct container_case *k)
{
	return judge_space(k, &ipc);
}

static enum verdict judge_uts(const struct container_case *k)
{
	return judge_space(k, &uts);
}

/* Without remapping every container has the host's users, whatever it asked for. */
static enum verdict judge_users(const struct container_case *k)
{
	bool remaps = daemon_security(k->docker, "userns") != NULL;
	bool asked = k->c->userns_mode && strcmp(k->c->userns_mode, "host") == 0;

	if (container_lives(k->c))
		return container_fails_if(k->c->host_user);
	return remaps && !asked ? VERDICT_PASS : VERDICT_FAIL;
}

const struct container_aspect container_namespace_aspects[] = {
	{
		.name = "host-network",
		.finding = "on the host's network",
		.fix = "docker run without --network host; compose: no network_mode: host",
		.judge = judge_network,
	},
	{
		.name = "host-pid",
		.finding = "sees the host's processes",
		.fix = "docker run without --pid host; compose: no pid: host",
		.judge = judge_pid,
	},
	{
		.name = "host-ipc",
		.finding = "shares memory with the host",
		.fix = "docker run without --ipc host; compose: no ipc: host",
		.judge = judge_ipc,
	},
	{
		.name = "host-uts",
		.finding = "has the host's name",
		.fix = "docker run without --uts host; compose: no uts: host",
		.judge = judge_uts,
	},
	{
		.name = "host-userns",
		.finding = "root in it is the host's root",
		.fix = "userns-remap in daemon.json, and docker run without --userns host; "
		       "compose: "
		       "no userns_mode: host",
		.judge = judge_users,
	},
	{0},
};
