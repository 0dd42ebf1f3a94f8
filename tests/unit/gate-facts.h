#pragma once

/* Facts for the tests of the gate in front of dockerd's restart: containers, with ids of theirs. */

#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/model/facts.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static inline UNUSED void add(struct facts *facts, const char *name, const char *id, bool running)
{
	struct container *c = container_list_add(&facts->docker.containers);

	container_init(c);
	c->name = xstrdup(name);
	c->id = xstrdup(id);
	c->running = running;
}
