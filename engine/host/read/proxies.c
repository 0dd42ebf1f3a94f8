#include "engine/host/read/proxies.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/proc.h"

/* Of whatever name: userland-proxy-path gives it one. dockerd passes it all of these. */
char *proxy_port(const struct strv *args)
{
	const char *ip = proc_argument(args, "-host-ip"), *port = proc_argument(args, "-host-port");
	const char *protocol = proc_argument(args, "-proto");

	if (!ip || !port || !protocol || !proc_argument(args, "-container-ip"))
		return NULL;
	return xasprintf("%s/%s on %s", port, protocol, ip);
}

struct listing {
	struct strv *ports;
	struct error *err;
	int result;
};

/* A dockerd in a container has proxies in the container's network. One that ended meanwhile is in none. */
static bool is_in_our_network(pid_t pid, struct listing *l)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/ns/net", (int)pid);
	CLEANUP(freep) char *its = NULL, *ours = NULL;
	CLEANUP(error_clear) struct error err = {0};
	int r = proc_link(path, &its, &err);

	if (r >= 0)
		r = proc_link("/proc/self/ns/net", &ours, &err);
	if (r >= 0)
		return strcmp(its, ours) == 0;
	if (r != -ENOENT && r != -ESRCH && l->result >= 0) {
		l->result = r;
		error_move(l->err, &err);
	}
	return false;
}

static void add_port(void *data, pid_t pid, const struct strv *args)
{
	struct listing *l = data;
	CLEANUP(freep) char *port = proxy_port(args);

	if (port && is_in_our_network(pid, l))
		strv_add_once(l->ports, port);
}

int proxies_list(struct strv *ret, struct error *err)
{
	struct listing l = {ret, err, 0};
	int r = proc_each(add_port, &l, err);

	return r < 0 ? r : l.result;
}
