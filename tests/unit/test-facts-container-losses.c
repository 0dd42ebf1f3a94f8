#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-folder.h"

/* The host has 127.0.0.1 and 10.0.0.2; the next dockerd knows the runtimes r2 and gone. */
static const struct {
	const char *port, *alias, *link, *runtime;
	const char *icc; /* in force; NULL: not known */
	const char *unknown; /* who listens is not */
	const char *loses; /* words; NULL: nothing */
	bool may_not_start;
} rows[] = {
	{.port = "8080/tcp on 0.0.0.0"},
	{.port = "8080/tcp on ::"},
	{.port = "8080/tcp on 127.0.0.1"},
	{.port = "8080/tcp on 10.0.0.2"},
	{.port = "8080/tcp on 10.0.0.9",
	 .loses = "port 8080/tcp on 10.0.0.9",
	 .may_not_start = true},
	{.port = "8080/tcp on 0.0.0.0", .unknown = "x"},
	{.port = "8080/tcp on 10.0.0.2",
	 .unknown = "x",
	 .loses = "not known: x",
	 .may_not_start = true},
	{.alias = "db1:database", .icc = "true", .loses = "name of its link 'db1:database'"},
	{.link = "/dx:/ex/dd", .icc = "true"},
	{.link = "/dx:/ex/dd",
	 .icc = "false",
	 .loses = "link '/dx:/ex/dd' until it is started again: icc=false"},
	{.link = "/dx:/ex/dd", .loses = "icc=not known"},
	{.runtime = "runc"},
	{.runtime = ""},
	{.runtime = "io.containerd.runc.v2"},
	{.runtime = "io.containerd.runtime.v1.linux"},
	{.runtime = "io.containerd.kata.v2",
	 .loses = "'containerd-shim-kata-v2', is not there",
	 .may_not_start = true},
	{.runtime = "typed",
	 .loses = "'containerd-shim-x-v1', is not there",
	 .may_not_start = true},
	{.runtime = "/usr/r2"},
	{.runtime = "/usr/r9", .loses = "'/usr/r9', is not there", .may_not_start = true},
	{.runtime = "r2"},
	{.runtime = "r3", .loses = "'r3' is not among those", .may_not_start = true},
	{.runtime = "gone", .loses = "'/usr/gone', is not there", .may_not_start = true},
};

static void test_losses(void **state)
{
	struct temp_folder *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/bin", 0755), 0);
	temp_folder_write(t, "usr/r2", "");
	temp_folder_write(t, "usr/bin/runc", "");
	temp_folder_write(t, "usr/bin/containerd-shim-runc-v2", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(container_clear) struct container c = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		const char *has;

		strv_add(&f.docker.listening.addresses, "127.0.0.1");
		strv_add(&f.docker.listening.addresses, "10.0.0.2");
		f.docker.listening.unknown = xstrdup_null(rows[i].unknown);
		settings_put(&f.docker.next, "runtimes",
			     "{\"r2\":{\"path\":\"/usr/r2\"},\"gone\":{\"path\":\"/usr/gone\"},"
			     "\"typed\":{\"runtimeType\":\"io.containerd.x.v1\"}}",
			     SOURCE_FILE, "test");
		if (rows[i].icc)
			settings_put(&f.docker.now, "icc", rows[i].icc, SOURCE_API, "test");
		if (rows[i].port)
			strv_add(&c.ports, rows[i].port);
		if (rows[i].alias)
			strv_add(&c.aliases, rows[i].alias);
		if (rows[i].link)
			strv_add(&c.links, rows[i].link);
		c.runtime = xstrdup_null(rows[i].runtime);
		container_find_losses(&g, &c);
		has = c.loses.count ? c.loses.items[0] : NULL;
		if (c.loses.count != !!rows[i].loses || (has && !strstr(has, rows[i].loses)) ||
		    !c.no_start == rows[i].may_not_start)
			fail_msg("row %zu: %s, %s", i, has ? has : "-",
				 c.no_start ? c.no_start : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
		test_losses, temp_folder_setup, temp_folder_teardown)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
