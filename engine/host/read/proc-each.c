#include "engine/host/read/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/host/read/root.h"

int proc_each(void (*found)(void *data, pid_t pid, const struct strv *args), void *data,
	      struct error *err)
{
	CLEANUP(close_fd) int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return error_errno(err, -errno, "cannot list the processes");
	fd = -1; /* closedir() closes it */
	while ((entry = readdir(dir))) {
		CLEANUP(strv_clear) struct strv args = {0};
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* one that ended meanwhile has no arguments any more */
		if (pid > 0 && proc_cmdline(pid, &args, NULL) >= 0)
			found(data, pid, &args);
	}
	closedir(dir);
	return 0;
}

const char *proc_argument(const struct strv *args, const char *flag)
{
	for (size_t i = 1; i + 1 < args->count; i++)
		if (strcmp(args->items[i], flag) == 0)
			return args->items[i + 1];
	return NULL;
}
