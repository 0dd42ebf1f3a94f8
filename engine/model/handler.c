#include "engine/model/handler.h"

ENUM_TABLE(handler, enum handler, HANDLER_COUNT, [HANDLER_NONE] = "none",
	   [HANDLER_SYSTEMD_RELOAD] = "systemd-reload", [HANDLER_UNIT_STATE] = "unit-state",
	   [HANDLER_SYSCTL] = "sysctl", [HANDLER_AUDIT_RULES] = "audit-rules",
	   [HANDLER_FIREWALL] = "firewall", [HANDLER_DOCKER_RELOAD] = "docker-reload",
	   [HANDLER_DOCKER_SOCKET] = "docker-socket", [HANDLER_DOCKER_RESTART] = "docker-restart");

const char *handler_phrase(enum handler handler)
{
	static const char *const phrases[HANDLER_COUNT] = {
		[HANDLER_NONE] = "nothing to activate",
		[HANDLER_SYSTEMD_RELOAD] = "reload of systemd's units",
		[HANDLER_UNIT_STATE] = "units started and stopped",
		[HANDLER_SYSCTL] = "kernel settings",
		[HANDLER_AUDIT_RULES] = "kernel audit rules",
		[HANDLER_FIREWALL] = "packet filter",
		[HANDLER_DOCKER_RELOAD] = "reload of dockerd",
		[HANDLER_DOCKER_SOCKET] = "restart of docker.socket and dockerd",
		[HANDLER_DOCKER_RESTART] = "restart of dockerd",
	};

	assert((size_t)handler < HANDLER_COUNT);
	return phrases[handler];
}
