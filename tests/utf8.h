#pragma once

/* Whether bytes are well-formed UTF-8 (RFC 3629), told apart from how the report decodes it. */

#include <stdbool.h>
#include <stddef.h>

static inline bool utf8_is_valid(const char *bytes, size_t n)
{
	static const unsigned long first[] = {0, 0, 0x80, 0x800, 0x10000};

	for (size_t i = 0, len; i < n; i += len) {
		unsigned char c = (unsigned char)bytes[i];
		unsigned long point = c < 0x80 ? c : c & (c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : 0x07);

		len = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
		if (len == 0 || len > n - i)
			return false;
		for (size_t k = 1; k < len; k++) {
			if (((unsigned char)bytes[i + k] & 0xc0) != 0x80)
				return false;
			point = point << 6 | ((unsigned char)bytes[i + k] & 0x3f);
		}
		if (point < first[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
			return false;
	}
	return true;
}
