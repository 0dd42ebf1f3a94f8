#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"
#include "engine/facts/sockets.h"
#include "engine/host/read/proc.h"

/*
 * Which dockerd a client asks. It is another one's only where that is proven: by a dockerd that is not
 * docker.service's and has the listening socket itself, or by nobody on this host who could answer. What
 * is not understood is not known, for a proxy may have this dockerd's socket wherever it likes.
 */

#define CLIENT_SOCKET "/var/run/docker.sock"
#define CLIENT_FILES "/.docker"

static bool is_ours(const struct gather *g, const struct stat *there)
{
	const struct docker_facts *d = &g->facts->docker;
	struct stat ours;

	for (size_t i = 0; i < d->api_sockets.count; i++)
		if (d->api_sockets.items[i][0] == '/' &&
		    proc_stat_inside(dockerds_pid(g) > 0 ? dockerds_pid(g) : 1,
				     d->api_sockets.items[i], &ours, NULL) == 0 &&
		    ours.st_dev == there->st_dev && ours.st_ino == there->st_ino)
			return true;
	return false;
}

/*
 * A client that waits though nothing is there has asked something else, or before it
 * was removed; one that has ended meanwhile does not wait.
 */
static enum whose whose_socket(struct gather *g, pid_t pid, const char *path)
{
	CLEANUP(strv_clear) struct strv args = {0};
	struct stat there;

	if (proc_stat_inside(pid, path, &there, NULL) < 0)
		return proc_cmdline(pid, &args, NULL) < 0 ? WHOSE_ANOTHER : WHOSE_UNKNOWN;
	if (is_ours(g, &there))
		return WHOSE_OURS;
	return holders_are_other_dockerds(g, socket_file_inodes(g, pid, path)) ? WHOSE_ANOTHER
									       : WHOSE_UNKNOWN;
}

/* A context of the user's may say it, where nothing else does: it is not looked for which one is in use. */
static bool has_contexts(const struct client *c, const struct strv *environment)
{
	const char *home = environment_value(environment, "HOME"), *directory = c->command.config;
	CLEANUP(freep) char *path = NULL;
	struct stat st;

	if (!directory)
		directory = environment_value(environment, "DOCKER_CONFIG");
	path = directory ? xasprintf("%s/contexts", directory)
			 : xasprintf("%s" CLIENT_FILES "/contexts", home ? home : "/root");
	return *path != '/' || proc_stat_inside(c->pid, path, &st, NULL) == 0;
}

/* By ssh this host is asked by a client of its own, which passes on what comes. */
static bool serves_ssh(const struct processes *all)
{
	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(strv_clear) struct strv args = {0};

		if (is_client_program(all->items[i].name) &&
		    proc_cmdline(all->items[i].pid, &args, NULL) == 0 &&
		    strv_contains(&args, "dial-stdio"))
			return true;
	}
	return false;
}

static enum whose whose_url(struct gather *g, const struct client *c, const char *host)
{
	CLEANUP(url_host_clear) struct url_host u = {0};

	url_host_parse(host, &u);
	if (!u.scheme || strcmp(u.scheme, "tcp") == 0)
		return client_whose_address(g, c, &u);
	if (strcmp(u.scheme, "ssh") == 0 && !serves_ssh(&g->processes) &&
	    !serves_ssh(&g->contained))
		return WHOSE_ANOTHER;
	return WHOSE_UNKNOWN;
}

enum whose client_whose(struct gather *g, const struct client *c, const struct strv *environment)
{
	const char *host = c->command.host ? c->command.host : "";
	const char *path = skip_prefix(host, "unix://");
	const char *context = c->command.context;
	enum whose whose;

	if (!context && !*host)
		context = environment_value(environment, "DOCKER_CONTEXT");
	if (c->command.unclear || (context && *context && strcmp(context, "default") != 0))
		return WHOSE_UNKNOWN;
	if (*host && !path)
		return whose_url(g, c, host);
	if (!c->contained && !*host)
		return WHOSE_OURS; /* as far as it matters: it holds, as what is not known does */
	whose = whose_socket(g, c->pid, path && *path ? path : CLIENT_SOCKET);
	return whose == WHOSE_ANOTHER && !*host && has_contexts(c, environment) ? WHOSE_UNKNOWN
										: whose;
}
