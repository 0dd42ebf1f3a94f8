#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/command-line.h"
#include "engine/format/unit-specifiers.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * Who passes on to the API's socket what comes from elsewhere: no setting of dockerd's tells of him, and what he
 * lets in is root here. systemd-socket-proxyd is told by its units, before it runs as well, and does nothing but
 * that. Of other programs that may, a process with the socket among its words is named; what it does with it, and
 * whatever hides in a configuration, is not known.
 */

#define PROXYD "systemd-socket-proxyd"
#define END ".socket"

static bool is_api_socket(const struct strv *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++)
		if (strcmp(path_without_var(paths->items[i]), path_without_var(path)) == 0)
			return true;
	return false;
}

/* "/usr/lib/systemd/systemd-socket-proxyd --exit-idle-time=5min /run/docker.sock" */
static bool passes_on(const char *line, const struct strv *paths)
{
	CLEANUP(strv_clear) struct strv words = {0};
	size_t program = 0;

	if (command_line_split(line, &words, NULL) < 0)
		return false;
	while (program < words.count && strcmp(path_name(words.items[program]), PROXYD) != 0)
		program++; /* behind signs of systemd's, or a wrapper */
	for (size_t i = program + 1; i < words.count; i++)
		if (is_api_socket(paths, words.items[i]))
			return true;
	return false;
}

/* Without Service= it is the service of its own name. */
static char *service_of(const struct gather *g, const struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv services = {0};

	unit_assignments(g, u, "Socket/Service", &services);
	return services.count > 0
		       ? unit_specifiers_put(services.items[services.count - 1], u->name)
		       : xasprintf("%.*s.service", (int)(strlen(u->name) - strlen(END)), u->name);
}

/* Its service, where that passes on to one of these; NULL: it does not. The caller frees it. */
static char *passing_service(const struct gather *g, const struct unit_facts *u,
			     const struct strv *paths)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *name = service_of(g, u);
	struct unit_facts *service = name ? facts_add_unit(&scratch, name) : NULL;

	if (!service)
		return NULL;
	unit_on_disk(g, service);
	unit_assignments(g, service, "Service/ExecStart", &lines);
	for (size_t i = 0; i < lines.count; i++)
		if (passes_on(lines.items[i], paths))
			return TAKE_PTR(name);
	return NULL;
}

/* Now, or from the next boot on. */
static bool listens(const struct gather *g, const char *name)
{
	CLEANUP(freep) char *active = NULL;

	return (g->bus && bus_active_state(g->bus, name, &active, NULL) >= 0 &&
		unit_is_up(active)) ||
	       unit_is_wanted(g, name) || (g->bus && unit_is_needed(g, name));
}

static void look_at(struct gather *g, const char *name, const struct strv *paths,
		    struct strv *ret_services)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	CLEANUP(strv_clear) struct strv streams = {0};
	struct docker_facts *d = &g->facts->docker;
	struct unit_facts *u = facts_add_unit(&scratch, name);
	CLEANUP(freep) char *service = NULL;

	unit_on_disk(g, u); /* a stronger directory's goes before */
	service = u->exists ? passing_service(g, u, paths) : NULL;
	if (!service || !listens(g, name))
		return;
	strv_add_once(ret_services, service);
	unit_streams(g, u, &streams, NULL);
	for (size_t i = 0; i < streams.count; i++) {
		CLEANUP(freep) char *text = xasprintf("%s by %s", streams.items[i], name);

		strv_add_once(&d->tcp_passed_on, text);
	}
	if (streams.count == 0) {
		CLEANUP(freep) char *text = xasprintf("%s (" PROXYD ")", name);

		strv_add_once(&d->api_passed_on, text);
	}
}

static void find_units(struct gather *g, const struct strv *paths, struct strv *ret_services)
{
	CLEANUP(strv_clear) struct strv seen = {0};

	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		observe_children(g->root, unit_directories[i], &names, NULL);
		for (size_t k = 0; k < names.count; k++)
			if (ends_with(names.items[k], END) && !strchr(names.items[k], '@'))
				strv_add_once(&seen, names.items[k]);
	}
	for (size_t i = 0; i < seen.count; i++)
		look_at(g, seen.items[i], paths, ret_services);
}

/* The kernel keeps the first 15 bytes of a name. */
static bool may_pass_on(const char *program)
{
	static const char *const such[] = {"systemd-socket-", "socat", "ncat",   "nc",
					   "nc.openbsd",      "ssh",   "autossh"};

	return program && is_among(program, such, ARRAY_SIZE(such));
}

/* "UNIX-CONNECT:/run/docker.sock,fork", "2375:/var/run/docker.sock" */
static bool has_api_socket(const char *word, const struct strv *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		const char *path = path_without_var(paths->items[i]);
		CLEANUP(freep) char *var = xasprintf("/var%s", path);

		if (str_has_word(word, path, "-_.") || str_has_word(word, var, "-_."))
			return true;
	}
	return false;
}

static void look_at_process(struct gather *g, const struct process *p, const struct strv *paths,
			    const struct strv *services)
{
	CLEANUP(strv_clear) struct strv args = {0};
	CLEANUP(freep) char *unit = NULL;
	bool has = false;

	if (!may_pass_on(p->name) || proc_cmdline(p->pid, &args, NULL) < 0)
		return;
	for (size_t i = 1; i < args.count; i++)
		has |= has_api_socket(args.items[i], paths);
	unit = has ? proc_unit(p->pid) : NULL;
	if (has && !(unit && strv_contains(services, unit)))
		strv_addf(&g->facts->docker.api_passed_on, "%s (pid %d)", path_name(args.items[0]),
			  (int)p->pid);
}

static void tell_restart(struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(freep) char *list = NULL;

	strv_add_all(&all, &d->tcp_passed_on);
	strv_add_all(&all, &d->api_passed_on);
	list = strv_join(&all, ", ");
	if (all.count > 0)
		strv_addf(&d->cut_off,
			  "the restart of dockerd ends what others pass on to its API, and which "
			  "clients those have is not known here: %s",
			  list);
}

void gather_api_passed_on(struct gather *g)
{
	CLEANUP(strv_clear) struct strv paths = {0}, services = {0};

	if (g->facts->docker.install == DOCKER_NONE)
		return;
	api_socket_files(g, &paths);
	find_units(g, &paths, &services);
	for (size_t i = 0; !g->facts->offline && i < g->processes.count; i++)
		look_at_process(g, &g->processes.items[i], &paths, &services);
	if (restart_is_possible(g))
		tell_restart(&g->facts->docker);
}
