#include "engine/model/out-of-sight.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/names.h"
#include "engine/base/str.h"

static void count_of(struct strv *parts, const struct count *count, const char *one,
		     const char *size, struct strv *ret)
{
	size_t n;

	if (!count_get(count, &n))
		strv_addf(ret, "how many %ss would vanish from view is not known: %s", one,
			  count_why(count));
	else if (n > 0)
		strv_addf(parts, "%zu %s%s%s", n, one, n == 1 ? "" : "s", size);
}

/* "data (about 12 MiB)" of one that was measured; the caller frees it. */
static char *volume_with_size(const struct docker_facts *docker, const char *name)
{
	for (size_t i = 0; i < docker->volume_sizes.count; i++)
		if (starts_with_word(docker->volume_sizes.items[i], name, " "))
			return xstrdup(docker->volume_sizes.items[i]);
	return xasprintf("%s (size not measured)", name);
}

static bool has_volume(const struct container *c, const char *volume)
{
	for (size_t i = 0; i < c->nmounts; i++)
		if (strcmp_null(c->mounts[i].type, "volume") == 0 &&
		    strcmp_null(c->mounts[i].volume, volume) == 0)
			return true;
	return false;
}

static void tell_volume(const struct docker_facts *docker, const struct containers *all,
			const char *volume, struct strv *ret)
{
	CLEANUP(freep) char *sized = volume_with_size(docker, volume), *list = NULL;
	CLEANUP(strv_clear) struct strv users = {0};

	for (size_t i = 0; i < all->count; i++)
		if (has_volume(&all->items[i], volume))
			strv_add(&users, container_label(&all->items[i]));
	list = names_join(&users);
	strv_addf(ret, "%s %s %s volume %s, and would begin with an empty one when made anew",
		  users.count == 1 ? "container" : "containers", list,
		  users.count == 1 ? "has" : "have", sized);
}

/* Those that a container has, by the containers; of the others what was found on the disk. */
static void tell_volumes(const struct docker_facts *docker, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv used = {0}, others = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all = {0};

	if (!containers_get(&docker->containers, &all))
		all.count = 0;
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < all.items[i].nmounts; k++)
			if (all.items[i].mounts[k].volume &&
			    has_volume(&all.items[i], all.items[i].mounts[k].volume))
				strv_add_once(&used, all.items[i].mounts[k].volume);
	strv_sort(&used);
	for (size_t i = 0; i < used.count; i++)
		tell_volume(docker, &all, used.items[i], ret);
	for (size_t i = 0; i < docker->volume_sizes.count; i++) {
		const char *sized = docker->volume_sizes.items[i];
		CLEANUP(freep) char *name = xstrndup(sized, strcspn(sized, " "));

		if (!strv_contains(&used, name))
			strv_add(&others, sized);
	}
	list = names_join(&others);
	if (others.count > 0)
		strv_addf(ret, "of the volumes no container is known to have %s", list);
}

/* " (about 3 GiB)"; the caller frees it. */
static char *size_of_images(const struct docker_facts *docker)
{
	return docker->images_size ? xasprintf(" (%s)", docker->images_size)
				   : xstrdup(" (size not measured)");
}

void out_of_sight_find(const struct docker_facts *docker, enum out_of_sight how, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(freep) char *list = NULL, *size = size_of_images(docker);
	struct containers all;

	if (how < SIGHT_OF_IMAGES)
		return;
	count_of(&parts, &docker->images, "image", size, ret);
	if (containers_get(&docker->containers, &all) && all.count > 0)
		strv_addf(&parts, "%zu container%s", all.count, all.count == 1 ? "" : "s");
	if (how == SIGHT_OF_ALL) {
		count_of(&parts, &docker->volumes, "volume", "", ret);
		count_of(&parts, &docker->networks, "network", "", ret);
		count_of(&parts, &docker->plugins, "plugin", "", ret);
	}
	list = names_join(&parts);
	if (parts.count > 0)
		strv_addf(ret, "%s would vanish from view", list);
	if (how == SIGHT_OF_ALL)
		tell_volumes(docker, ret);
}

char *out_of_sight_containers(const struct docker_facts *docker)
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
		return xasprintf("%s %s %s, and dockerd would not know %s any more: stop %s first",
				 names.count == 1 ? "container" : "containers", list,
				 names.count == 1 ? "runs" : "run",
				 names.count == 1 ? "it" : "them",
				 names.count == 1 ? "it" : "them");
	if (docker->running && !containers_running(&docker->containers, &running))
		return xstrdup("whether a container runs is not known, and dockerd would not know "
			       "it any more: see to it first that none does");
	return NULL;
}

char *out_of_sight_plugins(const struct docker_facts *docker)
{
	const struct strv *names = &docker->enabled_plugins;
	CLEANUP(freep) char *list = names_join(names), *all = strv_join(names, " ");
	bool one = names->count == 1;

	if (names->count == 0)
		return NULL;
	return xasprintf("%s %s %s, and dockerd would not know %s any more: %sdisable %s first "
			 "('docker plugin disable %s')",
			 one ? "plugin" : "plugins", list, one ? "runs" : "run",
			 one ? "it" : "them", docker->running ? "" : "start dockerd, and ",
			 one ? "it" : "them", all);
}
