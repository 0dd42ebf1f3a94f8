#include "engine/base/blank-words.h"

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

void blank_words(const char *line, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf word = {0};

	for (const char *p = line; *p; p++) {
		if (p[0] == '\\' && p[1] == ' ') {
			buf_putc(&word, *++p);
		} else if (*p != ' ') {
			buf_putc(&word, *p);
		} else if (word.len) {
			strv_add_owned(ret, buf_take(&word));
		}
	}
	if (word.len)
		strv_add_owned(ret, buf_take(&word));
}
