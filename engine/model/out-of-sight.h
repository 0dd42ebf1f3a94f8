#pragma once

/*
 * What a dockerd that is started to look elsewhere does not see any more of what it has now: nothing of it is
 * lost, and nobody who asks dockerd finds it, stops it or removes it. What is not known counts against it.
 */

#include "engine/base/strv.h"
#include "engine/model/facts.h"

/* How much that is depends on the setting (daemon-keys.h); each has what those before it have. */
enum out_of_sight {
	SIGHT_KEPT,
	SIGHT_OF_RUNNING, /* of what runs on: another containerd, another directory of its sockets */
	SIGHT_OF_IMAGES, /* and images, with the containers that were made of them */
	SIGHT_OF_ALL, /* and volumes, networks and plugins: another data root */
};

/*
 * What would vanish from view, as sentences, appended. Of containers none is said where whether there are any
 * is not known: containers_why() says that.
 */
void out_of_sight_find(const struct docker_facts *docker, enum out_of_sight how, struct strv *ret);

/*
 * Who has to be stopped before, for nobody could do it any more thereafter, as one sentence: containers that
 * run, or may; NULL: none. The caller frees it.
 */
char *out_of_sight_containers(const struct docker_facts *docker);

/* Likewise plugins, whose processes run on below containerd. */
char *out_of_sight_plugins(const struct docker_facts *docker);
