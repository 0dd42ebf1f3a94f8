#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

#define BRIDGE "/proc/sys/net/bridge"
#define BRIDGE_KEY BRIDGE "/bridge-nf-call-iptables"
#define MODULE "/br_netfilter.ko"
#define CAP_SYS_MODULE 16

/* The file of the module, by modules.dep; it may have gone with a package since. */
static bool has_module(const struct gather *g)
{
	CLEANUP(freep) char *directory = xasprintf("/lib/modules/%s", g->facts->kernel);
	CLEANUP(freep) char *list = xasprintf("%s/modules.dep", directory);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};

	if (observe_content(g->root, list, &text, NULL) < 0)
		return false;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		size_t n = strcspn(line, ":");
		CLEANUP(freep) char *name = xstrndup(line, n);
		CLEANUP(freep) char *file = xasprintf("%s/%s", directory, name);

		if (strstr(name, MODULE))
			return path_exists(g, file);
	}
	return false;
}

/* What forbids systemd's children, dockerd among them, to load modules; NULL: nothing. */
static const char *loading_forbidden(void)
{
	CLEANUP(buf_clear) struct buf disabled = {0}, status = {0};
	CLEANUP(freep) char *caps = NULL;

	if (proc_read("/proc/sys/kernel/modules_disabled", &disabled, NULL) >= 0 &&
	    buf_str(&disabled)[0] == '1')
		return "this kernel loads no more modules";
	if (proc_read("/proc/1/status", &status, NULL) >= 0)
		caps = proc_status_field(&status, "CapBnd");
	if (caps && !(strtoull(caps, NULL, 16) >> CAP_SYS_MODULE & 1))
		return "nobody here may load modules";
	return NULL;
}

/*
 * What keeps root from making one: containers would not start. Debian's and Ubuntu's switches for
 * unprivileged ones do not bind dockerd.
 */
static void gather_user_namespaces(struct gather *g)
{
	CLEANUP(buf_clear) struct buf most = {0};
	CLEANUP(freep) char *own = NULL;

	if (proc_link("/proc/self/ns/user", &own, NULL) == -ENOENT)
		g->facts->docker.user_namespaces = xstrdup("this kernel has no user namespaces");
	else if (proc_read("/proc/sys/user/max_user_namespaces", &most, NULL) >= 0 &&
		 strtoul(buf_str(&most), NULL, 10) == 0)
		g->facts->docker.user_namespaces = xstrdup(
			"user.max_user_namespaces is 0; set it to more, in '/etc/sysctl.d', too");
}

/*
 * Where the directory is there, the module is loaded, and has no more to give: a container manager,
 * or a mount, may hide the keys.
 */
void gather_kernel(struct gather *g)
{
	char **ret = &g->facts->docker.kernel_modules;
	const char *forbidden;

	if (!g->facts->offline)
		gather_user_namespaces(g);
	if (g->facts->offline || !g->facts->kernel || path_exists(g, BRIDGE_KEY))
		return;
	forbidden = loading_forbidden();
	if (path_exists(g, BRIDGE))
		*ret = xasprintf("there is no '%s' (br_netfilter)", BRIDGE_KEY);
	else if (!has_module(g))
		*ret = xasprintf("br_netfilter is not loaded, and '/lib/modules/%s' has no such "
				 "module",
				 g->facts->kernel);
	else if (forbidden)
		*ret = xasprintf("br_netfilter is not loaded, and %s", forbidden);
}
