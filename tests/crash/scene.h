#pragma once

/*
 * The host that every case begins with, and what is planned for it: each kind of change, on
 * files, directories and what is in force. As an ordinary user without owners, capabilities and
 * flags.
 */

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "tests/crash/stub.h"

enum scene {
	SCENE_RESTART, /* keys by restart, live-restore by reload before it: stages and via images */
	SCENE_RELOAD, /* one key by reload, with its old value spelt out for the way back */
	SCENE_SOCKET, /* docker.socket and what comes with it, alone: the rest is as in a restart */
	SCENE_BORROW, /* dockerd alone, with live-restore for the time of its restart */
	SCENE_BISECT, /* `apply --bisect` of what breaks the host, but not one control by itself (seek.h) */
	SCENE_TRIAL, /* the same of what dockerd itself says beforehand that it would not start with */
	SCENE_COUNT,
};

/*
 * Makes the host in a directory that does not exist, and the world beside it. 0 or negative errno.
 */
int scene_build(const char *directory, const char *world);

/* Removes it, with all flags. */
int scene_remove(const char *directory);

/* The facts about the host, of which its world tells what is in force. */
int scene_facts(enum scene scene, const char *world, struct facts *ret);

/* Whether a whole plan of the scene breaks the host, and the culprit is sought. */
bool scene_is_search(enum scene scene);

/* Of such a one: who breaks it, together, sorted: "a, b". */
const char *scene_culprits(enum scene scene);

/* Its plan of these controls alone; NULL: of all. */
int scene_plan_of(enum scene scene, const struct root *root, const struct facts *facts,
		  const struct strv *only, struct plan *ret, struct error *err);

/* The plan of any other by the host as it is. */
int scene_plan(enum scene scene, const struct root *root, const struct facts *facts,
	       struct plan *ret, struct error *err);
