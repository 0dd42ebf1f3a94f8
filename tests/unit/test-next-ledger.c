/* What recovery would undo at the boot is no part of the files that were tried: it is named, and never passes. */

#include "tests/test.h"

#include "cli/next-ledger.h"
#include "engine/base/alloc.h"

static char first[] = "t", second[] = "u";

static const struct row {
	enum transaction_state state;
	enum boot_recovery recovery;
	bool running;
	const char *says; /* NULL: nothing is open */
} rows[] = {
	{TRANSACTION_PREPARED, BOOT_RECOVERY_ON, false, "t is open (prepared): the boot undoes it"},
	{TRANSACTION_APPLIED, BOOT_RECOVERY_ON, false, "t is open (applied): the boot undoes it"},
	{TRANSACTION_APPLIED, BOOT_RECOVERY_UNKNOWN, false, "the boot undoes it"},
	{TRANSACTION_APPLIED, BOOT_RECOVERY_OFF, false,
	 "nothing undoes it at the boot, since boot recovery is not switched on"},
	{TRANSACTION_APPLIED, BOOT_RECOVERY_ON, true,
	 "a run of harden is at work on transaction t"},
	{TRANSACTION_UNDOING, BOOT_RECOVERY_ON, false, "the boot undoes it before dockerd starts"},
	{TRANSACTION_STUCK, BOOT_RECOVERY_ON, false, "the boot undoes it before dockerd starts"},
	{TRANSACTION_WAITING, BOOT_RECOVERY_ON, false,
	 "where its time is over by then, the boot undoes it before dockerd starts"},
	{TRANSACTION_WAITING, BOOT_RECOVERY_ON, true, "t waits to be confirmed"},
	{TRANSACTION_WAITING, BOOT_RECOVERY_OFF, false, "boot recovery is not switched on"},
	{TRANSACTION_OPEN, BOOT_RECOVERY_ON, false, NULL},
	{TRANSACTION_COMMITTED, BOOT_RECOVERY_ON, false, NULL},
	{TRANSACTION_ROLLED_BACK, BOOT_RECOVERY_OFF, false, NULL},
	{TRANSACTION_DAMAGED, BOOT_RECOVERY_ON, false, NULL}, /* recovery leaves it alone */
};

static void test_each_state(void **state)
{
	const struct options o = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct transaction_summary t = {.id = first, .state = rows[i].state};
		struct foresights all = {0};

		next_ledger_judge(&o, &t, 1, rows[i].recovery, rows[i].running, &all);
		assert_int_equal(all.count, 1);
		assert_string_equal(all.items[0].id, "next.recovery");
		assert_int_equal(all.items[0].state,
				 rows[i].says ? FORESIGHT_NOT_MEASURED : FORESIGHT_PASS);
		if (rows[i].says)
			assert_non_null(strstr(all.items[0].text, rows[i].says));
		foresights_clear(&all);
	}
}

static void test_each_of_several(void **state)
{
	const struct options o = {0};
	const struct transaction_summary two[] = {
		{.id = first, .state = TRANSACTION_STUCK},
		{.id = second, .state = TRANSACTION_WAITING},
	};
	struct foresights all = {0};

	(void)state;
	next_ledger_judge(&o, two, 2, BOOT_RECOVERY_ON, false, &all);
	assert_int_equal(all.count, 2);
	foresights_clear(&all);
	next_ledger_judge(&o, NULL, 0, BOOT_RECOVERY_OFF, false, &all);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0].state, FORESIGHT_PASS);
	foresights_clear(&all);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_state),
		cmocka_unit_test(test_each_of_several),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
