#pragma once

/*
 * A host that a restart of dockerd is looked at on: what systemd and /proc say is played, the rest is
 * engine/facts/. The test that uses it has to wrap those calls (facts_restart_wraps in meson.build).
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

#define UNASKED "?"

/* What systemd is played to say; NULL: nothing, UNASKED: it cannot be asked. */
struct played {
	const char *dependents, *socket_dependents;
	const char *start, *stop; /* commands of each dependent */
	const char *stop_post, *start_pre;
	const char *directory; /* where each dependent stands */
	const char *script; /* what each file has */
	const char *docker_stop, *docker_stop_post;
	const char *kill_mode; /* NULL: process */
	bool no_reload, reload_unknown;
	pid_t within; /* the process that is in docker.service's group */
	const char *shims; /* the containers whose shims are there, too */
	const char *client; /* the unit of process 300, whose name is `client_name` */
	const char *client_name, *client_args;
	const char *client_environment, *client_directory;
	bool client_in_container;
	const char *group; /* the client's; NULL: of no container */
	/* there; another is process 200's, which is called `parent` */
	enum { SOCKET_NONE, SOCKET_OURS, SOCKET_ANOTHER, SOCKET_UNREAD } socket;
	bool contexts; /* the client's user has some */
	bool other_network; /* the client has one of its own */
	/* where process 200, which is called `parent`, listens at port 2375 */
	enum { LISTENS_NOWHERE, LISTENS_ON_HOST, LISTENS_IN_DB, LISTENS_AT_CLIENT } listens;
	bool db_has_hosts_numbers; /* --pid host */
	const char *others_args; /* of every other process; NULL: "sleep 9" */
	const char *restart; /* Restart= of the client's unit; NULL: always */
	bool no_proxies; /* that is known: none runs */
	bool no_socket_unit;
	/* systemd names `related` of the client's unit by that property; NULL: none */
	const char *relation, *related;
	const char *further; /* what that wants; NULL: nothing */
	const char *related_start; /* its ExecStart= */
	bool related_up, related_masked;
	const char *condition; /* of the client's unit; NULL: none */
	const char *unit_file; /* of the client's unit; NULL: none is read */
	pid_t main; /* of the client's unit; 0: none is known */
	const char *parent; /* the name of process 200, which started the client; NULL: 1 did */
	const char *grandparent; /* of process 100, which started 200 */
	const char *docker_reload, *docker_start_post;
	size_t execs; /* sessions in the container db */
	const char *names, *socket_names; /* of docker.service and docker.socket; NULL: no others */
};

extern struct played played;

/* With two containers that run and one that does not; docker.service is in that state. */
void host_fill(struct facts *f, const char *active);

/* What a restart would do, and whom it cuts off. */
void host_gather(struct facts *f);
