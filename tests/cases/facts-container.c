#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/yaml-tree.h"
#include "tests/cases/facts-rows.h"

static const struct row container_rows[] = {
	ROW(container, ROW_TEXT, id),
	ROW(container, ROW_TEXT, name),
	ROW(container, ROW_TEXT, image),
	ROW(container, ROW_TEXT, image_id),
	ROW(container, ROW_TEXT, files_not_measured),
	ROW(container, ROW_LIST, changed_programs),
	ROW(container, ROW_TEXT, state),
	ROW(container, ROW_BOOL, running),
	ROW(container, ROW_BOOL, starts),
	ROW(container, ROW_INT, pid),
	ROW(container, ROW_TEXT, unread),
	ROW(container, ROW_BOOL, unlisted),
	ROW(container, ROW_BOOL, auto_remove),
	ROW(container, ROW_BOOL, swarm_task),
	ROW(container, ROW_TEXT, tenant),
	ROW(container, ROW_TEXT, compose_service),
	ROW(container, ROW_LIST, compose_needs),
	ROW(container, ROW_BOOL, birth_read),
	ROW(container, ROW_LIST, outlived),
	ROW(container, ROW_TEXT, birth_unread),
	ROW(container, ROW_TEXT, user),
	ROW(container, ROW_BOOL, privileged),
	ROW(container, ROW_LIST, cap_add),
	ROW(container, ROW_LIST, cap_drop),
	ROW(container, ROW_LIST, security),
	ROW(container, ROW_TEXT, apparmor_profile),
	ROW(container, ROW_TEXT, process_label),
	ROW(container, ROW_TEXT, network_mode),
	ROW(container, ROW_TEXT, pid_mode),
	ROW(container, ROW_TEXT, ipc_mode),
	ROW(container, ROW_TEXT, uts_mode),
	ROW(container, ROW_TEXT, userns_mode),
	ROW(container, ROW_TEXT, cgroupns_mode),
	ROW(container, ROW_TEXT, cgroup_parent),
	ROW(container, ROW_TEXT, restart_policy),
	ROW(container, ROW_LONG, restart_count),
	ROW(container, ROW_LIST, networks),
	ROW(container, ROW_LIST, addresses),
	ROW(container, ROW_LIST, talks),
	ROW(container, ROW_LIST, links),
	ROW(container, ROW_LIST, network_links),
	ROW(container, ROW_LIST, ports),
	ROW(container, ROW_LIST, asked_ports),
	ROW(container, ROW_LIST, devices),
	ROW(container, ROW_LIST, ulimits),
	ROW(container, ROW_TEXT, docker_host),
	ROW(container, ROW_LIST, absent_ports),
	ROW(container, ROW_LIST, loses),
	ROW(container, ROW_TEXT, health),
	ROW(container, ROW_LONG, uid),
	ROW(container, ROW_LONG, inside_uid),
	ROW(container, ROW_BITS, caps),
	ROW(container, ROW_INT, seccomp),
	ROW(container, ROW_INT, no_new_privileges),
	ROW(container, ROW_TEXT, apparmor),
	ROW(container, ROW_TEXT, label),
	ROW(container, ROW_INT, host_network),
	ROW(container, ROW_INT, host_pid),
	ROW(container, ROW_INT, host_ipc),
	ROW(container, ROW_INT, host_uts),
	ROW(container, ROW_INT, host_user),
	ROW(container, ROW_INT, host_cgroup),
	ROW(container, ROW_TEXT, cgroup),
	ROW(container, ROW_INT, read_only),
	ROW(container, ROW_INT, sys_writable),
	ROW(container, ROW_INT64, memory),
	ROW(container, ROW_INT64, pids),
	ROW(container, ROW_TEXT, cpu),
	ROW(container, ROW_BOOL, uses_setuid),
	ROW(container, ROW_LIST, setuid_runs),
	ROW(container, ROW_LIST, setuid_programs),
	ROW(container, ROW_LIST, capable_programs),
	ROW(container, ROW_TEXT, setuid_unread),
	ROW(container, ROW_LIST, ssh),
	ROW(container, ROW_LIST, unfiltered),
	ROW(container, ROW_LIST, more_capable),
	ROW(container, ROW_LIST, as_root),
	ROW(container, ROW_LIST, programs),
	ROW(container, ROW_LIST, managers),
	ROW(container, ROW_LIST, listens),
	{0},
};

static const struct row mount_rows[] = {
	ROW(container_mount, ROW_TEXT, type),
	ROW(container_mount, ROW_TEXT, volume),
	ROW(container_mount, ROW_TEXT, source),
	ROW(container_mount, ROW_TEXT, target),
	ROW(container_mount, ROW_BOOL, writable),
	ROW(container_mount, ROW_BOOL, anonymous),
	ROW(container_mount, ROW_BOOL, has_data),
	ROW(container_mount, ROW_BOOL, others_write),
	ROW(container_mount, ROW_TEXT, propagation),
	ROW(container_mount, ROW_LIST, places),
	ROW(container_mount, ROW_LIST, sockets),
	ROW(container_mount, ROW_LIST, logs),
	{0},
};

static const struct row exec_rows[] = {
	ROW(container_exec, ROW_TEXT, user),
	ROW(container_exec, ROW_BOOL, privileged),
	{0},
};

static const struct row host_rows[] = {
	ROW(container_host, ROW_BOOL, apparmor),          ROW(container_host, ROW_TEXT, selinux),
	ROW(container_host, ROW_INT, cgroup_version),     ROW(container_host, ROW_BITS, caps),
	ROW(container_host, ROW_LONG, unprivileged_port), {0},
};

static void *add_container(void *facts)
{
	return container_list_add(&((struct facts *)facts)->docker.containers);
}

static void *add_mount(void *container)
{
	return container_add_mount(container);
}

static void *add_exec(void *container)
{
	return container_add_exec(container);
}

static int read_container_key(const struct job *job, const struct tree_node *key,
			      const struct tree_node *value, struct error *err)
{
	if (strcmp(key->text, "mounts") == 0)
		return rows_read_items(job, value, mount_rows, NULL, add_mount, err);
	if (strcmp(key->text, "execs") == 0)
		return rows_read_items(job, value, exec_rows, NULL, add_exec, err);
	return tree_error(job->tree, key, err, "unknown key '%s'", key->text);
}

int read_containers(const struct job *job, const struct tree_node *list, struct error *err)
{
	struct facts *f = job->into;

	if (list->kind == TREE_SCALAR) {
		containers_unknown(&f->docker.containers, list->text);
		return 0;
	}
	return rows_read_items(job, list, container_rows, read_container_key, add_container, err);
}

int read_container_host(const struct job *job, const struct tree_node *mapping,
			struct container_host *ret, struct error *err)
{
	const struct job host = {.tree = job->tree, .rows = host_rows, .into = ret};

	return rows_read_mapping(&host, mapping, err);
}
