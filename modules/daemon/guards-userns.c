#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/names.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "engine/model/out-of-sight.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"
#include "modules/daemon/now.h"

/* userns-remap has dockerd look into another data root: what is in the one it leaves is lost to it. */

static void refuse(struct delta *d, const char *why)
{
	if (!d->refusal)
		d->refusal = xstrdup(why);
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

/* Which of them would need to be made anew. */
static void guard_userns_containers(const struct containers *all, struct strv *ret_holds)
{
	CLEANUP(strv_clear) struct strv host = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; i < all->count; i++)
		if (needs_host_users(&all->items[i]))
			strv_add(&host, container_label(&all->items[i]));
	list = names_join(&host);
	if (host.count > 0)
		strv_addf(ret_holds, "%s %s would need --userns=host",
			  host.count == 1 ? "container" : "containers", list);
}

/*
 * The daemon that comes looks elsewhere. What runs would live on without anybody who could stop or see it,
 * or come back after the restart nowhere: the gate would put all back.
 */
static void hold_first(char *why, struct delta *d)
{
	CLEANUP(freep) char *text = why;

	if (!text)
		return;
	strv_add_once(&d->holds, text);
	if (!d->first)
		d->first = TAKE_PTR(text);
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

void docker_guards_userns(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(strv_clear) struct strv other = {0};
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
	if (docker_guards_look(docker, &all, d))
		guard_userns_containers(&all, &other);
	out_of_sight_find(docker, SIGHT_OF_ALL, &d->holds);
	strv_add_all(&d->holds, &other);
	hold_first(out_of_sight_containers(docker), d);
	hold_first(out_of_sight_plugins(docker), d);
	guard_userns_unstarted(docker, d);
}

void docker_guards_elsewhere(const struct view *v, const char *key, const char *value,
			     struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct setting *now = settings_find(&docker->now, key);
	const char *is = now ? now->value : NULL;
	enum out_of_sight how = daemon_key_hides(key, is, value, docker->image_store);
	struct containers all;

	if (strcmp(key, "userns-remap") == 0 || how == SIGHT_KEPT ||
	    (is && value && docker->running && json_value_same(is, value)))
		return;
	if (how >= SIGHT_OF_IMAGES)
		docker_guards_look(docker, &all, d);
	out_of_sight_find(docker, how, &d->holds);
	if (!daemon_now_live(v))
		return;
	hold_first(out_of_sight_containers(docker), d);
	if (how == SIGHT_OF_ALL)
		hold_first(out_of_sight_plugins(docker), d);
}
