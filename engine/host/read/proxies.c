#include "engine/host/read/proxies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

static const char *behind(const struct strv *args, const char *flag)
{
	for (size_t i = 1; i + 1 < args->count; i++)
		if (strcmp(args->items[i], flag) == 0)
			return args->items[i + 1];
	return NULL;
}

char *proxy_port(const struct strv *args)
{
	const char *slash = args->count ? strrchr(args->items[0], '/') : NULL;
	const char *name = slash ? slash + 1 : args->count ? args->items[0] : "";
	const char *ip = behind(args, "-host-ip"), *port = behind(args, "-host-port");
	const char *protocol = behind(args, "-proto");

	if (strcmp(name, "docker-proxy") != 0 || !ip || !port || !protocol)
		return NULL;
	return xasprintf("%s/%s on %s", port, protocol, ip);
}

/* A dockerd in a container has proxies in the container's network. */
static bool is_in_our_network(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/ns/net", (int)pid);
	CLEANUP(freep) char *its = NULL, *ours = NULL;

	return proc_link(path, &its, NULL) >= 0 &&
	       proc_link("/proc/self/ns/net", &ours, NULL) >= 0 && strcmp(its, ours) == 0;
}

int proxies_list(struct strv *ret, struct error *err)
{
	CLEANUP(close_fd) int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return error_errno(err, -errno, "cannot list the processes");
	fd = -1; /* closedir() closes it */
	while ((entry = readdir(dir))) {
		CLEANUP(strv_clear) struct strv args = {0};
		CLEANUP(freep) char *port = NULL;
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* one that ended meanwhile has no arguments any more */
		if (pid <= 0 || proc_cmdline(pid, &args, NULL) < 0)
			continue;
		port = proxy_port(&args);
		if (port && is_in_our_network(pid))
			strv_add_once(ret, port);
	}
	closedir(dir);
	return 0;
}
