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

/*
 * GET path ("/info"); the body into ret. 0 on 200; -ENOENT on 404, -EIO on other codes, -ETIMEDOUT;
 * the socket's own errno (-ENOENT, -EACCES, -ECONNREFUSED) when it cannot be connected to.
 */
int engine_api_get(struct engine_api *api, const char *path, struct buf *ret_body,
		   struct error *err);
