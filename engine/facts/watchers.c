#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"

/*
 * Who looks at files, beside the path units that the system's systemd tells of: those of a user's
 * systemd, incron, entr, what reloads configurations from a container. The kernel names what each
 * process watches (proc(5), inotify) by its number, the same in every container, and asks none of them.
 * What of it a plan would change is for the plan to see. A user's systemd that does not run watches
 * nothing.
 */

bool watch_parse(const char *line, struct file_watch *ret)
{
	unsigned long inode, device;

	if (sscanf(line, "inotify wd:%*x ino:%lx sdev:%lx mask:%x", &inode, &device, &ret->mask) !=
	    3)
		return false;
	ret->inode = inode;
	ret->device = device;
	return true;
}

static bool is_users_systemd(const struct process *p)
{
	CLEANUP(strv_clear) struct strv args = {0};

	return strcmp_null(p->name, "systemd") == 0 && proc_cmdline(p->pid, &args, NULL) >= 0 &&
	       strv_contains(&args, "--user");
}

/* In a container its numbers are the host's. */
static void name_watcher(const struct gather *g, const struct process *p, bool contained,
			 struct file_watcher *w)
{
	const struct container *c = process_container(g, p->pid);
	CLEANUP(freep)
	char *where = c           ? xasprintf(", in container %s", container_label(c))
		      : contained ? xstrdup(", in a container")
				  : xstrdup("");

	if (!*where && is_users_systemd(p)) {
		w->who = xasprintf("the systemd of user %ld (pid %d)", p->uid, (int)p->pid);
		w->then = xstrdup("may start a unit when that changes ('systemctl --user "
				  "list-units --type=path' as that user names it)");
	} else {
		w->who = xasprintf("%s (pid %d%s)", p->name ? p->name : "a process", (int)p->pid,
				   where);
		w->then = xstrdup("what it does when that changes is not known");
	}
}

/* The lines of what a process watches. */
struct watches {
	pid_t pid;
	struct strv lines;
};

static void read_watches(void *data, const char *fd, const char *target)
{
	struct watches *w = data;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *info = NULL;

	if (strcmp(target, "anon_inode:inotify") != 0)
		return;
	info = xasprintf("/proc/%d/fdinfo/%s", (int)w->pid, fd);
	if (proc_read(info, &text, NULL) >= 0)
		strv_split(&w->lines, buf_str(&text), "\n");
}

static void take_process(struct gather *g, const struct process *p, bool contained)
{
	struct watches watches = {.pid = p->pid};
	struct file_watcher *w = NULL;
	struct file_watch watch;

	proc_each_descriptor(p->pid, read_watches, &watches, NULL); /* none of one that ended */
	for (size_t i = 0; i < watches.lines.count; i++) {
		if (!watch_parse(watches.lines.items[i], &watch))
			continue;
		if (!w) {
			w = facts_add_watcher(g->facts);
			name_watcher(g, p, contained, w);
		}
		*(struct file_watch *)array_append(&w->items, &w->count, sizeof(watch)) = watch;
	}
	strv_clear(&watches.lines);
}

/* Those that a change of Docker is made to: what they do by it is what is planned. */
static bool is_ours(const struct gather *g, pid_t pid)
{
	static const char *const units[] = {"docker.service", "containerd.service"};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const struct unit_facts *u = facts_unit(g->facts, units[i]);

		if (u && u->main_pid == pid)
			return true;
	}
	return pid == 1; /* systemd was asked by name */
}

void gather_watchers(struct gather *g)
{
	const struct processes *all[] = {&g->processes, &g->contained};

	if (g->facts->offline)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		for (size_t i = 0; i < all[k]->count; i++)
			if (!all[k]->items[i].has_nothing && !is_ours(g, all[k]->items[i].pid))
				take_process(g, &all[k]->items[i], all[k] == &g->contained);
}
