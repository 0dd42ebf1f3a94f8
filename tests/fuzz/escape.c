#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "cli/report/escape.h"
#include "tests/utf8.h"

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

/*
 * The control arms of the campaign: a copy that is one byte too short for inputs that begin with
 * an escape sequence, which a fuzzer has to find first; and a copy that nobody frees. The volatile
 * pointer keeps a compiler from dropping them.
 */
static void plant(const uint8_t *data, size_t size)
{
#ifdef PLANTED_OVERFLOW
	char *volatile copy = malloc(size + 1);

	if (size > 2 && memcmp(data, "\x1b[", 2) == 0)
		copy[size + 1] = '\0';
	free(copy);
#elif defined(PLANTED_LEAK)
	char *volatile copy = malloc(size + 1);

	copy = NULL;
#endif
	(void)data;
	(void)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	plant(data, size);
	check(data, size, true);
	check(data, size, false);
	return 0;
}
