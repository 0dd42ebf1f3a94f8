#pragma once

/* Places that dockerd takes where nobody names another. */

#define DOCKER_DEFAULT_ROOT "/var/lib/docker"
