#include "engine/host/shims.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/host/proc.h"
#include "engine/host/root.h"

#define ID_LENGTH 64

static const char *behind(const struct strv *args, const char *flag)
{
	for (size_t i = 1; i + 1 < args->count; i++)
		if (strcmp(args->items[i], flag) == 0)
			return args->items[i + 1];
	return NULL;
}

/* dockerd can be told another namespace than "moby", so those of others are left out instead. */
static bool is_of_others(const char *namespace)
{
	static const char *const others[] = {"k8s.io", "default", "buildkit"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(namespace, others[i]) == 0)
			return true;
	return strncmp(namespace, "plugins.", 8) == 0;
}

const char *shim_container(const struct strv *args)
{
	const char *slash = args->count ? strrchr(args->items[0], '/') : NULL;
	const char *name = slash ? slash + 1 : args->count ? args->items[0] : "";
	const char *id = behind(args, "-id"), *namespace = behind(args, "-namespace");

	if (strncmp(name, "containerd-shim", 15) != 0 || !id || !namespace)
		return NULL;
	if (is_of_others(namespace) || strspn(id, "0123456789abcdef") != ID_LENGTH)
		return NULL;
	return id[ID_LENGTH] == '\0' ? id : NULL;
}

static void look_at(const char *number, struct strv *ret_ids)
{
	CLEANUP(strv_clear) struct strv args = {0};
	const char *id;

	/* one that ended meanwhile has no arguments any more */
	if (!isdigit((unsigned char)number[0]) ||
	    proc_cmdline((pid_t)strtol(number, NULL, 10), &args, NULL) < 0)
		return;
	id = shim_container(&args);
	if (id)
		strv_add_once(ret_ids, id);
}

int shims_find(struct strv *ret_ids, struct error *err)
{
	CLEANUP(close_fd) int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		return error_errno(err, -errno, "cannot list the processes");
	fd = -1; /* closedir() closes it */
	while ((entry = readdir(dir)))
		look_at(entry->d_name, ret_ids);
	closedir(dir);
	return 0;
}
