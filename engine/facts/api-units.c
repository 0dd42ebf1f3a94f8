#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/unit-specifiers.h"
#include "engine/host/read/observe.h"

/*
 * docker.socket is one unit of many that may open the API: whatever socket unit has docker.service for its
 * service listens before dockerd runs, and whoever connects there has it started. systemd tells of those
 * that it has loaded; one that waits for the next boot only its file tells of.
 */

#define DOCKER "docker.service"
#define END ".socket"

/* Links to the same unit are names of it; those that mask have nothing but that in common. */
static bool is_same_unit(const struct gather *g, const char *a, const char *b)
{
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *canonical = NULL;

	return observe(g->root, b, 0, &node, &canonical, NULL) >= 0 && !path_is_mask(canonical) &&
	       observe_is_same(g->root, a, b);
}

/* By a second name, too: a link in the strongest directory that has it. */
static bool is_dockers(const struct gather *g, const char *service)
{
	const struct unit_facts *docker = facts_unit(g->facts, DOCKER);

	if (facts_is_unit(g->facts, DOCKER, service))
		return true;
	for (size_t i = 0; docker->fragment && unit_directories[i]; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", unit_directories[i], service);

		if (path_exists(g, path))
			return is_same_unit(g, path, docker->fragment);
	}
	return false;
}

/* Without Service= it is the service of its own name. */
static bool starts_docker(const struct gather *g, const struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv services = {0};
	CLEANUP(freep) char *service = NULL;

	unit_assignments(g, u, "Socket/Service", &services);
	if (services.count > 0)
		service = unit_specifiers_put(services.items[services.count - 1], u->name);
	else
		service = xasprintf("%.*s.service", (int)(strlen(u->name) - strlen(END)), u->name);
	return service && is_dockers(g, service);
}

/* A second name of docker.socket, or of one that is known already, is no other unit. */
static bool is_known(const struct gather *g, const struct unit_facts *u)
{
	for (size_t i = 0; i < g->facts->nunits; i++) {
		const struct unit_facts *known = &g->facts->units[i];

		if (unit_is_called(known, u->name) ||
		    (ends_with(known->name, END) && !strchr(u->name, '@') && u->fragment &&
		     known->fragment && is_same_unit(g, u->fragment, known->fragment)))
			return true;
	}
	return false;
}

/* What docker.service itself asks for comes with it. */
static void named_by_docker(const struct gather *g, const char *const *keys, struct strv *ret)
{
	const struct unit_facts *docker = facts_unit(g->facts, DOCKER);

	for (size_t i = 0; docker && keys[i]; i++) {
		CLEANUP(strv_clear) struct strv lines = {0};

		unit_assignments(g, docker, keys[i], &lines);
		for (size_t k = 0; k < lines.count; k++)
			strv_split(ret, lines.items[k], " \t");
	}
}

static bool is_pulled_in(const struct gather *g, const char *name)
{
	static const char *const keys[] = {"Service/Sockets", "Unit/Requires", "Unit/Wants",
					   "Unit/BindsTo", NULL};
	CLEANUP(strv_clear) struct strv named = {0};

	named_by_docker(g, keys, &named);
	return strv_contains(&named, name) || unit_is_wanted(g, name) ||
	       (g->bus && unit_is_needed(g, name));
}

static void add(struct gather *g, const char *name)
{
	struct unit_facts *u = gather_unit(g, name);

	u->activates = true;
	u->pulled_in = is_pulled_in(g, name);
}

static void look_at(struct gather *g, const char *name)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *u = facts_add_unit(&scratch, name);

	unit_on_disk(g, u); /* a stronger directory's goes before */
	if (u->exists && starts_docker(g, u) && !is_known(g, u))
		add(g, name);
}

/* A template listens by the names that links give it. */
static void look_at_instances(struct gather *g, const char *name)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(freep)
		char *pattern = xasprintf("%s/*.*/%.*s*" END, unit_directories[i],
					  (int)(strlen(name) - strlen(END)), name);
		CLEANUP(strv_clear) struct strv links = {0};

		observe_glob(g->root, pattern, &links);
		for (size_t k = 0; k < links.count; k++)
			look_at(g, path_name(links.items[k]));
	}
}

static void find_on_disk(struct gather *g)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		observe_children(g->root, unit_directories[i], &names, NULL);
		for (size_t k = 0; k < names.count; k++)
			if (ends_with(names.items[k], "@" END))
				look_at_instances(g, names.items[k]);
			else if (ends_with(names.items[k], END))
				look_at(g, names.items[k]);
	}
}

/* Whatever is generated, or was made for this boot alone, too. */
static void take_loaded(struct gather *g)
{
	static const char *const keys[] = {"Service/Sockets", NULL};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	if (g->bus && bus_related(g->bus, DOCKER, "TriggeredBy", &names, &err) < 0)
		g->facts->docker.tcp_unknown = xasprintf(
			"which sockets start " DOCKER " could not be asked: %s", error_text(&err));
	named_by_docker(g, keys, &names);
	for (size_t i = 0; i < names.count; i++)
		if (ends_with(names.items[i], END) && !facts_unit(g->facts, names.items[i]))
			add(g, names.items[i]);
}

void gather_api_units(struct gather *g)
{
	const struct unit_facts *docker = facts_unit(g->facts, DOCKER);

	if (!docker || !docker->exists)
		return;
	take_loaded(g);
	find_on_disk(g);
}
