#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
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

/*
 * The control arms of the campaign: for inputs that begin with an escape sequence a copy that is
 * one byte too short, or one that nobody frees. The volatile pointer keeps a compiler from
 * dropping it.
 */
static void plant(const uint8_t *data, size_t size)
{
#if defined(PLANTED_OVERFLOW) || defined(PLANTED_LEAK)
	char *volatile copy;

	if (size < 2 || data[0] != 0x1b || data[1] != '[')
		return;
	copy = malloc(size);
#ifdef PLANTED_OVERFLOW
	copy[size] = '\0';
	free(copy);
#endif
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
