#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/common/tally.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"
#include "modules/daemon/now.h"

/* userns-remap has dockerd look into another data root: what is in the one it leaves is lost to it. */

static void refuse(struct delta *d, const char *why)
{
	if (!d->refusal)
		d->refusal = xstrdup(why);
}

static void count_of(struct strv *parts, const struct count *count, const char *one,
		     struct delta *d)
{
	size_t n;

	if (!count_get(count, &n))
		strv_addf(&d->holds, "how many %ss would vanish from view is not known: %s", one,
			  count_why(count));
	else if (n > 0)
		strv_addf(parts, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

/*
 * dockerd refuses remapping together with the containerd image store only where the file asks for
 * that store; where it is the default (29.0), it is switched off instead (seen on 29.7.2).
 */
static bool asks_for_image_store(const struct view *v)
{
	CLEANUP(freep) char *features = daemon_next_effective(v, "features");
	CLEANUP(freep) char *wanted = json_member(features, "containerd-snapshotter");

	return strcmp_null(wanted, "true") == 0;
}

/* Such containers share a namespace with the host, which remapping forbids. */
static bool needs_host_users(const struct container *c)
{
	bool host = c->privileged || (c->network_mode && strcmp(c->network_mode, "host") == 0) ||
		    (c->pid_mode && strcmp(c->pid_mode, "host") == 0);

	return host && !(c->userns_mode && strcmp(c->userns_mode, "host") == 0);
}

/* What of them would be hidden, and which would need to be made anew. */
static void guard_userns_containers(const struct containers *all, struct strv *parts,
				    struct strv *ret_holds)
{
	CLEANUP(strv_clear) struct strv host = {0};
	CLEANUP(freep) char *list = NULL;

	if (all->count > 0)
		strv_addf(parts, "%zu container%s", all->count, all->count == 1 ? "" : "s");
	for (size_t i = 0; i < all->count; i++)
		if (needs_host_users(&all->items[i]))
			strv_add(&host, container_label(&all->items[i]));
	list = names_join(&host);
	if (host.count > 0)
		strv_addf(ret_holds, "%s %s would need --userns=host",
			  host.count == 1 ? "container" : "containers", list);
}

/*
 * The daemon that comes has a data root of its own. What runs would live on without anybody who
 * could stop or see it, or come back after the restart nowhere: the gate would put all back.
 */
static void hold_running(const struct docker_facts *docker, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all;
	size_t running;

	if (containers_get(&docker->containers, &all))
		for (size_t i = 0; i < all.count; i++)
			if (all.items[i].running)
				strv_add(&names, container_label(&all.items[i]));
	list = names_join(&names);
	if (names.count > 0)
		d->first = xasprintf("%s %s %s, and dockerd would not know %s any more: stop %s "
				     "first",
				     names.count == 1 ? "container" : "containers", list,
				     names.count == 1 ? "runs" : "run",
				     names.count == 1 ? "it" : "them",
				     names.count == 1 ? "it" : "them");
	else if (docker->running && !containers_running(&docker->containers, &running))
		d->first = xstrdup("whether a container runs is not known, and dockerd would not "
				   "know it any more: see to it first that none does");
	if (d->first)
		strv_add(&d->holds, d->first);
}

/* Those that do not run vanish as they are; their volumes and networks are nobody's then. */
static void guard_userns_unstarted(const struct docker_facts *docker, struct delta *d)
{
	const struct strv *names = &docker->unstarted_plugins;
	CLEANUP(freep) char *list = names_join(names);
	bool one = names->count == 1;

	if (names->count > 0)
		strv_addf(&d->holds,
			  "%s %s %s enabled, and dockerd's next start would not start %s: what is "
			  "of %s goes without",
			  one ? "plugin" : "plugins", list, one ? "is" : "are", one ? "it" : "them",
			  one ? "it" : "them");
}

/* Their processes would run on likewise, below containerd. */
static void guard_userns_plugins(const struct docker_facts *docker, struct delta *d)
{
	const struct strv *names = &docker->enabled_plugins;
	CLEANUP(freep) char *list = names_join(names), *all = strv_join(names, " ");
	CLEANUP(freep) char *why = NULL;
	bool one = names->count == 1;

	if (names->count == 0)
		return;
	why = xasprintf("%s %s %s, and dockerd would not know %s any more: %sdisable %s first "
			"('docker plugin disable %s')",
			one ? "plugin" : "plugins", list, one ? "runs" : "run", one ? "it" : "them",
			docker->running ? "" : "start dockerd, and ", one ? "it" : "them", all);
	strv_add(&d->holds, why);
	if (!d->first)
		d->first = TAKE_PTR(why);
}

void docker_guards_userns(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(strv_clear) struct strv parts = {0}, other = {0};
	struct containers all;

	if (!daemon_userns_on(value))
		return;
	if (docker->user_namespaces) {
		CLEANUP(freep)
		char *why = xasprintf("no container would start with userns-remap: %s",
				      docker->user_namespaces);

		refuse(d, why);
	}
	if (asks_for_image_store(v))
		refuse(d,
		       "features.containerd-snapshotter asks for the containerd image store, which "
		       "dockerd does not start with beside userns-remap");
	count_of(&parts, &docker->images, "image", d);
	if (docker_guards_look(docker, &all, d))
		guard_userns_containers(&all, &parts, &other);
	count_of(&parts, &docker->volumes, "volume", d);
	count_of(&parts, &docker->networks, "network", d);
	count_of(&parts, &docker->plugins, "plugin", d);
	if (parts.count > 0) {
		CLEANUP(freep) char *list = names_join(&parts);

		strv_addf(&d->holds, "%s would vanish from view", list);
	}
	strv_add_all(&d->holds, &other);
	hold_running(docker, d);
	guard_userns_plugins(docker, d);
	guard_userns_unstarted(docker, d);
}

void docker_guards_elsewhere(const struct view *v, const char *key, const char *value,
			     struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct setting *now = settings_find(&docker->now, key);

	if (strcmp(key, "userns-remap") != 0 &&
	    daemon_key_moves(key, now ? now->value : NULL, value, docker->image_store) &&
	    daemon_now_live(v))
		hold_running(docker, d);
}
