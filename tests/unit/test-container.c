/* The kind itself: its reasons for many containers and for hosts, its tables and its settings. */

#include "tests/test.h"

#include <string.h>

#include "modules/container/container.h"
#include "tests/unit/container-rows.h"

/* However many there are, a reason stays readable. */
static void test_many(void **state)
{
	CLEANUP(buf_clear) struct buf list = {0}, want = {0};

	buf_puts(&want, "sees the host's processes: ");
	for (int i = 0; i < 100; i++) {
		buf_printf(&list,
			   "    - {id: \"%d\", name: c%d, running: true, pid: 4, host_pid: 1}\n", i,
			   i);
		buf_printf(&want, "%sc%d", i == 0 ? "" : i == 99 ? " and " : ", ", i);
	}
	assert_reason(docker, buf_str(&list), "aspect=host-pid", VERDICT_FAIL, buf_str(&want));
}

static void test_failing_and_unknown(void **state)
{
	assert_reason(docker,
		      "    - {id: \"1\", name: a, running: true, pid: 4, uid: 0}\n"
		      "    - {id: \"2\", name: b, running: true, pid: 5, unread: gone}\n"
		      "    - {id: \"3\", unread: dockerd answered 500}\n",
		      "aspect=user", VERDICT_FAIL,
		      "runs as root (and 2 not known): a; not known of b (gone) and 3 (dockerd "
		      "answered 500)");
}

static void test_unknown_for_one_reason(void **state)
{
	assert_reason(docker,
		      "    - {id: \"1\", name: a, running: true, pid: 4, memory: -1}\n"
		      "    - {id: \"2\", name: b, running: true, pid: 5, memory: -1}\n",
		      "aspect=memory", VERDICT_NOT_MEASURED,
		      "not known of a and b: the memory controller of its control group cannot be "
		      "read");
	assert_reason(
		docker,
		"    - {id: \"1\", name: a, running: true, pid: 4, memory: -1, unread: no}\n"
		"    - {id: \"2\", name: b, running: true, pid: 5, memory: -1, unread: gone}\n",
		"aspect=memory", VERDICT_NOT_MEASURED, "not known of a (no) and b (gone)");
}

static void test_hosts(void **state)
{
	static const char one[] = "    - {id: \"1\", name: a, running: true, pid: 4, uid: 0}\n";

	assert_reason("docker:\n  install: none\n", one, "aspect=user", VERDICT_NOT_APPLICABLE,
		      "Docker is not installed");
	assert_reason("docker:\n  install: distro\n  not_measured: no answer\n", one, "aspect=user",
		      VERDICT_NOT_MEASURED, "no answer");
	assert_reason("docker:\n  install: distro\n", "    []\n", "aspect=user",
		      VERDICT_NOT_APPLICABLE, "there is no container");
	assert_reason("docker:\n  install: distro\n", one, "aspect=apparmor",
		      VERDICT_NOT_APPLICABLE, "AppArmor is not switched on in this kernel");
	assert_reason("docker:\n  install: distro\n", one, "aspect=selinux", VERDICT_NOT_APPLICABLE,
		      "SELinux is off, or has no policy");
}

/* Every aspect is found, and has a judge, a fix and a heading (the manual: test-registry.c). */
static void test_tables(void **state)
{
	static const struct container_aspect *const areas[] = {
		container_identity_aspects, container_namespace_aspects, container_limit_aspects,
		container_mount_aspects,    container_network_aspects,   container_life_aspects};

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		for (const struct container_aspect *a = areas[i]; a->name; a++)
			if (container_aspect_find(a->name) != a || !a->finding || !a->fix ||
			    !a->judge)
				fail_msg("'%s' is there twice, or lacks a member", a->name);
}

static void test_check(void **state)
{
	static const struct {
		const char *wish, *says;
	} rows[] = {
		{"aspect=nothing", "no aspect 'nothing'"},
		{"aspect=user max=3", "takes no 'max'"},
		{"aspect=user values=a", "takes no 'values'"},
		{"aspect=capabilities values=NET_RAWW", "no capability 'NET_RAWW'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_container, rows[i].wish);

		assert_true(module_container.check(want, &err) < 0);
		if (!strstr(error_text(&err), rows[i].says))
			fail_msg("%s: %s", rows[i].wish, error_text(&err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_failing_and_unknown),
		cmocka_unit_test(test_unknown_for_one_reason),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
