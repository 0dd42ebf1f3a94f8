#include "cli/report/facts-container.h"

#include <stdio.h>

#include "engine/format/capability.h"
#include "engine/format/json-util.h"

#define UNKNOWN (-1)

/* Numbers that are not known are null, and so are texts. */
static json_t *number(int64_t n)
{
	return n == UNKNOWN ? json_null() : json_integer(n);
}

static json_t *truth(int n)
{
	return n == UNKNOWN ? json_null() : json_boolean(n);
}

static json_t *capabilities(int64_t caps)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (caps == UNKNOWN)
		return json_null();
	capabilities_to_names((uint64_t)caps, &names);
	return json_text_list(&names);
}

static json_t *mounts(const struct container *c)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->nmounts; i++) {
		const struct container_mount *m = &c->mounts[i];
		json_t *j = json_object();

		json_put(j, "type", json_text(m->type));
		json_put(j, "volume", json_text(m->volume));
		json_put(j, "source", json_text(m->source));
		json_put(j, "target", json_text(m->target));
		json_put(j, "writable", json_boolean(m->writable));
		json_put(j, "propagation", json_text(m->propagation));
		json_put(j, "places", json_text_list(&m->places));
		json_put(j, "sockets", json_text_list(&m->sockets));
		json_put(j, "logs", json_text_list(&m->logs));
		json_array_append_new(all, j);
	}
	return all;
}

static void put_identity(json_t *j, const struct container *c, bool talks_read)
{
	json_put(j, "id", json_text(c->id));
	json_put(j, "name", json_text(c->name));
	json_put(j, "image", json_text(c->image));
	json_put(j, "state", json_text(c->state));
	json_put(j, "running", json_boolean(c->running));
	json_put(j, "not_measured", json_text(c->unread));
	json_put(j, "tenant", json_text(c->tenant));
	json_put(j, "restart_policy", json_text(c->restart_policy));
	json_put(j, "auto_remove", json_boolean(c->auto_remove));
	json_put(j, "health", json_text(c->health));
	json_put(j, "network_mode", json_text(c->network_mode));
	json_put(j, "networks", json_text_list(&c->networks));
	json_put(j, "addresses", json_text_list(&c->addresses));
	json_put(j, "talks", talks_read ? json_text_list(&c->talks) : json_null());
	json_put(j, "links", json_text_list(&c->links));
	json_put(j, "ports", json_text_list(&c->ports));
	json_put(j, "listens", json_text_list(&c->listens));
	json_put(j, "devices", json_text_list(&c->devices));
	json_put(j, "mounts", mounts(c));
}

/* Where nobody looked it is not known that there is nothing. */
static void put_birth(json_t *j, const struct container *c)
{
	json_put(j, "outlived", c->birth_read ? json_text_list(&c->outlived) : json_null());
	json_put(j, "outlived_not_measured", json_text(c->birth_unread));
	json_put(j, "compose_service", json_text(c->compose_service));
	json_put(j, "compose_needs", json_text_list(&c->compose_needs));
}

static void put_power(json_t *j, const struct container *c)
{
	json_put(j, "privileged", json_boolean(c->privileged));
	json_put(j, "security_options", json_text_list(&c->security));
	json_put(j, "uid", number(c->uid));
	json_put(j, "uid_inside", number(c->inside_uid));
	json_put(j, "capabilities", capabilities(c->caps));
	json_put(j, "seccomp", number(c->seccomp));
	json_put(j, "no_new_privileges", truth(c->no_new_privileges));
	json_put(j, "apparmor", json_text(c->apparmor));
	json_put(j, "selinux", json_text(c->label));
	json_put(j, "host_network", truth(c->host_network));
	json_put(j, "host_pid", truth(c->host_pid));
	json_put(j, "host_ipc", truth(c->host_ipc));
	json_put(j, "host_uts", truth(c->host_uts));
	json_put(j, "host_users", truth(c->host_user));
	json_put(j, "host_cgroups", truth(c->host_cgroup));
	json_put(j, "read_only", truth(c->read_only));
}

static void put_use(json_t *j, const struct container *c)
{
	json_put(j, "memory_limit", number(c->memory));
	json_put(j, "process_limit", number(c->pids));
	json_put(j, "processor_limit", json_text(c->cpu));
	json_put(j, "ulimits", json_text_list(&c->ulimits));
	json_put(j, "control_group", json_text(c->cgroup));
	json_put(j, "exec_sessions", json_integer((json_int_t)c->nexecs));
	json_put(j, "programs", json_text_list(&c->programs));
	json_put(j, "managers", json_text_list(&c->managers));
	json_put(j, "ssh_servers", json_text_list(&c->ssh));
}

json_t *json_containers(const struct docker_facts *d)
{
	json_t *all = json_array();
	struct containers list = {0};

	if (!containers_get(&d->containers, &list)) {
		json_decref(all);
		return json_null();
	}
	for (size_t i = 0; i < list.count; i++) {
		json_t *j = json_object();

		put_identity(j, &list.items[i], d->talks_read && !d->talks_unread);
		put_power(j, &list.items[i]);
		put_use(j, &list.items[i]);
		put_birth(j, &list.items[i]);
		json_array_append_new(all, j);
	}
	return all;
}
