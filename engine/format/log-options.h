#pragma once

/*
 * Which log-opts a log driver of dockerd takes. One that it does not know ends dockerd at its
 * start or lets no container be made, by version. From the engine's source, daemon/logger/DRIVER,
 * 20.10 to 29, held against real ones by tests/lab/test-daemon-keys.sh.
 */

#include <stdbool.h>
#include <stddef.h>

struct log_driver {
	const char *name;
	const char *
		options; /* its own, separated by blanks; "name>=VERSION" from, "name<VERSION" before */
	const char *needs; /* those without which no container starts; NULL: none */
	const char *
		sample; /* "option=value ...", with which a container can be made; NULL: none needed */
	bool some_builds; /* Debian's packages are built without it */
};

/* The drivers that dockerd has built in, from 0 on; NULL behind the last. */
const struct log_driver *log_driver_at(size_t index);
const struct log_driver *log_driver_find(const char *name);

/*
 * Whether a container with this driver can have the option, on an engine of that version (NULL: not
 * known, then any version counts). What a plugin takes nobody knows: true.
 */
bool log_driver_takes(const char *driver, const char *option, const char *version);
