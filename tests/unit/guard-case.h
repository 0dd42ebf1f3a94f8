#pragma once

/* What the tests of the guards of dockerd's settings share: one guard asked, and what it holds. */

#include "tests/test.h"

#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"

/* Container n as it is now: the array moves when one is added. */
static inline UNUSED struct container *nth(struct fake_view *f, size_t n)
{
	return &f->facts.docker.containers.seen[n];
}

static inline UNUSED void guard(struct fake_view *f, const char *key, const char *value,
				struct delta *ret)
{
	delta_clear(ret);
	docker_guards(&f->view, key, value, ret);
}

static inline UNUSED void assert_hold(const struct delta *d, size_t n, const char *text)
{
	assert_true(d->holds.count > n);
	assert_string_equal(d->holds.items[n], text);
}
