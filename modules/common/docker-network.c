#include "modules/common/docker-network.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/docker-kernel.h"
#include "modules/common/tally.h"

/* Whose network it is, for people; NULL: there is no dockerd here. The caller frees it. */
static char *whose_network(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;
	CLEANUP(strv_clear) struct strv names = {0};
	struct containers all;
	CLEANUP(freep) char *text = NULL;

	if (f->offline || (d->install == DOCKER_NONE && !d->running && d->others.count == 0))
		return NULL;
	if (!containers_get(&d->containers, &all))
		return xstrdup("which containers run is not known");
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running || !container_told(&all.items[i]))
			strv_add(&names, container_label(&all.items[i]));
	if (names.count == 0)
		return xstrdup("no container runs now, and those that are started later");
	text = names_join(&names);
	return xasprintf("container%s %s", names.count > 1 ? "s" : "", text);
}

/* dockerd was told to make no rules: others do. */
static bool makes_no_rules(const struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->now, "iptables");

	return s && s->source != SOURCE_UNKNOWN && strcmp_null(s->value, "false") == 0;
}

void hold_filter_rules(const struct facts *f, const char *what, const char *program,
		       struct delta *d)
{
	CLEANUP(freep) char *whose = whose_network(f);

	if (!whose || makes_no_rules(&f->docker))
		return;
	strv_addf(&d->holds,
		  "%s runs %s, which may take away dockerd's rules of the packet filter (published "
		  "ports, isolation of networks, DOCKER-USER), and only dockerd's start makes them "
		  "again: %s",
		  what, program, whose);
}

void hold_forwarding(const struct facts *f, const char *key, const char *value, struct delta *d)
{
	CLEANUP(freep) char *need = docker_kernel_need(f, key, value);
	CLEANUP(freep) char *whose = need ? whose_network(f) : NULL;

	if (need)
		strv_addf(&d->holds, "%s%s%s", need, whose ? ": " : "", whose ? whose : "");
}
