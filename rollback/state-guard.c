#include "rollback/state-guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"

#define AWAY "move it away; to have the state on another disk, mount that there (mount --bind)"

static bool is_ours(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* In a sticky directory others can change only what is theirs, and what is below is not. */
static int check_directory(const struct root *root, const char *path, struct error *err)
{
	CLEANUP(node_clear) struct node n = {0};
	int r = observe(root, path, 0, &n, NULL, err);
	bool group;

	if (r < 0 || n.kind != NODE_DIR)
		return r;
	group = n.mode & S_IWGRP && (n.acl || (n.gid != 0 && n.gid != getegid()));
	if (!is_ours(n.uid))
		return error_set_at(err, -EPERM, path,
				    "'%s' belongs to user %u, who could put another state into it: "
				    "chown it to root",
				    path, n.uid);
	if ((n.mode & S_IWOTH || group) && !(n.mode & S_ISVTX))
		return error_set_at(err, -EPERM, path,
				    "'%s' can be written by others than root (mode %04o%s%s), who "
				    "could put another state into it: take that right away",
				    path, (unsigned)n.mode, n.acl ? ", " : "", n.acl ? n.acl : "");
	return 0;
}

int state_check_way(const struct root *root, const char *path, struct error *err)
{
	int r = check_directory(root, "/", err);

	for (const char *slash = strchr(path + 1, '/'); slash && r >= 0;
	     slash = strchr(slash + 1, '/')) {
		CLEANUP(freep) char *directory = xstrndup(path, (size_t)(slash - path));

		r = check_directory(root, directory, err);
	}
	return r;
}

int state_open_failed(int at, const char *name, bool file, const char *path, int code,
		      struct error *err)
{
	char target[256] = "";
	struct stat st;
	bool link;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_mode & S_IFMT) == (file ? S_IFREG : S_IFDIR))
		return error_errno_at(err, code, path, "cannot open '%s'", path);
	link = S_ISLNK(st.st_mode) && readlinkat(at, name, target, sizeof(target) - 1) >= 0;
	return error_set_at(err, -EPERM, path, "cannot open '%s': it is %s%s%s, not a %s; " AWAY,
			    path, link ? "a symbolic link to '" : "",
			    link                  ? target
			    : S_ISREG(st.st_mode) ? "a file"
			    : S_ISDIR(st.st_mode) ? "a directory"
						  : "a special file",
			    link ? "'" : "", file ? "file" : "directory");
}
