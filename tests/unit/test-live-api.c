/* dockerd is asked where it serves; nobody's question has systemd start it. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"

static const struct {
	const char *service, *socket; /* what systemd says of them */
	int result;
	const char *
		beside; /* what it says of another socket unit of docker.service; NULL: there is none */
} rows[] = {
	{"active", "active", 0},
	{"reloading", "active", 0},
	{"active", "inactive", 0},
	{"inactive", "active", -ECONNREFUSED},
	{"failed", "active", -ECONNREFUSED},
	{"activating", "active", -ECONNREFUSED},
	{"deactivating", "active", -ECONNREFUSED},
	{"inactive", "activating", -ECONNREFUSED},
	{"inactive", "inactive",
	 0}, /* another unit's dockerd may answer there, and none is started */
	{"failed", "failed", 0},
	{"inactive", "inactive", -ECONNREFUSED, "active"},
	{"inactive", "inactive", 0, "inactive"},
	{"active", "inactive", 0, "active"},
};

static size_t row;
static bool opened;

int __wrap_live_bus(struct live *l, struct bus **ret, struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err);
void __wrap_engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err),
			     void *data);
void __wrap_engine_api_free(struct engine_api *api);

int __wrap_live_bus(struct live *l, struct bus **ret, struct error *err)
{
	*ret = NULL;
	return 0;
}

int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	*ret = xstrdup(strcmp(unit, DOCKER_SERVICE) == 0  ? rows[row].service
		       : strcmp(unit, DOCKER_SOCKET) == 0 ? rows[row].socket
							  : rows[row].beside);
	return 0;
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	assert_string_equal(unit, DOCKER_SERVICE);
	assert_string_equal(property, "TriggeredBy");
	strv_add(ret, DOCKER_SOCKET);
	if (rows[row].beside)
		strv_add(ret, "docker-tcp.socket");
	return 0;
}

int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err)
{
	opened = true;
	*ret = NULL;
	return 0;
}

void __wrap_engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err),
			     void *data)
{
}

void __wrap_engine_api_free(struct engine_api *api)
{
}

static void test_each(void **state)
{
	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		CLEANUP(error_clear) struct error err = {0};
		struct live l = {0};
		struct engine_api *api = NULL;

		opened = false;
		if (live_api_open(&l, &api, &err) != rows[row].result ||
		    opened != (rows[row].result == 0))
			fail_msg("%s, %s: %s", rows[row].service, rows[row].socket,
				 error_text(&err));
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
