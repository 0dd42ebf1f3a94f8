#include "engine/model/docker-kernel.h"

#include <fnmatch.h>
#include <string.h>

#include "engine/base/alloc.h"

/* What dockerd switches on by itself, and by which value of which of its own settings. */
static const struct need {
	const char *pattern;
	const char *key, *value, *def;
	bool each_network; /* each may want it for itself */
	const char *lost;
} needs[] = {
	{"net.ipv4.ip_forward", "ip-forward", "true", "true", false,
	 "bridge networks and published ports lose their way"},
	{"net.ipv4.conf.*.forwarding", "ip-forward", "true", "true", false,
	 "bridge networks and published ports lose their way"},
	{"net.ipv6.conf.*.forwarding", "ip-forward", "true", "true", false,
	 "networks with IPv6 lose their way"},
	{"net.bridge.bridge-nf-call-iptables", "icc", "false", "true", true,
	 "containers of one network reach each other although they must not"},
	{"net.bridge.bridge-nf-call-ip6tables", "icc", "false", "true", true,
	 "containers of one network reach each other although they must not"},
	{"net.ipv4.conf.*.route_localnet", "userland-proxy", "false", "true", false,
	 "published ports that have no docker-proxy are not reached on 127.0.0.1"},
};

static const struct need *find(const char *key)
{
	CLEANUP(freep) char *dotted = xstrdup(key);

	for (char *c = dotted; *c; c++)
		if (*c == '/')
			*c = '.';
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (fnmatch(needs[i].pattern, dotted, FNM_NOESCAPE) == 0)
			return &needs[i];
	return NULL;
}

bool docker_kernel_is_off(const char *key, const char *value)
{
	return value && strcmp(value, "0") == 0 && find(key);
}

static bool none_run(const struct facts *f)
{
	size_t running;

	return containers_running(&f->docker.containers, &running) && running == 0;
}

/* Whether the dockerd that runs is known to do without it; one that keeps a container up is not asked. */
static bool does_without(const struct facts *f, const struct need *n)
{
	const struct docker_facts *d = &f->docker;
	const struct setting *s = settings_find(&d->now, n->key);
	const char *value = docker_bridge_value(d, n->key);
	size_t networks;

	if (d->not_measured || (s && s->source == SOURCE_UNKNOWN))
		return false;
	value = value ? value : s && s->value ? s->value : n->def;
	if (strcmp(value, n->value) == 0)
		return false;
	return n->each_network ? count_get(&d->networks, &networks) && networks == 0 : none_run(f);
}

/* Whatever is not known of systemd: a program that is nowhere needs nothing. */
static bool is_without_docker(const struct docker_facts *d)
{
	return d->install == DOCKER_NONE && !d->running && !d->elsewhere;
}

char *docker_kernel_need(const struct facts *f, const char *key, const char *value)
{
	const struct need *n = docker_kernel_is_off(key, value) ? find(key) : NULL;

	if (!n || f->offline || is_without_docker(&f->docker))
		return NULL;
	if (docker_is_stopped(f))
		return none_run(f)
			       ? NULL
			       : xasprintf("dockerd is stopped, and containers run, or may run: "
					   "with %s=0 %s",
					   key, n->lost);
	if (does_without(f, n))
		return NULL;
	if (!f->docker.running && !f->docker.elsewhere)
		return xasprintf("whether dockerd runs is not known (%s): with %s=0 %s",
				 f->docker.not_measured ? f->docker.not_measured : "not asked", key,
				 n->lost);
	if (f->docker.not_measured)
		return xasprintf("dockerd runs, and whether it needs it is not known (%s): with "
				 "%s=0 %s",
				 f->docker.not_measured, key, n->lost);
	return xasprintf("dockerd runs, and needs it for its containers: with %s=0 %s", key,
			 n->lost);
}
