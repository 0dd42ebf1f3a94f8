#include "modules/daemon/guards.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/api-socket.h"
#include "modules/common/tally.h"
#include "modules/daemon/next.h"

static bool is(const char *value, const char *json)
{
	return value && strcmp(value, json) == 0;
}

static void refuse(struct delta *d, const char *why)
{
	if (!d->refusal)
		d->refusal = xstrdup(why);
}

/*
 * The containers, where they are known; where not, the change is held back, and the reason says
 * what could not be looked at. A guard that could not look has not found that nothing is there.
 */
bool docker_guards_look(const struct docker_facts *docker, struct containers *ret, struct delta *d)
{
	if (!containers_get(&docker->containers, ret)) {
		strv_add_once(&d->holds, containers_why(&docker->containers));
		return false;
	}
	for (size_t i = 0; i < ret->count; i++)
		if (!container_told(&ret->items[i]))
			strv_addf(&d->holds, "dockerd does not tell of container %s: %s",
				  container_label(&ret->items[i]), ret->items[i].unread);
	return true;
}

/* Where it is attached decides; its mode only where no network is told: a task's is "default", too. */
bool docker_on_default_bridge(const struct container *c)
{
	if (c->networks.count > 0)
		return strv_contains(&c->networks, "bridge");
	return c->network_mode &&
	       (strcmp(c->network_mode, "default") == 0 || strcmp(c->network_mode, "bridge") == 0);
}

/* A legacy link reads "name", "name:alias" or "/name:/container/alias". */
static bool links_to(const struct container *from, const struct container *to)
{
	for (size_t i = 0; to->name && *to->name && i < from->links.count; i++) {
		const char *link = from->links.items[i];

		link += link[0] == '/';
		if (starts_with_word(link, to->name, ":"))
			return true;
	}
	return false;
}

/* By the namespaces: who shares one talks in it, and from it. */
static bool talks_unlinked(const struct containers *all, const struct container *c)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *other = containers_network_owner(all, &all->items[i]);

		if (other != c && container_will_run(&all->items[i]) &&
		    docker_on_default_bridge(other) && !links_to(c, other) && !links_to(other, c))
			return true;
	}
	return false;
}

/*
 * A link gets its rules when the container starts, and where icc is false then: one that live-restore
 * keeps has none.
 */
static void hold_links_without_rules(const struct containers *all, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct container *own = containers_network_owner(all, &all->items[i]);

		if (all->items[i].running && docker_on_default_bridge(own) && own->links.count > 0)
			strv_add(&names, container_label(&all->items[i]));
	}
	list = names_join(&names);
	if (names.count > 0)
		strv_addf(&d->holds,
			  "%s %s %s linked over docker0 while icc is true, which makes no rule for "
			  "it: running on, %s does not reach what it is linked to until 'docker "
			  "restart', and no more after each later restart of dockerd",
			  names.count == 1 ? "container" : "containers", list,
			  names.count == 1 ? "was" : "were", names.count == 1 ? "it" : "each");
}

/* Whether a connection of theirs ("db on 5432/tcp") has a link, and so its rules. */
static bool is_linked(const struct containers *all, const struct container *c, const char *talk)
{
	for (size_t i = 0; i < all->count; i++)
		if (starts_with_word(talk, container_label(&all->items[i]), " "))
			return links_to(c, &all->items[i]) || links_to(&all->items[i], c);
	return false;
}

/* Who is connected so at this moment; for people, beside who can be. */
static char *seen_talks(const struct docker_facts *docker, const struct containers *all)
{
	CLEANUP(strv_clear) struct strv seen = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < all->count; i++)
		for (size_t k = 0; k < all->items[i].talks.count; k++)
			if (!is_linked(all, &all->items[i], all->items[i].talks.items[k]))
				strv_addf(&seen, "%s with %s", container_label(&all->items[i]),
					  all->items[i].talks.items[k]);
	list = seen.count > 0 ? names_join(&seen) : xstrdup("nobody connected");
	if (!docker->talks_read)
		return xstrdup("not measured");
	return docker->talks_unread ? xasprintf("%s; not measured %s", list, docker->talks_unread)
				    : TAKE_PTR(list);
}

static void hold_talks(const struct docker_facts *docker, const struct containers *all,
		       struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL, *seen = seen_talks(docker, all);

	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];
		const struct container *own = containers_network_owner(all, c);

		if (container_will_run(c) && docker_on_default_bridge(own) &&
		    talks_unlinked(all, own))
			strv_add(&names, container_label(c));
	}
	list = names_join(&names);
	if (names.count > 0)
		strv_addf(&d->holds,
			  "containers %s can talk over docker0 without a link (seen now: %s)", list,
			  seen);
}

