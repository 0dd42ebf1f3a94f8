#include "engine/host/read/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int open_dir(const char *path, DIR **ret)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret = fd < 0 ? NULL : fdopendir(fd);
	if (!*ret)
		return -errno;
	return TAKE_FD(fd); /* closedir() closes it */
}

int proc_each(void (*found)(void *data, pid_t pid, const struct strv *args), void *data,
	      struct error *err)
{
	CLEANUP(close_dir) DIR *dir = NULL;
	const struct dirent *entry;
	int r = open_dir("/proc", &dir);

	if (r < 0)
		return error_errno(err, r, "cannot list the processes");
	while ((entry = readdir(dir))) {
		CLEANUP(strv_clear) struct strv args = {0};
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* one that ended meanwhile has no arguments any more */
		if (pid > 0 && proc_cmdline(pid, &args, NULL) >= 0)
			found(data, pid, &args);
	}
	return 0;
}

int proc_each_descriptor(pid_t pid, void (*found)(void *data, const char *fd, const char *target),
			 void *data, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/fd", (int)pid);
	CLEANUP(close_dir) DIR *dir = NULL;
	const struct dirent *entry;
	int fd = open_dir(path, &dir);

	if (fd < 0)
		return error_errno_at(err, fd, path, "cannot list '%s'", path);
	while ((entry = readdir(dir))) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);

		if (n < 0) /* nor are . and .. links */
			continue;
		target[n] = '\0';
		found(data, entry->d_name, target);
	}
	return 0;
}

const char *proc_argument(const struct strv *args, const char *flag)
{
	for (size_t i = 1; i + 1 < args->count; i++)
		if (strcmp(args->items[i], flag) == 0)
			return args->items[i + 1];
	return NULL;
}
