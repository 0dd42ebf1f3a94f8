#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/client-command.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/proc.h"

/*
 * Whom the restart of dockerd cuts off: its clients that wait for an answer, and what they run in
 * containers. A unit whose process is such a client ends by that, and systemd does with it what it
 * does with a service that ended: its commands for the stop remove the container, and its start
 * makes it anew. Measured with 20.10.24 and 28.5.2: the client of a container that lives on ends
 * with 125, "unexpected EOF".
 */

/* A client that runs on this host. */
struct client {
	pid_t pid;
	char *unit; /* NULL: in none */
	struct strv args;
	struct client_command command;
};

static void client_clear(struct client *c)
{
	free(c->unit);
	strv_clear(&c->args);
	client_command_clear(&c->command);
}

static const char *variable_of(const struct strv *environment, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->items[i], name, n) == 0 && environment->items[i][n] == '=')
			return environment->items[i] + n + 1;
	return NULL;
}

/* Without a name a project is called as the folder it stands in, in small letters. */
static char *project_of_folder(pid_t pid)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(buf_clear) struct buf name = {0};

	if (proc_directory(pid, &path, NULL) < 0)
		return NULL;
	for (const char *p = strrchr(path, '/'); p && *p; p++)
		if (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
			buf_printf(&name, "%c", tolower((unsigned char)*p));
	return xstrdup(buf_str(&name));
}

/* Whether the process is one that waits on this host's dockerd. */
static bool read_client(const struct process *p, struct client *ret)
{
	CLEANUP(strv_clear) struct strv environment = {0};
	struct client_command *command = &ret->command;

	ret->pid = p->pid;
	if (!is_client_program(p->name) || proc_cmdline(p->pid, &ret->args, NULL) < 0 ||
	    !client_command_parse(&ret->args, command))
		return false;
	proc_environment(p->pid, &environment, NULL);
	if (!command->host)
		command->host = xstrdup_null(variable_of(&environment, "DOCKER_HOST"));
	if (!command->project)
		command->project = xstrdup_null(variable_of(&environment, "COMPOSE_PROJECT_NAME"));
	if (!command->project && strstr(command->verb, " compose "))
		command->project = project_of_folder(p->pid);
	ret->unit = proc_unit(p->pid);
	return !command->host || !client_host_is_elsewhere(command->host);
}

/* Sessions of people are units, too, that systemd does not start again; so is a user's systemd. */
static bool is_in_service(const struct client *c)
{
	const char *dot = c->unit ? strrchr(c->unit, '.') : NULL;

	return dot && strcmp(dot, ".service") == 0 && strcmp(c->unit, "docker.service") != 0 &&
	       strncmp(c->unit, "user@", 5) != 0;
}

/* Its containers: those that its command line names, and those of its project. */
static void take_containers(struct gather *g, const struct client *c)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *text = strv_join(&c->args, " ");
	struct containers all;

	restart_takes_named(g, text, c->unit);
	if (!c->command.project || !containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running &&
		    strcmp_null(all.items[i].tenant, c->command.project) == 0)
			restart_takes(g, &all.items[i], c->unit);
}

static bool is_named(const struct docker_facts *d, const char *unit)
{
	CLEANUP(freep) char *line = xasprintf(GOES_DOWN, unit);

	return strv_contains(&d->restart_brings, line);
}

static const struct process *process_of(const struct gather *g, pid_t pid)
{
	for (size_t i = 0; i < g->processes.count; i++)
		if (g->processes.items[i].pid == pid)
			return &g->processes.items[i];
	return NULL;
}

static bool is_shell(const char *name)
{
	static const char *const shells[] = {"sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"};

	for (size_t i = 0; name && i < ARRAY_SIZE(shells); i++)
		if (strcmp(name, shells[i]) == 0)
			return true;
	return false;
}

enum share { SHARE_WHOLE, SHARE_SCRIPT, SHARE_PART };

/*
 * What the client is to its unit: a unit ends with its main process; a script may end with a command
 * that fails; a server that has others wait (cron, a CI runner) goes on. Not known: the whole.
 */
static enum share share_of(const struct gather *g, const struct client *c)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *u = facts_add_unit(&scratch, c->unit);
	enum share share = SHARE_WHOLE;
	pid_t pid = c->pid;

	if (bus_unit(g->bus, c->unit, u, NULL) < 0 || u->main_pid <= 0)
		return SHARE_WHOLE;
	for (size_t i = 0; pid != u->main_pid && i < g->processes.count; i++) {
		const struct process *p = process_of(g, pid);
		const struct process *parent = p ? process_of(g, p->parent) : NULL;

		if (!parent)
			return SHARE_WHOLE;
		if (is_shell(parent->name))
			share = SHARE_SCRIPT;
		else if (!parent->name || !is_client_program(parent->name))
			return SHARE_PART;
		pid = parent->pid;
	}
	return share;
}

/* Words that may end a container, and programs that may do anything. */
static bool is_risky(const char *word)
{
	static const char *const verbs[] = {"rm",     "stop",    "kill",  "down",
					    "remove", "restart", "prune", "exec"};
	const char *slash = strrchr(word, '/');
	const char *name = slash ? slash + 1 : word;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(word, verbs[i]) == 0)
			return true;
	return word[0] == '/' && !is_shell(name) && !is_client_program(name) &&
	       strcmp(name, "sleep") != 0;
}

