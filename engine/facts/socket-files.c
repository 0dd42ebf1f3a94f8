#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/real-path.h"

/*
 * Who listens on a socket file, by whatever name: the kernel's table has the path as it was bound, in
 * the mounts and by the links of the process that did that, and in the table of its network alone.
 */

/* One that changed its root after it bound the socket has the file by that name no more. */
static bool shares_mounts(pid_t a, pid_t b)
{
	CLEANUP(freep) char *one = xasprintf("/proc/%d/ns/mnt", (int)a), *its = NULL;
	CLEANUP(freep) char *other = xasprintf("/proc/%d/ns/mnt", (int)b), *others = NULL;

	return proc_link(one, &its, NULL) == 0 && proc_link(other, &others, NULL) == 0 &&
	       strcmp(its, others) == 0;
}

/* A rootless dockerd has links of its user's in its /run: nothing is trusted by what two names stand for. */
static int stat_over_anybodys_links(pid_t pid, const char *path, struct stat *ret)
{
	CLEANUP(freep) char *inside = xasprintf("/proc/%d/root%s", (int)pid, path), *real = NULL;

	return real_path(inside, &real, ret, NULL);
}

static bool is_behind(pid_t pid, pid_t by, const char *path, const struct stat *file)
{
	CLEANUP(freep) char *directory = NULL, *full = NULL;
	struct stat st;
	int r;

	if (*path != '/') {
		if (*path == '@' || proc_directory(pid, &directory, NULL) < 0)
			return false;
		full = xasprintf("%s/%s", directory, path);
	}
	r = proc_stat_inside(pid, full ? full : path, &st, NULL);
	if (r == -ENOENT && !full && shares_mounts(pid, by))
		r = proc_stat_inside(by, path, &st, NULL);
	if (r == -ELOOP)
		r = stat_over_anybodys_links(pid, full ? full : path, &st);
	return r == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

static void take_process(const struct gather *g, pid_t pid, pid_t by, const struct stat *file,
			 struct strv *ret)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/net/unix", (int)pid);
	CLEANUP(buf_clear) struct buf table = {0};
	CLEANUP(strv_clear) struct strv own = {0}, lines = {0};

	if (sockets_of(g, pid, &own, NULL) < 0 || own.count == 0 ||
	    proc_read(path, &table, NULL) < 0)
		return;
	strv_split(&lines, buf_str(&table), "\n");
	for (size_t i = 1; i < lines.count; i++) {
		char inode[32];
		const char *at = unix_line_path(lines.items[i], inode);

		if (at && strv_contains(&own, inode) && is_behind(pid, by, at, file))
			strv_add_once(ret, inode);
	}
}

pid_t dockerds_pid(const struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");

	return u && u->main_pid > 0 ? u->main_pid : 0;
}

static void find(const struct gather *g, pid_t by, const char *path, struct strv *ret)
{
	const struct processes *all[] = {&g->processes, &g->contained};
	struct stat file;

	if (by <= 0 || proc_stat_inside(by, path, &file, NULL) < 0)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		for (size_t i = 0; i < all[k]->count; i++)
			take_process(g, all[k]->items[i].pid, by, &file, ret);
}

void socket_files_clear(struct socket_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].path);
		strv_clear(&f->items[i].inodes);
	}
	free(f->items);
	*f = (struct socket_files){0};
}

/* The descriptors of every process are gone through for it, and many containers log to one. */
const struct strv *socket_file_inodes(struct gather *g, pid_t by, const char *path)
{
	struct socket_files *known = &g->socket_files;
	struct socket_file *f;

	for (size_t i = 0; i < known->count; i++)
		if (known->items[i].by == by && strcmp(known->items[i].path, path) == 0)
			return &known->items[i].inodes;
	f = array_append(&known->items, &known->count, sizeof(*f));
	f->by = by;
	f->path = xstrdup(path);
	find(g, by, path, &f->inodes);
	return &f->inodes;
}
