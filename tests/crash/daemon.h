#pragma once

/*
 * A process that plays dockerd's API for the stub's world: it tells what the world says at the
 * moment that it is asked. It stands outside of what is killed and hurt.
 */

#include <sys/types.h>

/* Listens at the socket; negative errno when it cannot. It ends with its parent. */
pid_t daemon_start(const char *socket_path, const char *world);
void daemon_stop(pid_t pid);
