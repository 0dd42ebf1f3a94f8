#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/containers.h"
#include "engine/host/read/proc.h"

#define KILO 1024
#define SECCOMP_FILTER 2

static const char *const ns_names[NS_COUNT] = {
	[NS_NETWORK] = "net", [NS_PID] = "pid",   [NS_IPC] = "ipc",
	[NS_UTS] = "uts",     [NS_USER] = "user", [NS_CGROUP] = "cgroup",
};

bool process_file(pid_t pid, const char *name, struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/%s", (int)pid, name);

	return proc_read(path, ret, err) == 0;
}

static char *ns_of(pid_t pid, int ns)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/ns/%s", (int)pid, ns_names[ns]);
	char *name = NULL;

	return proc_link(path, &name, NULL) == 0 ? name : NULL;
}

static int64_t bits(const struct buf *status, const char *name)
{
	CLEANUP(freep) char *value = proc_status_field(status, name);

	return value ? (int64_t)strtoull(value, NULL, 16) : 0;
}

int64_t process_caps(const struct buf *status)
{
	return bits(status, "CapBnd") | bits(status, "CapPrm") | bits(status, "CapEff") |
	       bits(status, "CapAmb");
}

static long number(const struct buf *status, const char *name)
{
	CLEANUP(freep) char *value = proc_status_field(status, name);

	return value ? strtol(value, NULL, 10) : -1;
}

long process_uid(const struct buf *status)
{
	CLEANUP(freep) char *uids = proc_status_field(status, "Uid");
	unsigned real, effective;

	return uids && sscanf(uids, "%u %u", &real, &effective) == 2 ? (long)effective : -1;
}

long process_filters(pid_t pid)
{
	CLEANUP(buf_clear) struct buf status = {0};

	return process_file(pid, "status", &status, NULL) ? number(&status, "Seccomp_filters") : -1;
}

/*
 * Filters are inherited: where the engine itself, or all of the host, runs under one, mode 2 says
 * nothing. Kernels before 5.9 do not count them.
 */
int process_seccomp(const struct buf *status, long inherited)
{
	long mode = number(status, "Seccomp"), filters = number(status, "Seccomp_filters");

	return mode == SECCOMP_FILTER && filters >= 0 && filters <= inherited ? 0 : (int)mode;
}

/* Lines of uid_map are "inside outside count", as we see the outside. */
static long inside_uid(pid_t pid, long uid)
{
	CLEANUP(buf_clear) struct buf map = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	long inside, outside, count;

	if (uid < 0 || !process_file(pid, "uid_map", &map, NULL))
		return -1;
	strv_split(&lines, buf_str(&map), "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (sscanf(lines.items[i], "%ld %ld %ld", &inside, &outside, &count) == 3 &&
		    uid >= outside && uid - outside < count)
			return inside + (uid - outside);
	return -1;
}

/* A small file's first line; NULL: none, or nothing in it. The caller frees it. */
static char *line_of(pid_t pid, const char *name)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (!process_file(pid, name, &text, NULL) || text.len == 0)
		return NULL;
	return xstrndup(buf_str(&text), strcspn(buf_str(&text), "\n"));
}

/* Each security module has a file of its own since Linux 5.8; before, the first one had them all. */
static void read_labels(const struct container_host *host, struct container *c)
{
	if (host->apparmor) {
		c->apparmor = line_of(c->pid, "attr/apparmor/current");
		if (!c->apparmor && !host->selinux)
			c->apparmor = line_of(c->pid, "attr/current");
	}
	if (host->selinux)
		c->label = line_of(c->pid, "attr/current");
}

static void read_namespaces(const struct container_reader *r, struct container *c)
{
	int *const shared[NS_COUNT] = {
		[NS_NETWORK] = &c->host_network, [NS_PID] = &c->host_pid,
		[NS_IPC] = &c->host_ipc,         [NS_UTS] = &c->host_uts,
		[NS_USER] = &c->host_user,       [NS_CGROUP] = &c->host_cgroup,
	};

	for (int i = 0; i < NS_COUNT; i++) {
		CLEANUP(freep) char *own = ns_of(c->pid, i);

		if (own && r->host_ns[i])
			*shared[i] = strcmp(own, r->host_ns[i]) == 0;
	}
}

