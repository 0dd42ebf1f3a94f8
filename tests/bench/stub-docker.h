#pragma once

/*
 * A dockerd that is none, for measurements: N containers, each a process that sleeps, in a control
 * group of its own where that can be made, and a server that tells of them by the Engine API.
 */

#include <stddef.h>
#include <sys/types.h>

struct stub_docker {
	char *socket;
	char *directory; /* of the socket */
	char *group; /* above those of the containers; NULL: none could be made */
	pid_t server;
	pid_t *containers;
	size_t count;
};

struct stub_docker stub_docker_start(size_t count, const char *group);
void stub_docker_stop(struct stub_docker *s);
