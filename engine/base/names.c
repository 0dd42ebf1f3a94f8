#include "engine/base/names.h"

#include "engine/base/buf.h"

char *names_join(const struct strv *names)
{
	CLEANUP(buf_clear) struct buf b = {0};

	for (size_t i = 0; i < names->count; i++) {
		if (i)
			buf_puts(&b, i + 1 == names->count ? " and " : ", ");
		buf_puts(&b, names->items[i]);
	}
	return buf_take(&b);
}
