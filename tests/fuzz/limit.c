#include "tests/fuzz/fuzz.h"

/* limit:KEY, a line with the value, the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fuzz_edit_clear) struct fuzz_edit e = {0};

	fuzz_edit_run(&e, "limit", data, size);
	fuzz_edit_check_undone(&e);
	return 0;
}
