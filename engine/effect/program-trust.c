#include "engine/effect/program-trust.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/shebang.h"
#include "engine/host/read/observe.h"
#include "engine/host/write/command.h"

#define MOST_SCRIPTS 5 /* that run each other, as in the kernel */

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

/* As root starts it: what stands on the way to it, and what it is. */
static int check_program(const struct root *root, const char *path, struct walk *ret,
			 struct error *err)
{
	int r = root_look(root, path, ret, err);

	/* the way as it is written, and the one that its links lead: both could be turned aside */
	if (r >= 0)
		r = check_way(path, err);
	if (r >= 0)
		r = check_way(ret->path, err);
	return r < 0 ? r : check_file(path, err);
}

/* What is not there yet is made by who may write the directory above it. */
static int check_place(const char *directory, struct error *err)
{
	CLEANUP(freep) char *at = xstrdup(directory);
	struct stat st;

	while (stat(at, &st) < 0)
		if (errno != ENOENT || !path_up(at))
			return error_errno_at(err, -errno, at, "cannot look at '%s'", at);
	return check_way(at, err);
}

/* env(1) takes the first of that name: whoever may write a directory before it may put another there. */
static int find_in_path(const char *name, char **ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv directories = {0};

	strv_split(&directories, COMMAND_PATH, ":");
	for (size_t i = 0; i < directories.count; i++) {
		CLEANUP(freep) char *path = path_join(directories.items[i], name);
		int r = check_place(directories.items[i], err);

		if (r < 0)
			return r;
		if (access(path, X_OK) < 0)
			continue;
		*ret = TAKE_PTR(path);
		return 0;
	}
	return error_set(err, -ENOENT, "there is no '%s' in " COMMAND_PATH, name);
}

/* What the interpreter itself starts with the script: a program, which may be a script as well. 0: nothing. */
static int find_looked_for(const struct shebang *s, char **ret, struct error *err)
{
	if (!s->looked_for)
		return 0;
	if (!strchr(s->looked_for, '/'))
		return find_in_path(s->looked_for, ret, err);
	*ret = xstrdup(s->looked_for);
	return 0;
}

static int check_all(const struct root *root, const char *path, int depth, struct error *err);

static int check_started(const struct root *root, const char *path, int depth, struct error *err)
{
	if (*path != '/')
		return error_set_at(err, -EPERM, path, "'%s' is not an absolute path", path);
	return depth < MOST_SCRIPTS ? check_all(root, path, depth + 1, err)
				    : error_set(err, -ELOOP, "too many scripts run each other");
}

/* A script is run by the program that its first line names: whose that is, his the script is. */
static int check_first_line(const struct root *root, const struct walk *walk, int depth,
			    struct error *err)
{
	CLEANUP(shebang_clear) struct shebang s = {0};
	CLEANUP(buf_clear) struct buf head = {0};
	CLEANUP(freep) char *found = NULL;
	int r = observe_walk_beginning(walk, SHEBANG_MOST, &head, err);

	if (r < 0 || !shebang_parse(head.data, head.len, &s))
		return r;
	r = check_started(root, s.interpreter, depth, err);
	if (r >= 0)
		r = find_looked_for(&s, &found, err);
	if (r >= 0 && found)
		r = check_started(root, found, depth, err);
	return r < 0 ? error_about(err, error_wrap(err, r, "what runs the script '%s'", walk->path),
				   walk->path)
		     : 0;
}

static int check_all(const struct root *root, const char *path, int depth, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = check_program(root, path, &walk, err);

	return r < 0 ? r : check_first_line(root, &walk, depth, err);
}

int program_is_roots(const char *path, struct error *err)
{
	CLEANUP(root_close) struct root root = {.fd = -1};
	int r;

	if (*path != '/')
		return error_set_at(err, -EINVAL, path, "'%s' is not an absolute path", path);
	r = root_open(&root, "/", err);
	return r < 0 ? r : check_all(&root, path, 0, err);
}
