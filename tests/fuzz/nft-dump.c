#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/base/macros.h"
#include "engine/format/nft-dump.h"

/* What the kernel sends of its rules: whatever it is, each rule's chain is a text within it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = nft_dump_read(data, size, &rules, &err);

	FUZZ_ASSERT(r <= 1);
	FUZZ_ASSERT((r < 0) == (err.text != NULL));
	for (size_t i = 0; i < rules.count; i++)
		FUZZ_ASSERT(!rules.items[i].to || strlen(rules.items[i].to) <= size);
	return 0;
}
