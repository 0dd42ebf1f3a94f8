#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"
#include "engine/format/unit-commands.h"

/*
 * A unit whose process is a client of dockerd's ends by its restart, and systemd does with it what it
 * does with a service that ended: by its Restart= it starts it anew, whose commands may remove the
 * container and make it anew. Measured with 20.10.24 and 28.5.2: the client of a container that lives
 * on ends with 125, "unexpected EOF", and after a failure no ExecStop= is run.
 */

/* Sessions of people are units, too, that systemd does not start again; so is a user's systemd. */
bool client_is_in_service(const struct facts *f, const struct client *c)
{
	const char *dot = c->unit ? strrchr(c->unit, '.') : NULL;

	return dot && strcmp(dot, ".service") == 0 &&
	       !facts_is_unit(f, "docker.service", c->unit) && !starts_with(c->unit, "user@");
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

	return name && is_among(name, shells, ARRAY_SIZE(shells));
}

enum share { SHARE_UNKNOWN, SHARE_WHOLE, SHARE_SCRIPT, SHARE_PART };

/* Servers that have others wait, and go on without them. */
static bool goes_on(const char *name)
{
	static const char *const servers[] = {
		"anacron",         "atd",         "cron",        "crond",    "fcron",
		"gitlab-runner",   "inetd",       "monit",       "runsvdir", "s6-svscan",
		"Runner.Listener", "supercronic", "supervisord", "xinetd",
	};

	return name && is_among(name, servers, ARRAY_SIZE(servers));
}

/*
 * What the client is to its unit: a unit ends with its main process; a script may end with a command
 * that fails; a server goes on. What is not known counts as the whole, and so does a wrapper (flock,
 * timeout, sudo), which ends as the client does.
 */
static enum share share_of(const struct gather *g, const struct client *c)
{
	CLEANUP(facts_clear) struct facts scratch = {0};
	struct unit_facts *u = facts_add_unit(&scratch, c->unit);
	enum share share = SHARE_WHOLE;
	pid_t pid = c->pid;

	if (bus_unit(g->bus, c->unit, u, NULL) < 0 || u->main_pid <= 0)
		return SHARE_UNKNOWN;
	for (size_t i = 0; pid != u->main_pid && i < g->processes.count; i++) {
		const struct process *p = process_of(g, pid);
		const struct process *parent = p ? process_of(g, p->parent) : NULL;

		if (!parent)
			return SHARE_UNKNOWN;
		if (goes_on(parent->name))
			return SHARE_PART;
		if (is_shell(parent->name))
			share = SHARE_SCRIPT;
		pid = parent->pid;
	}
	return share;
}

/* Words that may end a container, and programs that may do anything. */
static bool is_risky(const char *word)
{
	static const char *const verbs[] = {"rm",     "stop",    "kill",  "down",
					    "remove", "restart", "prune", "exec"};
	const char *name = path_name(word);

	if (is_among(word, verbs, ARRAY_SIZE(verbs)))
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

/* The unit's commands end, make or start no container, and all of them can be read. */
static bool commands_only_read(const struct gather *g, const char *unit)
{
	static const char *const properties[] = {"ExecStartPre", "ExecStart", "ExecStartPost",
						 "ExecStop", "ExecStopPost"};
	CLEANUP(unit_commands_clear) struct unit_commands all = {0};

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		if (bus_commands(g->bus, unit, properties[i], &words, NULL) < 0)
			return false;
		unit_commands_take(&words, NULL, &all);
	}
	return !all.names.count && !all.projects.count && !all.unclear.count && !all.composes;
}

/*
 * Why systemd may not start a unit again whose reader lost dockerd; NULL: it does. Measured: "stats"
 * ends with 0, the others with 1, and a loop of a shell behind a pipe with 0; while dockerd restarts
 * docker.socket keeps its clients waiting, and without it they fail until systemd gives the unit up.
 */