/*
 * Whether systemd, ending the unit and starting it anew, ends no container by its commands, as far as
 * these can be read: what a script in a file does is not looked into.
 */
static bool commands_spare(const struct gather *g, const char *unit)
{
	static const char *const properties[] = {"ExecStartPre", "ExecStart", "ExecStop",
						 "ExecStopPost"};
	CLEANUP(strv_clear) struct strv all = {0}, words = {0};
	CLEANUP(freep) char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (bus_commands(g->bus, unit, properties[i], &all, NULL) < 0)
			return false;
	text = strv_join(&all, " ");
	strv_split(&words, text, " \t\n;|&(){}'\"`$");
	for (size_t i = 0; i < words.count; i++)
		if (is_risky(words.items[i]))
			return false;
	return words.count > 0;
}

static void take_unit(struct gather *g, const struct client *c)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *line = NULL;
	enum share share = share_of(g, c);

	if (share == SHARE_PART || (share == SHARE_SCRIPT && commands_spare(g, c->unit))) {
		line = xasprintf("%s has a docker client that waits on dockerd, and is cut off "
				 "('%s'): its container runs on, which what runs the client may "
				 "not expect",
				 c->unit, c->command.verb);
		strv_add_once(&d->restart_brings, line);
		return;
	}
	line = xasprintf("%s has a docker client that waits on dockerd, and ends with it ('%s'): "
			 "systemd ends or starts the unit anew then, and its containers with it",
			 c->unit, c->command.verb);
	if (!is_named(d, c->unit))
		strv_add_once(&d->restart_brings, line);
	take_containers(g, c);
	restart_takes_unit(g, c->unit);
}

static void take_client(struct gather *g, const struct client *c)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *line = NULL;

	if (is_in_service(c)) {
		take_unit(g, c);
		return;
	}
	line = xasprintf(c->command.builds
				 ? "'%s' (pid %d) is under way: the restart of dockerd cuts it off"
				 : "'%s' (pid %d) is cut off by the restart of dockerd",
			 c->command.verb, (int)c->pid);
	strv_add(c->command.builds ? &d->restart_brings : &d->cut_off, line);
}

static void gather_sessions(struct docker_facts *d)
{
	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		if (c->nexecs > 0)
			strv_addf(&d->restart_brings,
				  "the restart of dockerd cuts off what runs in container %s by "
				  "docker exec (%zu %s)",
				  container_label(c), c->nexecs,
				  c->nexecs == 1 ? "session" : "sessions");
	}
}

/* dockerd itself answers for names on networks that somebody made (127.0.0.11 in the container). */
static bool asks_dockerd_for_names(const struct container *c)
{
	static const char *const without[] = {"bridge", "host", "none"};

	for (size_t i = 0; i < c->networks.count; i++) {
		bool made = true;

		for (size_t k = 0; k < ARRAY_SIZE(without); k++)
			made &= strcmp(c->networks.items[i], without[k]) != 0;
		if (made)
			return true;
	}
	return false;
}

/* The proxies of published ports are dockerd's children, and end with it, live-restore or not. */
static bool has_proxies(const struct docker_facts *d)
{
	const struct setting *proxy = settings_find(&d->now, "userland-proxy");

	return !proxy || strcmp_null(proxy->value, "false") != 0;
}

static void gather_connections(struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv named = {0}, published = {0};
	CLEANUP(freep) char *names = NULL, *ports = NULL;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		if (c->running && asks_dockerd_for_names(c))
			strv_add(&named, container_label(c));
		if (c->running && c->ports.count > 0 && has_proxies(d))
			strv_add(&published, container_label(c));
	}
	names = strv_join(&named, ", ");
	ports = strv_join(&published, ", ");
	if (named.count > 0)
		strv_addf(&d->cut_off,
			  "while dockerd restarts no name resolves in %zu %s on user-defined "
			  "networks, which ask dockerd: %s",
			  named.count, named.count == 1 ? "container" : "containers", names);
	if (published.count > 0)
		strv_addf(&d->cut_off,
			  "the restart of dockerd ends docker-proxy, and cuts what is connected "
			  "through it (from this host itself) to ports of %zu %s: %s",
			  published.count, published.count == 1 ? "container" : "containers",
			  ports);
}

static void gather_checks(struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv checked = {0};
	CLEANUP(freep) char *names = NULL;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		if (c->running && c->health && strcmp(c->health, "none") != 0)
			strv_add(&checked, container_label(c));
	}
	names = strv_join(&checked, ", ");
	if (engine_ends_checks(d->version) && checked.count > 0)
		strv_addf(&d->cut_off,
			  "dockerd %s takes up no health check again after its restart: that of "
			  "%zu %s that may run on ends, and its last result stands, until 'docker "
			  "pause' and 'docker unpause', or 'docker restart': %s",
			  d->version, checked.count,
			  checked.count == 1 ? "container" : "containers", names);
}

void gather_clients(struct gather *g)
{
	if (!restart_is_possible(g))
		return;
	gather_sessions(&g->facts->docker);
	gather_connections(&g->facts->docker);
	gather_checks(&g->facts->docker);
	for (size_t i = 0; i < g->processes.count; i++) {
		CLEANUP(client_clear) struct client c = {0};

		if (read_client(&g->processes.items[i], &c))
			take_client(g, &c);
	}
}
