#pragma once

/*
 * The API's socket in the file system is made anew by whoever listens on it: systemd, for
 * docker.socket, or dockerd itself. That one gives it its group, and a new inode. Read from the
 * facts: what the next start would see.
 */

#include "engine/model/facts.h"
#include "engine/model/handler.h"

/*
 * The group that it is given by name: -G, "group" or SocketGroup=; NULL: nobody said so, and it is
 * the engine's own default. The caller frees it.
 */
char *api_socket_group(const struct facts *f);

/* Where it is, now and as the next start would have it, and by its usual names. */
void api_socket_paths(const struct facts *f, struct strv *ret);

/* Whether `handlers` (HANDLER_BIT()s) make a new one. */
bool api_socket_is_made_anew(const struct facts *f, unsigned handlers);

/*
 * Containers that run with the socket itself mounted, and keep the old one once `handlers`
 * (HANDLER_BIT()s) have made a new one: appended by name. One that has its directory mounted sees
 * the new one. NULL, or why the containers are not known.
 */
const char *api_socket_cut_off(const struct facts *f, unsigned handlers, struct strv *ret);

/* Whether a daemon with this value of "hosts" (JSON text) is where clients look for it by default. */
bool api_socket_stays(const char *hosts);
