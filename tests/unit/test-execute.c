#include "tests/test.h"

#include <errno.h>
#include <signal.h>

#include "cli/execute.h"
#include "engine/base/macros.h"

/* Each way a transaction can end, and what the program then ends with. */
static void test_code(void **state)
{
	static const struct {
		enum transaction_state state;
		int r, signal, code;
	} cases[] = {
		{TRANSACTION_COMMITTED, 0, 0, CODE_OK},
		{TRANSACTION_COMMITTED, 0, SIGTERM, CODE_OK}, /* it came too late */
		{TRANSACTION_ROLLED_BACK, -EIO, 0, CODE_PUT_BACK},
		{TRANSACTION_ROLLED_BACK, -EINTR, SIGINT, 130},
		{TRANSACTION_ROLLED_BACK, -EINTR, SIGTERM, 143},
		{TRANSACTION_OPEN, -EINTR, SIGHUP, 129},
		{TRANSACTION_OPEN, -ESTALE, 0, CODE_REFUSED},
		{TRANSACTION_OPEN, -EPERM, 0, CODE_REFUSED},
		{TRANSACTION_OPEN, -EWOULDBLOCK, 0, CODE_LOCKED},
		{TRANSACTION_OPEN, -EIO, 0, CODE_ERROR},
		{TRANSACTION_STUCK, -EUCLEAN, 0, CODE_HANDS},
		{TRANSACTION_STUCK, -EUCLEAN, SIGINT, CODE_HANDS},
		{TRANSACTION_IN_DOUBT, -EIO, 0, CODE_HANDS},
		{TRANSACTION_UNDOING, -EIO, 0, CODE_HANDS},
		{TRANSACTION_APPLIED, -EIO, 0, CODE_HANDS},
		{TRANSACTION_WAITING, 0, 0, CODE_WAITING},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct transaction_result result = {.state = cases[i].state,
							  .signal = cases[i].signal};

		assert_int_equal(transaction_code(&result, cases[i].r), cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
