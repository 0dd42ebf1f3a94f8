#include "tests/unit/temp-directory.h"

#include "engine/host/read/shims.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Arguments as seen with Docker 20.10, 26.1 and 28.5, and those of others. */
static void test_arguments(void **state)
{
	static const struct {
		const char *args;
		bool is, is_plugins;
	} rows[] = {
		{"/usr/bin/containerd-shim-runc-v2 -namespace moby -id " ID
		 " -address /run/containerd/containerd.sock",
		 true},
		{"containerd-shim -namespace moby -workdir /x -id " ID, true},
		{"/opt/bin/containerd-shim-kata-v2 -namespace site -id " ID, true},
		{"/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id " ID, false},
		{"/usr/bin/containerd-shim-runc-v2 -namespace plugins.moby -id " ID, false, true},
		{"/usr/bin/containerd-shim-runc-v2 -namespace plugins.moby -id web", false},
		{"/usr/bin/containerd -namespace plugins.moby -id " ID, false},
		{"/usr/bin/containerd-shim-runc-v2 -namespace default -id " ID, false},
		{"/usr/bin/containerd-shim-runc-v2 -namespace moby -id web", false},
		{"/usr/bin/containerd-shim-runc-v2 -namespace moby -id " ID "0", false},
		{"/usr/bin/containerd-shim-runc-v2 -namespace moby -id", false},
		{"/usr/bin/containerd -namespace moby -id " ID, false},
		{"grep containerd-shim -namespace moby -id " ID, false},
		{"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv args = {0};
		const char *id;

		strv_split(&args, rows[i].args, " ");
		id = shim_container(&args);
		if ((id != NULL) != rows[i].is || (id && strcmp(id, ID) != 0))
			fail_msg("'%s': %s", rows[i].args, id ? id : "none");
		id = shim_plugin(&args);
		if ((id != NULL) != rows[i].is_plugins || (id && strcmp(id, ID) != 0))
			fail_msg("'%s': plugin %s", rows[i].args, id ? id : "none");
	}
}

static void test_all_processes(void **state)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	assert_int_equal(shims_find(&ids, NULL), 0);
	assert_int_equal(shims_find_plugins(&ids, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_all_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
