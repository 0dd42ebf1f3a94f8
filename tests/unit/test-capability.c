#include "tests/test.h"

#include <linux/capability.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/capability.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		int bit;
	} rows[] = {
		{"CHOWN", CAP_CHOWN},
		{"cap_net_raw", CAP_NET_RAW},
		{"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
		{"Sys_Time", CAP_SYS_TIME},
		{"MKNOD", CAP_MKNOD},
		{"AUDIT_READ", CAP_AUDIT_READ},
		{"checkpoint_restore", CAP_CHECKPOINT_RESTORE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(capability_from_name(rows[i].name), rows[i].bit);
	assert_true(capability_from_name("") < 0);
	assert_true(capability_from_name("CAP_") < 0);
	assert_true(capability_from_name("NET_RA") < 0);
	assert_true(capability_from_name("ALL") < 0);
}

static void test_sets(void **state)
{
	CLEANUP(strv_clear) struct strv names = {0}, back = {0};
	CLEANUP(freep) char *text = NULL;

	strv_add(&names, "cap_chown");
	strv_add(&names, "NET_RAW");
	strv_add(&names, "nonsense");
	assert_int_equal(capabilities_from_names(&names, 0xff), 1 | UINT64_C(1) << CAP_NET_RAW);
	strv_add(&names, "all");
	assert_int_equal(capabilities_from_names(&names, 0xff), 0xff | UINT64_C(1) << CAP_NET_RAW);
	capabilities_to_names(1 | UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << 63, &back);
	text = strv_join(&back, " ");
	assert_string_equal(text, "CHOWN NET_RAW 63");
}

/* Every bit that these headers know has its name, and leads back. */
static void test_round_trip(void **state)
{
	for (int bit = 0; bit <= CAP_LAST_CAP; bit++) {
		CLEANUP(strv_clear) struct strv names = {0};

		capabilities_to_names(UINT64_C(1) << bit, &names);
		assert_int_equal(names.count, 1);
		assert_int_equal(capability_from_name(names.items[0]), bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_round_trip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
