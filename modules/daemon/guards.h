#pragma once

/*
 * What a daemon setting would break on this host: containers that would lose each other,
 * images that would vanish from view, a dockerd that would not start. Lines for the delta's
 * holds, or its refusal.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"

/* `value` is the JSON text that `key` is going to have; NULL: taken away. */
void docker_guards(const struct view *v, const char *key, const char *value, struct delta *delta);

/* guards-start.c: what dockerd would not start with. docker_guards() asks it too. */
void docker_guards_start(const struct view *v, const char *key, const char *value,
			 struct delta *delta);

/*
 * Why no container starts with a value that dockerd took at its start, and looks at again for each
 * container (a log driver that it does not have): the caller frees it. NULL: nothing is known to.
 */
char *docker_guards_dead(const struct view *v, const char *key, const char *value);

/* guards-log.c: log-driver and log-opts; and whether a plugin is where dockerd looks for one. */
void docker_guards_log(const struct view *v, const char *key, const char *value, struct delta *d);

/* Why no container would start with these log-opts, as JSON: log-values.h. The caller frees it. */
char *docker_log_values(const char *driver, const char *options);
bool docker_plugin_is_there(const struct view *v, const char *name);

/*
 * The containers, where they are known; where not, the change is held back, and the reason says
 * what could not be looked at.
 */
bool docker_guards_look(const struct docker_facts *docker, struct containers *ret, struct delta *d);

/* Whether docker0 is among its networks, or will be. */
bool docker_on_default_bridge(const struct container *c);

/* guards-published.c: which containers of docker0 would be reached at that address alone from their next start on. */
void docker_guards_ip(const struct view *v, const char *value, struct delta *d);

/*
 * Judges what default-network-opts does not reach: networks that somebody made, whose containers publish
 * without an address. Of another key nothing.
 */
void docker_guards_networks_of_before(const struct view *v, const char *key, struct delta *d);

/*
 * guards-start.c: why a slice of systemd's would be no slice to dockerd (another driver of control groups), for
 * the running one, where that is known, and the next; NULL: it would. The caller frees it.
 */
char *docker_guards_no_slice(const struct view *v, const char *value);

/* guards-network.c: what engines from `since` on cannot do without bridge netfilter. */
void docker_guards_bridge(const struct docker_facts *docker, const char *since, struct delta *d);

/* Who no longer reaches a published port, where one of those that forward it goes. */
void docker_guards_ip6tables(const struct view *v, const char *value, struct delta *d);
void docker_guards_iptables(const struct view *v, const char *value, struct delta *d);
void docker_guards_userland_proxy(const struct view *v, const char *value, struct delta *d);

/* guards-endpoint.c: ports that dockerd could not listen on, and where containers' logs go. */
void docker_guards_metrics(const struct view *v, const char *value, struct delta *d);
void docker_guards_tcp_hosts(const struct view *v, const char *value, struct delta *d);

/* guards-endpoint.c: whom of the clients of the API over TCP it would refuse. */
void docker_guards_tls(const struct view *v, const char *value, struct delta *d);

/* A log driver with its log-opts, as JSON (NULL: none). */
struct log_choice {
	const char *driver, *options;
};

/* Only what is not so already counts. */
void docker_guards_log_endpoint(const struct view *v, const struct log_choice *was,
				const struct log_choice *is, struct delta *d);

/* guards-shutdown.c: whose end at a shutdown of the host is another with live-restore, as a warning. */
void docker_guards_shutdown(const struct docker_facts *docker, struct delta *d);

/* guards-userns.c: what would vanish from view, or live on where nobody sees it. */
void docker_guards_userns(const struct view *v, const char *value, struct delta *d);

/*
 * guards-mapped.c: what of the host's files containers could not read or write with users mapped; once the account is
 * among the delta's edits, where the plan makes it.
 */
void docker_guards_mapped(const struct view *v, const char *value, struct delta *d);

/* Likewise of every other key that has dockerd look elsewhere; who runs only with live-restore on. */
void docker_guards_elsewhere(const struct view *v, const char *key, const char *value,
			     struct delta *d);

/* guards-limits.c: resource limits that no container could be given. */
void docker_guards_ulimits(const struct view *v, const char *value, struct delta *d);
