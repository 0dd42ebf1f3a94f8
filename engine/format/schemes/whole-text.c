#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/schemes.h"

/*
 * text:all is a whole file, for one that is ours alone. The value goes without the last line
 * end, which is always written; an empty file is not a value.
 */

int whole_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	size_t n = text->len;

	if (memchr(buf_str(text), '\0', n))
		return error_set(err, -EINVAL, "it is not text: there is a NUL byte in it");
	if (n == 0)
		return 0;
	*ret_value = xstrndup(text->data, n - (text->data[n - 1] == '\n'));
	return 1;
}

int whole_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	buf_clear(text);
	if (value)
		buf_printf(text, "%s\n", value);
	return 0;
}
