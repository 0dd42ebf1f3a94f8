#pragma once

/* The condition of a docker-daemon resource: what the host must be like for it to apply. */

#include <stdbool.h>

#include "engine/model/delta.h"
#include "engine/model/view.h"

#define DAEMON_WHEN_HELP                                                                           \
	"applies only then: tcp-listener, selinux, driver=NAME, engine>=VERSION, engine<VERSION, " \
	"or "                                                                                      \
	"KEY=VALUE"

/* NULL holds always. When it does not hold, or cannot be told, the verdict says so. */
bool daemon_when_holds(const struct view *v, const char *when, struct delta *delta);

/* The setting of dockerd that it asks, NULL: none; the caller frees it. */
char *daemon_when_key(const char *when);

/* -EINVAL when it is no condition. */
int daemon_when_check(const char *when, struct error *err);
