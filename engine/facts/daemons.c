#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/proc.h"

#define SERVICE "docker.service"

/* One process that is a dockerd, of this host and not of a container. */
struct daemon {
	pid_t pid;
	long uid;
	char *unit; /* NULL: in none */
	char *config; /* NULL: its default, in its user's directory */
};

static void daemon_clear(struct daemon *d)
{
	free(d->unit);
	free(d->config);
}

static char *config_of(pid_t pid, long uid)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0};

	if (proc_cmdline(pid, &args, NULL) >= 0 && args.count > 0)
		strv_remove(&args, 0);
	daemon_flags_parse(&args, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count; i++)
		if (strcmp(keys.items[i], "config-file") == 0 && values.items[i])
			return json_value_to_string(values.items[i]);
	return uid == 0 ? xstrdup(DEFAULT_CONFIG_FILE) : NULL;
}

static void read_daemon(const struct process *p, struct daemon *ret)
{
	ret->pid = p->pid;
	ret->uid = p->uid;
	ret->unit = proc_unit(p->pid);
	ret->config = config_of(p->pid, p->uid);
}

static char *describe(const struct daemon *d)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_printf(&b, "pid %d", (int)d->pid);
	if (d->uid != 0)
		buf_printf(&b, ", user %ld", d->uid);
	buf_printf(&b, ", unit %s, config %s", d->unit ? d->unit : "none",
		   d->config ? d->config : "in its user's directory");
	return buf_take(&b);
}

static bool has_container_group(const char *path)
{
	CLEANUP(buf_clear) struct buf groups = {0};

	return proc_read(path, &groups, NULL) >= 0 && proc_has_container_group(&groups);
}

/*
 * With the host's process numbers: its files are not this host's. Of a host that is a container itself every
 * process may have such a group, this one too.
 */
static bool is_contained(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cgroup", (int)pid);

	return has_container_group(path) && !has_container_group("/proc/self/cgroup");
}

/* A dockerd that a harden tries a configuration with for a moment: nothing of this host is its. */
static bool is_trial(const struct gather *g, const struct process *p)
{
	const struct process *by = process_find(g, p->parent);

	return p->uid == 0 && by && by->uid == 0 && proc_runs_this_program(p->parent);
}

/* That of docker.service itself, its processes and those that are to become it. */
static bool is_service(const struct facts *f, const struct daemon *d)
{
	const struct unit_facts *u = facts_unit(f, SERVICE);

	return d->uid == 0 && ((u && u->main_pid == d->pid) || facts_is_unit(f, SERVICE, d->unit));
}

/* One with the config file of docker.service's is what this host has in its place. */
static void take(struct gather *g, const struct daemon *d)
{
	struct docker_facts *docker = &g->facts->docker;
	CLEANUP(freep) char *text = describe(d);

	if (reads_config(g, d->config))
		config_reader_add(g, d->pid, d->unit, text);

	if (!docker->running && d->uid == 0 && !docker->elsewhere &&
	    strcmp_null(d->config, docker->config_file) == 0)
		docker->elsewhere = xasprintf("dockerd runs beside " SERVICE ": %s", text);
	else
		strv_add(&docker->others, text);
}

/* A process of its that systemd does not wait for is no dockerd that is stopped. */
static void note_left_over(struct gather *g, const struct daemon *d)
{
	struct docker_facts *docker = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, SERVICE);

	if (docker->running || d->uid != 0 || !u || !u->active ||
	    strcmp(u->active, "activating") == 0)
		return;
	docker->running = true;
	str_replace(&docker->not_measured, NULL);
	docker->not_measured = xasprintf("a dockerd of " SERVICE " runs yet (pid %d), which "
					 "systemd has as %s",
					 (int)d->pid, u->active);
}

void gather_daemons(struct gather *g)
{
	struct docker_facts *docker = &g->facts->docker;

	for (size_t i = 0; i < g->processes.count; i++) {
		const struct process *p = &g->processes.items[i];
		CLEANUP(daemon_clear) struct daemon d = {0};

		if (!is_dockerds_name(p->name) || is_contained(p->pid) || is_trial(g, p))
			continue;
		read_daemon(p, &d);
		if (is_service(g->facts, &d))
			note_left_over(g, &d);
		else
			take(g, &d);
	}
	gather_config_readers(g);
	if (docker->elsewhere)
		str_replace(&docker->not_measured, docker->elsewhere);
}
