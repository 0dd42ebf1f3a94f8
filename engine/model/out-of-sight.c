#include "engine/model/out-of-sight.h"

#include "engine/base/alloc.h"
#include "engine/base/names.h"

static void count_of(struct strv *parts, const struct count *count, const char *one,
		     struct strv *ret)
{
	size_t n;

	if (!count_get(count, &n))
		strv_addf(ret, "how many %ss would vanish from view is not known: %s", one,
			  count_why(count));
	else if (n > 0)
		strv_addf(parts, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

void out_of_sight_find(const struct docker_facts *docker, enum out_of_sight how, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv parts = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all;

	if (how < SIGHT_OF_IMAGES)
		return;
	count_of(&parts, &docker->images, "image", ret);
	if (containers_get(&docker->containers, &all) && all.count > 0)
		strv_addf(&parts, "%zu container%s", all.count, all.count == 1 ? "" : "s");
	if (how == SIGHT_OF_ALL) {
		count_of(&parts, &docker->volumes, "volume", ret);
		count_of(&parts, &docker->networks, "network", ret);
		count_of(&parts, &docker->plugins, "plugin", ret);
	}
	list = names_join(&parts);
	if (parts.count > 0)
		strv_addf(ret, "%s would vanish from view", list);
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
