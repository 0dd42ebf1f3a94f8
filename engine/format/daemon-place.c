#include "engine/format/daemon-place.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-check.h"
#include "engine/format/json-scan.h"

#define LINE "line "

size_t daemon_line_of_key(const struct buf *text, const char *key)
{
	CLEANUP(json_members_clear) struct json_members members = {0};
	const struct json_member *m = NULL;
	size_t line = 1;

	if (json_text_check(text, NULL) >= 0 &&
	    json_scan_object(text, json_scan_top(text), &members))
		m = json_scan_find(text, &members, key);
	for (size_t i = 0; m && i < m->key.start; i++)
		line += text->data[i] == '\n';
	return m ? line : 0;
}

/* "line 3, column 1: ..." of a file that is no JSON. */
static size_t line_of_mistake(const char *reason)
{
	const char *at = strstr(reason, LINE);

	return at ? strtoul(at + strlen(LINE), NULL, 10) : 0;
}

size_t daemon_line_of_reason(const struct buf *text, const char *reason)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};
	size_t line = line_of_mistake(reason);

	if (line)
		return line;
	daemon_file_settings(text, NULL, &keys, &values, NULL);
	for (size_t i = 0; i < keys.count && !line; i++)
		if (str_has_word(reason, keys.items[i], "."))
			line = daemon_line_of_key(text, keys.items[i]);
	return line;
}

char *daemon_reason_with_line(const struct buf *text, const char *reason)
{
	size_t line = line_of_mistake(reason) ? 0 : daemon_line_of_reason(text, reason);

	return line ? xasprintf(LINE "%zu: %s", line, reason) : xstrdup(reason);
}
