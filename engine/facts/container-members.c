#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

#define ID_LENGTH 64
#define NAMES_KEPT 16 /* of each kind, of one container: nobody reads more */

/* One process of a container. */
struct member {
	pid_t pid, parent;
	long uid;
	bool setuid, runtime;
	int64_t caps;
	int seccomp;
	char *program; /* by its file; of one that is many programs, by the name it runs under */
};

static void member_clear(struct member *m)
{
	free(m->program);
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool is_ssh_server(const char *program)
{
	static const char *const names[] = {"sshd",     "sshd-session", "sshd-auth", "in.sshd",
					    "dropbear", "tinysshd",     NULL};

	return is_one_of(program, names);
}

/* What is there to run others, or makes a container a host of its own. */
static bool is_manager(const char *program)
{
	static const char *const names[] = {"supervisord", "systemd", "runit",    "runsvdir",
					    "s6-svscan",   "openrc",  "cron",     "crond",
					    "monit",       "circusd", "rsyslogd", NULL};

	return is_one_of(program, names);
}

static bool is_many_programs(const char *program)
{
	static const char *const names[] = {"busybox", "toybox", "coreutils", NULL};

	return is_one_of(program, names);
}

/*
 * The runtime on its way into the container, for a session or a health check: still root, without
 * a filter, and about to become something else. It runs from a copy of itself in memory, or from
 * a mount that is nowhere, so that the container cannot overwrite it.
 */
static bool is_runtime(const char *exe)
{
	return starts_with(exe, "/memfd:runc") || strcmp(exe, "/") == 0;
}

/* The name is the container's own word: a bracket of it would end, or begin, a remark of ours. */
static void without_brackets(char *name)
{
	for (; *name; name++)
		*name = *name == '(' ? '[' : *name == ')' ? ']' : *name;
}

/* A file that was replaced since it was started has a remark behind its name. */
char *process_program(pid_t pid, const struct buf *status, bool *ret_runtime)
{
	CLEANUP(freep) char *exe = NULL;
	const char *name;
	char *remark, *program;

	if (proc_exe(pid, &exe, NULL, NULL) < 0)
		return NULL; /* it has ended, or is the kernel's */
	*ret_runtime = is_runtime(exe);
	remark = strstr(exe, " (deleted)");
	if (remark)
		*remark = '\0';
	name = path_name(exe);
	program = is_many_programs(name) ? proc_status_field(status, "Name") : xstrdup(name);
	if (program)
		without_brackets(program);
	return program;
}

static int64_t field_of(const struct buf *status, const char *name)
{
	CLEANUP(freep) char *value = proc_status_field(status, name);

	return value ? strtoll(value, NULL, 10) : -1;
}

/* "real effective saved file": such a program runs where the first two differ. */
static bool is_another(const struct buf *status, const char *field, unsigned *ret_real)
{
	CLEANUP(freep) char *ids = proc_status_field(status, field);
	unsigned effective;

	return ids && sscanf(ids, "%u %u", ret_real, &effective) == 2 && *ret_real != effective;
}

/* By a set-user-id or set-group-id bit; root takes another group without one. */
static bool runs_as_another(const struct buf *status)
{
	unsigned uid = 0, gid;
	bool user = is_another(status, "Uid", &uid), group = is_another(status, "Gid", &gid);

	return user || (group && uid != 0);
}

static bool read_member(const char *pid, long inherited_filters, struct member *ret)
{
	CLEANUP(buf_clear) struct buf status = {0};

	ret->pid = (pid_t)strtol(pid, NULL, 10);
	if (!process_file(ret->pid, "status", &status, NULL))
		return false;
	ret->parent = (pid_t)field_of(&status, "PPid");
	ret->uid = process_uid(&status);
	ret->setuid = runs_as_another(&status);
	ret->caps = process_caps(&status);
	ret->seccomp = process_seccomp(&status, inherited_filters);
	ret->program = process_program(ret->pid, &status, &ret->runtime);
	return ret->program != NULL;
}

static void keep(struct strv *names, const char *name)
{
	if (names->count < NAMES_KEPT)
		strv_add_once(names, name);
}

static void compare_with_first(struct container *c, const struct member *m)
{
	if (m->pid == c->pid)
		return;
	if (c->seccomp > 0 && m->seccomp == 0)
		keep(&c->unfiltered, m->program);
	if (c->caps >= 0 && (m->caps & ~c->caps))
		keep(&c->more_capable, m->program);
	if (c->uid > 0 && c->inside_uid != 0 && m->uid >= 0 && m->uid == c->uid - c->inside_uid)
		keep(&c->as_root, m->program);
}

/* `first` is the program of the container's first process; NULL: not known. */
static void take_member(struct container *c, const struct member *m, const char *first)
{
	if (m->setuid) {
		c->uses_setuid = true;
		keep(&c->setuid_runs, m->program);
	}
	if (is_ssh_server(m->program))
		keep(&c->ssh, m->program);
	if (is_manager(m->program))
		keep(&c->managers, m->program);
	if (m->parent == c->pid && m->pid != c->pid && first && strcmp(first, m->program) != 0 &&
	    c->programs.count < NAMES_KEPT)
		strv_add(&c->programs, m->program);
	compare_with_first(c, m);
}

/* A container by its id, with what its processes are compared to. */
struct known {
	struct container *container;
	char *first; /* the program of its first process; NULL: not known */
	long inherited_filters;
};

static void known_free(void *data)
{
	struct known *k = data;

	free(k->first);
	free(k);
}

static void know_containers(struct container_list *l, struct map *ret)
{
	for (size_t i = 0; i < l->nseen; i++) {
		struct container *c = &l->seen[i];
		CLEANUP(member_clear) struct member first = {0};
		CLEANUP(freep) char *pid = xasprintf("%d", (int)c->pid);
		struct known *k;

		if (!container_lives(c))
			continue;
		k = xcalloc(1, sizeof(*k));
		k->container = c;
		k->inherited_filters = -1;
		container_read_setuid(c);
		if (read_member(pid, -1, &first)) {
			k->first = TAKE_PTR(first.program);
			k->inherited_filters = process_filters(first.parent);
		}
		map_put(ret, c->id, k);
	}
}

/* A process belongs to the container whose id is in the name of its group, however deep. */
static const struct known *owner_of(const struct map *known, const char *pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%s/cgroup", pid);
	CLEANUP(buf_clear) struct buf groups = {0};

	if (proc_read(path, &groups, NULL) < 0)
		return NULL;
	for (const char *at = buf_str(&groups); *at;) {
		size_t n = strspn(at, "0123456789abcdef");

		if (n == ID_LENGTH) {
			CLEANUP(freep) char *id = xstrndup(at, n);
			const struct known *k = map_get(known, id);

			if (k)
				return k;
		}
		at += n ? n : 1;
	}
	return NULL;
}

static const struct known *owner_of_number(const struct map *known, pid_t pid)
{
	CLEANUP(freep) char *name = xasprintf("%d", (int)pid);

	return owner_of(known, name);
}

/* The runtime was started by the engine; what was started inside only looks like it. */
static bool is_on_its_way(const struct map *known, const struct member *m,
			  const struct known *owner)
{
	return m->runtime && owner_of_number(known, m->parent) != owner;
}

static void read_one(struct container_reader *r, const struct map *known, const char *pid)
{
	const struct known *k = owner_of(known, pid);
	CLEANUP(member_clear) struct member m = {0};

	if (!k)
		return;
	if (!read_member(pid, k->inherited_filters, &m)) {
		container_read_capable(k->container, m.pid, NULL); /* ended, or not to be seen */
		return;
	}
	if (is_on_its_way(known, &m, k))
		return;
	container_read_capable(k->container, m.pid, m.program);
	m.setuid |= owner_of_number(known, m.parent) == k && process_changed_user(m.parent, m.uid);
	take_member(k->container, &m, k->first);
	if (k->container->host_network == 1)
		container_know_sockets(r, k->container, m.pid);
}

/* One pass over all processes, whatever the number of containers. */
void containers_read_members(struct container_reader *r)
{
	CLEANUP(strv_clear) struct strv pids = {0};
	struct map known = {0};

	know_containers(&r->g->facts->docker.containers, &known);
	if (known.count > 0)
		observe_children(r->g->root, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count; i++)
		if (strspn(pids.items[i], "0123456789") == strlen(pids.items[i]))
			read_one(r, &known, pids.items[i]);
	map_clear(&known, known_free);
}
