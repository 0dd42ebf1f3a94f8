#include "rollback/left-behind.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/sysctl.h"

#define INTERFACES "/proc/sys/net/ipv4/conf"

/* "docker0", or "br-" and the first twelve digits of a network's id. */
static bool is_bridge_of_docker(const char *name)
{
	return strcmp(name, "docker0") == 0 ||
	       (strncmp(name, "br-", 3) == 0 && strspn(name + 3, "0123456789abcdef") == 12 &&
		name[15] == '\0');
}

void left_behind(const struct root *root, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (root->offline || observe_children(root, INTERFACES, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep)
		char *key = xasprintf("net.ipv4.conf.%s.route_localnet", names.items[i]);
		CLEANUP(freep) char *value = NULL;

		if (is_bridge_of_docker(names.items[i]) && sysctl_read(key, &value, NULL) >= 0 &&
		    strcmp(value, "1") == 0)
			strv_addf(
				ret,
				"%s is 1: dockerd sets it for userland-proxy=false and does not "
				"take it back; where nothing else needs it, 'sysctl -w %s=0' does",
				key, key);
	}
}
