#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

void processes_clear(struct processes *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].name);
	free(p->items);
	*p = (struct processes){0};
}

static void take(const char *pid, struct gather *g)
{
	CLEANUP(freep)
	char *path = xasprintf("/proc/%s/status", pid), *uid = NULL, *parent = NULL, *memory = NULL;
	CLEANUP(buf_clear) struct buf status = {0};
	struct processes *ret = &g->processes;
	struct process *p;

	if (proc_read(path, &status, NULL) < 0)
		return;
	if (proc_is_in_container(&status))
		ret = &g->contained;
	uid = proc_status_field(&status, "Uid");
	p = array_append(&ret->items, &ret->count, sizeof(*p));
	p->pid = (pid_t)strtol(pid, NULL, 10);
	parent = proc_status_field(&status, "PPid");
	p->parent = parent ? (pid_t)strtol(parent, NULL, 10) : 0;
	p->uid = uid ? strtol(uid, NULL, 10) : -1;
	p->name = proc_status_field(&status, "Name");
	memory = proc_status_field(&status, "VmSize");
	p->has_nothing = !memory;
}

const struct process *process_find(const struct gather *g, pid_t pid)
{
	const struct processes *all[] = {&g->processes, &g->contained};

	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		for (size_t i = 0; i < all[k]->count; i++)
			if (all[k]->items[i].pid == pid)
				return &all[k]->items[i];
	return NULL;
}

const char *process_name(const struct gather *g, pid_t pid)
{
	const struct process *p = process_find(g, pid);

	return p ? p->name : NULL;
}

void gather_processes(struct gather *g)
{
	CLEANUP(strv_clear) struct strv pids = {0};

	if (g->facts->offline || g->processes_read)
		return;
	g->processes_read = true;
	observe_children(g->root, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count; i++)
		if (strspn(pids.items[i], "0123456789") == strlen(pids.items[i]))
			take(pids.items[i], g);
}
