#include "engine/baseline/catalog.h"

#include <stdint.h>
#include <string.h>

#define MAGIC 0x950412deU
#define CONTEXT_END '\004' /* between a context and its msgid */

/* Where the header has what, in bytes. */
enum { AT_MAGIC = 0, AT_COUNT = 8, AT_ORIGINALS = 12, AT_TRANSLATIONS = 16, HEADER_SIZE = 28 };

/* A number in the machine's own byte order, as our build writes it; 0 where there is none. */
static uint32_t number_at(const struct catalog *c, size_t at)
{
	uint32_t value = 0;

	if (at + sizeof(value) <= c->n)
		memcpy(&value, (const char *)c->bytes + at, sizeof(value));
	return value;
}

/* Entry i of the table: length and offset. NULL when it or the NUL behind it lies outside. */
static const char *string_at(const struct catalog *c, size_t table, size_t i)
{
	size_t n = number_at(c, table + 8 * i), at = number_at(c, table + 8 * i + 4);
	const char *bytes = c->bytes;

	if (at == 0 || at + n >= c->n || bytes[at + n] != '\0')
		return NULL;
	return bytes + at;
}

/* As strcmp() of "CONTEXT\004ID" and the key. */
static int compare_key(const char *context, const char *id, const char *key)
{
	size_t n = strlen(context);
	int r = strncmp(context, key, n);

	if (r != 0)
		return r;
	if (key[n] != CONTEXT_END)
		return CONTEXT_END < (unsigned char)key[n] ? -1 : 1;
	return strcmp(id, key + n + 1);
}

const char *catalog_find(const struct catalog *c, const char *context, const char *id)
{
	size_t low = 0, high = number_at(c, AT_COUNT);

	if (c->n < HEADER_SIZE || number_at(c, AT_MAGIC) != MAGIC)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *key = string_at(c, number_at(c, AT_ORIGINALS), middle);
		int r = key ? compare_key(context, id, key) : -1;

		if (r == 0)
			return string_at(c, number_at(c, AT_TRANSLATIONS), middle);
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const char *texts_find(const struct texts *texts, const char *context, const char *id)
{
	for (size_t i = 0; texts && i < texts->count; i++) {
		const char *text = catalog_find(texts->catalogs[i], context, id);

		if (text && *text)
			return text;
	}
	return NULL;
}
