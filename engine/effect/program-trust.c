#include "engine/effect/program-trust.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/root.h"

/* Of a directory in which anybody may make names, but not take away those of others, the names hold. */
static int check_node(const char *path, const struct stat *st, struct error *err)
{
	bool sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set_at(err, -EPERM, path, "'%s' belongs to user %u, not to root", path,
				    st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH) && !sticky)
		return error_set_at(err, -EPERM, path, "'%s' has mode %04o: others can write it",
				    path, st->st_mode & 07777);
	return 0;
}

/* The path and each directory above it, links followed. */
static int check_way(const char *path, struct error *err)
{
	CLEANUP(freep) char *at = xstrdup(path);
	struct stat st;
	int r = 0;

	do {
		if (stat(at, &st) < 0)
			return error_errno_at(err, -errno, at, "cannot look at '%s'", at);
		r = check_node(at, &st, err);
	} while (r == 0 && path_up(at));
	return r;
}

static int check_file(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno_at(err, -errno, path, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return error_set_at(err, -EPERM, path, "'%s' is not a file that can be executed",
				    path);
	return 0;
}

/* The way as it is written, and the one that its links lead: both could be turned aside. */
int program_is_roots(const char *path, struct error *err)
{
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r;

	if (*path != '/')
		return error_set_at(err, -EINVAL, path, "'%s' is not an absolute path", path);
	r = root_open(&root, "/", err);
	if (r >= 0)
		r = root_look(&root, path, &walk, err);
	if (r >= 0)
		r = check_way(path, err);
	if (r >= 0)
		r = check_way(walk.path, err);
	return r < 0 ? r : check_file(path, err);
}
