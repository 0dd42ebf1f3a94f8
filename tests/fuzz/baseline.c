#include "engine/base/str.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/baseline.h"
#include "modules/registry.h"

/* Loading twice gives the same; a refusal names the file and leaves nothing behind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(error_clear) struct error err = {0};
	struct baseline b = {0}, zero = {0};
	int r = baseline_parse(&b, "fuzz.yaml", data, size,
			       &(struct baseline_source){.modules = modules_all}, &err);

	if (r < 0) {
		FUZZ_ASSERT(starts_with(error_text(&err), "fuzz.yaml"));
		FUZZ_ASSERT(memcmp(&b, &zero, sizeof(b)) == 0);
		return 0;
	}
	FUZZ_ASSERT(b.name && b.version && b.title);
	for (size_t i = 0; i < b.ncontrols; i++)
		FUZZ_ASSERT(baseline_find(&b, b.controls[i].id) == &b.controls[i]);
	baseline_clear(&b);
	return 0;
}
