#include "cli/report/escape.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/macros.h"

/* Ranges of characters that are never shown as they are. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x80, 0x9f}, /* C1 controls */
	{0xad, 0xad}, /* soft hyphen */
	{0x61c, 0x61c}, /* Arabic letter mark */
	{0x180e, 0x180e}, /* Mongolian vowel separator */
	{0x200b, 0x200f}, /* zero width, left-to-right and right-to-left marks */
	{0x2028, 0x202e}, /* line separators, embeddings and overrides */
	{0x2060, 0x206f}, /* invisible operators, isolates */
	{0xfe00, 0xfe0f}, /* variation selectors */
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xfff0, 0xfffb}, /* specials, interlinear annotation */
	{0xe0000, 0xe0fff}, /* tags, further variation selectors */
};

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The length of the character at p (n bytes are there) and its number; 0 when it is not well-formed. */
static size_t decode(const char *bytes, size_t n, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;

	if (len == 0 || len > n || p[0] > 0xf4)
		return 0;
	c = len == 1 ? p[0] : p[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (!continues(p[i]))
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

void escape_bytes(struct buf *b, const char *bytes, size_t n, bool utf8)
{
	while (n) {
		uint32_t c = 0;
		size_t len = decode(bytes, n, &c);

		if (len == 0 || (len == 1 && (c < 0x20 || c == 0x7f))) {
			buf_printf(b, "\\x%02x", (unsigned char)*bytes);
			len = 1;
		} else if (len > 1 && (!utf8 || is_hidden(c))) {
			buf_printf(b, "\\u{%x}", c);
		} else {
			buf_append(b, bytes, len);
		}
		bytes += len;
		n -= len;
	}
}

void escape_text(struct buf *b, const char *text, bool utf8)
{
	escape_bytes(b, text, strlen(text), utf8);
}
