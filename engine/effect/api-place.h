#pragma once

/*
 * The places at which the Engine API answered before a change, and who could use them. Plain data and judgement;
 * health-api.c knocks.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/host/ask/knock.h"
#include "engine/model/facts.h"
#include "engine/model/node.h"

/* Who may connect to a unix socket beside root and its owner. */
struct api_grants {
	bool socket; /* there is one */
	bool everyone;
	bool group;
	gid_t gid;
};

struct api_place {
	char *at; /* "10.0.0.2:2375", "/run/docker.sock", "@name" */
	char *end; /* of TCP: "10.0.0.2 2375"; NULL: it is of no network */
	char *own; /* the address, as one of the host's own at which who listens at all of them was tried; NULL: asked for itself */
	char *clients; /* who was connected there before: "10.0.0.9 (2)"; NULL: nobody that is known */
	struct knock knock;
	bool tls; /* it took a handshake */
	struct api_grants grants; /* of a path */
};

void api_place_clear(struct api_place *p);

/* Whether two paths of a socket are one: /var/run is /run. */
bool api_path_is(const char *a, const char *b);

/* What dockerd and systemd, as they are configured by these facts, have the API listen at. */
bool api_place_is_asked(const struct facts *f, const struct api_place *p);

/* By its mode, and its list where it has one. */
struct api_grants api_grants_of(const struct node *socket);

/* What whoever makes the socket anew gives it by these facts; `gid` of -1: of a group that there is not. */
struct api_grants api_grants_asked(const struct facts *f, const char *path,
				   gid_t (*number)(const char *group));

/*
 * Who could connect before and cannot now, though what is asked for has not changed in that: "every account",
 * "the group 998". NULL: nobody. The caller frees it.
 */
char *api_grants_lost(const struct api_grants *before, const struct api_grants *now,
		      const struct api_grants *asked);
