#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "cli/report/escape.h"

/* What reaches the terminal is valid UTF-8 without a control byte; outside UTF-8 it is ASCII. */
static void check(const uint8_t *data, size_t size, bool utf8)
{
	CLEANUP(buf_clear) struct buf out = {0};

	escape_bytes(&out, (const char *)data, size, utf8);
	FUZZ_ASSERT(utf8_is_valid(buf_str(&out), out.len));
	for (size_t i = 0; i < out.len; i++) {
		unsigned char c = (unsigned char)out.data[i];

		FUZZ_ASSERT(c >= 0x20 && c != 0x7f);
		FUZZ_ASSERT(utf8 || c < 0x80);
		/* C1 controls, encoded */
		FUZZ_ASSERT(c != 0xc2 || (unsigned char)out.data[i + 1] >= 0xa0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, true);
	check(data, size, false);
	return 0;
}
