#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"

#define CAP_SYS_RESOURCE 24
#define ALL_USERS 4294967295L

/* How /proc/PID/limits (proc(5)) calls what default-ulimits has under these names. */
static const struct {
	const char *name, *title;
} limits[] = {
	{"core", "Max core file size"},     {"cpu", "Max cpu time"},
	{"data", "Max data size"},          {"fsize", "Max file size"},
	{"locks", "Max file locks"},        {"memlock", "Max locked memory"},
	{"msgqueue", "Max msgqueue size"},  {"nice", "Max nice priority"},
	{"nofile", "Max open files"},       {"nproc", "Max processes"},
	{"rss", "Max resident set"},        {"rtprio", "Max realtime priority"},
	{"rttime", "Max realtime timeout"}, {"sigpending", "Max pending signals"},
	{"stack", "Max stack size"},
};

/* The kernel asks for the capability in the first user namespace. */
static bool is_first_user_namespace(void)
{
	CLEANUP(buf_clear) struct buf map = {0};
	long inside, outside, count;

	return proc_read("/proc/1/uid_map", &map, NULL) < 0 ||
	       (sscanf(buf_str(&map), "%ld %ld %ld", &inside, &outside, &count) == 3 &&
		outside == 0 && count == ALL_USERS);
}

static bool may_raise(const struct buf *status)
{
	CLEANUP(freep) char *caps = proc_status_field(status, "CapBnd");

	return caps && (strtoull(caps, NULL, 16) >> CAP_SYS_RESOURCE & 1) &&
	       is_first_user_namespace();
}

static void put(struct gather *g, const char *name, uint64_t most, const char *why)
{
	struct limit_ceiling *c = facts_add_ceiling(g->facts);

	*c = (struct limit_ceiling){xstrdup(name), most, xstrdup(why)};
}

/* What runs as it is started by this process cannot be given more than it has itself. */
static void take_hard_limits(struct gather *g, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const char *line = strstr(text, limits[i].title);
		uint64_t hard;

		if (line && sscanf(line + strlen(limits[i].title), "%*s %" SCNu64, &hard) == 1)
			put(g, limits[i].name, hard,
			    "the hard limit of containerd, which has no CAP_SYS_RESOURCE to raise "
			    "it; LimitNOFILE= and its kin in containerd.service give it more");
	}
}

static int take_process(struct gather *g, const struct process *p, struct error *err)
{
	CLEANUP(freep) char *status_path = xasprintf("/proc/%d/status", (int)p->pid);
	CLEANUP(freep) char *limits_path = xasprintf("/proc/%d/limits", (int)p->pid);
	CLEANUP(buf_clear) struct buf status = {0}, text = {0};
	int r = proc_read(status_path, &status, err);

	if (r >= 0 && !may_raise(&status))
		r = proc_read(limits_path, &text, err);
	take_hard_limits(g, buf_str(&text));
	return r;
}

/* Whoever may raise the others cannot raise this one above what the kernel has for all. */
static void take_open_files(struct gather *g)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (proc_read("/proc/sys/fs/nr_open", &text, NULL) >= 0)
		put(g, "nofile", strtoull(buf_str(&text), NULL, 10), "fs.nr_open of this kernel");
}

void gather_ceilings(struct gather *g)
{
	char **unknown = &g->facts->docker.ceilings_unknown;
	bool runs = false;

	if (g->facts->offline) {
		*unknown = xstrdup("this is not the running system");
		return;
	}
	take_open_files(g);
	for (size_t i = 0; i < g->processes.count; i++) {
		const struct process *p = &g->processes.items[i];
		CLEANUP(error_clear) struct error err = {0};

		if (p->uid != 0 || strcmp_null(p->name, "containerd") != 0)
			continue;
		runs = true;
		if (take_process(g, p, &err) < 0 && !*unknown)
			*unknown = xstrdup(error_text(&err));
	}
	if (!runs)
		*unknown = xstrdup("containerd, which starts containers, does not run");
}
