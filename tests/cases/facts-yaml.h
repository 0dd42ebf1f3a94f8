#pragma once

/*
 * Facts written down as YAML: the structs of engine/model/facts.h, key by key with their C names.
 * Not as the structs are:
 *
 *     gather: true                    what is not named is gathered from the sandbox first
 *     docker:
 *       answers: docker-29.7.2          what that engine answered (tests/unit/samples), as it was
 *       now: {icc: true}              a key that is null is known not to be set; world.h adds what
 *                                     is not named
 *       now_unknown: [debug]          the config file changed since the start
 *     units: {docker.service: {...}}  by their names; they exist unless they say otherwise
 *     images: [{id: ..., steps: ["RUN ...", {command: ..., comment: ...}]}], or why there are none
 *     swarm: {managers: [{...}], networks: [{...}]}
 *     today: 2026-12-08               2026-01-01 when not given
 *     places: {tlskey: [/a], tlscert: {absent: why}, env-file: {unknown: why}}
 *
 * An unknown key is an error. Not given: root is true, docker's config file is
 * /etc/docker/daemon.json, audit is switched on.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"

int facts_from_yaml(struct facts *ret, const char *file, const struct buf *text,
		    const struct root *root, struct error *err);
