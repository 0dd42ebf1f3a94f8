#pragma once

/*
 * The Docker Engine API over its unix socket, by libcurl (bound at the first use). GET only:
 * this wrapper knows no other method. One connection is kept for all requests of a client.
 * Replies are bounded (64 MiB) and so is the time. The environment (proxies, .netrc) has no
 * say. Host, read side.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"

#define ENGINE_API_SOCKET "/run/docker.sock"

struct engine_api;

int engine_api_open(struct engine_api **ret, const char *socket_path, struct error *err);
void engine_api_free(struct engine_api *api);
DEFINE_CLEANUP(struct engine_api *, engine_api_free)

/* A request may take 20 s; until dockerd has answered one, only as long as this from now on. */
void engine_api_hurry(struct engine_api *api, int first_ms);

/*
 * `may` is asked before each connection is made; where it says no (negative, with the reason) there is
 * none, and the request fails so. systemd starts a dockerd that is down for whoever connects.
 */
void engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err),
		      void *data);

/*
 * GET path ("/info"); the body into ret. 0 on 200; -ENOENT on 404, -EIO on other codes, -ETIMEDOUT;
 * the socket's own errno (-ENOENT, -EACCES, -ECONNREFUSED) when it cannot be connected to.
 */
int engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
		   struct error *err);

#define ENGINE_API_AT_ONCE 8

/*
 * Many requests: `path` gives that of number `index` (the caller of it frees it), `answer` gets
 * the body, or why there is none. Answers come in any order, each exactly once; the body is
 * gone after the call.
 */
struct engine_api_batch {
	size_t count;
	char *(*path)(void *data, size_t index);
	void (*answer)(void *data, size_t index, const struct buf *body, const struct error *err);
	void *data;
};

/*
 * Carries a batch out, ENGINE_API_AT_ONCE requests at a time, each on a connection that is
 * kept. Errors of single requests go to `answer`; a negative return means that libcurl failed
 * as a whole, and that requests which were not begun have no answer.
 */
int engine_api_get_many(struct engine_api *api, const struct engine_api_batch *batch,
			struct error *err);