static char *why_not_anew(const struct gather *g, const struct client *c, enum share share)
{
	const struct unit_facts *socket = facts_unit(g->facts, "docker.socket");
	bool fails = share == SHARE_WHOLE && !ends_with(c->command.verb, " stats");
	CLEANUP(freep) char *restart = NULL;

	if (share == SHARE_UNKNOWN)
		return xstrdup("its main process is not known");
	if (bus_service_text(g->bus, c->unit, "Restart", &restart, NULL) < 0)
		return xstrdup("its Restart= is not known");
	if (strcmp(restart, "always") != 0 && !(fails && strcmp(restart, "on-failure") == 0))
		return xasprintf("Restart=%s", restart);
	if (!socket || !unit_is_up(socket->active))
		return xstrdup("without docker.socket nobody listens while dockerd restarts");
	return unit_stays_down(g, c->unit, strcmp(restart, "always") != 0);
}

/* A unit that systemd stops, starts or starts anew when it does that with `unit`. */
static void take_with(struct gather *g, const char *unit, const char *name, struct strv *ret)
{
	if (strcmp(unit, name) == 0 || strv_contains(ret, name))
		return;
	strv_add(ret, name);
	restart_takes_down(g, name);
	restart_takes_unit(g, name);
}

/* Those that one asks for and that do not run; ret_started gets them, too, for what they ask for. */
static int take_asked(struct gather *g, const char *unit, const char *by, struct strv *ret_started,
		      struct strv *ret, struct error *err)
{
	static const char *const asks[] = {"Requires", "BindsTo", "Wants", "Upholds", "Triggers"};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(asks); i++)
		r = bus_related(g->bus, by, asks[i], &names, err);
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(facts_clear) struct facts scratch = {0};
		struct unit_facts *u = facts_add_unit(&scratch, names.items[i]);

		r = bus_unit(g->bus, names.items[i], u, err);
		if (r < 0 || !u->loaded || unit_is_up(u->active))
			continue;
		strv_add_once(ret_started, names.items[i]);
		if (!unit_does_nothing(names.items[i]))
			take_with(g, unit, names.items[i], ret);
	}
	return r;
}

/* Its start by Restart= starts these, too (257), of whatever type, and they others in their turn. */
static int take_started(struct gather *g, const char *unit, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv started = {0};
	int r = 0;

	strv_add(&started, unit);
	for (size_t i = 0; r >= 0 && i < started.count; i++) {
		CLEANUP(freep) char *by = xstrdup(started.items[i]); /* the list grows */

		r = take_asked(g, unit, by, &started, ret, err);
	}
	return r;
}

/* What its end starts, but for what is masked. */
static int take_ends(struct gather *g, const char *unit, const char *property, struct strv *ret,
		     struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = bus_related(g->bus, unit, property, &names, err);

	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(facts_clear) struct facts scratch = {0};
		struct unit_facts *u = facts_add_unit(&scratch, names.items[i]);

		r = bus_unit(g->bus, names.items[i], u, err);
		if (r >= 0 && u->loaded)
			take_with(g, unit, names.items[i], ret);
	}
	return r;
}

/*
 * What else systemd does when the unit ends and comes again. Measured with 257: units bound to it and
 * part of it are stopped, and OnFailure= is started, though Restart= starts the unit anew.
 */
static int take_all_with(struct gather *g, const char *unit, struct strv *ret, struct error *err)
{
	static const char *const ends[] = {"OnFailure", "OnSuccess"};
	CLEANUP(strv_clear) struct strv names = {0};
	int r = bus_dependents(g->bus, unit, &names, err);

	for (size_t i = 0; i < names.count; i++)
		take_with(g, unit, names.items[i], ret);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(ends); i++)
		r = take_ends(g, unit, ends[i], ret, err);
	return r < 0 ? r : take_started(g, unit, ret, err);
}

