#include "engine/host/write/trial-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/path.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/host/sandbox/sandbox.h"

/* The view of the root that a trial has, made by a child of its own: each step in order, or nothing. */

#define VIEW "/etc" /* what can be written there, with the directories of the planned files */

int trial_make_above(const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		CLEANUP(freep) char *directory = xstrndup(path, (size_t)(slash - path));

		if (mkdir(directory, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int put_file(const struct trial_file *f)
{
	CLEANUP(close_fd) int fd = -1;
	int r = f->bytes ? trial_make_above(f->path) : 0;

	if (r < 0)
		return r;
	/* a directory that is to go may stay in the view: the program sees no file in it */
	if (unlink(f->path) < 0 && errno != ENOENT && errno != ENOTDIR &&
	    (errno != EISDIR || f->bytes))
		return -errno;
	if (!f->bytes)
		return 0;
	fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, f->mode) < 0)
		return -errno;
	return fd_write_all(fd, f->bytes, f->n);
}

/* The root of an overlay has the mode and the owner of what lies above. */
static int take_attributes(const char *directory, const char *upper)
{
	struct stat st;

	return stat(directory, &st) < 0 || chown(upper, st.st_uid, st.st_gid) < 0 ||
			       chmod(upper, st.st_mode & 07777) < 0
		       ? -errno
		       : 0;
}

/* An overlay over a directory, with a place of its own in the scratch for what is written there. */
static int overlay(const char *directory, size_t number)
{
	CLEANUP(freep) char *upper = xasprintf(TRIAL_SCRATCH "/upper%zu", number);
	CLEANUP(freep) char *work = xasprintf(TRIAL_SCRATCH "/work%zu", number);
	CLEANUP(freep)
	char *options = xasprintf("lowerdir=%s,upperdir=%s,workdir=%s", directory, upper, work);

	if (strpbrk(directory, ",:\\") || mkdir(upper, 0700) < 0 || mkdir(work, 0700) < 0 ||
	    take_attributes(directory, upper) < 0)
		return -EINVAL;
	return mount("trial", directory, "overlay", MS_NOSUID | MS_NODEV, options) < 0 ? -errno : 0;
}

/* The nearest directory above that is there; "" for the root itself, which no overlay can cover. */
static char *nearest_directory(const char *path)
{
	char *at = xstrdup(path);
	struct stat st;

	do
		*strrchr(at, '/') = '\0';
	while (*at && (stat(at, &st) < 0 || !S_ISDIR(st.st_mode)));
	return at;
}

/* An overlay over the directory that a path is to be made in, unless one lies there. */
static int cover(const char *path, struct strv *done)
{
	CLEANUP(freep) char *directory = NULL;
	int r;

	for (size_t k = 0; k < done->count; k++)
		if (path_is_below(path, done->items[k]))
			return 0;
	directory = nearest_directory(path);
	r = *directory ? overlay(directory, done->count) : -EINVAL;
	strv_add(done, directory);
	return r;
}

/* Each once, and none below another. */
static int overlay_all(const struct trial_file *files, size_t count, const struct strv *more)
{
	CLEANUP(strv_clear) struct strv done = {0};
	int r = overlay(VIEW, 0);

	strv_add(&done, VIEW);
	for (size_t i = 0; i < count && r == 0; i++)
		r = cover(files[i].path, &done);
	for (size_t i = 0; more && i < more->count && r == 0; i++)
		r = cover(more->items[i], &done);
	return r;
}

int trial_tmpfs(const char *directory, const char *mode)
{
	return mount("trial", directory, "tmpfs", MS_NOSUID | MS_NODEV, mode) < 0 ? -errno : 0;
}

int trial_make_view(int namespaces, const struct trial_file *files, size_t count,
		    const struct strv *more)
{
	if (unshare(CLONE_NEWNS | namespaces) < 0)
		return TRIAL_NAMESPACE;
	if (sandbox_read_only_mounts() < 0)
		return TRIAL_READ_ONLY;
	if (trial_tmpfs(TRIAL_SCRATCH, "mode=0700") < 0)
		return TRIAL_SCRATCH_DIRECTORY;
	if (overlay_all(files, count, more) < 0)
		return TRIAL_OVERLAY;
	for (size_t i = 0; i < count; i++)
		if (put_file(&files[i]) < 0)
			return TRIAL_FILES;
	return 0;
}
