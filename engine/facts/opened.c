#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * What dockerd read or opened at its start, and what would be there at its next one: the files that
 * its settings name, and its data root, which may lie below another file system's mount by now.
 */

#define DOCKER "docker.service"

/* Read at the start and kept: who may use the API, and what every container may do. */
static const char *const kept[] = {"seccomp-profile", "tlscacert", "tlscert", "tlskey"};

static bool is_used(const struct docker_facts *d, const char *key)
{
	const struct setting *tls = settings_find(&d->next, "tls");
	const struct setting *verify = settings_find(&d->next, "tlsverify");

	return !starts_with(key, "tls") || (tls && strcmp_null(tls->value, "true") == 0) ||
	       (verify && strcmp_null(verify->value, "true") == 0);
}

static void named_file_waits(struct gather *g, const struct moment *start, const char *key)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *s = settings_find(&d->next, key);
	CLEANUP(freep) char *path = s && s->value ? json_value_to_string(s->value) : NULL;

	const char *written = path && path[0] == '/' && is_used(d, key)
				      ? file_written_since(g, path, start)
				      : NULL;

	if (written)
		strv_addf(&d->restart_brings,
			  "it would put in force what others changed: '%s' (%s) %s after "
			  "dockerd read it at its start",
			  path, key, written);
}

/* A database below the data root that dockerd has open: of the path, and of the file. */
static bool find_open_file(const struct gather *g, pid_t pid, const char *data_root, char **ret,
			   struct stat *ret_st)
{
	CLEANUP(freep) char *fds = xasprintf("/proc/%d/fd", (int)pid);
	CLEANUP(strv_clear) struct strv names = {0};

	observe_children(g->root, fds, &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = NULL;

		if (proc_descriptor(pid, names.items[i], &path, ret_st, NULL) < 0 ||
		    !path_is_below(path, data_root) || !S_ISREG(ret_st->st_mode) ||
		    ret_st->st_nlink == 0)
			continue;
		*ret = TAKE_PTR(path);
		return true;
	}
	return false;
}

static void data_root_waits(struct gather *g, const struct unit_facts *u)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *path = NULL, *root = NULL;
	CLEANUP(node_clear) struct node node = {0}, dir = {0};
	struct stat st;

	if (!d->data_root || observe(g->root, d->data_root, 0, &dir, &root, NULL) < 0 || !root ||
	    !find_open_file(g, u->main_pid, root, &path, &st) ||
	    observe(g->root, path, 0, &node, NULL, NULL) < 0 || node.kind == NODE_UNKNOWN ||
	    (node.kind == NODE_FILE && node.dev == st.st_dev && node.ino == st.st_ino))
		return;
	strv_addf(&d->restart_brings,
		  "'%s' is not the directory that dockerd works in: another one was mounted or put "
		  "there since its start, and every container, image and volume would be out of "
		  "view",
		  d->data_root);
}

void gather_opened(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);
	struct moment start;

	if (!g->bus || !u || u->main_pid <= 0 || !g->facts->docker.running)
		return;
	start = unit_started(u);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		named_file_waits(g, &start, kept[i]);
	data_root_waits(g, u);
}