/* Why more ends, starts or is done than the unit itself; NULL: nothing does. */
static char *why_not_alone(struct gather *g, const char *unit)
{
	static const char *const actions[] = {"Unit/FailureAction", "Unit/SuccessAction",
					      "Unit/StartLimitAction", "Service/FailureAction"};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv with = {0}, found = {0};
	CLEANUP(facts_clear) struct facts scratch = {0};
	CLEANUP(freep) char *all = NULL;
	struct unit_facts *u = facts_add_unit(&scratch, unit);

	if (take_all_with(g, unit, &with, &err) < 0 || bus_unit(g->bus, unit, u, &err) < 0)
		return xasprintf("what systemd does with other units then could not be asked: %s",
				 error_text(&err));
	all = strv_join(&with, ", ");
	if (with.count > 0)
		return xasprintf("systemd stops or starts others with it: %s", all);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		unit_assignments(g, u, actions[i], &found);
	return found.count > 0 ? xstrdup("it has an action of its own for its end "
					 "(FailureAction=, SuccessAction=, StartLimitAction=)")
			       : NULL;
}

/* One that makes, stops and removes nothing: what ends is what its unit is there for. */
static void take_reader(struct gather *g, const struct client *c, enum share share)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep)
	char *line = xasprintf("%s has a docker client that waits on dockerd, and "
			       "ends with it ('%s')%s",
			       c->unit, c->command.verb, client_doubt(c));
	CLEANUP(freep) char *why = why_not_anew(g, c, share);
	CLEANUP(freep) char *more = why_not_alone(g, c->unit);

	restart_takes_down(g, c->unit);
	restart_takes_unit(g, c->unit);
	if (!commands_only_read(g, c->unit))
		strv_addf(&d->restart_brings, "%s: what its commands do then may end containers",
			  line);
	else if (more)
		strv_addf(&d->restart_brings, "%s: %s", line, more);
	else if (why)
		strv_addf(&d->restart_brings, "%s: systemd may not start the unit again: %s", line,
			  why);
	else
		strv_addf(&d->cut_off, "%s: systemd starts the unit anew then", line);
}

/* It runs on, and so does the container of a client that is attached to it. */
static void take_part(struct gather *g, const struct client *c)
{
	CLEANUP(freep) char *outcome = client_outcome(g, c), *line = NULL;
	bool attached =
		ends_with(c->command.verb, " run") || (client_leaves_apart(c) && !c->command.reads);

	line = xasprintf("%s has a docker client that waits on dockerd, and is cut off ('%s')%s: "
			 "%swhat runs "
			 "the client may not expect that%s",
			 c->unit, c->command.verb, attached ? "" : outcome,
			 attached ? "its container runs on, and " : "", client_doubt(c));
	strv_add_once(&g->facts->docker.restart_brings, line);
}

void client_take_unit(struct gather *g, const struct client *c)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *line = NULL, *more = NULL, *outcome = client_outcome(g, c);
	enum share share = share_of(g, c);

	if (share == SHARE_PART ||
	    (share == SHARE_SCRIPT && !c->command.reads && commands_spare(g, c->unit))) {
		take_part(g, c);
		return;
	}
	if (c->command.reads) {
		if (!is_named(d, c->unit))
			take_reader(g, c, share);
		return;
	}
	line = xasprintf("%s has a docker client that waits on dockerd, and ends with it ('%s')%s: "
			 "systemd ends the unit or starts it anew then, and its containers may end "
			 "with that%s",
			 c->unit, c->command.verb, outcome, client_doubt(c));
	if (!is_named(d, c->unit))
		strv_add_once(&d->restart_brings, line);
	restart_takes_down(g, c->unit);
	client_takes_containers(g, c, c->unit);
	restart_takes_unit(g, c->unit);
	more = why_not_alone(g, c->unit);
	if (more)
		strv_addf(&d->restart_brings, "%s ends or starts anew: %s", c->unit, more);
}
