#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"
#include "engine/host/read/proc.h"

/* Which processes wait on this host's dockerd. */

void client_clear(struct client *c)
{
	free(c->unit);
	strv_clear(&c->args);
	client_command_clear(&c->command);
}

const char *environment_value(const struct strv *environment, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < environment->count && !value; i++)
		value = skip_key(environment->items[i], name, '=');
	return value;
}

/* The project of the containers that were made from there; NULL: there are none, or of several. */
static char *project_of_places(const struct gather *g, const struct strv *places)
{
	const struct container_list *l = &g->facts->docker.containers;
	const char *found = NULL;

	for (size_t i = 0; i < l->nseen; i++) {
		const char *tenant = l->seen[i].tenant;

		if (!tenant || !restart_is_composed(&l->seen[i], places))
			continue;
		if (found && strcmp(found, tenant) != 0)
			return NULL;
		found = tenant;
	}
	return xstrdup_null(found);
}

/* Without a name a project is called as the directory it stands in, in small letters. */
static char *project_of_directory(const char *path)
{
	CLEANUP(buf_clear) struct buf name = {0};

	for (const char *p = path_name(path); *p; p++)
		if (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
			buf_printf(&name, "%c", tolower((unsigned char)*p));
	return xstrdup(buf_str(&name));
}

/*
 * A project that nothing names. Where its files are elsewhere, one of them may name it, which is not read:
 * it is known by the containers that were made from them, or not at all.
 */
static char *project_of_client(const struct gather *g, const struct client *c,
			       const struct strv *environment)
{
	const char *files = environment_value(environment, "COMPOSE_FILE");
	CLEANUP(strv_clear) struct strv given = {0}, places = {0};
	CLEANUP(freep) char *directory = NULL, *project = NULL;

	if (proc_directory(c->pid, &directory, NULL) < 0)
		return NULL;
	strv_add_all(&given, &c->command.places);
	if (given.count == 0 && files)
		strv_split(&given, files, ":");
	for (size_t i = 0; i < given.count; i++) {
		CLEANUP(freep) char *place = path_from(directory, given.items[i]);

		strv_add(&places, place);
	}
	if (given.count == 0)
		strv_add(&places, directory);
	project = project_of_places(g, &places);
	return project || given.count > 0 ? TAKE_PTR(project) : project_of_directory(directory);
}

/* The id of a container is in the name of its group; of one within another the outer's comes first. */
struct container *process_container(const struct gather *g, pid_t pid)
{
	struct container_list *l = &g->facts->docker.containers;
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cgroup", (int)pid);
	CLEANUP(buf_clear) struct buf groups = {0};

	proc_read(path, &groups, NULL);
	for (size_t i = 0; i < l->nseen; i++)
		if (l->seen[i].running && l->seen[i].id &&
		    (l->seen[i].pid == pid || strstr(buf_str(&groups), l->seen[i].id)))
			return &l->seen[i];
	return NULL;
}

const char *client_doubt(const struct client *c)
{
	return c->whose == WHOSE_UNKNOWN ? "; whether it is this dockerd that it asks is not known"
	       : c->whose == WHOSE_PROXIED
		       ? "; it asks another dockerd through docker-proxy, which ends with this one"
		       : "";
}

bool client_read(struct gather *g, const struct process *p, bool contained, struct client *ret)
{
	CLEANUP(strv_clear) struct strv environment = {0};
	struct client_command *command = &ret->command;

	ret->pid = p->pid;
	if (!is_client_program(p->name) || proc_cmdline(p->pid, &ret->args, NULL) < 0 ||
	    !client_command_parse(&ret->args, command))
		return false;
	proc_environment(p->pid, &environment, NULL);
	if (!command->host)
		command->host = xstrdup_null(environment_value(&environment, "DOCKER_HOST"));
	if (!command->project)
		command->project =
			xstrdup_null(environment_value(&environment, "COMPOSE_PROJECT_NAME"));
	if (!command->project && strstr(command->verb, " compose "))
		command->project = project_of_client(g, ret, &environment);
	ret->unit = proc_unit(p->pid);
	ret->container = process_container(g, p->pid);
	ret->contained = contained || ret->container;
	ret->whose = client_whose(g, ret, &environment);
	return ret->whose != WHOSE_ANOTHER;
}

void client_takes_containers(struct gather *g, const struct client *c, const char *unit)
{
	struct container_list *l = &g->facts->docker.containers;

	if (c->whose == WHOSE_PROXIED)
		return; /* what it names is another dockerd's */
	restart_takes_client(g, &c->args, unit);
	for (size_t i = 0; c->command.project && l->known && i < l->nseen; i++)
		if (l->seen[i].running && strcmp_null(l->seen[i].tenant, c->command.project) == 0)
			restart_takes(g, &l->seen[i], unit);
}
