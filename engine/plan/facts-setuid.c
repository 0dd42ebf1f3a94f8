#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/observe.h"
#include "engine/host/proc.h"
#include "engine/plan/facts-parts.h"

/* "Uid: real effective saved file": a set-user-id program runs where the first two differ. */
static bool runs_as_another(const char *pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%s/status", pid), *uids = NULL;
	CLEANUP(buf_clear) struct buf status = {0};
	unsigned real, effective;

	if (proc_read(path, &status, NULL) < 0)
		return false;
	uids = proc_status_field(&status, "Uid");
	return uids && sscanf(uids, "%u %u", &real, &effective) == 2 && real != effective;
}

/* A process belongs to the container whose id is in the name of its cgroup, however deep. */
static void mark_container(struct facts *f, const char *pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%s/cgroup", pid);
	CLEANUP(buf_clear) struct buf cgroup = {0};

	if (proc_read(path, &cgroup, NULL) < 0)
		return;
	for (size_t i = 0; i < f->docker.ncontainers; i++) {
		struct container *c = &f->docker.containers[i];

		if (c->running && strstr(buf_str(&cgroup), c->id))
			c->uses_setuid = true;
	}
}

/* One pass over all processes, whatever the number of containers. */
void gather_setuid(struct gather *g)
{
	CLEANUP(strv_clear) struct strv pids = {0};

	if (facts_running_containers(g->facts) == 0)
		return;
	observe_children(g->root, "/proc", &pids, NULL);
	for (size_t i = 0; i < pids.count; i++) {
		const char *pid = pids.items[i];

		if (strspn(pid, "0123456789") == strlen(pid) && runs_as_another(pid))
			mark_container(g->facts, pid);
	}
}
