#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/schemes/json-text.h"
#include "modules/container/container.h"

/* How much of the host a container may use up. */

#define DEFAULT_MAX_PIDS 512

static enum verdict unread(const struct container_case *k, const char *what)
{
	if (!k->c->unread)
		strv_addf(k->details, "the %s controller of its control group cannot be read",
			  what);
	return VERDICT_NOT_MEASURED;
}

static enum verdict judge_memory(const struct container_case *k)
{
	if (k->c->memory < 0)
		return unread(k, "memory");
	return k->c->memory == 0 ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_cpu(const struct container_case *k)
{
	if (!k->c->cpu)
		return unread(k, "cpu");
	return strcmp(k->c->cpu, "none") == 0 ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_pids(const struct container_case *k)
{
	int64_t max = k->want->max >= 0 ? k->want->max : DEFAULT_MAX_PIDS;

	if (k->c->pids < 0)
		return unread(k, "pids");
	if (k->c->pids > max)
		return container_fails(k, "%lld", (long long)k->c->pids);
	return k->c->pids == 0 ? VERDICT_FAIL : VERDICT_PASS;
}

static char *default_member(const struct buf *defaults, const char *name, const char *member)
{
	CLEANUP(freep) char *pointer = xasprintf("/%s/%s", name, member);
	char *value = NULL;

	return json_text_get(defaults, pointer, &value, NULL) == 1 ? value : NULL;
}

/* Whether "nofile=1024:2048" is what the daemon gives every container. */
static bool is_default_ulimit(const struct docker_facts *d, const char *ulimit)
{
	const struct setting *s = settings_find(&d->now, "default-ulimits");
	CLEANUP(freep) char *name = xstrndup(ulimit, strcspn(ulimit, "="));
	CLEANUP(freep) char *soft = NULL, *hard = NULL, *text = NULL;
	CLEANUP(buf_clear) struct buf defaults = {0};

	if (!s || !s->value)
		return false;
	buf_puts(&defaults, s->value);
	soft = default_member(&defaults, name, "Soft");
	hard = default_member(&defaults, name, "Hard");
	text = xasprintf("%s=%s:%s", name, soft ? soft : "", hard ? hard : "");
	return strcmp(text, ulimit) == 0;
}

static enum verdict judge_ulimits(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->ulimits.count; i++) {
		const char *ulimit = k->c->ulimits.items[i];

		if (!container_lets(k, ulimit) && !is_default_ulimit(k->docker, ulimit))
			strv_add(k->details, ulimit);
	}
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static bool is_expected_parent(const struct container_case *k, const char *parent)
{
	const struct setting *s = settings_find(&k->docker->now, "cgroup-parent");
	CLEANUP(freep) char *daemon = s && s->value ? json_value_to_string(s->value) : NULL;

	return !parent || !*parent || container_lets(k, parent) ||
	       (daemon && strcmp(daemon, parent) == 0);
}

/* Version 1 has no namespaces of its own by default; there the host's says nothing. */
static enum verdict judge_cgroup(const struct container_case *k)
{
	const struct container *c = k->c;
	bool separate = k->docker->container_host.cgroup_version == 2;
	const char *mode = c->cgroupns_mode ? c->cgroupns_mode : "";

	if (!is_expected_parent(k, c->cgroup_parent))
		container_fails(k, "parent %s", c->cgroup_parent);
	if (container_lives(c) && c->cgroup && c->id && !strstr(c->cgroup, c->id))
		container_fails(k, "its first process was moved to %s", c->cgroup);
	if (container_lives(c) ? separate && c->host_cgroup == 1
			       : strcmp(mode, "host") == 0 && separate)
		container_fails(k, "the host's namespace of control groups");
	if (k->details->count)
		return VERDICT_FAIL;
	return container_lives(c) && c->unread ? VERDICT_NOT_MEASURED : VERDICT_PASS;
}

const struct container_aspect container_limit_aspects[] = {
	{
		.name = "memory",
		.finding = "no memory limit",
		.fix = "docker run --memory 512m (docker update --memory for one that runs); "
		       "compose: mem_limit",
		.judge = judge_memory,
	},
	{
		.name = "cpu",
		.finding = "no share or limit of processor time",
		.fix = "docker run --cpus 1 or --cpu-shares 512 (docker update for one that "
		       "runs); "
		       "compose: cpus",
		.judge = judge_cpu,
	},
	{
		.name = "pids",
		.finding = "no limit of processes, or too high a one",
		.fix = "docker run --pids-limit 200 (docker update for one that runs); compose: "
		       "pids_limit",
		.judge = judge_pids,
		.takes_max = true,
	},
	{
		.name = "ulimits",
		.finding = "ulimits other than the daemon's",
		.fix = "docker run without --ulimit; compose: no ulimits",
		.judge = judge_ulimits,
		.check_values = container_any_values,
	},
	{
		.name = "cgroup-parent",
		.finding = "control group other than the daemon's",
		.fix = "docker run without --cgroup-parent and --cgroupns host; compose: no "
		       "cgroup_parent, no cgroup: host",
		.judge = judge_cgroup,
		.check_values = container_any_values,
	},
	{0},
};
