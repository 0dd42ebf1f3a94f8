#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/*
 * The control arm of the campaign (PLANTED_BUG): a copy that is one byte too short for inputs that
 * begin with "ve". The volatile pointer keeps a compiler from dropping it.
 */
static void maybe_planted_bug(const uint8_t *data, size_t size)
{
#ifdef PLANTED_BUG
	char *volatile copy = malloc(size + 1);

	if (size > 2 && memcmp(data, "ve", 2) == 0)
		copy[size + 1] = '\0';
	free(copy);
#endif
	(void)data;
	(void)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fuzz_edit_clear) struct fuzz_edit e = {0};

	maybe_planted_bug(data, size);
	fuzz_edit_run(&e, "kv", data, size);
	fuzz_edit_check_undone(&e);
	return 0;
}
