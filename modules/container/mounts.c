#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/mount-table.h"
#include "engine/model/docker-paths.h"
#include "modules/container/container.h"

/* What of the host's files and devices is in a container. */

/* "/etc at /mnt, read-only"; of a volume also its name, which hides where it leads. */
static void add_mount(const struct container_case *k, const struct container_mount *m)
{
	strv_addf(k->details, "%s%s%s%s at %s%s", m->source ? m->source : m->target,
		  m->volume ? " (volume " : "", m->volume ? m->volume : "", m->volume ? ")" : "",
		  m->target, m->writable ? "" : ", read-only");
}

static bool is_let(const struct container_case *k, const struct container_mount *m)
{
	return !m->writable && container_lets(k, m->source);
}

static enum verdict judge_host_paths(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++)
		if (k->c->mounts[i].places.count && !is_let(k, &k->c->mounts[i]))
			add_mount(k, &k->c->mounts[i]);
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

/* Read-only is no help: a socket is not written to, it is connected to. */
static enum verdict judge_engine_socket(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++) {
		const struct container_mount *m = &k->c->mounts[i];
		const char *socket = m->sockets.count ? m->sockets.items[0] : NULL;

		if (socket && m->source && strcmp(socket, m->source) == 0)
			container_fails(k, "%s at %s", socket, m->target);
		else if (socket)
			container_fails(k, "%s through %s at %s", socket,
					m->source ? m->source : "a mount", m->target);
	}
	if (k->c->docker_host)
		container_fails(k, "DOCKER_HOST is %s", k->c->docker_host);
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_log_sockets(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++)
		if (k->c->mounts[i].logs.count)
			add_mount(k, &k->c->mounts[i]);
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_devices(const struct container_case *k)
{
	const struct container *c = k->c;

	if (c->privileged)
		return container_fails(k, "all, by --privileged");
	for (size_t i = 0; i < c->devices.count; i++)
		if (!container_lets(k, c->devices.items[i]))
			strv_add(k->details, c->devices.items[i]);
	for (size_t i = 0; i < c->nmounts; i++)
		if (c->mounts[i].source && !container_lets(k, c->mounts[i].source) &&
		    strv_contains(&c->mounts[i].places, "/dev"))
			add_mount(k, &c->mounts[i]);
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_read_only(const struct container_case *k)
{
	return k->c->read_only < 0 ? VERDICT_NOT_MEASURED
	       : k->c->read_only   ? VERDICT_PASS
				   : VERDICT_FAIL;
}

static enum verdict judge_propagation(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++) {
		const struct container_mount *m = &k->c->mounts[i];
		const char *mode = m->propagation ? m->propagation : "";

		if (strcmp(mode, "shared") == 0 || strcmp(mode, "rshared") == 0)
			container_fails(k, "%s at %s", mode, m->target);
	}
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

static enum verdict judge_volumes(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++)
		if (k->c->mounts[i].anonymous && k->c->mounts[i].has_data)
			strv_add(k->details, k->c->mounts[i].target);
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

/*
 * A directory of the host that the container can write, as opposed to a volume in Docker's keeping.
 */
static bool is_host_directory(const struct docker_facts *d, const struct container_mount *m)
{
	const char *root = d->data_root ? d->data_root : DOCKER_DEFAULT_ROOT;

	return m->writable && m->source &&
	       !(strcmp(m->type ? m->type : "", "volume") == 0 && path_is_below(m->source, root));
}

static bool overlap(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || path_is_below(a, b) || path_is_below(b, a);
}

/* Who else writes there, and belongs to another tenant. */
static void find_sharers(const struct container_case *k, const struct container_mount *m)
{
	struct containers all;

	if (!containers_get(&k->docker->containers, &all))
		return; /* then nobody judges a container */
	for (size_t i = 0; i < all.count; i++) {
		const struct container *other = &all.items[i];

		if (other == k->c || strcmp_null(other->tenant, k->c->tenant) == 0)
			continue;
		for (size_t n = 0; n < other->nmounts; n++)
			if (is_host_directory(k->docker, &other->mounts[n]) &&
			    overlap(m->source, other->mounts[n].source)) {
				container_fails(k, "%s with %s", m->source, container_label(other));
				break;
			}
	}
}

static enum verdict judge_tenant_paths(const struct container_case *k)
{
	for (size_t i = 0; i < k->c->nmounts; i++) {
		const struct container_mount *m = &k->c->mounts[i];

		if (!is_host_directory(k->docker, m) || container_lets(k, m->source))
			continue;
		if (m->others_write)
			container_fails(k, "everybody may write %s", m->source);
		find_sharers(k, m);
	}
	return k->details->count ? VERDICT_FAIL : VERDICT_PASS;
}

const struct container_aspect container_mount_aspects[] = {
	{
		.name = "host-paths",
		.finding = "has directories of the host's own",
		.fix = "docker run without that --volume or --mount; a volume that binds the "
		       "directory "
		       "must be made anew",
		.judge = judge_host_paths,
		.check_values = container_any_values,
	},
	{
		.name = "engine-socket",
		.finding = "can command a container engine",
		.fix = "docker run without that --volume; a proxy that lets single requests pass, "
		       "if "
		       "it must ask the engine",
		.judge = judge_engine_socket,
	},
	{
		.name = "log-sockets",
		.finding = "has the host's log",
		.fix = "docker run --log-driver syslog or journald in place of that --volume; "
		       "compose: logging",
		.judge = judge_log_sockets,
	},
	{
		.name = "devices",
		.finding = "has devices of the host",
		.fix = "docker run without --device, --device-cgroup-rule and --gpus, or with "
		       "fewer permissions (:r); compose: devices",
		.judge = judge_devices,
		.check_values = container_any_values,
	},
	{
		.name = "read-only",
		.finding = "can write its own root",
		.fix = "docker run --read-only --tmpfs /tmp; compose: read_only: true",
		.judge = judge_read_only,
	},
	{
		.name = "propagation",
		.finding = "its mounts appear on the host",
		.fix = "docker run without :shared and bind-propagation=shared; compose: bind: "
		       "propagation: rprivate",
		.judge = judge_propagation,
	},
	{
		.name = "volumes",
		.finding = "data in volumes without a name",
		.fix = "docker run --volume NAME:PATH; compose: a named volume",
		.judge = judge_volumes,
	},
	{
		.name = "tenant-paths",
		.finding = "directories of the host that others write, too",
		.fix = "a directory for each tenant, its own, mode 0750",
		.judge = judge_tenant_paths,
		.check_values = container_any_values,
	},
	{0},
};
