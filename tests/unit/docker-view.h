#pragma once

/*
 * What the tests of dockerd's settings, and of what guards their change, share: a view that has
 * the directory of dockerd's config file, what is in force, and containers that run.
 */

#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "tests/unit/fake-view.h"

#define CONFIG "/etc/docker/daemon.json"

/* cmocka setup and teardown functions: *state is the struct fake_view. */
static inline UNUSED int docker_view_setup(void **state)
{
	struct fake_view *f = xcalloc(1, sizeof(*f));

	fake_view_init(f);
	fake_dir(f, "/etc/docker", 0755);
	*state = f;
	return 0;
}

static inline UNUSED int docker_view_teardown(void **state)
{
	fake_view_clear(*state);
	free(*state);
	return 0;
}

#define DOCKER_VIEW_TEST(f)                                                                        \
	cmocka_unit_test_setup_teardown(f, docker_view_setup, docker_view_teardown)

static inline UNUSED void set_now(struct fake_view *f, const char *key, const char *value,
				  enum setting_source source)
{
	settings_put(&f->facts.docker.now, key, value, source, "test");
}

static inline UNUSED struct container *add_container(struct fake_view *f, const char *name,
						     const char *network)
{
	struct container *c = container_list_add(&f->facts.docker.containers);

	c->name = xstrdup(name);
	c->running = true;
	c->network_mode = xstrdup(network);
	return c;
}
