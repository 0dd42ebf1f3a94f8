#include "engine/host/read/shims.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/host/read/proc.h"

#define ID_LENGTH 64

/* "plugins.moby" */
static bool is_of_plugins(const char *namespace)
{
	return starts_with(namespace, "plugins.");
}

/* dockerd can be told another namespace than "moby", so those of others are left out instead. */
static bool is_of_others(const char *namespace)
{
	static const char *const others[] = {"k8s.io", "default", "buildkit"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(namespace, others[i]) == 0)
			return true;
	return is_of_plugins(namespace);
}

/* What a shim is for, of a namespace that fits. */
static const char *shim_id(const struct strv *args, bool plugins)
{
	const char *name = args->count ? path_name(args->items[0]) : "";
	const char *id = proc_argument(args, "-id"), *namespace = proc_argument(args, "-namespace");

	if (!starts_with(name, "containerd-shim") || !id || !namespace)
		return NULL;
	if (plugins ? !is_of_plugins(namespace) : is_of_others(namespace))
		return NULL;
	return strspn(id, "0123456789abcdef") == ID_LENGTH && id[ID_LENGTH] == '\0' ? id : NULL;
}

const char *shim_container(const struct strv *args)
{
	return shim_id(args, false);
}

const char *shim_plugin(const struct strv *args)
{
	return shim_id(args, true);
}

const char *shim_namespace(const struct strv *args)
{
	return proc_argument(args, "-namespace");
}

static void add_id(void *data, pid_t pid, const struct strv *args)
{
	const char *id = shim_container(args);

	if (id)
		strv_add_once(data, id);
}

int shims_find(struct strv *ret_ids, struct error *err)
{
	return proc_each(add_id, ret_ids, err);
}

static void add_plugin(void *data, pid_t pid, const struct strv *args)
{
	const char *id = shim_plugin(args);

	if (id)
		strv_add_once(data, id);
}

int shims_find_plugins(struct strv *ret_ids, struct error *err)
{
	return proc_each(add_plugin, ret_ids, err);
}

bool proc_is_within(pid_t pid, const char *group)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cgroup", (int)pid);
	CLEANUP(buf_clear) struct buf text = {0};
	size_t n = strlen(group);

	if (n == 0 || proc_read(path, &text, NULL) < 0)
		return false;
	for (const char *at = buf_str(&text); (at = strstr(at, group)); at++)
		if (at > text.data && at[-1] == ':' && (at[n] == '/' || at[n] == '\n'))
			return true;
	return false;
}

struct within {
	const char *group;
	struct strv *ids;
};

static void add_within(void *data, pid_t pid, const struct strv *args)
{
	struct within *w = data;

	if (shim_container(args) && proc_is_within(pid, w->group))
		strv_add_once(w->ids, shim_container(args));
}

int shims_within(const char *group, struct strv *ret_ids, struct error *err)
{
	struct within w = {.group = group, .ids = ret_ids};

	return proc_each(add_within, &w, err);
}