static bool writable_at(const struct mount_table *t, const char *path)
{
	const struct mount_entry *e = mount_of(t, path);

	return e && (strcmp(e->type, "proc") == 0 || strcmp(e->type, "sysfs") == 0) &&
	       !mount_is_read_only(e);
}

/* What it was asked for is not an answer where the kernel gives none. */
static void forget_wishes(struct container *c)
{
	c->read_only = -1;
	c->memory = -1;
	c->pids = -1;
}

static void read_root(struct container_reader *r, struct container *c)
{
	CLEANUP(mount_table_clear) struct mount_table own = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	const struct mount_entry *root;

	if (!process_file(c->pid, "mountinfo", &text, NULL)) {
		container_read_mounts(r, c, NULL);
		return;
	}
	mount_table_parse(&own, buf_str(&text));
	root = mount_at(&own, "/");
	if (root)
		c->read_only = mount_is_read_only(root);
	c->sys_writable = writable_at(&own, "/proc/sys") || writable_at(&own, "/sys");
	container_read_mounts(r, c, &own);
}

void container_read_process(struct container_reader *r, struct container *c)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf status = {0};

	forget_wishes(c);
	if (!process_file(c->pid, "status", &status, &err)) {
		c->unread = xstrdup(error_text(&err));
		container_read_mounts(r, c, NULL);
		return;
	}
	c->caps = process_caps(&status);
	c->seccomp = process_seccomp(&status, process_filters((pid_t)number(&status, "PPid")));
	c->no_new_privileges = (int)number(&status, "NoNewPrivs");
	c->uid = process_uid(&status);
	c->inside_uid = inside_uid(c->pid, c->uid);
	read_labels(&r->g->facts->docker.container_host, c);
	read_namespaces(r, c);
	read_root(r, c);
}

static int64_t read_number(const char *path, int base, int64_t otherwise)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (proc_read(path, &text, NULL) < 0 || text.len == 0)
		return otherwise;
	return strtoll(buf_str(&text), NULL, base);
}

/* A kernel that has it switched on, but was given no policy, calls everything "kernel". */
static bool has_selinux_policy(void)
{
	CLEANUP(freep) char *label = line_of(1, "attr/current");

	return label && strcmp(label, "kernel") != 0;
}

static void read_security_modules(struct container_host *h)
{
	CLEANUP(buf_clear) struct buf enabled = {0};
	int64_t enforce = read_number("/sys/fs/selinux/enforce", 10, -1);

	h->apparmor = proc_read("/sys/module/apparmor/parameters/enabled", &enabled, NULL) == 0 &&
		      buf_str(&enabled)[0] == 'Y';
	if (enforce >= 0 && has_selinux_policy())
		str_replace(&h->selinux, enforce ? "enforcing" : "permissive");
}

void container_host_read(struct container_reader *r)
{
	struct container_host *h = &r->g->facts->docker.container_host;
	CLEANUP(buf_clear) struct buf status = {0}, mounts = {0}, memory = {0};
	CLEANUP(freep) char *total = NULL;

	read_security_modules(h);
	if (process_file(1, "status", &status, NULL))
		h->caps = bits(&status, "CapBnd");
	h->unprivileged_port =
		read_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 10, 1024);
	if (process_file(1, "mountinfo", &mounts, NULL))
		mount_table_parse(&r->host, buf_str(&mounts));
	if (proc_read("/proc/meminfo", &memory, NULL) == 0)
		total = proc_status_field(&memory, "MemTotal");
	r->memory_total = total ? strtoll(total, NULL, 10) * KILO : 0;
	for (int i = 0; i < NS_COUNT; i++)
		r->host_ns[i] = ns_of(1, i);
}
