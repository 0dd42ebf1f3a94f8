#pragma once

/* What the parts of next.h share. */

#include "engine/model/foresight.h"
#include "engine/model/view.h"
#include "engine/next/boot-set.h"
#include "engine/next/place.h"

struct next {
	const struct view *view;
	const struct docker_facts *docker;
	struct boot_set boot;
	bool with_packages; /* that are not installed yet, and whose scripts have not run */
	struct foresights *ret;
};

#define NEXT_UNIT "next.unit"
#define NEXT_SOCKET "next.socket"
#define NEXT_CONFIG "next.config"
#define NEXT_SIGHT "next.sight"
#define NEXT_MOUNT "next.mount"
#define NEXT_PORTS "next.ports"
#define NEXT_KERNEL "next.kernel"
#define NEXT_USERNS "next.userns"
#define NEXT_TLS "next.tls"
#define NEXT_PLUGINS "next.plugins"
#define NEXT_LOGS "next.logs"
#define NEXT_START "next.start" /* start.c */

void next_units(struct next *n); /* docker.service and docker.socket are started, and can be */
void next_config(struct next *n); /* the config file and the flags beside it */
void next_sight(struct next *n); /* containers, images and volumes stay in sight */
void next_mounts(struct next *n); /* what the data root is on is mounted again */
void next_ports(struct next *n); /* nobody else listens where dockerd would */
void next_kernel(struct next *n); /* modules and settings of the kernel */
void next_userns(struct next *n); /* accounts and ranges of userns-remap */
void next_tls(struct next *n); /* certificates, and until when they are good */
void next_plugins(struct next *n); /* plugins of authorization, and log drivers */