static void guard_icc(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct setting *now = settings_find(&docker->now, "icc");
	CLEANUP(freep) char *iptables = daemon_next_effective(v, "iptables");
	CLEANUP(freep) char *ipv6 = daemon_next_effective(v, "ipv6");
	CLEANUP(freep) char *ip6tables = daemon_next_effective(v, "ip6tables");
	CLEANUP(freep) char *live = daemon_next_effective(v, "live-restore");
	struct containers all;

	if (!is(value, "false"))
		return;
	if (is(iptables, "false"))
		refuse(d, "dockerd does not start with icc=false and iptables=false");
	if (is(ipv6, "true") && is(ip6tables, "false"))
		refuse(d, "dockerd does not start with icc=false, ipv6=true and ip6tables=false");
	docker_guards_bridge(docker, "20.10", d);
	if (!docker_guards_look(docker, &all, d))
		return;
	/* where it is in force nobody talks so, and no link is without its rules */
	if (now && now->source != SOURCE_UNKNOWN && is(now->value, "false"))
		return;
	hold_talks(docker, &all, d);
	if (is(live, "true"))
		hold_links_without_rules(&all, d);
}

static void hold_file_rights(const struct container *c, struct delta *d)
{
	CLEANUP(freep) char *has = names_join(&c->setuid_programs);
	CLEANUP(freep) char *runs = names_join(&c->capable_programs);

	if (c->setuid_unread)
		strv_addf(&d->holds,
			  "whether container %s counts on programs that give it rights could not "
			  "be looked at: %s",
			  container_label(c), c->setuid_unread);
	if (c->capable_programs.count > 0)
		strv_addf(&d->holds,
			  "container %s runs %s with the capabilities of its file, which it would "
			  "not have when created anew",
			  container_label(c), runs);
	if (c->setuid_programs.count > 0)
		strv_addf(&d->holds,
			  "container %s runs without root's rights and has %s, which would give it "
			  "none when created anew",
			  container_label(c), has);
}

/* What of it runs at this moment: it is for people, and behind all names, for it is another soon. */
static void name_setuid_runs(const struct container *c, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv programs = {0};
	CLEANUP(freep) char *list = NULL;

	strv_add_all(&programs, &c->setuid_runs);
	strv_sort(&programs);
	list = names_join(&programs);
	if (programs.count > 0)
		strv_addf(ret, "%s runs %s", container_label(c), list);
}

static void name_setuid_users(const struct containers *all, struct strv *ret, struct strv *ret_runs,
			      struct delta *d)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		if (!c->running)
			continue;
		if (c->uses_setuid) {
			strv_add(ret, container_label(c));
			name_setuid_runs(c, ret_runs);
		}
		hold_file_rights(c, d);
	}
}

static void guard_no_new_privileges(const struct view *v, const char *value, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0}, runs = {0};
	CLEANUP(freep) char *list = NULL, *seen = NULL;
	struct containers all;

	if (!is(value, "true") || !docker_guards_look(&v->facts->docker, &all, d))
		return;
	name_setuid_users(&all, &names, &runs, d);
	if (names.count == 0)
		return;
	list = names_join(&names);
	strv_sort(&runs);
	seen = strv_join(&runs, "; ");
	strv_addf(&d->holds, "%s %s %s setuid programs, which will fail when created anew%s%s%s",
		  names.count == 1 ? "container" : "containers", list,
		  names.count == 1 ? "runs" : "run", runs.count > 0 ? " (seen now: " : "", seen,
		  runs.count > 0 ? ")" : "");
}

/* A swarm member with live-restore does not start again. */
static void guard_live_restore(const struct view *v, const char *value, struct delta *d)
{
	const char *swarm = v->facts->docker.swarm;

	if (!is(value, "true"))
		return;
	docker_guards_shutdown(&v->facts->docker, d);
	if (!swarm || !*swarm)
		strv_add(&d->holds,
			 "whether this host is in a swarm is not known, and a member with "
			 "live-restore would not start again");
}

/* What cannot be asked whether all is well cannot be undone either. */
static void guard_hosts(const struct view *v, const char *value, struct delta *d)
{
	if (value && !api_socket_stays(value))
		refuse(d,
		       "dockerd would not listen on /run/docker.sock any more, where it is asked "
		       "whether it and the containers are well; add \"fd://\" or "
		       "\"unix:///run/docker.sock\"");
	docker_guards_tcp_hosts(v, value, d);
}

/* Containers with --init have it as their first process, and with "init" each one has. */
static void guard_init(const struct view *v, const char *value, struct delta *d)
{
	if (is(value, "true") && v->facts->docker.no_init) {
		CLEANUP(freep)
		char *why = xasprintf("no container would start with init=true: %s",
				      v->facts->docker.no_init);

		refuse(d, why);
	}
}

static const struct {
	const char *key;
	void (*guard)(const struct view *v, const char *value, struct delta *d);
} guards[] = {
	{"default-ulimits", docker_guards_ulimits},
	{"hosts", guard_hosts},
	{"icc", guard_icc},
	{"init", guard_init},
	{"ip", docker_guards_ip},
	{"ip6tables", docker_guards_ip6tables},
	{"iptables", docker_guards_iptables},
	{"live-restore", guard_live_restore},
	{"metrics-addr", docker_guards_metrics},
	{"no-new-privileges", guard_no_new_privileges},
	{"tls", docker_guards_tls},
	{"tlsverify", docker_guards_tls},
	{"userland-proxy", docker_guards_userland_proxy},
	{"userns-remap", docker_guards_userns},
};

void docker_guards(const struct view *v, const char *key, const char *value, struct delta *delta)
{
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		if (strcmp(guards[i].key, key) == 0)
			guards[i].guard(v, value, delta);
	docker_guards_elsewhere(v, key, value, delta);
	docker_guards_start(v, key, value, delta);
}
