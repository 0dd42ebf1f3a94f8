#include "engine/model/container.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

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

void container_clear(struct container *c)
{
	char *const texts[] = {c->id,
			       c->name,
			       c->image,
			       c->state,
			       c->unread,
			       c->tenant,
			       c->user,
			       c->apparmor_profile,
			       c->process_label,
			       c->network_mode,
			       c->pid_mode,
			       c->ipc_mode,
			       c->uts_mode,
			       c->userns_mode,
			       c->cgroupns_mode,
			       c->cgroup_parent,
			       c->restart_policy,
			       c->docker_host,
			       c->log_driver,
			       c->log_options,
			       c->runtime,
			       c->no_start,
			       c->health,
			       c->image_id,
			       c->layer,
			       c->files_not_measured,
			       c->setuid_unread,
			       c->apparmor,
			       c->label,
			       c->cgroup,
			       c->cpu};
	struct strv *const lists[] = {&c->cap_add,
				      &c->cap_drop,
				      &c->security,
				      &c->networks,
				      &c->links,
				      &c->ports,
				      &c->devices,
				      &c->ulimits,
				      &c->ssh,
				      &c->unfiltered,
				      &c->as_root,
				      &c->programs,
				      &c->more_capable,
				      &c->managers,
				      &c->listens,
				      &c->changed_programs,
				      &c->setuid_programs,
				      &c->health_test,
				      &c->capable_programs,
				      &c->network_links,
				      &c->network_names,
				      &c->absent_ports,
				      &c->loses};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_clear(lists[i]);
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
