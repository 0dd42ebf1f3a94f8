#include "engine/format/fstab.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/mount-table.h"
#include "engine/format/text-lines.h"

enum { FIELD_WHAT, FIELD_WHERE, FIELD_TYPE, FIELD_OPTIONS };

void fstab_entry_clear(struct fstab_entry *e)
{
	free(e->place);
	free(e->options);
	*e = (struct fstab_entry){0};
}

static bool take(const char *line, struct fstab_entry *ret)
{
	CLEANUP(strv_clear) struct strv fields = {0};

	strv_split(&fields, line, " \t");
	if (fields.count <= FIELD_WHERE || *fields.items[FIELD_WHAT] == '#' ||
	    *fields.items[FIELD_WHERE] != '/')
		return false;
	ret->place = mount_unescape(fields.items[FIELD_WHERE]);
	ret->options = xstrdup(fields.count > FIELD_OPTIONS ? fields.items[FIELD_OPTIONS] : "");
	return true;
}

bool fstab_next(const struct buf *text, size_t *at, struct fstab_entry *ret)
{
	size_t number = ret->line;
	struct text_line line;

	fstab_entry_clear(ret);
	while (text_line_next(text, at, &line)) {
		CLEANUP(freep) char *one = text_line_copy(text, &line);

		number++;
		if (!take(one, ret))
			continue;
		ret->line = number;
		return true;
	}
	return false;
}

char *mount_unit_name(const char *place)
{
	CLEANUP(buf_clear) struct buf name = {0};

	for (const char *p = place + 1; *p; p++)
		if (*p == '/')
			buf_putc(&name, '-');
		else if (isalnum((unsigned char)*p) || *p == ':' || *p == '_' ||
			 (*p == '.' && p > place + 1))
			buf_putc(&name, *p);
		else
			buf_printf(&name, "\\x%02x", (unsigned)(unsigned char)*p);
	buf_puts(&name, ".mount");
	return buf_take(&name);
}
