#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/* Where programs are installed; what lies elsewhere may be gone tomorrow. */
static const char *const directories[] = {"/usr/", "/opt/", "/bin/", "/sbin/"};

static bool is_installed_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (starts_with(path, directories[i]))
			return true;
	return false;
}

static bool only_root_writes(const struct node *n)
{
	return n->uid == 0 && (n->mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Of an offline root it is the program at the same place there. */
void gather_program(struct gather *g)
{
	struct facts *f = g->facts;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *path = NULL;

	proc_link("/proc/self/exe", &path, NULL);
	if (!path || !is_installed_path(path))
		f->not_installed = xasprintf("'%s' is not a place where programs are installed",
					     path ? path : "?");
	else if (observe(g->root, path, 0, &node, NULL, NULL) < 0 || node.kind != NODE_FILE)
		f->not_installed = xasprintf("there is no '%s' in that root", path);
	else if (!only_root_writes(&node))
		f->not_installed = xasprintf("others than root can write '%s'", path);
	else
		f->program = TAKE_PTR(path);
}
