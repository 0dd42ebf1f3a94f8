#include "engine/model/container.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

#define CHECKS_MISSED 3
#define CHECK_DELAY UINT64_C(10000000) /* of a host that is busy */

void container_init(struct container *c)
{
	*c = (struct container){
		.exit_code = -1,
		.uid = -1,
		.inside_uid = -1,
		.caps = -1,
		.seccomp = -1,
		.no_new_privileges = -1,
		.host_network = -1,
		.host_pid = -1,
		.host_ipc = -1,
		.host_uts = -1,
		.host_user = -1,
		.host_cgroup = -1,
		.read_only = -1,
		.sys_writable = -1,
		.memory = -1,
		.pids = -1,
	};
}

static void mount_clear(struct container_mount *m)
{
	free(m->type);
	free(m->volume);
	free(m->source);
	free(m->target);
	free(m->propagation);
	strv_clear(&m->places);
	strv_clear(&m->sockets);
	strv_clear(&m->logs);
}

/* What a container holds, by where it stands in it. */
static const size_t texts[] = {
	offsetof(struct container, id),
	offsetof(struct container, name),
	offsetof(struct container, image),
	offsetof(struct container, state),
	offsetof(struct container, unread),
	offsetof(struct container, tenant),
	offsetof(struct container, compose_service),
	offsetof(struct container, birth_unread),
	offsetof(struct container, ends_with),
	offsetof(struct container, goes_with),
	offsetof(struct container, user),
	offsetof(struct container, apparmor_profile),
	offsetof(struct container, process_label),
	offsetof(struct container, network_mode),
	offsetof(struct container, loses_with),
	offsetof(struct container, pid_mode),
	offsetof(struct container, ipc_mode),
	offsetof(struct container, uts_mode),
	offsetof(struct container, userns_mode),
	offsetof(struct container, cgroupns_mode),
	offsetof(struct container, cgroup_parent),
	offsetof(struct container, restart_policy),
	offsetof(struct container, stop_signal),
	offsetof(struct container, docker_host),
	offsetof(struct container, log_driver),
	offsetof(struct container, log_options),
	offsetof(struct container, runtime),
	offsetof(struct container, no_start),
	offsetof(struct container, health),
	offsetof(struct container, image_id),
	offsetof(struct container, layer),
	offsetof(struct container, files_not_measured),
	offsetof(struct container, setuid_unread),
	offsetof(struct container, apparmor),
	offsetof(struct container, label),
	offsetof(struct container, cgroup),
	offsetof(struct container, cpu),
};

static const size_t lists[] = {
	offsetof(struct container, cap_add),
	offsetof(struct container, cap_drop),
	offsetof(struct container, security),
	offsetof(struct container, networks),
	offsetof(struct container, addresses),
	offsetof(struct container, talks),
	offsetof(struct container, links),
	offsetof(struct container, ports),
	offsetof(struct container, asked_ports),
	offsetof(struct container, devices),
	offsetof(struct container, ulimits),
	offsetof(struct container, ssh),
	offsetof(struct container, unfiltered),
	offsetof(struct container, as_root),
	offsetof(struct container, programs),
	offsetof(struct container, more_capable),
	offsetof(struct container, managers),
	offsetof(struct container, listens),
	offsetof(struct container, changed_programs),
	offsetof(struct container, setuid_programs),
	offsetof(struct container, setuid_runs),
	offsetof(struct container, health_test),
	offsetof(struct container, capable_programs),
	offsetof(struct container, network_links),
	offsetof(struct container, network_names),
	offsetof(struct container, absent_ports),
	offsetof(struct container, loses),
	offsetof(struct container, empty_volumes),
	offsetof(struct container, lost_ports),
	offsetof(struct container, compose_places),
	offsetof(struct container, compose_needs),
	offsetof(struct container, outlived),
};

static void *member(struct container *c, size_t offset)
{
	return (char *)c + offset;
}

void container_clear(struct container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*(char **)member(c, texts[i]));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_clear(member(c, lists[i]));
	for (size_t i = 0; i < c->nmounts; i++)
		mount_clear(&c->mounts[i]);
	free(c->mounts);
	for (size_t i = 0; i < c->nexecs; i++)
		free(c->execs[i].user);
	free(c->execs);
	container_init(c);
}

struct container_mount *container_add_mount(struct container *c)
{
	return array_append(&c->mounts, &c->nmounts, sizeof(*c->mounts));
}

struct container_exec *container_add_exec(struct container *c)
{
	return array_append(&c->execs, &c->nexecs, sizeof(*c->execs));
}

bool container_check_overdue(const struct container *c, uint64_t now, uint64_t *ret_age)
{
	*ret_age = now > c->checked_usec ? now - c->checked_usec : 0;
	return c->checked_usec > 0 &&
	       *ret_age > CHECKS_MISSED * c->check_every_usec + c->check_most_usec + CHECK_DELAY;
}

bool container_will_run(const struct container *c)
{
	return c->running || c->starts;
}

bool container_lives(const struct container *c)
{
	return c->running && c->pid != 0;
}

bool container_told(const struct container *c)
{
	return !c->unlisted && (c->name || !c->unread);
}

const char *container_label(const struct container *c)
{
	return c->name ? c->name : c->id ? c->id : "?";
}

const char *port_address(const char *port)
{
	const char *on = strstr(port, " on ");

	return on ? on + strlen(" on ") : "default";
}
