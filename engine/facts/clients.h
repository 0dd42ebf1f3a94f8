#pragma once

/*
 * Processes that are clients of docker.service's dockerd and wait on an answer, on the host and in
 * containers. Only clients.c, client-*.c and facts-*.c include this.
 */

#include "engine/facts/parts.h"
#include "engine/format/client-command.h"
#include "engine/format/url-host.h"

/* Whose dockerd a client asks. */
enum whose {
	WHOSE_OURS,
	WHOSE_ANOTHER, /* that is proven */
	WHOSE_PROXIED, /* another's, through a process that this dockerd has started */
	WHOSE_UNKNOWN,
};

struct client {
	pid_t pid;
	char *unit; /* NULL: in none */
	struct container *container; /* that it runs in; NULL: none that dockerd tells of */
	bool contained; /* it runs in one, or in something like it */
	enum whose whose;
	struct strv args;
	struct client_command command;
};

/* client-process.c: false where the process is none. */
bool client_read(struct gather *g, const struct process *p, bool contained, struct client *ret);
void client_clear(struct client *c);

/* What is said behind all that is said of it: "" where it surely asks this dockerd. */
const char *client_doubt(const struct client *c);

/*
 * client-outcome.c: what may become of the containers that its words name, ", and web may stay down";
 * "" where they run on without it. Measured with 26.1.5 and 28.5.2: what `docker restart` has asked to end
 * ends while dockerd is away, and nobody starts it again, its restart policy or not.
 */
char *client_outcome(const struct gather *g, const struct client *c);

/* Whether no container changes by what it asks for. */
bool client_leaves_apart(const struct client *c);

/* Of "NAME=value"; NULL: none has that name. */
const char *environment_value(const struct strv *environment, const char *name);

/* client-whose.c */
enum whose client_whose(struct gather *g, const struct client *c, const struct strv *environment);

/* client-address.c: who may answer at an address of TCP. */
enum whose client_whose_address(struct gather *g, const struct client *c, const struct url_host *u);

/* clients.c: whether dockerd as it runs has proxies for published ports, and leads there by its filter. */
bool docker_has_proxies(const struct docker_facts *d);
bool docker_has_filter(const struct docker_facts *d);

/*
 * client-anew.c: why systemd may not start the unit anew, whatever its Restart= says; NULL: it does. The
 * caller frees it.
 */
char *unit_stays_down(const struct gather *g, const char *unit, bool on_failure);

/* The containers that it makes or ends by its command line go with `unit`, and those of its project. */
void client_takes_containers(struct gather *g, const struct client *c, const char *unit);

/* client-units.c: one that runs in a unit of systemd's, which ends or goes on. */
bool client_is_in_service(const struct facts *f, const struct client *c);
void client_take_unit(struct gather *g, const struct client *c);

/* client-containers.c: one that runs in a container. */
void client_take_contained(struct gather *g, const struct client *c);
