#include "tests/fuzz/fuzz.h"

/* An audit rules file: the first line is the rule, the second how it is to be written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fuzz_edit_clear) struct fuzz_edit e = {0};

	fuzz_edit_run(&e, "rule", data, size);
	fuzz_edit_check_undone(&e);
	return 0;
}
