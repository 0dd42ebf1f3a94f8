#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/format/api-socket.h"

static void set(struct facts *f, const char *hosts, const char *group, const char *listen_group)
{
	settings_clear(&f->docker.next);
	if (hosts)
		settings_put(&f->docker.next, "hosts", hosts, SOURCE_FLAG, "test");
	if (group)
		settings_put(&f->docker.next, "group", group, SOURCE_FILE, "test");
	str_replace(&facts_add_unit(f, "docker.socket")->listen_group, listen_group);
}

static void test_group(void **state)
{
	static const struct {
		const char *hosts, *group, *listen_group, *want;
	} rows[] = {
		{"[\"fd://\"]", NULL, "docker", "docker"},
		{"[\"fd://\"]", "\"ops\"", "docker", "docker"}, /* dockerd leaves it alone */
		{"[\"fd://\"]", NULL, NULL, NULL},
		{NULL, "\"dockerroot\"", "docker", "dockerroot"},
		{NULL, NULL, "docker", NULL},
		{"[\"unix:///run/docker.sock\"]", "\"1400\"", NULL, "1400"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *got = NULL;

		set(&f, rows[i].hosts, rows[i].group, rows[i].listen_group);
		got = api_socket_group(&f);
		if (strcmp_null(got, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, got ? got : "none");
	}
}

static void add_container(struct facts *f, const char *name, const char *source, bool running)
{
	struct container *c = container_list_add(&f->docker.containers);

	c->name = xstrdup(name);
	c->running = running;
	container_add_mount(c)->source = xstrdup(source);
}

static void test_cut_off(void **state)
{
	static const struct {
		const char *hosts;
		enum handler handler;
		const char *want;
	} rows[] = {
		{"[\"fd://\"]", HANDLER_DOCKER_RESTART, ""},
		{"[\"fd://\"]", HANDLER_DOCKER_SOCKET, "old new"},
		{"[\"fd://\"]", HANDLER_DOCKER_RELOAD, ""},
		{NULL, HANDLER_DOCKER_RESTART, "old new"},
		{NULL, HANDLER_DOCKER_RELOAD, ""},
		{"[\"unix:///srv/d.sock\"]", HANDLER_DOCKER_RESTART, "old new own"},
		{"[\"unix:///srv/d.sock\",\"fd://\"]", HANDLER_DOCKER_RESTART, "old new own"},
		{"[\"tcp://127.0.0.1:2375\"]", HANDLER_DOCKER_RESTART, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(strv_clear) struct strv names = {0};
		CLEANUP(freep) char *got = NULL;

		set(&f, rows[i].hosts, NULL, "docker");
		add_container(&f, "old", "/var/run/docker.sock", true);
		add_container(&f, "new", "/run/docker.sock", true);
		add_container(&f, "own", "/srv/d.sock", true);
		add_container(&f, "directory", "/run", true);
		add_container(&f, "off", "/run/docker.sock", false);
		containers_known(&f.docker.containers);
		assert_null(api_socket_cut_off(&f, HANDLER_BIT(rows[i].handler), &names));
		got = strv_join(&names, " ");
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu: '%s'", i, got);
	}
}

/* What is not known is told, and only where it matters. */
static void test_unknown_containers(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	set(&f, NULL, NULL, NULL);
	containers_unknown(&f.docker.containers, "dockerd hangs");
	assert_string_equal(api_socket_cut_off(&f, HANDLER_BIT(HANDLER_DOCKER_RESTART), &names),
			    "dockerd hangs");
	assert_null(api_socket_cut_off(&f, HANDLER_BIT(HANDLER_DOCKER_RELOAD), &names));
}

/* docker.socket may listen elsewhere, and a dockerd that runs where nothing says so any more. */
static void test_found(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(strv_clear) struct strv names = {0}, paths = {0};
	struct place *p = facts_add_place(&f, "api-socket");

	set(&f, "[\"fd://\"]", NULL, "docker");
	strv_add(&p->paths, "/srv/api/d.sock");
	strv_add(&p->ways, "/srv/link.sock");
	api_socket_paths(&f, &paths);
	assert_true(strv_contains(&paths, "/srv/api/d.sock"));
	assert_true(strv_contains(&paths, "/srv/link.sock"));
	assert_true(strv_contains(&paths, "/run/docker.sock"));
	add_container(&f, "real", "/srv/api/d.sock", true);
	add_container(&f, "way", "/srv/link.sock", true);
	containers_known(&f.docker.containers);
	assert_null(api_socket_cut_off(&f, HANDLER_BIT(HANDLER_DOCKER_SOCKET), &names));
	assert_int_equal(names.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_unknown_containers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
