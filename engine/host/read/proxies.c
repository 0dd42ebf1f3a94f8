#include "engine/host/read/proxies.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/proc.h"

char *proxy_port(const struct strv *args)
{
	const char *name = args->count ? path_name(args->items[0]) : "";
	const char *ip = proc_argument(args, "-host-ip"), *port = proc_argument(args, "-host-port");
	const char *protocol = proc_argument(args, "-proto");

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

static void add_port(void *data, pid_t pid, const struct strv *args)
{
	CLEANUP(freep) char *port = proxy_port(args);

	if (port && is_in_our_network(pid))
		strv_add_once(data, port);
}

int proxies_list(struct strv *ret, struct error *err)
{
	return proc_each(add_port, ret, err);
}
